"""`python -m pipeline` is `copydesk`."""

import sys

from pipeline.cli import main

sys.exit(main())

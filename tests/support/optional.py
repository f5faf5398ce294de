"""Parts of a machine that some tests need and not every machine has.

A test that lacks its part is skipped with a line that says what is missing and how to get it.
`COPYDESK_REQUIRE` names the parts that must be there: with them a test that lacks its part fails.
Its value is a comma-separated list of parts, or `all`.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

VARIABLE = "COPYDESK_REQUIRE"
PARTS = {  # what to do about a part that is missing
    "data": "the real articles belong to their publishers; put yours into ../shared/data",
    "broker": "install Java 17 and Maven (Debian: default-jdk-headless and maven), or name a"
    " broker in COPYDESK_KAFKA__BOOTSTRAP_SERVERS",
    "browser": "install Chromium or Chrome",
    "promtool": "install Prometheus (Debian: apt-get install prometheus)",
    "pages": "pip install 'copydesk[html]', and wget (Debian: apt-get install wget)",
    "frames": "pip install pandas polars",
    "notebook": "pip install nbclient ipykernel",
    "namespaces": "run the tests on Linux, as root or where user namespaces are allowed",
    "git": "run the tests in a git checkout",
}


def required() -> frozenset[str]:
    """The parts that `COPYDESK_REQUIRE` names. An unknown name is a `pytest.UsageError`."""
    named = {part.strip() for part in os.environ.get(VARIABLE, "").split(",")} - {""}
    unknown = named - PARTS.keys() - {"all"}
    if unknown:
        raise pytest.UsageError(
            f"{VARIABLE} names {', '.join(sorted(unknown))}; it may name {', '.join(PARTS)} or all"
        )
    return frozenset(PARTS) if "all" in named else frozenset(named)


def missing(part: str, what: str) -> NoReturn:
    """Ends the running test: it fails where the part is required, and is skipped elsewhere."""
    line = f"{what}: {PARTS[part]}"
    if part in required():
        pytest.fail(f"{line} ({VARIABLE} asks for it)", pytrace=False)
    pytest.skip(line)

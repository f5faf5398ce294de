"""What a change of settings would change: outcomes of the same inputs under two of them, compared.

`runners.in_step` makes the pairs of outcomes, `Effects` counts what differs, `render` draws the
page.
"""

from __future__ import annotations

from pipeline.backtest.backtest_page import Backtest, render
from pipeline.backtest.change import Aspect, Change, compare
from pipeline.backtest.effects import Effects

__all__ = ["Aspect", "Backtest", "Change", "Effects", "compare", "render"]

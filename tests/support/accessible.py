"""What axe-core finds on a page that a visitor with a screen reader, or weak eyes, would miss."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from support.browser import Tab

_RUN = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then((found) =>
  found.violations.flatMap((one) =>
    one.nodes.map((node) => `${one.impact} ${one.id}: ${node.target.join(" ")}`)))
"""


async def violations(tab: Tab) -> list[str]:
    """Every violation of WCAG 2.1, levels A and AA, with all that folds unfolded."""
    await tab.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    await tab.run(_axe())
    found: list[Any] = await tab.run(_RUN)
    return [str(one) for one in found]


@cache
def _axe() -> str:
    return (files("axe_core_python") / "axe.min.js").read_text("utf-8") + "; true"

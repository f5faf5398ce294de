"""Jinja's environment for our pages, the same for each: escaped, strict about unknown names."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from pipeline.report.labels import count, in_words, plain, share

if TYPE_CHECKING:
    from jinja2 import Environment

_REPORT = "pipeline.report"
# What HTML forbids in any text: controls other than tab and line break, and lone surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def draw(package: str, template: str, *, scripted: bool = False, **facts: object) -> str:
    """Returns a page that needs nothing else, in the report's style; `scripted`: with its script.

    Every text on it may come from a stranger: templates escape all of it, the content security
    policy lets nothing load and no script run but the page's own, and characters that no page may
    hold are replaced.
    """
    script = source_of(_REPORT, "report.js") if scripted else ""
    page = (
        pages_of(package)
        .get_template(template)
        .render(
            style=source_of(_REPORT, "report.css"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            **facts,
        )
    )
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", page)


@cache
def pages_of(package: str) -> Environment:
    """Returns the templates of a package; those of the report serve as fallback."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only a page needs it

    pages = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_REPORT)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(share=share, plain=plain, count=count, in_words=in_words)
    return pages


def source_of(package: str, name: str) -> str:
    """Returns a template or an asset as it is written."""
    pages = pages_of(package)
    return pages.loader.get_source(pages, name)[0]  # type: ignore[union-attr]

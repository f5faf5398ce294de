"""Jinja's environment for our pages, the same for each: escaped, strict about unknown names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def pages_of(package: str, **filters: Callable[..., object]) -> Environment:
    """Returns the templates of a package; those of the report serve as fallback."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only a page needs it

    pages = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("pipeline.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(filters)
    return pages


def source_of(package: str, name: str) -> str:
    """Returns a template or an asset as it is written."""
    pages = pages_of(package)
    return pages.loader.get_source(pages, name)[0]  # type: ignore[union-attr]

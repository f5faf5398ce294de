"""Rounds the measures of an article and compares them with limits: the twin of `src/measures.c`."""

from __future__ import annotations

from collections.abc import Mapping

# Decimals of a measure: enough for every limit, and short in records.
_DECIMALS = 4


def round_measures(taken: Mapping[str, float | None]) -> dict[str, float]:
    """Returns the measures that apply, rounded: those that are None are left out."""
    return {
        name: round(float(value), _DECIMALS) if value else 0.0  # not minus zero
        for name, value in taken.items()
        if value is not None
    }


def passed_limits(
    measures: Mapping[str, float], limits: tuple[tuple[str, float, float], ...]
) -> list[int]:
    """Returns the places of the limits that are passed, ascending.

    A limit is a measure with the least and the most that it may be. A measure that is absent passes
    none.
    """
    return [
        place
        for place, (measure, least, most) in enumerate(limits)
        if measure in measures and not least <= measures[measure] <= most
    ]

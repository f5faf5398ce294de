"""No figure of quality falls below its floor (`bench/quality/floors.toml`).

The articles are their publishers' and stand beside the repository, not in it. Of the large sets
every few articles are looked at here, all of them by `python -m bench.quality`.
"""

from functools import cache

import pytest
from support.real_articles import data

from bench.quality import planted, verdicts
from bench.quality.__main__ import GROUPS
from bench.quality.table import Figure, floors, holds

EVERY = 10  # of the genuine articles one in so many
PLANTED = 400  # articles


@pytest.fixture(autouse=True)
def _data() -> None:
    data()


@cache
def measured(group: str) -> list[Figure]:
    if group == "planted":
        return planted.figures(PLANTED)
    return verdicts.figures(EVERY) if group == "verdicts" else GROUPS[group][0]()


@pytest.mark.parametrize("group", GROUPS)
def test_no_figure_is_past_its_floor(group: str):
    past = [figure for figure in measured(group) if not holds(figure)]
    assert past == []


def test_every_floor_is_of_a_figure_that_is_measured():
    names = {figure.id for group in GROUPS for figure in measured(group)}
    assert floors().keys() <= names

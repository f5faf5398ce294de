"""Frames of pandas and Polars go into `Desk` and out of it by their records (docs/python.md)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from support.optional import missing

from pipeline import Desk, Outcome

STORY = (
    "The council agreed on Monday to repair the old bridge over the river before winter comes to "
    "the town. Work will begin in spring, said the mayor, who thanked the {} engineers."
)


@pytest.fixture(params=["pandas", "polars"])
def frames(request: pytest.FixtureRequest) -> Any:
    """The library, where it is installed."""
    name: str = request.param
    if not find_spec(name):
        missing("frames", f"no {name}")
    return pytest.importorskip(name)


def frame_of(frames: Any, rows: list[dict[str, Any]]) -> Any:
    whole = {} if frames.__name__ == "pandas" else {"infer_schema_length": None}
    return frames.DataFrame(rows, **whole)


def records(frame: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (
        frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")
    )
    return listed


def published(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    assert {one.verdict for one in outcomes} == {"publish"}
    return [one.as_dict() for one in outcomes]


def test_a_frame_goes_in_and_out_and_in_again_unchanged(frames: Any):
    """Three hundred rows: Polars looks at a hundred of them for the fields that there are."""
    rows = [
        {
            "title": f"Bridge {n} is repaired" if n % 7 else None,
            "text": STORY.format(f"{n} or {n * n}"),
            "published": f"2026-03-{n % 28 + 1:02}T10:00:00Z" if n % 5 else None,
            "author": "By Ana Lima",
            "late" if n > 200 else "early": n,
        }
        for n in range(300)
    ]
    clean = Desk().clean
    first = published([*map(clean, records(frame_of(frames, rows)))])
    again = published([*map(clean, records(frame_of(frames, first)))])
    for row, one, other in zip(rows, first, again, strict=True):
        assert one["headline"] == row["title"]
        assert one["datePublished"] == row["published"]
        assert one["authors"] == ["Ana Lima"]
        kept = {name: value for name, value in one["extra"].items() if value is not None}
        assert kept == {name: n for name, n in row.items() if name in {"late", "early"}}
        assert (other["articleBody"], other["id"]) == (one["articleBody"], one["id"])


def test_what_is_missing_in_a_frame_of_pandas_is_nothing():
    if not find_spec("pandas"):
        missing("frames", "no pandas")
    import pandas as pd  # noqa: PLC0415 - may be missing

    frame = pd.DataFrame(
        {
            "title": ["Rain", pd.NA],
            "text": [STORY.format("two"), STORY.format("three")],
            "author": ["Ana Lima", None],
            "url": [float("nan"), "https://gazette.example/b"],
            "date": [pd.Timestamp("2026-03-05 10:00", tz="UTC"), pd.NaT],
            "views": pd.array([7, None], dtype="Int64"),
        }
    )
    with_date, without = [Desk().clean(one).as_dict() for one in frame.to_dict("records")]
    assert (with_date["headline"], with_date["url"], with_date["extra"]) == (
        "Rain",
        None,
        {"views": 7},
    )
    assert with_date["datePublished"] == "2026-03-05T10:00:00Z"
    for field in ("headline", "datePublished", "datePublishedRaw"):
        assert without[field] is None, field
    assert (without["authors"], without["extra"]) == ([], {"views": None})

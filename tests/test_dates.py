"""A date is read where one reading is possible, and otherwise not at all."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.parse.dates import read_date
from pipeline.parse.language_tags import primary, read_language

CASES = json.loads((Path(__file__).parent / "cases" / "dates.json").read_text(encoding="utf-8"))
# Days from which clocks and databases count, which nobody set.
NOTHING = [date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)]
NOTHING += [date(1969, 12, 31), date(1970, 1, 1)]
YEARS = st.dates(date(1700, 1, 1), date(2199, 12, 31)).filter(lambda day: day not in NOTHING)
MOMENTS = st.datetimes(datetime(1700, 1, 2), datetime(2199, 12, 30)).filter(  # noqa: DTZ001
    lambda moment: moment.date() not in NOTHING
)
ORDERS = st.sampled_from([None, "MDY", "DMY", "YMD"])


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_cases(case: dict[str, Any]):
    reading = read_date(case["input"], case["order"], case["language"], case.get("crawled"))
    assert reading.iso == case["expected"]
    assert (reading.problem and reading.problem.id) == case["problem"]


@given(st.text(max_size=40), ORDERS)
@settings(max_examples=200)
def test_no_text_raises(text: str, order: Any):
    reading = read_date(text, order)
    assert reading.iso is None or reading.problem is None


@given(st.text(alphabet="0123456789/.-: TZ+ampnovNOV", max_size=24), ORDERS)
@settings(max_examples=500)
def test_nothing_like_a_date_raises_and_what_is_read_reads_again_as_itself(text: str, order: Any):
    reading = read_date(text, order, "en")
    if reading.iso:
        assert read_date(reading.iso).iso == reading.iso


@given(
    YEARS, st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d"])
)
def test_a_certain_form_of_a_day_reads_as_that_day(day: date, form: str):
    assert read_date(day.strftime(form)).iso == day.isoformat()


@given(YEARS)
def test_slashes_never_read_as_another_day(day: date):
    reading = read_date(day.strftime("%m/%d/%Y"))
    assert reading.iso in (None, day.isoformat())
    assert read_date(day.strftime("%m/%d/%Y"), "MDY").iso == day.isoformat()
    assert read_date(day.strftime("%d/%m/%Y"), "DMY").iso == day.isoformat()


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_time_with_a_zone_comes_out_in_utc(moment: datetime, minutes: int):
    zoned = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    wanted = zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert read_date(zoned.isoformat()).iso == wanted
    assert read_date(zoned.strftime("%a, %d %b %Y %H:%M:%S %z")).iso == wanted


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("en", "en"), ("EN_us", "en-US"), ("en-gb", "en-GB"), ("zh-hant-tw", "zh-Hant-TW"),
        ("zh_CN.UTF-8", "zh-CN"), ("English", "en"), ("eng", "en"), ("deu", "de"), ("ger", "de"),
        ("Deutsch", "de"), ("iw", "he"), ("jp", "ja"), ("pcm", "pcm"), ("ckb-IQ", "ckb-IQ"),
        ("es-419", "es-419"), (" fr ", "fr"), ("en-US,en;q=0.9", "en-US"), ("eng-US", "en-US"),
        ("klingon", None), ("xx", None), ("und", None), ("zxx", None), ("1", None), ("", None),
        ("x" * 5000, None), ("en\ud800", None),
    ],
)  # fmt: skip
def test_languages(declared: str, tag: str | None):
    assert read_language(declared) == tag
    if tag:
        assert read_language(tag) == tag
        assert primary(tag) == tag.split("-")[0]

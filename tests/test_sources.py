"""What is counted of each source, in which window, and what is remembered of it."""

from __future__ import annotations

import json
from itertools import accumulate

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace
from support.accounts import HARBOUR, MONDAY, account, after, known, signals_of, unreadable
from support.outcomes import outcome

from pipeline.article import Verdict, encode
from pipeline.cli.rules import rule_facts
from pipeline.sources import (
    OTHER,
    CountedRecord,
    Signal,
    SourceRecord,
    SourcesOptions,
    SourceWindow,
    Span,
    Watch,
    Watermark,
    counted_record,
    name_of,
    read_counted,
)
from pipeline.sources.counts import DAY, HOUR, MINUTE, as_time

KB = 1_000
OUTCOMES = ("published", "duplicates", "rejected", "dead_letters")
TEN_YEARS = 3_653 * DAY
FOUR = [
    account(MONDAY),
    account(MONDAY + 1, verdict=Verdict.DUPLICATE),
    account(MONDAY + 2, verdict=Verdict.REJECT, words=0),
    unreadable(MONDAY + 3, HARBOUR),
]


def watch_of(*accounts: CountedRecord, most: int = 2_000) -> Watch:
    watch = Watch(SourcesOptions(most=most))
    for one in accounts:
        watch.add(one)
    return watch


def record_of(watch: Watch, source: str | None = HARBOUR) -> SourceRecord:
    (record,) = (one for one in watch.records() if one.source == source)
    return record


def windows_of(watch: Watch) -> dict[Span, SourceWindow]:
    return {window.window: window for window in record_of(watch).windows}


def received(watch: Watch) -> tuple[int, ...]:
    """In the current minute, hour and day, and in all."""
    return tuple(window.received for window in record_of(watch).windows)


def days_of(watch: Watch) -> list[int]:
    """Received on each of the days before that are remembered."""
    (source,) = watch
    return [day.received for _, day in sorted(source.state.days.items())]


def adds_up(window: SourceWindow) -> bool:
    return window.received == sum(getattr(window, name) for name in OUTCOMES)


# Windows


def test_an_input_is_counted_in_each_window_by_what_became_of_it():
    for window in record_of(watch_of(*FOUR)).windows:
        assert [getattr(window, name) for name in OUTCOMES] == [1, 1, 1, 1]
        assert window.received == 4
        assert (window.duplicate_share, window.rejected_share) == (0.3333, 0.3333)
        assert window.mean_words == 266.7


def test_a_window_begins_at_a_full_minute_hour_and_day():
    windows = windows_of(watch_of(account(MONDAY + 5 * HOUR + 61)))
    assert {span: window.start for span, window in windows.items()} == {
        Span.MINUTE: "2026-11-02T05:01:00Z",
        Span.HOUR: "2026-11-02T05:00:00Z",
        Span.DAY: "2026-11-02T00:00:00Z",
        Span.RUN: None,
    }


def test_a_window_that_is_over_goes_into_the_larger_ones():
    watch = watch_of(account(MONDAY))
    for later, expected in (
        (MINUTE, (1, 2, 2, 2)),
        (HOUR, (1, 1, 3, 3)),
        (DAY, (1, 1, 1, 4)),
        (40 * DAY, (1, 1, 1, 5)),
    ):
        watch.add(account(MONDAY + later))
        assert received(watch) == expected


def test_fields_are_shares_of_articles_that_came_with_them():
    watch = watch_of(
        account(MONDAY, findings=("date-missing",), repairs=("take_headline_from_body",)),
        account(MONDAY, findings=("date-missing", "byline-missing")),
    )
    fields = windows_of(watch)[Span.RUN].fields
    assert fields == {"headline": 0.5, "date": 0.0, "author": 0.5, "url": 1.0}


def test_a_rule_counts_once_an_article_and_the_most_frequent_is_first():
    twice = account(MONDAY, findings=("few-words", "few-words"), repairs=("strip_tags",))
    run = windows_of(watch_of(twice, account(MONDAY, findings=("no-stop", "few-words"))))[Span.RUN]
    assert [(one.rule, one.articles) for one in run.findings] == [("few-words", 2), ("no-stop", 1)]
    assert run.repaired_share == 0.5


def test_a_window_without_articles_says_nothing_of_what_they_are_like():
    watch = watch_of(unreadable(MONDAY, HARBOUR))
    window = windows_of(watch)[Span.DAY]
    assert (window.received, window.fields, window.newest_published) == (1, {}, None)
    assert (window.repairs, window.findings) == ((), ())
    assert record_of(watch).baseline is None


def test_a_source_that_is_quiet_for_hours_has_empty_windows_of_the_present():
    watch = known(days=1, hours=[9])
    watch.advance(after(0.5))
    (record,) = watch.changed_records()
    minute, hour, day, run = record.windows
    assert (minute.received, hour.received, day.received, run.received) == (0, 0, 1, 1)
    assert (hour.start, hour.fields, hour.first_seen_at) == ("2026-11-02T12:00:00Z", {}, None)
    assert record.hours == (*[0] * 20, 1, 0, 0, 0)
    assert (record.at, record.last_seen_at) == ("2026-11-02T12:00:00Z", "2026-11-02T09:00:00Z")
    assert record.signals == ()


def test_the_hours_of_a_record_are_the_last_24_with_the_current_one():
    watch = known(days=2, each=2)
    assert record_of(watch).hours == (2,) * 24
    watch.add(account(after(2)))
    assert record_of(watch).hours == (*[2] * 23, 1)


ARRIVALS = st.lists(
    st.builds(
        account,
        at=st.integers(0, 3 * DAY - 1).map(lambda after_start: MONDAY + after_start),
        verdict=st.sampled_from(Verdict),
        words=st.integers(0, 2_000),
        age=st.none() | st.floats(-3, 4_000, width=32),
        repairs=st.sets(st.sampled_from(["strip_tags", "take_headline_from_body"])),
        findings=st.sets(st.sampled_from(["date-missing", "few-words", "dead-letter"])),
    ),
    min_size=1,
)


@given(ARRIVALS)
def test_outcomes_add_up_in_every_window_and_days_to_the_run(arrivals: list[CountedRecord]):
    watch = Watch()
    for one in arrivals:
        watch.add(one)
        assert all(map(adds_up, record_of(watch).windows))
    (source,) = watch
    run, *days = source.lines(source)
    assert all(map(adds_up, days))
    for name in ("received", "backfilled", *OUTCOMES):
        assert sum(getattr(day, name) for day in days) == getattr(run, name)
    minute, hour, day, _ = received(watch)
    assert minute <= hour <= day == days[-1].received
    assert run.received == len(arrivals)


@given(st.data(), ARRIVALS)
def test_the_run_is_the_same_in_whatever_order_articles_arrive(
    data: st.DataObject, arrivals: list[CountedRecord]
):
    shuffled = data.draw(st.permutations(arrivals))
    runs = [windows_of(watch_of(*order))[Span.RUN] for order in (arrivals, shuffled)]
    first, second = (replace(run, backfilled=0) for run in runs)  # what is late is
    assert first == second


# Late, old, and from clocks that differ


def test_a_late_record_goes_where_it_belongs_and_is_told_as_backfilled():
    watch = known(days=3)
    watch.add(account(after(1.5)))  # another day
    watch.add(account(after(2.5)))  # another hour of the current day
    watch.add(account(after(3) - 60))  # another minute of the current hour
    assert days_of(watch) == [24, 25]
    assert received(watch)[2] == 26
    run = windows_of(watch)[Span.RUN]
    assert (run.received, run.backfilled) == (75, 2)
    assert record_of(watch).hours[12] == 2


def test_late_records_raise_no_signal():
    watch = known()
    for number in range(500):
        late = account(after(9.1) + number, words=3, findings=("date-missing",))
        watch.add(replace(late, verdict=Verdict.REJECT))
    assert signals_of(watch) == {}


def test_days_that_arrive_late_are_part_of_what_is_usual():
    watch = watch_of(account(after(4)))
    for day in range(4):
        for hour in range(24):
            watch.add(account(after(day) + hour * HOUR))
    baseline = record_of(watch).baseline
    assert baseline is not None
    assert (baseline.days, baseline.words) == (4, 400)


def test_an_archive_neither_floods_nor_shifts_what_is_usual():
    watch = known()
    before = record_of(watch).baseline
    for number in range(3_000):
        old = account(after(10) + number, age=900, words=50, findings=("byline-missing",))
        watch.add(old)
        if number % 100 == 0:
            assert signals_of(watch) == {}
    assert windows_of(watch)[Span.DAY].backfilled == 3_000
    for hour in range(1, 30):
        watch.add(account(after(10) + hour * HOUR))
    assert before is not None
    now = record_of(watch).baseline
    assert now == replace(before, days=11, hour_spread=0.0)
    assert signals_of(watch) == {}


def test_a_copy_of_something_old_is_no_backfill():
    watch = watch_of(account(MONDAY, verdict=Verdict.DUPLICATE, age=900), account(MONDAY, age=900))
    assert windows_of(watch)[Span.RUN].backfilled == 1


def test_an_article_that_arrived_ten_years_ago_changes_the_run_alone():
    watch = known(days=4)
    before = record_of(watch)
    watch.add(account(after(4) - TEN_YEARS))
    now = record_of(watch)
    assert now.windows[:3] == before.windows[:3]
    assert (now.hours, now.baseline, now.signals) == (before.hours, before.baseline, ())
    run = now.windows[3]
    assert (run.received, run.backfilled, run.first_seen_at) == (97, 1, "2016-11-05T00:00:00Z")


def test_a_source_whose_first_article_is_ten_years_old_starts_anew_with_the_next():
    watch = watch_of(account(MONDAY - TEN_YEARS), account(MONDAY))
    assert received(watch) == (1, 1, 1, 2)
    assert days_of(watch) == []


def test_an_article_published_ten_years_ago_is_no_news():
    watch = watch_of(account(MONDAY, age=0.5), account(MONDAY, age=3_653))
    run = windows_of(watch)[Span.RUN]
    assert (run.backfilled, run.newest_published) == (1, "2026-11-01")


def test_a_publication_in_the_future_is_never_the_newest():
    run = windows_of(watch_of(account(MONDAY, age=-30)))[Span.RUN]
    assert run.newest_published is None


def test_clocks_that_differ_move_no_window_back():
    watch = Watch()
    for number in range(120):  # two clocks, three minutes apart
        watch.add(account(MONDAY + HOUR + number * MINUTE - 180 * (number % 2)))
    assert received(watch) == (1, 59, 120, 120)
    run = windows_of(watch)[Span.RUN]
    assert run.last_seen_at == as_time(MONDAY + HOUR + 118 * MINUTE)
    assert run.backfilled == 2  # their hour was over


# Many sources, and what they are called


def test_sources_beyond_the_bound_are_counted_as_other():
    watch = watch_of(*(account(MONDAY, f"source {n}") for n in range(10_000)), most=50)
    assert len(watch) == 51
    assert windows_sum(watch) == 10_000
    assert record_of(watch, OTHER).windows[-1].received == 9_950


def test_what_names_no_source_is_always_counted_apart():
    watch = watch_of(account(MONDAY, "a"), account(MONDAY, "b"), account(MONDAY, None), most=1)
    assert {source.name for source in watch} == {"a", OTHER, None}


def windows_sum(watch: Watch) -> int:
    return sum(record.windows[-1].received for record in watch.records())


HOSTILE = [
    "<script>alert(1)</script>",
    "quotes \" and ' and \\ and \n lines\r\n",
    "\0\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}",
    "",
    " ",
    '{source="x"} 1',
    "\N{PILE OF POO}" * 100,
    "n" * 4_096,
    "n" * 4_095 + "m",
]


def test_each_hostile_name_is_a_source_of_its_own_with_a_short_name():
    told = watch_of(*(account(MONDAY, name) for name in HOSTILE)).changed_records()
    names = [record.source or "" for record in told]
    assert len(set(names)) == len(HOSTILE)
    assert max(map(len, names)) <= 120
    assert {name for name in HOSTILE if len(name) <= 120} <= {*names}
    for record in told:
        decoded = msgspec.json.decode(msgspec.json.encode(record), type=SourceRecord)
        assert decoded.source == record.source


def test_a_long_name_is_cut_the_same_way_each_time():
    cut = name_of("n" * 4_096)
    assert cut == name_of("n" * 4_096)
    assert cut is not None
    assert name_of(cut) == cut
    assert cut.startswith("n" * 100)


# What is remembered


def kept(watch: Watch) -> list[SourceRecord]:
    """All records as they would be written."""
    return [*watch.records()]


def restarted(records: list[SourceRecord]) -> Watch:
    """A worker that begins with what another one wrote."""
    watch = Watch()
    for record in msgspec.json.decode(msgspec.json.encode(records), type=list[SourceRecord]):
        watch.restore(record)
    return watch


def told_by(watch: Watch) -> dict[str | None, SourceRecord]:
    return {record.source: record for record in watch.changed_records()}


def plain(told: dict[str | None, SourceRecord]) -> dict[str | None, SourceRecord]:
    """Without what only a living worker has: the articles it saw last."""

    def without(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
        return tuple(replace(signal, articles=()) for signal in signals)

    return {
        name: replace(
            record,
            signals=without(record.signals),
            raised=without(record.raised),
            state=Raw(b"null"),
        )
        for name, record in told.items()
    }


PAST = kept(known(days=4, each=2)) + [
    replace(record, source="Other Post") for record in kept(known(days=4, hours=[6, 18], each=5))
]
LATER = st.sampled_from([0, 1, 59, 60, 20 * MINUTE, HOUR, 7 * HOUR, DAY, 3 * DAY])
STEPS = st.lists(
    st.tuples(
        LATER,
        st.sampled_from(["add", "add", "many", "advance", "tell", "restart"]),
        st.sampled_from([HARBOUR, "Other Post", "New Post", None]),
        st.sampled_from([(), ("date-missing",), ("html-left-over", "duplicate-lines")]),
        st.sampled_from(Verdict),
    ),
    min_size=3,
    max_size=40,
)


@settings(max_examples=300)
@given(STEPS)
def test_a_worker_that_is_started_again_tells_what_it_would_have_told(
    steps: list[tuple[float, str, str | None, tuple[str, ...], Verdict]],
):
    steady, other = restarted(PAST), restarted(PAST)
    written = {record.source: record for record in PAST}
    times = accumulate((step[0] for step in steps), initial=after(4))
    for now, (_, what, source, findings, verdict) in zip(times, steps, strict=False):
        if what in {"add", "many"}:
            for _ in range(30 if what == "many" else 1):
                one = account(now, source, verdict, findings=findings)
                steady.add(one)
                other.add(one)
        elif what == "advance":
            steady.advance(now)
            other.advance(now)
        else:
            told, again = told_by(steady), told_by(other)
            assert plain(told) == plain(again)
            gone = steady.forgotten()
            assert {*gone} == {*other.forgotten()}
            written = {n: r for n, r in (written | again).items() if n not in gone}
            if what == "restart":
                other = restarted([*written.values()])


def test_a_restarted_worker_still_has_the_articles_of_a_signal():
    watch = known()
    for number in range(5):
        watch.add(account(after(10) + number, findings=("date-missing",), id_=f"dateless-{number}"))
    again = restarted(kept(watch_told(watch)))
    again.add(account(after(10) + 60, id_="fine"))
    (signal,) = signals_of(again).values()
    assert signal.articles[0] == "dateless-4"


def watch_told(watch: Watch) -> Watch:
    watch.changed_records()
    return watch


def test_the_state_is_json_and_stays_small_with_every_rule_on_every_day():
    rules = rule_facts()
    repairs = [fact.id for fact in rules if fact.stage == "clean"]
    findings = [fact.id for fact in rules if fact.stage != "clean"]
    watch = Watch()
    for hour in range(30 * 24):
        for verdict in Verdict:
            words = 2 ** (hour % 15)
            at = MONDAY + hour * HOUR
            watch.add(account(at, None, verdict, words=words, repairs=repairs, findings=findings))
    state = record_of(watch, None).state
    json.loads(bytes(state))
    assert 30 * KB < len(bytes(state)) < 64 * KB
    for hour in range(27 * 24):  # and the same of days that are over
        at = after(3) + hour * HOUR
        watch.add(account(at, None, words=9, repairs=repairs, findings=findings))
    assert len(bytes(record_of(watch, None).state)) < 64 * KB


def test_an_article_with_an_endless_id_is_counted_and_not_pointed_at():
    watch = known()
    for number in range(20):
        endless = account(after(10) + number, findings=("date-missing",), id_="x" * 100 * KB)
        watch.add(endless)
    assert [signal.articles for signal in signals_of(watch).values()] == [()]
    assert len(msgspec.json.encode(record_of(watch))) < 20 * KB


def test_a_source_is_forgotten_four_weeks_after_its_last_article():
    watch = watch_of(account(MONDAY, "old"), account(after(1), "young"))
    watch.advance(after(28))
    assert watch.forgotten() == []
    watch.advance(after(28) + HOUR)
    assert watch.forgotten() == ["old"]
    assert watch.forgotten() == []
    assert {source.name for source in watch} == {"young"}
    watch.add(account(after(29), "old"))
    assert record_of(watch, "old").windows[-1].received == 1


def test_days_and_hours_older_than_four_weeks_are_forgotten():
    watch = known(days=40, hours=[9])
    (source,) = watch
    assert len(days_of(watch)) == 27  # and today
    assert len(source.state.hours) == 28
    assert windows_of(watch)[Span.RUN].received == 40


def test_only_what_changed_is_told():
    watch = watch_of(account(MONDAY, "a"), account(MONDAY, "b"))
    assert told_by(watch).keys() == {"a", "b"}
    watch.add(account(MONDAY + 1, "b"))
    assert told_by(watch).keys() == {"b"}
    assert watch.changed_records() == []


@pytest.mark.parametrize("moment", ["", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_an_account_without_a_time_is_refused_and_counted_nowhere(moment: str):
    watch = Watch()
    with pytest.raises(ValueError, match=r"."):
        watch.add(replace(account(MONDAY), seen_at=moment))
    assert len(watch) == 0


@pytest.mark.parametrize(
    "measures", ['"words": -5', '"words": 1e300', '"age": 1e300', '"age": "x"']
)
def test_an_account_with_impossible_numbers_is_none(measures: str):
    value = encode(account(MONDAY)).replace(b'"words":400', measures.encode())
    with pytest.raises(msgspec.DecodeError):
        read_counted(value)


def test_an_account_is_read_from_a_quality_record_as_from_one_at_hand():
    quality = outcome(source=HARBOUR).quality
    assert read_counted(encode(quality)) == counted_record(quality)


# How far time has come


def test_time_is_what_all_partitions_have_reached():
    mark = Watermark(idle=60)
    assert mark.at(0) is None
    mark.note(0, seen=1_000, now=10)
    mark.note(1, seen=400, now=11)
    assert mark.at(12) == 400
    mark.note(1, seen=300, now=12)  # never back
    assert mark.at(12) == 400


def test_a_partition_that_says_nothing_holds_nobody_up():
    mark = Watermark(idle=60)
    mark.note(0, seen=1_000, now=10)
    mark.note(1, seen=400, now=100)
    assert mark.at(100) == 400
    assert mark.at(200) is None

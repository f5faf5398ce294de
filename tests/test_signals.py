"""When a source is told to have changed, and when it is not."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
from support.accounts import HARBOUR, account, after, known, signals_of

from pipeline.article import Verdict
from pipeline.sources import SIGNALS, Signal, SignalName, Span, Watch
from pipeline.sources.counts import HOUR
from pipeline.sources.signals import REPEATS, RESIDUE, surprise


class Case(NamedTuple):
    """A way in which articles differ from the usual ones, and what is told of three of them."""

    signal: SignalName
    traits: dict[str, Any]
    what: str | None
    message: str
    value: float = 1.0
    usual: float = 0.0


CASES = [
    Case(
        SignalName.EXTRACTOR_BROKE,
        {"repairs": ("drop_share_buttons", "drop_doubled_text")},
        "drop_doubled_text",
        "drop_doubled_text, drop_share_buttons came together; "
        "drop_doubled_text: 3 of 3 articles with it, usually 0%",
    ),
    Case(
        SignalName.REJECTS_JUMPED,
        {"verdict": Verdict.REJECT},
        "reject",
        "3 of 3 articles rejected, usually 0%",
    ),
    Case(
        SignalName.FIELD_GONE,
        {"findings": ("date-missing",)},
        "date",
        "date: 3 of 3 articles without it, usually 0%",
    ),
    Case(
        SignalName.REPAIRS_JUMPED,
        {"repairs": ("strip_tags",)},
        "strip_tags",
        "strip_tags: 3 of 3 articles needed it, usually 0%",
    ),
    Case(
        SignalName.LENGTH_SHIFTED,
        {"words": 40},
        None,
        "40 words an article, usually 400",
        value=40,
        usual=400,
    ),
    Case(
        SignalName.DUPLICATES_JUMPED,
        {"verdict": Verdict.DUPLICATE},
        "duplicate",
        "3 of 3 articles are copies, usually 0%",
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.signal for case in CASES])


def send(watch: Watch, days: float, cases: int, usual: int = 0, **traits: Any) -> None:
    """Articles so many days after what is known began, a second apart, the odd ones first."""
    for number in range(cases + usual):
        odd = traits if number < cases else {}
        watch.add(account(after(days) + number, id_=f"{days}-{number}", **odd))


def ids(days: float, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{days}-{number}" for number in numbers)


def signal_of(watch: Watch) -> Signal:
    (signal,) = signals_of(watch).values()
    return signal


# Shares of articles


@each_case
def test_three_articles_that_are_all_odd_are_told(case: Case):
    watch = known()
    send(watch, 10.5, 3, **case.traits)
    signal = signals_of(watch)[case.signal]
    assert signal.message == case.message
    assert (signal.what, signal.value, signal.usual) == (case.what, case.value, case.usual)
    assert (signal.window, signal.since) == (Span.HOUR, "2026-11-12T12:00:02Z")
    assert signal.articles[:3] == ids(10.5, 2, 1, 0)


@each_case
def test_two_odd_articles_are_too_few_to_tell(case: Case):
    watch = known()
    send(watch, 10.5, 2, **case.traits)
    assert signals_of(watch) == {}


@each_case
def test_four_odd_articles_among_ten_are_no_jump(case: Case):
    watch = known()
    send(watch, 10.5, 4, usual=6, **case.traits)
    assert signals_of(watch) == {}


@each_case
def test_one_odd_article_an_hour_is_told_by_the_day(case: Case):
    watch = known()
    for hour in range(3):
        send(watch, 10 + hour / 24, 1, **case.traits)
    signal = signals_of(watch)[case.signal]
    assert (signal.window, signal.since) == (Span.DAY, "2026-11-12T02:00:00Z")


@each_case
def test_nothing_is_told_of_a_source_known_for_two_days(case: Case):
    watch = known(days=2, each=10)
    send(watch, 2.5, 20, **case.traits)
    assert signals_of(watch).keys() <= {SignalName.FLOOD}


@each_case
@pytest.mark.parametrize("days", [14, 15])
def test_fifteen_articles_must_be_known(case: Case, days: int):
    watch = known(days=days, hours=[9])
    send(watch, days + 0.5, 20, **case.traits)
    assert (case.signal in signals_of(watch)) == (days == 15)


@pytest.mark.parametrize("case", CASES[:-1], ids=[case.signal for case in CASES[:-1]])
def test_nothing_is_told_while_a_backfill_comes_in(case: Case):  # copies are part of none
    watch = known()
    send(watch, 10.5, 20, age=400, **case.traits)
    assert signals_of(watch) == {}


@each_case
def test_a_day_like_its_own_bad_days_is_no_signal(case: Case):
    watch = Watch()
    for day in range(10):
        send(watch, day + 0.5, 1 + day % 5 * 4, usual=20 - day % 5 * 4, **case.traits)
    send(watch, 10.5, 17, usual=4, **case.traits)
    assert signals_of(watch) == {}


@each_case
def test_what_is_always_so_is_no_signal(case: Case):
    watch = known(**case.traits)
    send(watch, 10.5, 20, **case.traits)
    assert signals_of(watch) == {}


def test_page_furniture_without_repeats_is_no_broken_extractor():
    watch = known()
    send(watch, 10.5, 5, repairs=("strip_tags", "drop_share_buttons"))
    assert signal_of(watch).signal is SignalName.REPAIRS_JUMPED


def test_findings_tell_of_a_broken_extractor_where_no_repair_was_sure():
    watch = known()
    send(watch, 10.5, 5, findings=("html-left-over", "duplicate-lines"))
    assert signal_of(watch).signal is SignalName.EXTRACTOR_BROKE


def test_fields_that_go_together_are_one_signal():
    watch = known()
    send(watch, 10.5, 5, findings=("date-missing", "byline-missing"))
    signal = signal_of(watch)
    assert signal.message == "date, author: 5 of 5 articles without it, usually 0%"


def test_articles_three_times_as_long_are_told_and_twice_as_long_are_not():
    watch = known()
    send(watch, 10.5, 10, words=800)
    assert signals_of(watch) == {}
    watch = known()
    send(watch, 10.5, 10, words=1_300)
    assert signal_of(watch).message == "1,300 words an article, usually 400"


def test_articles_without_any_text_are_told_as_shorter():
    watch = known()
    send(watch, 10.5, 3, words=0)
    assert signal_of(watch).message == "0 words an article, usually 400"


def test_the_gravest_signal_comes_first():
    watch = known()
    send(watch, 10.5, 5, verdict=Verdict.REJECT, words=3, findings=("url-missing",))
    (record,) = watch.changed_records()
    names = [signal.signal for signal in record.signals]
    assert names == [SignalName.REJECTS_JUMPED, SignalName.FIELD_GONE, SignalName.LENGTH_SHIFTED]


def test_the_articles_to_look_at_are_the_latest_five_that_show_it():
    watch = known()
    send(watch, 10.5, 8, usual=2, findings=("date-missing",))
    assert signal_of(watch).articles == ids(10.5, 7, 6, 5, 4, 3)


def test_every_signal_has_a_meaning():
    assert SIGNALS.keys() == {*SignalName}


# How long a signal is on


def test_a_signal_keeps_the_time_it_began():
    watch = known()
    send(watch, 10.25, 3, findings=("date-missing",))
    began = signal_of(watch)
    send(watch, 10.5, 5, usual=1, findings=("date-missing",))
    now = signal_of(watch)
    assert now.since == began.since == "2026-11-12T06:00:02Z"
    assert (began.value, now.value) == (1.0, 0.8333)
    assert now.articles[0] == "10.5-4"


def test_a_signal_is_over_when_articles_are_as_usual_again():
    watch = known()
    send(watch, 10.5, 5, findings=("date-missing",))
    send(watch, 11.1, 0, usual=2)
    assert signal_of(watch).signal is SignalName.FIELD_GONE  # two articles tell nothing
    send(watch, 11.2, 0, usual=1)
    assert signals_of(watch) == {}


def test_a_flood_does_not_go_and_come_with_each_hour():
    watch = known()
    for hour in (12, 13, 14):
        for minute in range(1, 60, 3):
            at = 10 + (hour + minute / 60) / 24
            watch.advance(after(at))
            send(watch, at, 0, usual=5)
            if (hour, minute) > (12, 30):
                assert SignalName.FLOOD in signals_of(watch), (hour, minute)


def test_a_signal_is_over_a_day_after_its_last_article():
    watch = known(hours=[9, 18], days=9)
    send(watch, 9.9, 5, findings=("date-missing",))
    watch.advance(after(10.9))
    assert SignalName.FIELD_GONE in signals_of(watch)
    watch.advance(after(11))
    assert SignalName.FIELD_GONE not in signals_of(watch)


def test_a_signal_that_is_over_is_still_told_among_those_that_came():
    watch = known()
    send(watch, 10.5, 5, findings=("date-missing",))
    watch.changed_records()
    send(watch, 11.5, 0, usual=3)
    (record,) = watch.changed_records()
    assert record.signals == ()
    assert [signal.signal for signal in record.raised] == [SignalName.FIELD_GONE]


def test_a_source_that_changed_for_good_is_usual_again_after_a_week():
    watch = known(days=28, hours=range(9, 18))
    for day in range(28, 40):
        send(watch, day + 0.5, 9, findings=("byline-missing",))
        assert (SignalName.FIELD_GONE in signals_of(watch)) == (day < 35)


# Floods


def test_more_than_ever_in_an_hour_is_a_flood():
    watch = known(each=10)
    send(watch, 10.5, 0, usual=50)
    signal = signal_of(watch)
    assert signal.signal is SignalName.FLOOD
    assert (signal.value, signal.usual) == (50, 10)
    assert signal.message == "50 articles in this hour; its busiest hours have 10"
    assert signal.articles == ids(10.5, 49, 48, 47, 46, 45)


def test_a_busy_hour_is_no_flood():
    watch = known(each=10)
    send(watch, 10.5, 0, usual=49)
    assert signals_of(watch) == {}


def test_one_busy_hour_before_makes_no_rule():
    watch = known()
    send(watch, 10.5, 0, usual=100)
    assert signal_of(watch).signal is SignalName.FLOOD
    send(watch, 11.5, 0, usual=30)
    assert signal_of(watch).usual == 1


def test_a_flood_is_over_with_its_hour():
    watch = known()
    send(watch, 10.5, 0, usual=100)
    assert signal_of(watch).signal is SignalName.FLOOD
    send(watch, 10.6, 0, usual=1)
    assert signals_of(watch) == {}


def test_in_its_first_three_days_a_source_neither_floods_nor_is_silent():
    watch = known(days=2)
    send(watch, 2, 0, usual=1_000)
    assert told_silent(watch, 2, 24) is None
    assert signals_of(watch) == {}
    send(watch, 3, 0, usual=5_000)
    assert signal_of(watch).signal is SignalName.FLOOD


def test_bytes_that_cannot_be_read_may_be_a_flood():
    watch = known()
    send(watch, 10.5, 30, findings=("dead-letter",))
    assert signal_of(watch).signal is SignalName.FLOOD


# Silence


def told_silent(watch: Watch, since: float, hours: int) -> float | None:
    """Days after what is known began until the silence is told, looked at every full hour."""
    for hour in range(hours):
        watch.advance(after(since) + hour * HOUR)
        if SignalName.SILENT in signals_of(watch):
            return since + hour / 24
    return None


def at(day: int, hour: int) -> float:
    return day + hour / 24


def test_a_source_that_always_sends_is_told_silent_by_what_should_have_come():
    watch = known(each=20)
    assert told_silent(watch, 10, 48) == at(10, 1)
    signal = signal_of(watch)
    assert (signal.window, signal.usual) == (Span.HOUR, 1)
    assert signal.message == (
        "nothing for 1 h; its pauses are 1 h at most, and 20 articles should have come"
    )


def test_a_slow_source_is_told_silent_by_twice_its_longest_pause():
    watch = known(hours=[6, 18])
    watch.add(account(after(10)))
    assert told_silent(watch, 10, 48) == at(11, 1)
    assert signal_of(watch).message == "nothing for 25 h; its pauses are 12 h at most"


def test_bursts_every_twelve_hours_are_no_silence_and_a_missing_burst_is():
    watch = known(hours=[6, 18], each=20)
    assert told_silent(watch, 10, 48) == at(10, 7)


def test_quiet_nights_are_no_silence_and_a_quiet_morning_is():
    watch = known(hours=range(6, 22), each=20)
    assert told_silent(watch, 10, 48) == at(10, 7)


def test_a_source_that_pauses_at_weekends_is_silent_on_a_monday_only():
    watch = known(days=26, hours=range(9, 17), each=2, weekdays=range(5))
    monday = 28
    assert told_silent(watch, 26, 96) == at(monday, 14)


def test_from_the_second_weekend_on_a_pause_is_no_silence():
    watch = known(days=12, hours=range(9, 17), each=2, weekdays=range(5))
    assert told_silent(watch, 12, 2 * 24 + 9) is None


def test_one_outage_among_its_pauses_makes_no_rule():
    watch = known(days=20, hours=[6, 18])
    for day in (22, 23):
        watch.add(account(after(at(day, 6))))
        watch.add(account(after(at(day, 18))))
    assert told_silent(watch, at(23, 18), 72) == at(24, 19)


def test_nothing_is_told_of_a_source_that_hardly_ever_sends():
    watch = known(days=4, hours=[9])
    assert told_silent(watch, 4, 20 * 24) is None


def test_an_article_ends_the_silence_and_a_late_one_does_not():
    watch = known()
    watch.advance(after(11))
    since = signals_of(watch)[SignalName.SILENT].since
    watch.advance(after(12))
    watch.add(account(after(9.5)))
    silent = signals_of(watch)[SignalName.SILENT]
    assert (silent.since, silent.value) == (since, 25 + 24)
    watch.add(account(after(12) + 60))
    assert signals_of(watch) == {}


def test_a_backfill_is_no_silence():
    watch = known()
    for hour in range(24):
        watch.add(account(after(10) + hour * HOUR, age=900))
        watch.advance(after(10) + hour * HOUR)
    assert SignalName.SILENT not in signals_of(watch)


def test_another_source_says_nothing_of_a_silent_one():
    watch = known()
    for hour in range(30):
        watch.add(account(after(10) + hour * HOUR, "Other Post"))
        watch.advance(after(10) + hour * HOUR)
    assert SignalName.SILENT in signals_of(watch, HARBOUR)
    assert signals_of(watch, "Other Post") == {}


# Chance


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_surprise_bounds_the_exact_probability(share: float):
    for of in (1, 2, 3, 5, 10, 24, 60):
        for cases in range(of + 1):
            chance = sum(
                math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(cases, of + 1)
            )
            told = surprise(cases, of, share)
            assert chance <= math.exp(-told) * (1 + 1e-9)
            assert told == 0 or cases > share * of


def test_surprise_is_exact_where_all_are_cases_and_grows_with_them():
    assert surprise(7, 7, 0.1) == pytest.approx(-7 * math.log(0.1))
    steps = [surprise(cases, 20, 0.2) for cases in range(21)]
    assert steps == sorted(steps)
    assert surprise(20, 20, 1.0) == 0


def test_what_means_a_broken_scraper_is_said_by_the_rules_themselves():
    # A rule that is renamed keeps its meaning; look here whether it should.
    assert {
        *("strip_tags", "unescape_entities", "decode_escapes", "fix_mojibake", "strip_markdown"),
        *("drop_login_and_cookie_notices", "drop_media_controls", "drop_advertisement_marks"),
        *("drop_share_buttons", "drop_follow_calls", "drop_newsletter_calls"),
        *("drop_comment_counts", "drop_related_links", "drop_archive_lists"),
        *("drop_copyright_lines", "html-left-over", "code-lines", "template-left-overs"),
        *("many-urls", "headline-list", "drop_appeals"),
        *("unescape_markdown", "drop_post_frames"),
    } == RESIDUE
    assert {
        *("drop_doubled_text", "drop_repeated_paragraphs", "drop_repeated_headline"),
        *("duplicate-lines", "duplicate-paragraphs", "duplicate-line-characters"),
        *("duplicate-paragraph-characters", "duplicate-10grams"),
    } == REPEATS

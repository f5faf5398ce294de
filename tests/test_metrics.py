"""What Prometheus is shown: names, sums, and labels that stay few whatever comes in."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.accounts import HARBOUR, MONDAY, account, after, known, unreadable
from support.outcomes import copy, dead_letter, outcome, rejected

from pipeline.article import DeadLetter, Finding, Kind, Outcome, Relation, Severity, Verdict
from pipeline.metrics import REASONS_OF, Done, IndexFacts, Metrics
from pipeline.routing import Role
from pipeline.runners.kafka.engine.messages import REASONS
from pipeline.sources import OTHER, SignalName, SourceRecord, SourcesOptions, Watch

Series = dict[str, str]

EVERY_ROLE = """
    articles_received_total articles_total dead_letters_total stage_duration_seconds
    end_to_end_seconds last_article_timestamp_seconds consumer_lag_records
    transaction_duration_seconds transactions_total ready build_info repaired_articles_total
    unread_records_total
""".split()
ARTICLES = ["repairs_total", "findings_total"]
DEDUP = """
    duplicates_total index_articles index_bytes index_oldest_timestamp_seconds
    index_chain_cuts_total
""".split()
SOURCES = """
    sources source_articles_total source_last_article_timestamp_seconds source_signal
    source_hour_articles source_usual_hour_articles source_share source_usual_share
    source_field_share source_usual_field_share source_words source_usual_words
""".split()
OWNED = {
    Role.DESK: {*EVERY_ROLE, *ARTICLES},
    Role.DEDUP: {*EVERY_ROLE, *ARTICLES, *DEDUP},
    Role.SOURCES: {*EVERY_ROLE, *SOURCES},
}
_BYLINE = Finding("byline-missing", Severity.INFO)
LEFT: dict[Role, list[Outcome | DeadLetter | None]] = {  # what may leave through each role
    Role.DESK: [None, outcome(verdict=Verdict.REJECT, findings=(_BYLINE,)), dead_letter()],
    Role.DEDUP: [outcome(findings=(_BYLINE,)), copy(), dead_letter("not-prepared")],
    Role.SOURCES: [None, dead_letter("not-an-account")],
}
NOW_MS = round(time.time() * 1000)


def metrics_of(role: Role) -> Metrics:
    """As a worker of the role has them."""
    metrics = Metrics(role)
    metrics.watch_lag(lambda: {("articles.raw", 3): 17})
    metrics.watch_ready(lambda: True)
    if role is Role.DEDUP:
        metrics.watch_index(lambda: IndexFacts(5, 4_096, 1_795_374_180.0, 2))
    if role is Role.SOURCES:
        watch = known()
        watch.add(account(after(10)))
        metrics.watch_sources(watch.changed_records, most=50)
    return metrics


def done(*outcomes: Outcome | DeadLetter | None, arrived: int = NOW_MS) -> list[Done]:
    return [Done(one, arrived, 0.002) for one in outcomes]


def shown(metrics: Metrics, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The values of one series of each set of labels, as Prometheus reads them."""
    found = [
        (tuple(sorted(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.name == f"copydesk_{name}"
    ]
    assert len(dict(found)) == len(found), f"{name} has two series with the same labels"
    return dict(found)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return shown(metrics, name)[tuple(sorted(labels.items()))]


def total(metrics: Metrics, name: str) -> float:
    return sum(shown(metrics, name).values())


# Names


@pytest.mark.parametrize("role", Role)
def test_a_role_shows_every_metric_it_owns(role: Role):
    metrics = metrics_of(role)
    metrics.record(done(*LEFT[role]))
    assert samples_of(metrics) == OWNED[role]


def samples_of(metrics: Metrics) -> set[str]:
    """The names of all metrics of ours that have a value."""
    return {
        family.name.removeprefix("copydesk_") + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(metrics.exposition().decode())
        if family.samples and family.name.startswith("copydesk_")
    }


def test_every_metric_is_in_base_units_and_says_what_it_is():
    for family in metrics_of(Role.SOURCES).registry.collect():
        assert family.documentation.strip()
        assert not family.name.endswith(("_ms", "_milliseconds", "_kb", "_mb", "_percent"))


def test_the_process_itself_is_shown():
    assert "process_resident_memory_bytes" in Metrics(Role.DESK).exposition().decode()


def test_what_is_shown_of_the_process_is_asked_for_when_it_is_shown():
    metrics = metrics_of(Role.DEDUP)
    assert value(metrics, "consumer_lag_records", topic="articles.raw", partition="3") == 17
    assert value(metrics, "index_articles") == 5
    assert value(metrics, "index_oldest_timestamp_seconds") == 1_795_374_180
    assert value(metrics, "index_chain_cuts_total") == 2
    assert value(metrics, "ready") == 1


def test_an_empty_index_has_no_oldest_entry():
    metrics = Metrics(Role.DEDUP)
    metrics.watch_index(lambda: IndexFacts(0, 0, None, 0))
    assert shown(metrics, "index_oldest_timestamp_seconds") == {}


# Counters


def test_received_is_the_sum_of_outcomes_over_all_roles():
    desk, dedup, sources = map(Metrics, Role)
    desk.record(done(None, None, None, rejected("few-words"), dead_letter("not-json")))
    dedup.record(done(outcome(), copy(), dead_letter("internal-error")))
    dedup.record(done(dead_letter("not-prepared")))  # no desk of ours wrote it
    sources.record(done(*[None] * 6, dead_letter("not-an-account")))
    assert sum(total(one, "articles_received_total") for one in (desk, dedup, sources)) == 7
    assert sum(total(one, "articles_total") for one in (desk, dedup, sources)) == 7
    assert total(sources, "articles_received_total") == 1


def test_an_outcome_is_counted_by_its_door_its_repairs_and_its_findings():
    dedup = Metrics(Role.DEDUP)
    dedup.record(done(outcome(findings=(_BYLINE, _BYLINE)), copy(Kind.EXACT, Relation.SAME_SOURCE)))
    assert value(dedup, "articles_total", outcome="clean") == 1
    assert value(dedup, "articles_total", outcome="duplicates") == 1
    assert value(dedup, "findings_total", rule="byline-missing", severity="info") == 1
    assert value(dedup, "repairs_total", rule="drop_share_buttons") == 2
    assert value(dedup, "repaired_articles_total") == 2
    assert value(dedup, "duplicates_total", kind="exact", relation="same-source") == 1


def test_a_match_that_is_published_is_no_duplicate():
    dedup = Metrics(Role.DEDUP)
    dedup.record(done(copy(Kind.NEAR, Relation.SAME_URL, verdict=Verdict.PUBLISH)))
    assert shown(dedup, "duplicates_total") == {}


@pytest.mark.parametrize("role", Role)
def test_what_alerts_look_at_begins_at_zero(role: Role):
    metrics = Metrics(role)
    assert set(shown(metrics, "transactions_total").values()) == {0}
    assert set(shown(metrics, "articles_total").values()) == {0}
    assert value(metrics, "articles_received_total") == 0
    assert value(metrics, "unread_records_total") == 0
    assert shown(metrics, "dead_letters_total") == {
        (("reason", reason), ("stage", role)): 0 for reason in REASONS_OF[role]
    }


def test_the_reasons_of_the_roles_are_those_of_the_stream():
    assert {reason for reasons in REASONS_OF.values() for reason in reasons} == {*REASONS}


def test_a_transaction_is_timed_when_it_is_committed_and_counted_when_it_failed():
    metrics = Metrics(Role.DESK)
    with metrics.transaction():
        pass
    with pytest.raises(KeyboardInterrupt), metrics.transaction():
        raise KeyboardInterrupt
    assert value(metrics, "transactions_total", result="committed") == 1
    assert value(metrics, "transactions_total", result="failed") == 1
    assert value(metrics, "transaction_duration_seconds_count") == 1


# Times


def test_before_the_first_article_there_is_no_newest_one():
    desk = Metrics(Role.DESK)
    assert shown(desk, "last_article_timestamp_seconds") == {}
    desk.record(done(None))  # on its way to dedup
    assert shown(desk, "last_article_timestamp_seconds") == {}


def test_the_newest_article_never_goes_back():
    desk = Metrics(Role.DESK)
    desk.record(done(rejected("few-words"), arrived=NOW_MS - 5_000))
    desk.record(done(rejected("few-words"), arrived=NOW_MS - 9_000))
    assert value(desk, "last_article_timestamp_seconds") == NOW_MS / 1000 - 5


def test_an_article_from_the_future_came_by_now():
    desk = Metrics(Role.DESK)
    desk.record(done(rejected("few-words"), arrived=NOW_MS + 10**9))
    assert value(desk, "last_article_timestamp_seconds") <= time.time()
    assert value(desk, "end_to_end_seconds_sum") == 0


def test_an_article_without_a_time_has_no_age():
    desk = Metrics(Role.DESK)
    desk.record(done(rejected("few-words"), arrived=-1))
    assert shown(desk, "last_article_timestamp_seconds") == {}
    assert value(desk, "end_to_end_seconds_count") == 0
    assert value(desk, "articles_received_total") == 1


def test_the_way_through_the_stream_is_timed_where_it_ends():
    desk = Metrics(Role.DESK)
    desk.record(done(None, rejected("few-words"), arrived=NOW_MS - 60_000))
    assert value(desk, "stage_duration_seconds_count", stage="prepare") == 2
    assert value(desk, "end_to_end_seconds_count") == 1
    assert value(desk, "end_to_end_seconds_sum") >= 60


# Sources


def sources_metrics(watch: Watch, most: int) -> Metrics:
    metrics = Metrics(Role.SOURCES)
    metrics.watch_sources(watch.records, most)
    return metrics


def of_sources(metrics: Metrics, name: str = "source_articles_total") -> dict[str, float]:
    """The values by source, summed over other labels."""
    found: dict[str, float] = {}
    for labels, number in shown(metrics, name).items():
        source = dict(labels)["source"]
        found[source] = found.get(source, 0) + number
    return found


def watch_of(names: Iterable[str | None], most: int = 20_000) -> Watch:
    watch = Watch(SourcesOptions(most=most))
    for number, name in enumerate(names):
        watch.add(account(MONDAY + number % 3_600, name))
    return watch


def test_a_source_is_shown_beside_its_usual():
    watch = known()
    for number in range(4):
        watch.add(account(after(10) + number, verdict=Verdict.REJECT, findings=("date-missing",)))
    watch.add(unreadable(after(10), HARBOUR))
    watch.changed_records()
    metrics = sources_metrics(watch, 50)
    of = {"source": HARBOUR}
    assert value(metrics, "source_articles_total", outcome="rejected", **of) == 4
    assert value(metrics, "source_articles_total", outcome="dead-letter", **of) == 1
    assert value(metrics, "source_share", of="rejected", **of) == 1
    assert value(metrics, "source_usual_share", of="rejected", **of) == 0
    assert value(metrics, "source_field_share", field="date", **of) == 0
    assert value(metrics, "source_usual_field_share", field="date", **of) == 1
    assert value(metrics, "source_hour_articles", **of) == 5
    assert value(metrics, "source_usual_hour_articles", **of) == 1
    assert value(metrics, "source_words", **of) == value(metrics, "source_usual_words", **of) == 400
    assert value(metrics, "source_signal", signal=SignalName.REJECTS_JUMPED, **of) == 1
    assert value(metrics, "source_signal", signal=SignalName.FLOOD, **of) == 0
    assert value(metrics, "source_last_article_timestamp_seconds", **of) == after(10) + 3


def test_what_is_not_known_of_a_source_is_not_shown():
    watch = Watch()
    watch.add(unreadable(MONDAY, HARBOUR))
    metrics = sources_metrics(watch, 50)
    for name in ("share", "field_share", "words", "usual_share", "usual_words", "usual_hour"):
        assert shown(metrics, f"source_{name}") == {}


def test_ten_thousand_sources_are_a_few_series_and_lose_nothing():
    records = [*watch_of(f"source {n}" for n in range(10_000)).records()]
    metrics = Metrics(Role.SOURCES)
    metrics.watch_sources(lambda: records, 50)
    found = of_sources(metrics)
    assert len(found) == 51
    assert found[OTHER] == 9_950
    assert sum(found.values()) == value(metrics, "sources") == 10_000
    assert len(shown(metrics, "source_signal")) == 51 * len(SignalName)


def test_the_largest_sources_are_shown_first():
    metrics = sources_metrics(watch_of(["small", "large", "large"]), 1)
    assert of_sources(metrics) == {"large": 2, OTHER: 1}


def test_no_counter_ever_falls_while_sources_come_and_grow():
    watch = Watch(SourcesOptions(most=4))
    metrics = sources_metrics(watch, 2)
    before: dict[str, float] = {}
    for number in range(300):
        watch.add(account(MONDAY + number, f"source {number % (1 + number // 40)}"))
        now = of_sources(metrics)
        assert all(now[name] >= count for name, count in before.items())
        before = now
    assert before.keys() == {"source 0", "source 1", OTHER}


def test_other_tells_how_many_sources_have_a_signal():
    (record,) = known().records()
    metrics = Metrics(Role.SOURCES)
    metrics.watch_sources(lambda: [record, *broken_records(3)], most=1)
    assert value(metrics, "source_signal", source=OTHER, signal=SignalName.FIELD_GONE) == 3
    assert value(metrics, "source_signal", source=HARBOUR, signal=SignalName.FIELD_GONE) == 0


def broken_records(count: int) -> list[SourceRecord]:
    """Sources without dates that are smaller than the one known."""
    watch = Watch()
    for day in range(5):
        for number in range(count * 4):
            findings = ("date-missing",) if day == 4 else ()
            watch.add(account(after(day) + number, f"source {number % count}", findings=findings))
    return watch.changed_records()


HOSTILE = [
    "<script>alert(1)</script>",
    'a"b\\c\nd{e="f"} 1',
    "\\",
    '"',
    "\\n",
    "\n",
    "\0\x1b\r\t",
    "",
    "(none)",
    "other",
    "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 300,
    "n" * 4_096,
    "n" * 4_095 + "m",
]


def test_hostile_names_are_labels_like_others():
    watch = watch_of([*HOSTILE, None])
    metrics = sources_metrics(watch, 50)
    found = of_sources(metrics)
    ours = {"other", "(none)"}  # these two labels are taken: such names are among the others
    assert found.keys() == {source.name for source in watch if source.name} | {"", *ours}
    assert found["(none)"] == 1
    assert found[OTHER] == 2
    assert max(map(len, found)) <= 120


def test_a_source_that_two_partitions_count_is_shown_once():
    metrics = Metrics(Role.SOURCES)
    one, two = watch_of(["Post"]), watch_of(["Post", "Post"])
    metrics.watch_sources(lambda: [*one.records(), *two.records()], 50)
    assert of_sources(metrics) == {"Post": 2, OTHER: 1}

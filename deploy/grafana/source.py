"""One source beside what is usual for it: the numbers that its signals rest on."""

from __future__ import annotations

from deploy.grafana.overview import OUTCOMES
from deploy.grafana.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    Json,
    coloured,
    dashboard,
    every,
    graph,
    limited,
    named,
    none_says,
    note,
    number,
    result_variable,
    stacked,
    states,
    text_variable,
    with_variables,
)

_NAME = "source=${source:doublequote}"  # a name may hold quotes
_ONE = f"{{{_NAME}}}"
_DAY, _HOUR = 86_400, 3_600  # seconds
# Prometheus must not hold a series for each article: ids are on the live page.
_PAGE = "${page}/source/${source:percentencode}"
_SAMPLES = f"""\
[Its newest articles, and those behind each signal]({_PAGE})
"""
# All that were known within a week, so that one is there while the sources worker is down. Those
# with most signals come first, then those that sent something last.
_LAST = "max by (source) (last_over_time(copydesk_source_last_article_timestamp_seconds[1w]))"
_SOURCES = f"sort_desc((sum by (source) (copydesk_source_signal) or 0 * {_LAST}) + {_LAST} / 1e10)"


def source() -> Json:
    """The dashboard."""
    made = dashboard(
        "Source",
        "One source beside its own past: how much it sends, what becomes of it, what it lacks.",
        [
            (3, [*_numbers(), _samples()]),
            (7, [_signals(), _outcomes()]),
            (8, [_articles(), _share("rejected")]),
            (8, [_fields(), _words()]),
            (8, [_share("repaired"), _share("duplicates")]),
        ],
    )
    return with_variables(
        made,
        result_variable("source", "Source", _SOURCES),
        text_variable("page", "Live page", "http://localhost:9633"),
    )


def _numbers() -> list[Json]:
    newest = number(
        "Newest article",
        "Since anything of this source reached Kafka last.",
        "s",
        f"time() - max(last_over_time(copydesk_source_last_article_timestamp_seconds{_ONE}[1w]))",
    )
    signals = number(
        "Signals now",
        "Ways in which it is not what it was.",
        COUNT,
        f"sum(copydesk_source_signal{_ONE})",
    )
    return [
        limited(newest, {0: GOOD, _HOUR: FAIR, _DAY: BAD}),
        limited(signals, {0: GOOD, 1: BAD}),
        number(
            "This hour",
            "Articles since the full hour (UTC).",
            COUNT,
            f"sum(copydesk_source_hour_articles{_ONE})",
        ),
        none_says(
            number(
                "Usual in this hour",
                "Median of the same hour in past weeks, of the same hour of the day while fewer "
                "than three weeks are known. It is known after three days.",
                COUNT,
                f"sum(copydesk_source_usual_hour_articles{_ONE})",
            ),
            "not known yet",
        ),
        number(
            "Last 24 h",
            "All that came of it in the last 24 hours, whatever became of it.",
            COUNT,
            f"sum(increase(copydesk_source_articles_total{_ONE}[1d]))",
        ),
    ]


def _samples() -> Json:
    return note(
        "Its articles",
        "Leads to the live page of the sources worker, where the newest articles of this source "
        "are, with their ids. Its address is the variable `Live page` above.",
        _SAMPLES,
    )


def _signals() -> Json:
    made = states(
        "Signals",
        "Red while the source is not what it was. docs/operations.md says what each rests on.",
        {"{{signal}}": f"max by (signal) (copydesk_source_signal{_ONE}) > bool 0"},
    )
    made["options"]["showValue"] = "never"
    return named(made, {0: ("as usual", "transparent"), 1: ("on", BAD)})


def _articles() -> Json:
    return graph(
        "Articles in this hour",
        "Since the full hour, beside what is usual for that hour of the week: it climbs to "
        "the dashed line and starts anew.",
        "short",
        {
            "this hour": f"sum(copydesk_source_hour_articles{_ONE})",
            "usual": f"sum(copydesk_source_usual_hour_articles{_ONE})",
        },
    )


def _outcomes() -> Json:
    counts = f"sum by (outcome) (increase(copydesk_source_articles_total{_ONE}[$__rate_interval]))"
    made = graph(
        "What became of them",
        "Articles by the door they left through, of a quarter of an hour each.",
        "short",
        {"{{outcome}}": counts},
    )
    return every(coloured(stacked(made), OUTCOMES), "15m")


def _share(of: str) -> Json:
    chosen = f'{{{_NAME}, of="{of}"}}'
    return graph(
        f"Share {of}",
        "Of today's articles that could be read (UTC), beside the median of past days.",
        "percentunit",
        {
            "today": f"max(copydesk_source_share{chosen})",
            "usual": f"max(copydesk_source_usual_share{chosen})",
        },
    )


def _fields() -> Json:
    return graph(
        "Fields that come with its articles",
        "Share of today's articles that came with each field, beside the median of past days.",
        "percentunit",
        {
            "{{field}}": f"max by (field) (copydesk_source_field_share{_ONE})",
            "usual {{field}}": f"max by (field) (copydesk_source_usual_field_share{_ONE})",
        },
    )


def _words() -> Json:
    return graph(
        "Words an article",
        "Mean length of today's articles, beside what is usual for the source.",
        "short",
        {
            "today": f"max(copydesk_source_words{_ONE})",
            "usual": f"max(copydesk_source_usual_words{_ONE})",
        },
    )

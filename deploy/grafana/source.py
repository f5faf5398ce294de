"""One source beside what is usual for it: the numbers that its signals rest on."""

from __future__ import annotations

from deploy.grafana.overview import OUTCOMES
from deploy.grafana.panels import (
    BAD,
    FAIR,
    GOOD,
    Json,
    coloured,
    dashboard,
    graph,
    label_variable,
    limited,
    named,
    none_says,
    note,
    number,
    stacked,
    states,
    text_variable,
    with_variables,
)

_ONE = '{source="$source"}'
_DAY, _HOUR = 86_400, 3_600  # seconds
# Prometheus must not hold a series for each article: ids are on the live page.
_PAGE = "${page}/source/${source:percentencode}"
_SAMPLES = f"""\
[Newest articles of **${{source}}** with their ids, and those behind each signal]({_PAGE})
"""


def source() -> Json:
    """The dashboard."""
    made = dashboard(
        "Source",
        "One source beside its own past: how much it sends, what becomes of it, what it lacks.",
        [
            (4, [*_numbers(), _samples()]),
            (7, [_signals()]),
            (8, [_articles(), _outcomes()]),
            (7, [_share("repaired"), _share("rejected"), _share("duplicates")]),
            (8, [_fields(), _words()]),
        ],
    )
    return with_variables(
        made,
        label_variable("source", "Source", "copydesk_source_articles_total"),
        text_variable("page", "Live page", "http://localhost:9633"),
    )


def _numbers() -> list[Json]:
    newest = number(
        "Age of its newest article",
        "Since anything of this source reached Kafka last.",
        "s",
        f"time() - max(copydesk_source_last_article_timestamp_seconds{_ONE})",
    )
    signals = number(
        "Signals now",
        "Ways in which it is not what it was.",
        "short",
        f"sum(copydesk_source_signal{_ONE})",
    )
    return [
        limited(newest, {0: GOOD, _HOUR: FAIR, _DAY: BAD}),
        limited(signals, {0: GOOD, 1: BAD}),
        number(
            "This hour",
            "Articles since the full hour (UTC).",
            "short",
            f"sum(copydesk_source_hour_articles{_ONE})",
        ),
        _from_the_third_day(
            number(
                "Usual in this hour",
                "Median of the same hour in past weeks, of the same hour of the day while fewer "
                "than three weeks are known.",
                "short",
                f"sum(copydesk_source_usual_hour_articles{_ONE})",
            )
        ),
        number(
            "Within a day",
            "All that came of it in the last 24 hours, whatever became of it.",
            "short",
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
        "Red while the source is not what it was. docs/operations.md tells what each rests on.",
        "short",
        {"{{signal}}": f"max by (signal) (copydesk_source_signal{_ONE})"},
    )
    return named(limited(made, {0: GOOD, 1: BAD}), {0: "as usual", 1: "on"})


def _articles() -> Json:
    return _from_the_third_day(
        graph(
            "Articles in this hour",
            "Since the full hour, beside what is usual for that hour of the week: it climbs to "
            "the dashed line and starts anew.",
            "short",
            {
                "this hour": f"sum(copydesk_source_hour_articles{_ONE})",
                "usual": f"sum(copydesk_source_usual_hour_articles{_ONE})",
            },
        )
    )


def _outcomes() -> Json:
    made = graph(
        "What became of them",
        "Articles an hour by the door they left through.",
        "short",
        {"{{outcome}}": f"sum by (outcome) (increase(copydesk_source_articles_total{_ONE}[1h]))"},
    )
    return coloured(stacked(made), OUTCOMES)


def _share(of: str) -> Json:
    chosen = f'{{source="$source", of="{of}"}}'
    return _from_the_third_day(
        graph(
            f"Share {of}",
            "Of today's articles that could be read (UTC), beside the median of past days.",
            "percentunit",
            {
                "today": f"max(copydesk_source_share{chosen})",
                "usual": f"max(copydesk_source_usual_share{chosen})",
            },
        )
    )


def _fields() -> Json:
    return _from_the_third_day(
        graph(
            "Fields that come with its articles",
            "Share of today's articles that came with each field, beside the median of past days.",
            "percentunit",
            {
                "{{field}}": f"max by (field) (copydesk_source_field_share{_ONE})",
                "usual {{field}}": f"max by (field) (copydesk_source_usual_field_share{_ONE})",
            },
        )
    )


def _words() -> Json:
    return _from_the_third_day(
        graph(
            "Words an article",
            "Mean length of today's articles, beside what is usual for the source.",
            "short",
            {
                "today": f"max(copydesk_source_words{_ONE})",
                "usual": f"max(copydesk_source_usual_words{_ONE})",
            },
        )
    )


def _from_the_third_day(made: Json) -> Json:
    """A panel with something usual in it, which takes three days to be known."""
    return none_says(made, "known after three days")

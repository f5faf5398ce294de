"""The first look: what came in, what went out and why, and whether anything waits."""

from __future__ import annotations

from deploy.grafana.panels import (
    BAD,
    FAIR,
    GOOD,
    Json,
    coloured,
    dashboard,
    durations,
    graph,
    limited,
    link_to,
    linked,
    none_says,
    number,
    ranking,
    stacked,
    table,
)
from pipeline.routing import DOORS, Door

OUTCOMES = {str(door): row.colour for door, row in DOORS.items()}

_RATE = "[$__rate_interval]"
_DAY, _HOUR = 86_400, 3_600  # seconds
_OUT = f"sum(rate(copydesk_articles_total{_RATE}))"
# Sources tell their shares of today; each counts by what it sent within a day.
_SHARE = 'max by (source) (copydesk_source_share{of="repaired"})'
_WEIGHT = "sum by (source) (increase(copydesk_source_articles_total[1d]))"
_REPAIRED = f"sum({_SHARE} * {_WEIGHT}) / sum({_WEIGHT} and {_SHARE})"


def overview() -> Json:
    """The dashboard."""
    return dashboard(
        "Overview",
        "What came in, what went out and why, how old the newest article is, and what waits.",
        [
            (4, _numbers()),
            (8, [_came_in(), _went_out()]),
            (8, [_shares(), _end_to_end()]),
            (8, [_lag(), _signals()]),
            (9, [_repairs(), _findings()]),
            (8, [_observed(), _dead_letters(), _errors()]),
        ],
    )


def _numbers() -> list[Json]:
    return [
        number(
            "Came in within an hour",
            "Raw records that the desk worked on and committed in the last hour.",
            "short",
            "sum(increase(copydesk_articles_received_total[1h]))",
        ),
        _newest(),
        limited(
            number(
                "Waiting",
                "Records that no worker has committed yet, over all topics between the roles.",
                "short",
                "sum(copydesk_consumer_lag_records)",
            ),
            {0: GOOD, 1_000: FAIR, 100_000: BAD},
        ),
        limited(
            number(
                "Dead letters within a day",
                "Inputs that could not be read. They wait on articles.dead-letter for somebody.",
                "short",
                f'sum(increase(copydesk_articles_total{{outcome="{Door.DEAD_LETTER}"}}[1d]))'
                " or vector(0)",
            ),
            {0: GOOD, 1: FAIR, 100: BAD},
        ),
        limited(
            number(
                "Sources with a signal",
                "Sources that are not what they were: silent, broken, flooding and the like.",
                "short",
                "count(sum by (source) (copydesk_source_signal) > 0) or vector(0)",
            ),
            {0: GOOD, 1: FAIR, 5: BAD},
        ),
        limited(
            number(
                "Errors within a day",
                "Failed transactions and starts of workers. A worker ends after an error and is "
                "started again, so that a few are no harm.",
                "short",
                'sum(increase(copydesk_transactions_total{result="failed"}[1d]))'
                ' + sum(changes(process_start_time_seconds{job="copydesk"}[1d]))',
            ),
            {0: GOOD, 1: FAIR, 20: BAD},
        ),
    ]


def _newest() -> Json:
    made = number(
        "Age of the newest article",
        "Since the newest raw record whose outcome is committed reached Kafka. It grows when "
        "nothing arrives, and when what arrives is not worked on.",
        "s",
        "time() - (max(copydesk_last_article_timestamp_seconds) > 0)",
    )
    return none_says(limited(made, {0: GOOD, _HOUR: FAIR, _DAY: BAD}), "none yet")


def _came_in() -> Json:
    return graph(
        "Came in",
        "Raw records a second that the desk worked on and committed.",
        "cps",
        {"received": f"sum(rate(copydesk_articles_received_total{_RATE}))"},
    )


def _went_out() -> Json:
    made = graph(
        "Went out",
        "Articles a second by the door they left through. Together they are what came in, less "
        "what still waits.",
        "cps",
        {"{{outcome}}": f"sum by (outcome) (rate(copydesk_articles_total{_RATE}))"},
    )
    return coloured(stacked(made), OUTCOMES)


def _shares() -> Json:
    made = graph(
        "Shares",
        "Of what went out: rejected, withheld as a copy. Of what sources sent today: repaired.",
        "percentunit",
        {
            "repaired": _REPAIRED,
            "rejected": _share(Door.REJECTED),
            "duplicates": _share(Door.DUPLICATES),
        },
    )
    return coloured(made, {"repaired": "purple"} | OUTCOMES)


def _share(outcome: Door) -> str:
    return f'sum(rate(copydesk_articles_total{{outcome="{outcome}"}}{_RATE})) / {_OUT}'


def _end_to_end() -> Json:
    return durations(
        "From raw record to outcome",
        "How long an article takes from Kafka's timestamp of the raw record to its committed "
        "outcome: half of them less than p50, one in a hundred more than p99.",
        "copydesk_end_to_end_seconds",
    )


def _lag() -> Json:
    return graph(
        "Waiting, by topic",
        "Records that no worker has committed yet. What grows for long is not kept up with.",
        "short",
        {"{{topic}}": "sum by (topic) (copydesk_consumer_lag_records)"},
    )


def _signals() -> Json:
    made = table(
        "Sources with signals",
        "docs/operations.md says what each of them means. `other` are the sources that are "
        "not named here, with how many of them have the signal.",
        "sort_desc(max by (source, signal) (copydesk_source_signal) > 0)",
        {"source": "source", "signal": "signal", "Value": "sources"},
    )
    address = link_to("Source", source="${__value.raw:percentencode}")
    return none_says(linked(made, "source", "Beside its usual", address), "no source has a signal")


def _repairs() -> Json:
    return ranking(
        "Top repairs",
        "Articles that a repair edited, in the time shown. docs/rules.md tells what each does.",
        "short",
        {"{{rule}}": "topk(12, sum by (rule) (increase(copydesk_repairs_total[$__range])))"},
    )


def _observed() -> Json:
    made = ranking(
        "Only observed",
        "Articles that rules would have touched which the settings name under observe, in the time "
        "shown; they changed nothing. docs/changing-rules.md tells how to go on.",
        "short",
        {"{{rule}}": "topk(12, sum by (rule) (increase(copydesk_observed_total[$__range])))"},
    )
    return none_says(made, "no rule is only observed")


def _findings() -> Json:
    counts = "sum by (rule, severity) (increase(copydesk_findings_total[$__range]))"
    return ranking(
        "Top findings",
        "Articles that a finding was made in, in the time shown; those of severity `reject` are "
        "why articles were rejected.",
        "short",
        {"{{rule}} ({{severity}})": f"topk(12, {counts})"},
    )


def _dead_letters() -> Json:
    counts = "sum by (stage, reason) (increase(copydesk_dead_letters_total[1h]))"
    made = graph(
        "Dead letters, by reason",
        "Inputs an hour that could not be read, by the stage that gave up and why.",
        "short",
        {"{{stage}}: {{reason}}": counts},
    )
    return none_says(stacked(made), "none")


def _errors() -> Json:
    return graph(
        "Errors",
        "Failed transactions and starts of workers within a quarter of an hour. A worker whose "
        "transaction fails ends and is started again: nothing is lost.",
        "short",
        {
            "failed transactions, {{role}}": "sum by (role) "
            '(increase(copydesk_transactions_total{result="failed"}[15m]))',
            "starts, {{role}}": "sum by (role) "
            '(changes(process_start_time_seconds{job="copydesk"}[15m]))',
        },
    )

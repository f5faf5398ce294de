"""The first look, for who is on call: what broke, since when, what it did, what to open next."""

from __future__ import annotations

from deploy.grafana.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    Json,
    coloured,
    column,
    dashboard,
    durations,
    every,
    graph,
    known,
    leads,
    limited,
    link,
    link_to,
    mapped,
    named,
    none_says,
    number,
    ranking,
    shaded,
    stacked,
    states,
    table,
    worst,
)
from pipeline.routing import DOORS, Door
from pipeline.sources import SignalName

OUTCOMES = {str(door): row.colour for door, row in DOORS.items()}
# Signals that an alert rule fires on; the others mean a busy day as often as a fault.
ALERTING = (
    SignalName.SILENT,
    SignalName.EXTRACTOR_BROKE,
    SignalName.REJECTS_JUMPED,
    SignalName.FIELD_GONE,
    SignalName.LENGTH_SHIFTED,
)

_OURS = '{job="copydesk"}'
_RATE = "[$__rate_interval]"
_DAY, _HOUR = 86_400, 3_600  # seconds
_OUT = f"sum(rate(copydesk_articles_total{_RATE}))"
# Sources tell their shares of today; each counts by what it sent within a day.
_SHARE = 'max by (source) (copydesk_source_share{of="repaired"})'
_WEIGHT = "sum by (source) (increase(copydesk_source_articles_total[1d]))"
_REPAIRED = f"sum({_SHARE} * {_WEIGHT}) / sum({_WEIGHT} and {_SHARE})"

_COLOURS = {str(name): BAD if name in ALERTING else FAIR for name in SignalName}
_GRAVITY = {str(name): len(SignalName) - rank for rank, name in enumerate(SignalName)}
# Each signal that a source has as a number, the larger the graver, since no query compares names.
_SIGNALS = " or ".join(
    f'{gravity} * (max by (source, signal) (copydesk_source_signal{{signal="{name}"}}) > bool 0)'
    for name, gravity in _GRAVITY.items()
)
_NONE = "no source has a signal, or no sources worker answers"
_WIDTHS = {  # pixels; the source takes the rest
    "signal": 160,
    "since": 105,
    "last article": 105,
    "this hour": 95,
    "usual": 80,
    "24 h": 80,
    "rejected, 24 h": 130,
    "copies, 24 h": 120,
}
_SINCE = "copydesk_source_signal_since_timestamp_seconds"
_HAD = "max_over_time(copydesk_source_signal[$__range] @ end())"
_CHANGED = "and on (source) copydesk_source_signal > 0"


def overview() -> Json:
    """The dashboard."""
    return dashboard(
        "Overview",
        "Which source broke, since when, what became of the articles, and whether anything waits.",
        [
            (3, _numbers()),
            (6, [_sources()]),
            (8, [_signals(), _went_out()]),
            (8, [_shares(), _dead_letters(), _errors()]),
            (8, [_came_in(), _lag(), _end_to_end()]),
            (10, [_findings(), _repairs(), _observed()]),
        ],
    )


def _numbers() -> list[Json]:
    return [
        limited(
            number(
                "Changed sources",
                "Sources that are not what they were: silent, broken, flooding and the like.",
                COUNT,
                "count(sum by (source) (copydesk_source_signal) > 0) or 0 * sum(copydesk_sources)",
            ),
            {0: GOOD, 1: FAIR, 5: BAD},
        ),
        _newest(),
        limited(
            number(
                "Rejected, 24 h",
                "Of the inputs of the last 24 hours, how many were too broken to publish.",
                "percentunit",
                known(
                    f'sum(increase(copydesk_articles_total{{outcome="{Door.REJECTED}"}}[1d]))'
                    " / sum(increase(copydesk_articles_total[1d]))"
                ),
            ),
            {0: GOOD, 0.05: FAIR, 0.2: BAD},
        ),
        limited(
            number(
                "Dead letters, 24 h",
                "Inputs that could not be read. They wait on articles.dead-letter for somebody.",
                COUNT,
                f'sum(increase(copydesk_articles_total{{outcome="{Door.DEAD_LETTER}"}}[1d]))',
            ),
            {0: GOOD, 1: FAIR, 100: BAD},
        ),
        leads(
            limited(
                number(
                    "Waiting",
                    "Records that no worker has committed yet, over all topics between the roles.",
                    COUNT,
                    "sum(copydesk_consumer_lag_records)",
                ),
                {0: GOOD, 1_000: FAIR, 100_000: BAD},
            ),
            "Who keeps up",
            link_to("Operations"),
        ),
        leads(
            limited(
                number(
                    "Workers down",
                    "Workers that cannot be reached or are not ready. Without a sources worker no "
                    "signal comes.",
                    COUNT,
                    f"count(up{_OURS} == 0 or copydesk_ready == 0) or 0 * count(up{_OURS})",
                ),
                {0: GOOD, 1: BAD},
            ),
            "Who runs",
            link_to("Operations"),
        ),
    ]


def _newest() -> Json:
    made = number(
        "Newest article",
        "Since the newest raw record whose outcome is committed reached Kafka. It grows when "
        "nothing arrives, and when what arrives is not worked on.",
        "s",
        "time() - (max(last_over_time(copydesk_last_article_timestamp_seconds[1d])) > 0)",
    )
    return none_says(limited(made, {0: GOOD, _HOUR: FAIR, _DAY: BAD}), "none in 24 h")


def _sources() -> Json:
    made = table(
        "Sources with signals",
        "Each source that is not what it was, with its gravest signal; docs/operations.md says "
        "what that means. A source leads to its dashboard. `other` are all those without a name.",
        [
            f"topk by (source) (1, ({_SIGNALS}) > 0)",
            f"1000 * min by (source) ({_SINCE} {_CHANGED})",
            f"1000 * max by (source) (copydesk_source_last_article_timestamp_seconds {_CHANGED})",
            f"max by (source) (copydesk_source_hour_articles {_CHANGED})",
            f"max by (source) (copydesk_source_usual_hour_articles {_CHANGED})",
            *(
                f"sum by (source) (increase(copydesk_source_articles_total{labels}[1d]) {_CHANGED})"
                for labels in (
                    "",
                    f'{{outcome="{Door.REJECTED}"}}',
                    f'{{outcome="{Door.DUPLICATES}"}}',
                )
            ),
        ],
        {
            "source": "source",
            "signal": "signal",
            "Value #B": "since",
            "Value #C": "last article",
            "Value #D": "this hour",
            "Value #E": "usual",
            "Value #F": "24 h",
            "Value #G": "rejected, 24 h",
            "Value #H": "copies, 24 h",
        },
        sort="Value #A",
    )
    address = link_to("Source", source="${__value.raw:percentencode}")
    column(made, "source", links=link("Beside its usual", address))
    signals = {name: (name, colour) for name, colour in _COLOURS.items()}
    column(made, "signal", mappings=mapped(signals), custom_cellOptions={"type": "color-text"})
    for heading in ("since", "last article"):
        column(made, heading, unit="time:ddd HH:mm")
    for heading, width in _WIDTHS.items():
        column(made, heading, custom_width=width)
    return none_says(made, _NONE)


def _signals() -> Json:
    made = states(
        "Signals over time",
        "The gravest signal of each source that had one, from when to when. Red ones raise alerts.",
        {"{{source}}": f"max by (source) ({_SIGNALS}) and on (source) {_HAD} > 0"},
    )
    words = {_GRAVITY[name]: (name, colour) for name, colour in _COLOURS.items()}
    words[0] = ("as usual", "transparent")
    return none_says(named(made, words), _NONE)


def _came_in() -> Json:
    return every(
        graph(
            "Came in, an hour",
            "Raw records an hour that the desk worked on and committed.",
            "short",
            {"received": f"3600 * sum(rate(copydesk_articles_received_total{_RATE}))"},
        ),
        "5m",
    )


def _went_out() -> Json:
    made = graph(
        "What became of the articles, an hour",
        "Articles an hour by the door they left through. Together they are what came in, less "
        "what still waits.",
        "short",
        {"{{outcome}}": f"3600 * sum by (outcome) (rate(copydesk_articles_total{_RATE}))"},
    )
    return every(coloured(stacked(made), OUTCOMES), "5m")


def _shares() -> Json:
    made = graph(
        "Shares",
        "Of what went out: rejected, withheld as a copy. Of what sources sent today: repaired.",
        "percentunit",
        {
            "repaired": known(_REPAIRED),
            "rejected": _share(Door.REJECTED),
            "duplicates": _share(Door.DUPLICATES),
        },
    )
    return every(coloured(made, {"repaired": "purple"} | OUTCOMES), "15m")


def _share(outcome: Door) -> str:
    through = f'sum(rate(copydesk_articles_total{{outcome="{outcome}"}}{_RATE}))'
    return known(f"{through} / {_OUT}")


def _end_to_end() -> Json:
    return durations(
        "From raw record to outcome",
        "How long an article takes from Kafka's timestamp of the raw record to its committed "
        "outcome: half of them less than p50, one in a hundred more than p99.",
        "copydesk_end_to_end_seconds",
    )


def _lag() -> Json:
    made = graph(
        "Waiting, by topic",
        "Records that no worker has committed yet. What grows for long, above the line, raises an "
        "alert.",
        "short",
        {"{{topic}}": "sum by (topic) (copydesk_consumer_lag_records)"},
    )
    return limited(made, {0: GOOD, 1_000: FAIR}, line=True)


def _repairs() -> Json:
    return ranking(
        "Top repairs",
        "Articles that a repair edited, in the time shown. docs/rules.md tells what each does.",
        COUNT,
        {"{{rule}}": "topk(8, sum by (rule) (increase(copydesk_repairs_total[$__range])) > 0)"},
    )


def _observed() -> Json:
    made = ranking(
        "Only observed",
        "Articles that rules would have touched which the settings name under observe, in the time "
        "shown; they changed nothing. docs/changing-rules.md says how to go on.",
        COUNT,
        {"{{rule}}": "topk(8, sum by (rule) (increase(copydesk_observed_total[$__range])) > 0)"},
    )
    return none_says(made, "no rule is only observed")


def _findings() -> Json:
    counts = "sum by (rule, severity) (increase(copydesk_findings_total[$__range]))"
    return ranking(
        "Top findings",
        "Articles that a finding was made in, in the time shown; those of severity `reject` are "
        "why articles were rejected.",
        COUNT,
        {"{{rule}} ({{severity}})": f"topk(8, {counts} > 0)"},
    )


def _dead_letters() -> Json:
    counts = "sum by (stage, reason) (increase(copydesk_dead_letters_total[1h])) > 0"
    made = graph(
        "Dead letters, by reason",
        "Inputs an hour that could not be read, by the stage that gave up and why.",
        "short",
        {"{{stage}}: {{reason}}": counts},
    )
    return none_says(worst(stacked(made)), "none, or no worker answers")


def _errors() -> Json:
    made = graph(
        "Errors",
        "Failed transactions and starts of workers within a quarter of an hour; at the line they "
        "raise an alert. A worker whose transaction fails ends and is started again: nothing is "
        "lost.",
        "short",
        {
            "failed, {{role}}": "sum by (role) "
            '(increase(copydesk_transactions_total{result="failed"}[15m]))',
            "started, {{role}}": "sum by (role) "
            '(changes(process_start_time_seconds{job="copydesk"}[15m]))',
        },
    )
    shaded(worst(made), {"failed": BAD, "started": "blue"})
    return limited(made, {0: GOOD, 3: BAD}, line=True)

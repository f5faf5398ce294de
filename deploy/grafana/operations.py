"""The workers themselves: who runs, who keeps up, how fast, and what it takes."""

from __future__ import annotations

from deploy.grafana.panels import (
    BAD,
    FAIR,
    GOOD,
    Json,
    dashboard,
    durations,
    graph,
    limited,
    named,
    shaded,
    states,
    table,
)

_RATE = "[$__rate_interval]"
_OURS = '{job="copydesk"}'
_READY = "max by (role, instance) (copydesk_ready)"
_UP = f"max by (role, instance) (up{_OURS})"


def operations() -> Json:
    """The dashboard."""
    return dashboard(
        "Operations",
        "Workers, what waits for them, their transactions and stages, memory and processor.",
        [
            (6, [_ready(), _roles()]),
            (8, [_lag(), _transactions()]),
            (8, [_worked(), _stages()]),
            (8, [_transaction_times(), _end_to_end()]),
            (8, [_memory(), _processor(), _files()]),
        ],
    )


def _roles() -> Json:
    return table(
        "Workers",
        "The workers that answer, what they do, and the version they run.",
        ["max by (role, instance, version) (copydesk_build_info)"],
        {"role": "role", "instance": "worker", "version": "version"},
    )


def _ready() -> Json:
    made = states(
        "Up and ready",
        "Red while a worker cannot be reached, orange while it is fencing, replaying its state "
        "or rebalancing.",
        {
            # Of the same labels, so that a worker is one row whether it answers or not.
            "{{role}} {{instance}}": f"{_UP} * (1 + {_READY}) or {_UP}"
        },
    )
    return named(made, {0: ("down", BAD), 1: ("not ready", FAIR), 2: ("ready", GOOD)})


def _lag() -> Json:
    made = graph(
        "Waiting, by partition",
        "Records of each source partition that no worker has committed yet.",
        "short",
        {"{{topic}} {{partition}}": "sum by (topic, partition) (copydesk_consumer_lag_records)"},
    )
    return limited(made, {0: GOOD, 1_000: FAIR}, line=True)


def _transactions() -> Json:
    made = graph(
        "Transactions a minute",
        "By their end. After a failed one the worker ends and is started again.",
        "short",
        {
            "{{result}}, {{role}}": "60 * sum by (role, result) "
            f"(rate(copydesk_transactions_total{_RATE}))"
        },
    )
    return shaded(made, {"committed": GOOD, "failed": BAD})


def _worked() -> Json:
    counts = f"rate(copydesk_stage_duration_seconds_count{_RATE})"
    return graph(
        "Records worked on, a second",
        "By stage: the desk prepares, dedup decides, sources counts.",
        "short",
        {"{{stage}}": f"sum by (stage) ({counts})"},
    )


def _stages() -> Json:
    return durations(
        "Work on one record",
        "How long a stage works on one record, without waiting for Kafka.",
        "copydesk_stage_duration_seconds",
        "stage",
    )


def _transaction_times() -> Json:
    return durations(
        "Length of transactions",
        "From the first send to the commit. It is the broker's time: long ones tell of a slow "
        "disk, a slow network or a missing replica.",
        "copydesk_transaction_duration_seconds",
        "role",
    )


def _end_to_end() -> Json:
    return durations(
        "From raw record to outcome",
        "From Kafka's timestamp of the raw record to its committed outcome, waiting included.",
        "copydesk_end_to_end_seconds",
    )


def _memory() -> Json:
    return graph(
        "Memory",
        "Resident memory of each worker. That of dedup grows with its index.",
        "bytes",
        {"{{role}} {{instance}}": f"process_resident_memory_bytes{_OURS}"},
    )


def _processor() -> Json:
    made = graph(
        "Processor",
        "Share of one core that each worker takes. A worker has one core for its work: above the "
        "line it is at its limit.",
        "percentunit",
        {"{{role}} {{instance}}": f"rate(process_cpu_seconds_total{_OURS}{_RATE})"},
    )
    return limited(made, {0: GOOD, 0.9: FAIR}, line=True)


def _files() -> Json:
    made = graph(
        "Open files and connections",
        "Share of the open files that the system allows a worker.",
        "percentunit",
        {"{{role}} {{instance}}": f"process_open_fds{_OURS} / process_max_fds{_OURS}"},
    )
    return limited(made, {0: GOOD, 0.8: FAIR}, line=True)

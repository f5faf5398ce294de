"""What is found to be a copy, of whom, and the index it is found in."""

from __future__ import annotations

from deploy.grafana.panels import (
    COUNT,
    FAIR,
    GOOD,
    Json,
    dashboard,
    every,
    graph,
    known,
    limited,
    none_says,
    number,
    ranking,
    stacked,
)

_DAY = 86_400  # seconds
_LIMIT = 0.8 * 4 * 1024**3  # bytes, of the alert CopydeskIndexNearLimit
_RATE = "[$__rate_interval]"
_COPIES = 'copydesk_articles_total{outcome="duplicates"}'
_PUBLISHED = 'copydesk_articles_total{outcome=~"clean|duplicates"}'


def copies() -> Json:
    """The dashboard."""
    return dashboard(
        "Copies",
        "Kinds of copies, who printed the earlier one, and the size and age of the index.",
        [
            (3, _numbers()),
            (8, [_share(), _by("kind", _KINDS), _by("relation", _RELATIONS)]),
            (10, [_sources(), _cuts()]),
            (8, [_articles(), _bytes(), _oldest()]),
        ],
    )


_KINDS = (
    "Copies withheld: exact, the same words; near, most of them; excerpt, a part of an "
    "earlier article. What is withheld at all is set under `dedup`."
)
_RELATIONS = (
    "Copies withheld, by who printed the earlier one: the same address, the same source at another "
    "address, or another source."
)


def _numbers() -> list[Json]:
    return [
        number(
            "Copies, 24 h",
            "Articles withheld as copies in the last 24 hours.",
            COUNT,
            f"sum(increase({_COPIES}[1d]))",
        ),
        number(
            "Share, 24 h",
            "Of the articles good enough to publish, how many were withheld as copies.",
            "percentunit",
            known(f"sum(increase({_COPIES}[1d])) / sum(increase({_PUBLISHED}[1d]))"),
        ),
        number(
            "In the index",
            "Articles that new ones are compared with.",
            COUNT,
            "sum(copydesk_index_articles)",
        ),
        number(
            "Size of the index",
            "Memory it takes, estimated, over all dedup workers.",
            "bytes",
            "sum(copydesk_index_bytes)",
        ),
        none_says(
            number(
                "Oldest entry",
                "Since the entry that leaves the window next was last delivered. It stays below "
                "`dedup.window_days` while articles arrive.",
                "d",
                f"(time() - min(copydesk_index_oldest_timestamp_seconds)) / {_DAY}",
            ),
            "no entry known",
        ),
        number(
            "Bytes an article",
            "What an entry takes on average: it grows with the length of the articles.",
            "bytes",
            known("sum(copydesk_index_bytes) / sum(copydesk_index_articles)"),
        ),
    ]


def _share() -> Json:
    made = graph(
        "Share of copies",
        "Of the articles good enough to publish, how many are withheld as copies.",
        "percentunit",
        {"copies": known(f"sum(rate({_COPIES}{_RATE})) / sum(rate({_PUBLISHED}{_RATE}))")},
    )
    return every(made, "15m")


def _sources() -> Json:
    shares = 'max by (source) (copydesk_source_share{of="duplicates"})'
    return ranking(
        "Sources with most copies",
        "Share of a source's articles of today (UTC) that were withheld as copies.",
        "percentunit",
        {"{{source}}": f"topk(8, {shares})"},
    )


def _by(label: str, about: str) -> Json:
    rate = f"3600 * sum by ({label}) (rate(copydesk_duplicates_total{_RATE}))"
    made = graph(f"Copies an hour, by {label}", about, "short", {f"{{{{{label}}}}}": rate})
    return every(stacked(made), "5m")


def _articles() -> Json:
    return graph(
        "Growth of the index",
        "Articles in it. It levels off when as many leave the window as come in.",
        "short",
        {"{{instance}}": "sum by (instance) (copydesk_index_articles)"},
    )


def _bytes() -> Json:
    made = graph(
        "Memory of the index",
        "What it takes, estimated. CopydeskIndexNearLimit warns at the line.",
        "bytes",
        {"{{instance}}": "sum by (instance) (copydesk_index_bytes)"},
    )
    return limited(made, {0: GOOD, _LIMIT: FAIR}, line=True)


def _oldest() -> Json:
    return graph(
        "Age of the oldest entry",
        "How far back new articles are compared. It grows with the clock up to "
        "`dedup.window_days`, then follows what leaves.",
        "d",
        {
            "{{instance}}": "(time() - min by (instance) (copydesk_index_oldest_timestamp_seconds))"
            f" / {_DAY}"
        },
    )


def _cuts() -> Json:
    return graph(
        "Places given to newer articles",
        "Texts or shingles that more articles share than are remembered (`dedup.postings`), an "
        "hour: the newest replaces one. A jump is boilerplate that the repairs left in.",
        "short",
        {"{{instance}}": "sum by (instance) (increase(copydesk_index_chain_cuts_total[1h]))"},
    )

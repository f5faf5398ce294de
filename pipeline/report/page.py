"""The report as one page that needs nothing else: no network, no server, no other file."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pipeline.article import Article, Kind, Relation
from pipeline.report import charts, flow_chart, sections
from pipeline.report.charts import Series
from pipeline.report.labels import KINDS, RELATIONS, parts_of
from pipeline.report.shown import clip
from pipeline.report.tally import Tally
from pipeline.report.templating import draw
from pipeline.routing import ARTICLE_DOORS, DOORS

_LENGTHS = tuple(
    Series(door, DOORS[door].tone, DOORS[door].summary.capitalize()) for door in ARTICLE_DOORS
)
_LIKENESSES = tuple(
    Series(kind, f"kind-{rank}", KINDS[kind][0])
    for rank, kind in enumerate((Kind.NEAR, Kind.REWRITE, Kind.EXTENSION, Kind.EXCERPT), start=1)
)
_LANGUAGES = 12  # named; the others are summed up
_INPUTS = 3


class Run(Struct, frozen=True, kw_only=True):
    """Facts about a run besides its tally."""

    inputs: tuple[str, ...]  # paths as given
    started: str  # UTC, ISO 8601
    seconds: float
    ruleset: str


def render(tally: Tally, originals: Mapping[str, Article], run: Run) -> str:
    """Returns the whole page as HTML.

    `originals` are the articles `tally.wanted_originals()` asks for, by id, as far as they are at
    hand.
    """
    return draw(
        "pipeline.report",
        "report.html.j2",
        scripted=True,
        tally=tally,
        parts_by_door=parts_of(tally.doors),
        figures=[
            (row.tone, row.summary.capitalize(), tally.doors[door]) for door, row in DOORS.items()
        ],
        run=run,
        inputs=[clip(path, 60) for path in run.inputs[:_INPUTS]],
        more_inputs=max(0, len(run.inputs) - _INPUTS),
        started=moment_in_words(run.started),
        standfirst=sections.standfirst(tally),
        pace=_pace(tally.received, run.seconds),
        flow={"wide": flow_chart.wide(tally), "narrow": flow_chart.narrow(tally)},
        repairs=sections.repair_rows(tally),
        findings=sections.finding_rows(tally),
        observed=sections.observed_rows(tally),
        relations=[RELATIONS[relation] for relation in Relation],
        copies=sections.copy_rows(tally),
        sources=sections.source_rows(tally),
        languages=_languages(tally),
        lengths=charts.lengths(tally.words, _LENGTHS),
        likenesses=charts.likenesses(tally.likeness, _LIKENESSES),
        repaired_samples=sections.repaired_samples(tally),
        refused_samples=sections.refused_samples(tally),
        copy_samples=sections.copy_samples(tally, originals),
        unreadable_samples=sections.unreadable_samples(tally),
    )


def _pace(received: int, seconds: float) -> str:
    rate = received / seconds if seconds else 0.0
    return f"{seconds:,.1f} s, {rate:,.0f} a second" if rate >= 1 else f"{seconds:,.1f} s"


def moment_in_words(moment: str) -> str:
    """Returns `2026-11-22T19:03:00Z` as `2026-11-22 19:03 UTC`."""
    return f"{moment[:10]} {moment[11:16]} UTC"


def _languages(tally: Tally) -> list[tuple[str, int]]:
    ranked = tally.languages.most_common()
    named = [(clip(name, 20), number) for name, number in ranked[:_LANGUAGES]]
    rest = sum(number for _, number in ranked[_LANGUAGES:])
    return [*named, ("others", rest)] if rest else named

"""Renders a backtest as one self-contained page in the style of the report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pipeline.article import Finding
from pipeline.backtest.change import Aspect
from pipeline.backtest.changed_samples import ChangedSample, Version
from pipeline.backtest.effects import Effects, Group
from pipeline.clean.edits import text_of
from pipeline.report.diff import FIELDS, FieldDiff
from pipeline.report.labels import count, summary
from pipeline.report.page import moment_in_words
from pipeline.report.shown import Span, clip
from pipeline.report.side_by_side import mark_changes
from pipeline.report.templating import draw
from pipeline.routing import DOORS

SAMPLES = 24
_ROWS = 40  # of a table of rules or sources
_NAMES = 80  # characters
_INPUTS = 3

_ASPECTS = {
    Aspect.VERDICT: "another verdict",
    Aspect.TEXT: "another text",
    Aspect.FINDINGS: "other findings",
    Aspect.REPAIRS: "other repairs",
    Aspect.COPY: "another match",
    Aspect.FIELDS: "other fields",
}
_TONES = {Aspect.VERDICT: "rejected", Aspect.TEXT: "published", Aspect.FINDINGS: "warn"}


class Backtest(Struct, frozen=True, kw_only=True):
    """Facts about a backtest besides its effects."""

    names: tuple[str, str]  # of the settings: old, new
    rulesets: tuple[str, str]
    inputs: tuple[str, ...]  # paths or the topic
    started: str  # UTC, ISO 8601


class RuleRow(Struct, frozen=True):
    rule: str
    summary: str
    now: int
    no_longer: int
    otherwise: int


class SideOfSample(Struct, frozen=True):
    name: str  # of the settings
    door: str
    tone: str
    reasons: tuple[str, ...]
    findings: tuple[str, ...]  # that the other side does not have


class ShownSample(Struct, frozen=True):
    """One changed article, both outcomes side by side."""

    headline: str
    source: str
    origin: str
    aspects: tuple[str, ...]
    now: tuple[str, ...]
    no_longer: tuple[str, ...]
    otherwise: tuple[str, ...]
    sides: tuple[SideOfSample, SideOfSample]
    fields: tuple[FieldDiff, ...]


def render(effects: Effects, facts: Backtest) -> str:
    """Returns the page as HTML."""
    rules, sources = effects.top_rules(), effects.top_sources()
    return draw(
        "pipeline.backtest",
        "backtest.html.j2",
        scripted=True,
        effects=effects,
        facts=facts,
        names=[clip(name, _NAMES) for name in facts.names],
        inputs=[clip(path, 60) for path in facts.inputs[:_INPUTS]],
        more_inputs=max(0, len(facts.inputs) - _INPUTS),
        started=moment_in_words(facts.started),
        standfirst=standfirst(effects),
        figures=[
            (_TONES[aspect], _ASPECTS[aspect].capitalize(), effects.aspects[aspect])
            for aspect in _TONES
        ],
        doors=DOORS,
        most=max((number for _, number in effects.moves()), default=1),
        rules=[
            RuleRow(rule, summary(rule), one.now, one.no_longer, one.otherwise)
            for rule, one in rules[:_ROWS]
        ],
        more_rules=max(0, len(rules) - _ROWS),
        sources=_rows(sources),
        more_sources=max(0, len(sources) - _ROWS),
        languages=_rows(effects.top_languages()),
        samples=[_shown(sample, facts) for sample in effects.samples.chosen(SAMPLES)],
    )


def standfirst(effects: Effects) -> str:
    """Returns what changes, in a sentence such as `12 get another verdict, 150 another text`."""
    counted = {aspect: effects.aspects[aspect] for aspect in _ASPECTS if effects.aspects[aspect]}
    parts = [f"{number:,} {_ASPECTS[aspect]}" for aspect, number in counted.items()]
    verb = " gets " if 1 in [*counted.values()][:1] else " get "
    return f"{', '.join(parts)}.".replace(" ", verb, 1) if parts else ""


def headline(effects: Effects) -> str:
    """Returns the first thing to know: how many of how many articles change."""
    verb = "changes" if effects.changed == 1 else "change"
    return f"{effects.changed:,} of {count(effects.received, 'article')} {verb}"


def _rows(groups: Sequence[tuple[str, Group]]) -> list[tuple[str, Group]]:
    return [(clip(name, _NAMES) or "(none given)", group) for name, group in groups[:_ROWS]]


def _shown(sample: ChangedSample, facts: Backtest) -> ShownSample:
    texts = sample.new.texts if sample.new.texts.body else sample.old.texts
    change = sample.change
    return ShownSample(
        headline=clip(texts.headline, 160) or "(no headline)",
        source=clip(sample.source or "", _NAMES) or "no source",
        origin=clip(sample.origin, _NAMES),
        aspects=tuple(_ASPECTS[aspect] for aspect in change.aspects),
        now=change.now,
        no_longer=change.no_longer,
        otherwise=change.otherwise,
        sides=(
            _side(facts.names[0], sample.old, sample.new),
            _side(facts.names[1], sample.new, sample.old),
        ),
        fields=tuple(_fields(sample.old, sample.new)),
    )


def _side(name: str, mine: Version, other: Version) -> SideOfSample:
    row = DOORS[mine.door]
    theirs = {(finding.rule, finding.severity) for finding in other.findings}
    return SideOfSample(
        name=clip(name, _NAMES),
        door=row.status,
        tone=row.tone,
        reasons=tuple(map(summary, mine.reasons)),
        findings=tuple(
            _in_words(finding)
            for finding in mine.findings
            if (finding.rule, finding.severity) not in theirs
        ),
    )


def _in_words(finding: Finding) -> str:
    measured = finding.value is not None and finding.limit is not None
    numbers = f": {_number(finding.value)}, limit {_number(finding.limit)}" if measured else ""
    return f"{finding.rule} ({finding.severity}{numbers})"


def _number(value: float | str | None) -> str:
    return clip(value, _NAMES) if isinstance(value, str) else f"{value:,.3g}"


def _fields(old: Version, new: Version) -> list[FieldDiff]:
    """Returns the texts that differ; of others, the beginning of the body."""
    shown = [
        FieldDiff(label, *mark_changes(before, after))
        for name, label in FIELDS
        if (before := text_of(old.texts, name)) != (after := text_of(new.texts, name))
    ]
    if shown or not old.texts.body:
        return shown
    same = (Span(clip(old.texts.body, 300), "kept"),)
    return [FieldDiff("Body, the same in both", same, same)]

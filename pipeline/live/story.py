"""One article in full: before and after, why it left through its door, and its measures."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pipeline.article import Article, Finding, Match, Quality, QualityNote, Severity, Verdict
from pipeline.assembly import draft_of
from pipeline.check import MEASURES, RULES, CheckOptions
from pipeline.check.findings import bounds
from pipeline.live.paths import article_path, link_out, source_path
from pipeline.live.wire import Letter, record_of
from pipeline.report.diff import Diff, compare
from pipeline.report.labels import KINDS, RELATIONS, count, plain, summary
from pipeline.report.samples import Sample
from pipeline.report.shown import Span, clip, visible
from pipeline.report.side_by_side import mark_shared
from pipeline.routing import DOOR_OF, DOORS, Door
from pipeline.sources import name_of

# Characters that are compared: takes 60 ms with 1,000 edits and a copy beside it.
_COMPARED = 100_000
_WHOLE = 200_000  # characters of the whole text; longer ones are read from the topic
_NAME, _HEADLINE, _FACT = 80, 300, 200
_UNITS = {measure.id: measure.unit for measure in MEASURES}
_YES = "1 "  # units of measures that are yes (1) or no (0)


class Found(Struct, frozen=True, kw_only=True):
    """The available records of one outcome, and of the article that it matches."""

    id: str
    at: int  # ms since 1970, when it was written
    article: bytes | None = None
    quality: bytes | None = None
    letter: Letter | None = None
    original: bytes | None = None
    notes: tuple[str, ...] = ()  # what is missing and why


class Fact(Struct, frozen=True):
    """A fact about the article; `path` links within the site, `link` outside."""

    label: str
    text: str
    path: str | None = None
    link: str | None = None


class FindingRow(Struct, frozen=True):
    """A finding of a check, beside the limit that was exceeded."""

    rule: str
    summary: str
    severity: Severity
    value: str
    limit: str
    unit: str


class MeasureRow(Struct, frozen=True):
    """A measure beside a limit in force; `severity` if it is exceeded."""

    measure: str
    value: str
    limit: str
    unit: str
    rule: str
    severity: Severity | None


class Side(Struct, frozen=True):
    """One of two texts that are compared."""

    headline: str
    source: str
    when: str
    path: str | None
    text: tuple[Span, ...]


class Matched(Struct, frozen=True):
    """The article beside the earlier one it matches."""

    kind: str
    meaning: str
    relation: str
    match: Match
    path: str
    earlier: Side | None
    later: Side


class LetterView(Struct, frozen=True):
    """An input that could not be read."""

    summary: str
    reason: str
    stage: str
    message: str
    size: str
    start: str | None


class Story(Struct, frozen=True, kw_only=True):
    """Everything to show about one outcome."""

    headline: str
    tone: str
    verdict: str
    reasons: tuple[str, ...]
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    diff: Diff | None
    matched: Matched | None
    findings: tuple[FindingRow, ...]
    measures: tuple[MeasureRow, ...]
    text: str | None
    letter: LetterView | None


def story_of(found: Found, options: CheckOptions) -> Story:
    """Prepares an outcome for its page. 1 ms for a usual article beside its match.

    `options`: the limits in force now; findings used those in force at their time.
    """
    article = record_of(found.article, Article)
    quality = record_of(found.quality, Quality)
    notes = list(found.notes)
    diff = None
    if article and quality:
        diff, problem = _diff(article, quality)
        notes += [problem] if problem else []
    note = quality or (article and article.quality)
    tone, verdict = _verdict(note.verdict if note else None, found.letter)
    return Story(
        headline=_headline(article, found.letter),
        tone=tone,
        verdict=verdict,
        reasons=_reasons(note) if note else (),
        facts=tuple(_facts(found.id, article, quality, found.letter)),
        notes=tuple(notes),
        diff=diff,
        matched=_matched(article, note.match if note else None, found, quality),
        findings=tuple(map(_finding, quality.findings)) if quality and not found.letter else (),
        measures=tuple(_measures(quality, options)) if quality else (),
        text=_whole(article.article_body) if article else None,
        letter=_letter(found.letter) if found.letter else None,
    )


def _verdict(verdict: Verdict | None, letter: Letter | None) -> tuple[str, str]:
    unreadable = DOORS[Door.DEAD_LETTER]
    if letter:
        return unreadable.tone, unreadable.status
    if verdict is None:
        return unreadable.tone, "Unknown"
    row = DOORS[DOOR_OF[verdict]]
    return row.tone, row.status


def _reasons(note: Quality | QualityNote) -> tuple[str, ...]:
    if note.match:
        return (f"{KINDS[note.match.kind][0]}, {RELATIONS[note.match.relation]}",)
    return tuple(plain(reason) for reason in note.reasons)


def _headline(article: Article | None, letter: Letter | None) -> str:
    if letter:
        return summary(letter.reason)
    return clip((article and article.headline) or "", _HEADLINE) or "(no headline)"


def _facts(
    id_: str, article: Article | None, quality: Quality | None, letter: Letter | None
) -> Iterator[Fact]:
    if article:
        source = name_of(article.source)
        yield Fact("Source", clip(source or "(none given)", _NAME), path=source_path(source))
        if article.url:
            yield Fact("Address", clip(article.url, _FACT), link=link_out(article.url))
        for label, text in (
            ("Published", article.date_published or article.date_published_raw),
            ("Authors", ", ".join(article.authors)),
        ):
            if text:
                yield Fact(label, clip(text, _FACT))
    note = quality or (article and article.quality)
    if note and note.language:
        yield Fact("Language", clip(note.language, _NAME))
    if quality:
        yield Fact("Arrived", _time(quality.seen_at))
        yield Fact("Decided", _time(quality.processed_at))
    origin = str(note.origin) if note else letter.origin if letter else ""
    yield Fact("Came from", clip(origin, _FACT))
    yield Fact("Id", clip(id_, _FACT))
    if note:
        yield Fact("Ruleset", clip(note.ruleset, _NAME))


def _diff(article: Article, quality: Quality) -> tuple[Diff | None, str]:
    """Returns the edits in place, or why they cannot be shown."""
    removed = sum(repair.chars_removed for repair in quality.repairs)
    if len(article.article_body) + removed > _COMPARED:
        return (
            None,
            f"Its edits are not drawn: it has {count(len(article.article_body), 'character')}.",
        )
    sample = Sample(draft_of(article), quality, article.url, article.date_published)
    try:
        return compare(sample), ""
    except ValueError:
        return None, "Its edits are not drawn: the log of edits does not fit this text."


def _matched(
    article: Article | None, match: Match | None, found: Found, quality: Quality | None
) -> Matched | None:
    if article is None or match is None:
        return None
    original = record_of(found.original, Article)
    other = original.article_body[:_COMPARED] if original else ""
    mine, theirs = mark_shared(article.article_body[:_COMPARED], other)
    kind, meaning = KINDS[match.kind]
    earlier = None
    if original:
        earlier = _side(original, _time(match.of_seen_at), theirs, article_path(original.id))
    return Matched(
        kind=kind,
        meaning=meaning,
        relation=RELATIONS[match.relation],
        match=match,
        path=article_path(match.of),
        earlier=earlier,
        later=_side(article, _time(quality.seen_at) if quality else "", mine, None),
    )


def _side(article: Article, when: str, text: tuple[Span, ...], path: str | None) -> Side:
    return Side(
        headline=clip(article.headline or "", _HEADLINE) or "(no headline)",
        source=clip(article.source or "(no source given)", _NAME),
        when=when,
        path=path,
        text=text,
    )


def _finding(finding: Finding) -> FindingRow:
    limit = RULES.get(finding.rule)
    return FindingRow(
        rule=finding.rule,
        summary=summary(finding.rule),
        severity=finding.severity,
        value=_number(finding.value),
        limit=_number(finding.limit),
        unit=_unit(limit.measure) if limit else "",
    )


def _measures(quality: Quality, options: CheckOptions) -> Iterator[MeasureRow]:
    """Yields every measure, in the order of the rules, beside each of its limits."""
    severities = {finding.rule: finding.severity for finding in quality.findings}
    in_force = bounds(options, quality.language, quality.source)
    for name, value in quality.measures.items():
        shown = clip(name, _NAME), _number(value)
        limits = [bound for bound in in_force if bound.measure == name]
        for bound in limits:
            limit = f"{'at least' if bound.is_low else 'at most'} {_number(bound.number)}"
            severity = severities.get(bound.rule)
            yield MeasureRow(*shown, limit, _unit(name), bound.rule, severity)
        if not limits:
            yield MeasureRow(*shown, "", _unit(name), "", None)


def _time(moment: str) -> str:
    """`2026-11-22T19:03:00Z` as `2026-11-22 19:03:00`."""
    return clip(moment.replace("T", " ").removesuffix("Z"), _NAME)


def _unit(measure: str) -> str:
    unit = _UNITS.get(measure, "")
    return "" if unit.startswith(_YES) else unit


def _number(value: float | str | None) -> str:
    if value is None:
        return ""
    return clip(value, _NAME) if isinstance(value, str) else f"{value:,.4g}"


def _whole(text: str) -> str:
    shown = visible(text[:_WHOLE])
    left = len(text) - _WHOLE
    return f"{shown}\n\n({left:,} more characters are on the topic.)" if left > 0 else shown


def _letter(letter: Letter) -> LetterView:
    start = letter.start
    return LetterView(
        summary=summary(letter.reason),
        reason=letter.reason,
        stage=letter.stage,
        message=clip(letter.message, 1_000),
        size=count(letter.size, "byte"),
        start=None if start is None else visible(start.decode("utf-8", "backslashreplace")),
    )

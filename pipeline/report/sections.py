"""The content of each part of the report, ready for the templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from pipeline.article import Article, Finding, Kind, Match, Quality, Relation, Severity, Verdict
from pipeline.check import MEASURES, RULES
from pipeline.report.diff import Diff, compare
from pipeline.report.labels import KINDS, RELATIONS, Part, count, parts_of, plain, share, summary
from pipeline.report.samples import Sample
from pipeline.report.shown import Span, clip, fold, visible
from pipeline.report.side_by_side import mark_shared
from pipeline.report.tally import Tally, ranked
from pipeline.routing import DOORS, Door
from pipeline.sources import SourceWindow

_BARS = 16  # repairs and findings drawn; the others are summed up in a line
_SOURCES_FIRST, _SOURCES_MOST = 30, 300
_REPAIRED, _REJECTED, _DEAD, _COPIES = 12, 12, 8, 8  # samples
_OTHERS = 200  # samples, folded: to be found by source, rule or words
_NAME = 80  # characters of a name that comes from outside
_SOURCE = 40
_COMPARED = 100_000  # of an earlier article: copies that are shown are shorter than this


class Row(Struct, frozen=True):
    """A horizontal bar: `width` in percent of the longest."""

    rule: str
    summary: str
    articles: int
    share: str
    width: float
    tone: str
    detail: str


class Cell(Struct, frozen=True):
    """A cell of the matrix of copies; `heat` 0..1."""

    total: int
    detail: str
    heat: float


class SourceRow(Struct, frozen=True):
    """A row of the table of sources."""

    name: str
    record: SourceWindow
    parts: tuple[Part, ...]  # by door
    repaired: str
    words: str
    top_finding: str


class About(Struct, frozen=True):
    """What identifies an article on the page."""

    headline: str
    source: str
    origin: str
    url: str


class Repaired(Struct, frozen=True):
    about: About
    diff: Diff


class Reason(Struct, frozen=True):
    rule: str
    summary: str
    detail: str


class Refused(Struct, frozen=True):
    about: About
    reasons: tuple[Reason, ...]
    text: tuple[Span, ...]
    size: str


class Side(Struct, frozen=True):
    about: About
    when: str
    text: tuple[Span, ...]


class Copy(Struct, frozen=True):
    """A later article beside the earlier one it matches, or alone where that is not at hand."""

    kind: str
    meaning: str
    relation: str
    withheld: bool
    match: Match
    earlier: Side | None
    later: Side


class Unreadable(Struct, frozen=True):
    origin: str
    reason: str
    summary: str
    message: str
    size: str
    start: str  # the first bytes, as text


def standfirst(tally: Tally) -> str:
    """Summarises the outcomes in a sentence or two; counts of 0 are left out."""
    repaired = sum(tally.repaired.values())
    parts = [
        f"{tally.doors[door]:,} {row.became[tally.doors[door] > 1]}"
        for door, row in DOORS.items()
        if row.became and tally.doors[door]
    ]
    rest = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    mended = f"{count(repaired, 'article')} had something to repair." if repaired else ""
    return f"{mended} {rest + '.' if rest else 'Nothing was withheld.'}".strip()


def repair_rows(tally: Tally) -> list[Row]:
    """Returns the repairs that edited most articles."""
    return _rows(tally, tally.top_repairs(), lambda _: "ink", lambda rule: _edits(tally, rule))


def finding_rows(tally: Tally) -> list[Row]:
    """Returns the findings of most articles, of any severity."""
    worst = dict(sorted(tally.findings, key=_by_severity))
    return _rows(tally, tally.top_findings(), lambda rule: worst[rule].value)


def observed_rows(tally: Tally) -> list[Row]:
    """Returns the rules that are only observed, with the articles that they would have touched."""
    return _rows(tally, ranked(tally.observed), lambda _: "info")


def _rows(
    tally: Tally,
    top: list[tuple[str, int]],
    tone: Callable[[str], str],
    detail: Callable[[str], str] = lambda _: "",
) -> list[Row]:
    """Returns the bars of (rule, articles), the most frequent first."""
    return [
        Row(
            rule=rule,
            summary=summary(rule),
            articles=articles,
            share=share(articles, tally.articles),
            width=100 * articles / top[0][1],
            tone=tone(rule),
            detail=detail(rule),
        )
        for rule, articles in top[:_BARS]
    ]


def copy_rows(tally: Tally) -> list[tuple[str, str, list[Cell]]]:
    """Returns (kind, description, one cell per relation) for each kind of copy."""
    most = max((c.withheld + c.published for c in tally.copies.values()), default=0)
    return [
        (name, meaning, [_cell(tally, kind, relation, most) for relation in Relation])
        for kind, (name, meaning) in KINDS.items()
    ]


def source_rows(tally: Tally) -> tuple[list[SourceRow], list[SourceRow], int]:
    """Returns the sources that sent most, those after them, and how many are left out."""
    records = tally.sources()
    usual = {rule: articles / tally.articles for rule, articles in tally.top_findings()}
    rows = [_source_row(record, usual) for record in records[:_SOURCES_MOST]]
    return rows[:_SOURCES_FIRST], rows[_SOURCES_FIRST:], len(records) - len(rows)


def repaired_samples(tally: Tally) -> tuple[list[Repaired], list[Repaired]]:
    """Returns one article for each of the repairs made most often, and the others to be found.

    Those with most to see come first.
    """
    chosen: list[Sample] = []
    for rule, _ in tally.top_repairs():
        if len(chosen) == _REPAIRED:
            break
        if not any(rule == repair.rule for s in chosen for repair in s.quality.repairs):
            chosen += _pick(tally.samples.repaired.of(rule), chosen)
    chosen.sort(key=_amount, reverse=True)
    rest = _others(chosen, tally.samples.repaired.all(), tally.samples.repaired_of.all())
    return [*map(_repaired, chosen)], [*map(_repaired, rest)]


def refused_samples(tally: Tally) -> tuple[list[Refused], list[Refused]]:
    """Returns rejected articles, two for each of the most frequent reasons, and the others."""
    order = [rule for rule, _ in tally.first_reject_reasons.most_common()]
    samples = [sample for rule in order for sample in tally.samples.rejected.of(rule)]
    chosen = samples[:_REJECTED]
    rest = _others(chosen, samples, tally.samples.rejected_of.all())
    return [*map(_refused, chosen)], [*map(_refused, rest)]


def _others(shown: Sequence[Sample], *kept: Iterable[Sample]) -> list[Sample]:
    """Returns the samples that are kept and not shown yet, each article once."""
    known = {sample.quality.origin for sample in shown}
    others = {sample.quality.origin: sample for sample in chain(*kept)}
    return [sample for origin, sample in others.items() if origin not in known][:_OTHERS]


def copy_samples(tally: Tally, originals: Mapping[str, Article]) -> list[Copy]:
    """Returns pairs, one of each kind and relation before second ones, with both texts first."""
    pairs = [
        (rank, found, sample, originals.get(found.of))
        for _, samples in tally.samples.copies.items()
        for rank, sample in enumerate(samples)
        if (found := sample.quality.match)
    ]
    pairs.sort(key=_by_interest)
    return [_copy(found, sample, original) for _, found, sample, original in pairs[:_COPIES]]


def unreadable_samples(tally: Tally) -> list[Unreadable]:
    """Returns dead letters, two for each of the most frequent reasons."""
    order = [reason for reason, _ in tally.dead_letter_reasons.most_common()]
    letters = [letter for reason in order for letter in tally.samples.dead_letters.of(reason)]
    return [
        Unreadable(
            origin=clip(str(letter.origin), _NAME),
            reason=letter.reason,
            summary=summary(letter.reason),
            message=clip(letter.message, 400),
            size=count(letter.size, "byte"),
            start=visible((letter.value or b"")[:240].decode("utf-8", "backslashreplace")),
        )
        for letter in letters[:_DEAD]
    ]


def _by_interest(pair: tuple[int, Match, Sample, Article | None]) -> tuple[object, ...]:
    rank, found, _, original = pair
    kinds = (Kind.NEAR, Kind.REWRITE, Kind.EXCERPT, Kind.EXTENSION, Kind.EXACT)
    relations = (Relation.OTHER_SOURCE, Relation.SAME_URL, Relation.SAME_SOURCE)
    exact = found.kind is Kind.EXACT  # little to see
    return original is None, exact, rank, relations.index(found.relation), kinds.index(found.kind)


# What a finding's value and limit count, by rule; yes and no need no unit.
_UNIT_OF = {measure.id: measure.unit for measure in MEASURES if not measure.unit.startswith("1 ")}
_UNITS = {rule: _UNIT_OF.get(limit.measure) for rule, limit in RULES.items()}


def _by_severity(found: tuple[str, Severity]) -> int:
    return list(Severity).index(found[1])


def _edits(tally: Tally, rule: str) -> str:
    done = tally.repairs[rule]
    edits = count(done.edits, "edit")
    return f"{edits}, {count(done.chars_removed, 'character')} out" if done.chars_removed else edits


def _cell(tally: Tally, kind: Kind, relation: Relation, most: int) -> Cell:
    counted = tally.copies.get((kind, relation))
    if counted is None:
        return Cell(0, "", 0.0)
    total = counted.withheld + counted.published
    parts = (counted.withheld, "withheld"), (counted.published, "published")
    detail = ", ".join(f"{number:,} {what}" for number, what in parts if number)
    # The square root: beside a large number a small one still shows.
    return Cell(total, detail, (total / most) ** 0.5)


def _source_row(record: SourceWindow, usual: Mapping[str, float]) -> SourceRow:
    """Returns the row of a source; `usual` is the share of all articles of the run by finding."""
    articles = record.received - record.dead_letters
    top = max(record.findings, key=lambda f: f.articles / articles - usual[f.rule], default=None)
    return SourceRow(
        name=clip(record.source, _SOURCE) if record.source else "(no source given)",
        record=record,
        parts=parts_of({door: record.through(door) for door in Door}),
        repaired=share(record.repaired_share, 1) if articles else "",
        words=f"{record.mean_words:,.0f}" if articles else "",
        top_finding=f"{plain(top.rule)} {share(top.articles, articles)}" if top else "",
    )


def _pick(samples: list[Sample], chosen: list[Sample]) -> list[Sample]:
    """Returns the best sample, from a source not shown yet where there is one."""
    shown = {sample.quality.source for sample in chosen}
    fresh = [sample for sample in samples if sample.quality.source not in shown]
    return (fresh or samples)[:1]


def _amount(sample: Sample) -> tuple[int, int]:
    """Scores a sample: several visible repairs in a short article are best."""
    shown = {r.rule for r in sample.quality.repairs if r.chars_removed or r.chars_added}
    edits = sum(repair.count for repair in sample.quality.repairs)
    return min(4, len(shown)), -len(sample.draft.body) - 40 * edits


def _repaired(sample: Sample) -> Repaired:
    return Repaired(_about(sample), compare(sample))


def _about(sample: Sample) -> About:
    quality = sample.quality
    return About(
        headline=clip(sample.draft.headline, 160) or "(no headline)",
        source=clip(quality.source or "", _SOURCE),
        origin=clip(str(quality.origin), _NAME),
        url=clip(sample.url or "", _NAME),
    )


def _refused(sample: Sample) -> Refused:
    quality = sample.quality
    text = sample.draft.body
    return Refused(
        about=_about(sample),
        reasons=tuple(_reasons(quality)),
        text=tuple(fold(Span(visible(text), "kept"), 480, 0)),
        size=count(int(quality.measures.get("words", 0)), "word"),
    )


def _reasons(quality: Quality) -> Iterator[Reason]:
    for finding in quality.findings:
        if finding.severity is Severity.REJECT:
            yield Reason(finding.rule, summary(finding.rule), _measured(finding))


def _measured(finding: Finding) -> str:
    parts = ("measured", finding.value), ("limit", finding.limit)
    shown = ", ".join(f"{what} {_number(value)}" for what, value in parts if value is not None)
    unit = _UNITS.get(finding.rule)
    shown = f"{shown} ({unit})" if shown and unit else shown
    return f"{shown}; {finding.detail}" if finding.detail else shown


def _number(value: float | str) -> str:
    return clip(value, _NAME) if isinstance(value, str) else f"{value:,.3g}"


def _copy(found: Match, sample: Sample, original: Article | None) -> Copy:
    name, meaning = KINDS[found.kind]
    body = sample.draft.body
    mine, theirs = mark_shared(body, original.article_body[:_COMPARED] if original else "")
    if original is None:
        mine = tuple(fold(Span(visible(body), "kept"), 480, 160))
    quality = sample.quality
    earlier = Side(_about_article(original), found.of_seen_at, theirs) if original else None
    return Copy(
        kind=name,
        meaning=meaning,
        relation=RELATIONS[found.relation],
        withheld=quality.verdict is Verdict.DUPLICATE,
        match=found,
        earlier=earlier,
        later=Side(_about(sample), quality.seen_at, mine),
    )


def _about_article(article: Article) -> About:
    return About(
        headline=clip(article.headline or "", 160) or "(no headline)",
        source=clip(article.source or "", _SOURCE),
        origin=clip(str(article.quality.origin), _NAME) if article.quality else "",
        url=clip(article.url or "", _NAME),
    )

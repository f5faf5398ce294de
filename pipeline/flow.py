"""The pipeline from bytes to an outcome. Both runners call `prepare` and `decide`.

The look-up of neighbours between the two is the runner's, as the index is its state.

bytes --parse--> clean --> check --> fingerprint --> Prepared | Rejected | DeadLetter
Prepared + its neighbours in the index --match--> Outcome
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import (
    Arrival,
    DeadLetter,
    Draft,
    Kind,
    Outcome,
    Prepared,
    RawArticle,
    Rejected,
    Relation,
    Repair,
    Verdict,
)
from pipeline.assembly import article_of, authors_of, given_draft, quality_of
from pipeline.check import CheckOptions, Subject, check
from pipeline.clean import Context, asked_to_subscribe, clean
from pipeline.clean.options import CleanOptions
from pipeline.dedup import DedupOptions, Entry, fingerprint, match, withheld
from pipeline.memo import Memo
from pipeline.parse import ParseOptions, parse
from pipeline.parse.language_tags import primary
from pipeline.url import host_of, site_of


class Desk(Struct, frozen=True):
    """The options of each stage, and the id of the ruleset that they make."""

    parse: ParseOptions = ParseOptions()
    clean: CleanOptions = CleanOptions()
    check: CheckOptions = CheckOptions()
    dedup: DedupOptions = DedupOptions()
    ruleset: str = "defaults"


def prepare(
    value: bytes, arrival: Arrival, desk: Desk, memo: Memo | None = None
) -> Prepared | Rejected | DeadLetter:
    """Parses, cleans, checks and fingerprints one input; the result depends on the input alone.

    A `memo` saves the work on articles that arrive again. It serves one desk and never changes a
    result.
    """
    parsed = parse(value, arrival, desk.parse)
    if isinstance(parsed, DeadLetter):
        return parsed
    raw, arrival = parsed
    given, context, size = given_draft(raw), _context(raw), len(raw.body)
    memo = memo or Memo(0)
    draft, repairs = memo.recall((given, context), lambda: clean(given, context, desk.clean), size)
    subject = _subject(raw, arrival, draft, repairs, context.source)
    checked = memo.recall(subject, lambda: check(replace(subject), desk.check), size)
    text_fingerprint = memo.recall(draft.body, lambda: fingerprint(draft.body), size)
    article = article_of(raw, draft, context.source, checked.language, text_fingerprint)
    quality = quality_of(raw, article, arrival, repairs, checked, ruleset=desk.ruleset)
    if quality.verdict is Verdict.REJECT:
        return Rejected(article, quality)
    return Prepared(article, quality, text_fingerprint)


def outcome_of(rejected: Rejected) -> Outcome:
    """Returns the outcome of a rejected article, which is compared with no other."""
    return Outcome(rejected.article, rejected.quality)


def decide(prepared: Prepared, neighbours: Sequence[Entry], desk: Desk) -> Outcome:
    """Decides whether the article is new, a revision, or a copy to withhold."""
    found = match(prepared, neighbours, desk.dedup)
    quality = prepared.quality
    if found:
        hold = withheld(found, desk.dedup)
        quality = replace(
            quality,
            verdict=Verdict.DUPLICATE if hold else Verdict.PUBLISH,
            reasons=(f"{found.kind}-{found.relation}",),
            match=found,
        )
    return Outcome(prepared.article, quality)


def is_remembered(outcome: Outcome) -> bool:
    """Returns whether the index keeps the article.

    It keeps what is published, and an unchanged refetch, which renews the earlier entry.
    """
    found = outcome.quality.match
    refetched = found and found.kind is Kind.EXACT and found.relation is Relation.SAME_URL
    return outcome.quality.verdict is Verdict.PUBLISH or bool(refetched)


def _context(raw: RawArticle) -> Context:
    """Returns what repairs may know besides the texts."""
    return Context(
        source=raw.source or site_of(raw.url),
        host=host_of(raw.url),
        language=raw.language and primary(raw.language),
        markdown=raw.markdown,
        plain=raw.plain,
    )


def _subject(
    raw: RawArticle,
    arrival: Arrival,
    draft: Draft,
    repairs: tuple[Repair, ...],
    source: str | None,
) -> Subject:
    """Returns what the checks measure: the cleaned texts and the metadata."""
    return Subject(
        headline=draft.headline,
        body=draft.body,
        description=draft.description,
        url=raw.url,
        source=source,
        authors=authors_of(draft),
        date_published=raw.date_published,
        date_published_raw=raw.date_published_raw,
        language=raw.language,
        seen_at=arrival.seen_at if raw.date_published else "",
        asked_to_subscribe=asked_to_subscribe(repairs),
    )

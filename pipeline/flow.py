"""The whole story. Both runners call `prepare` and `decide`; the index between them is theirs.

value --parse--> clean --> check --> fingerprint --> Prepared | Rejected | DeadLetter
Prepared + its neighbours in the index --match--> Outcome
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, lru_cache, partial
from typing import NamedTuple, TypeVar

import xxhash
from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import (
    Arrival,
    Article,
    DeadLetter,
    Draft,
    Fingerprint,
    Kind,
    Match,
    Outcome,
    Prepared,
    Provenance,
    Quality,
    RawArticle,
    Rejected,
    Relation,
    Repair,
    Severity,
    Verdict,
)
from pipeline.check import Checked, CheckOptions, Subject, check
from pipeline.clean import Context, clean
from pipeline.clean.datelines import dateline_of
from pipeline.clean.options import CleanOptions
from pipeline.dedup import DedupOptions, Entry, fingerprint, match, withheld
from pipeline.parse import ParseOptions, arrived, parse
from pipeline.parse.language_tags import primary
from pipeline.url import canonical_url, host_of, site_of

# Articles remembered as they were examined. Feeds deliver a page again and again: of 20,000 real
# deliveries 28 % equal one of the 512 before. Longer ones, in characters, would fill the memory.
_REMEMBERED = 512
_MEMORABLE = 50_000

_Result = TypeVar("_Result")
Polished = tuple[Draft, tuple[Repair, ...], Fingerprint]


class Examined(NamedTuple):
    """What cleaning, checking and fingerprinting made of an article."""

    draft: Draft
    repairs: tuple[Repair, ...]
    checked: Checked
    fingerprint: Fingerprint


class Desk(Struct, frozen=True, dict=True):
    """What the desk works by: the options of each stage, and the name of them all together."""

    parse: ParseOptions = ParseOptions()
    clean: CleanOptions = CleanOptions()
    check: CheckOptions = CheckOptions()
    dedup: DedupOptions = DedupOptions()
    ruleset: str = "defaults"

    @cached_property
    def examine(self) -> Callable[[Draft, Context, Facts], Examined]:
        """Clean, check, fingerprint. A pure function, so what was just done need not be redone."""
        return _remembering(partial(_examine, self))

    @cached_property
    def polish(self) -> Callable[[Draft, Context], Polished]:
        """Clean and fingerprint: also the same where dates and addresses differ."""
        return _remembering(partial(_polish, self))


class Facts(NamedTuple):
    """What checking needs of an article besides what cleaning knows."""

    url: str | None
    language: str | None
    date_published: str | None
    date_published_raw: str | None
    seen_at: str  # empty where no date is compared with it


def prepare(value: bytes, arrival: Arrival, desk: Desk) -> Prepared | Rejected | DeadLetter:
    """One input, parsed, cleaned, checked and fingerprinted; depends on nothing but itself."""
    raw = parse(value, arrival, desk.parse)
    if isinstance(raw, DeadLetter):
        return raw
    arrival = arrived(raw, arrival, desk.parse)
    given = Draft(raw.headline, raw.description, raw.body, "\n".join(raw.authors))
    context = Context(
        source=raw.source or site_of(raw.url),
        host=host_of(raw.url),
        language=raw.language and primary(raw.language),
        markdown=raw.markdown,
        plain=raw.plain,
    )
    seen_at = arrival.seen_at if raw.date_published else ""
    facts = Facts(raw.url, raw.language, raw.date_published, raw.date_published_raw, seen_at)
    examined = desk.examine(given, context, facts)
    article = _article(raw, given, context, examined)
    quality = _quality(raw, article, arrival, examined, desk.ruleset)
    if quality.verdict is Verdict.REJECT:
        return Rejected(article, quality)
    return Prepared(article, quality, examined.fingerprint)


def settle(rejected: Rejected) -> Outcome:
    """A rejected article needs no comparing."""
    return Outcome(rejected.article, rejected.quality)


def decide(prepared: Prepared, neighbours: Sequence[Entry], desk: Desk) -> Outcome:
    """Whether the article is new, a version of something seen, or a copy to withhold."""
    found = match(prepared, neighbours, desk.dedup)
    quality = prepared.quality
    if found:
        hold = withheld(found, desk.dedup)
        quality = replace(
            quality,
            verdict=Verdict.DUPLICATE if hold else Verdict.PUBLISH,
            reasons=(_reason(found),),
            match=found,
        )
    return Outcome(prepared.article, quality)


def is_remembered(outcome: Outcome) -> bool:
    """Whether the index keeps it: what was published, and an unchanged refetch, which renews it."""
    found = outcome.quality.match
    refetched = found and found.kind is Kind.EXACT and found.relation is Relation.SAME_URL
    return outcome.quality.verdict is Verdict.PUBLISH or bool(refetched)


def draft_of(article: Article) -> Draft:
    """An article's four texts as they left the desk; `undo` its repairs to see them as given."""
    return Draft(
        article.headline or "",
        article.description or "",
        article.article_body,
        "\n".join(article.authors),
    )


def _remembering(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """The function of a draft and more, its last results remembered but for too long drafts."""
    remembered = lru_cache(maxsize=_REMEMBERED)(function)

    def call(given: Draft, *rest: Hashable) -> _Result:
        return (remembered if len(given.body) <= _MEMORABLE else function)(given, *rest)

    return call


def _examine(desk: Desk, given: Draft, context: Context, facts: Facts) -> Examined:
    draft, repairs, marks = desk.polish(given, context)
    subject = Subject(
        headline=draft.headline,
        body=draft.body,
        description=draft.description,
        url=facts.url,
        source=context.source,
        authors=_authors(draft),
        date_published=facts.date_published,
        date_published_raw=facts.date_published_raw,
        language=facts.language,
        seen_at=facts.seen_at,
        notices=frozenset(repair.rule for repair in repairs),
    )
    return Examined(draft, repairs, check(subject, desk.check), marks)


def _polish(desk: Desk, given: Draft, context: Context) -> Polished:
    draft, repairs = clean(given, context, desk.clean)
    return draft, repairs, fingerprint(draft.body)


def _article(raw: RawArticle, given: Draft, context: Context, examined: Examined) -> Article:
    draft, address = examined.draft, canonical_url(raw.url)
    language = raw.language or examined.checked.language
    provenance = _provenance(raw, given, draft, context.source, language)
    dateline = dateline_of(draft.body)
    if dateline:
        provenance["dateline"] = "inferred"
    return Article(
        id=raw.id or _derive_id(address, examined.fingerprint.text_hash),
        url=raw.url,
        canonical_url=address,
        headline=draft.headline or None,
        description=draft.description or None,
        article_body=draft.body,
        authors=_authors(draft),
        date_published=raw.date_published,
        date_published_raw=raw.date_published_raw,
        date_modified=raw.date_modified,
        date_modified_raw=raw.date_modified_raw,
        in_language=language,
        source=context.source,
        provenance=provenance,
        extra=raw.extra,
        dateline=dateline,
    )


def _quality(
    raw: RawArticle, article: Article, arrival: Arrival, examined: Examined, ruleset: str
) -> Quality:
    findings = raw.findings + examined.checked.findings
    rejecting = tuple(f.rule for f in findings if f.severity is Severity.REJECT)
    return Quality(
        id=article.id,
        origin=arrival.origin,
        source=article.source,
        language=examined.checked.language or raw.language,
        verdict=Verdict.REJECT if rejecting else Verdict.PUBLISH,
        reasons=rejecting,
        repairs=examined.repairs,
        findings=findings,
        measures=examined.checked.measures,
        ruleset=ruleset,
        seen_at=arrival.seen_at,
    )


def _authors(draft: Draft) -> tuple[str, ...]:
    return tuple(draft.authors.split("\n")) if draft.authors else ()


def _derive_id(address: str | None, text_hash: str) -> str:
    if address:
        return f"url-{xxhash.xxh3_64_hexdigest(address.encode())}"
    return f"text-{text_hash[:16]}"


def _reason(found: Match) -> str:
    return f"{found.kind}-{found.relation}"


def _provenance(
    raw: RawArticle, given: Draft, draft: Draft, source: str | None, language: str | None
) -> dict[str, Provenance]:
    """Where each field's value comes from; fields without a value are left out."""
    fields: dict[str, tuple[object, object]] = {  # name: (as given, as published)
        "id": (raw.id, True),
        "headline": (given.headline, draft.headline),
        "description": (given.description, draft.description),
        "articleBody": (given.body, draft.body),
        "authors": (given.authors, draft.authors),
        "inLanguage": (raw.language, language),
        "source": (raw.source, source),
    }
    texts = {"headline", "description", "articleBody", "authors"}
    found: dict[str, Provenance] = {}
    for name, (before, after) in fields.items():
        if not after:
            continue
        if not before:
            found[name] = "inferred"
        elif name in texts and before != after:
            found[name] = "repaired"
        else:
            found[name] = raw.provenance.get(name, "given")
    return found

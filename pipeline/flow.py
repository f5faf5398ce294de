"""The whole story. Both runners call `prepare` and `decide`; the index between them is theirs.

value --parse--> clean --> check --> fingerprint --> Prepared | Rejected | DeadLetter
Prepared + its neighbours in the index --match--> Outcome
"""

from __future__ import annotations

from collections.abc import Sequence

import xxhash
from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import (
    Arrival,
    Article,
    DeadLetter,
    Draft,
    Kind,
    Match,
    Outcome,
    Prepared,
    Provenance,
    Quality,
    RawArticle,
    Rejected,
    Relation,
    Severity,
    Verdict,
)
from pipeline.check import CheckOptions, Subject, check
from pipeline.clean import Context, clean
from pipeline.clean.options import CleanOptions
from pipeline.dedup import DedupOptions, Entry, fingerprint, match, withheld
from pipeline.parse import ParseOptions, parse
from pipeline.parse.languages import primary
from pipeline.url import canonical_url, site_of


class Desk(Struct, frozen=True):
    """What the desk works by: the options of each stage, and the name of them all together."""

    parse: ParseOptions = ParseOptions()
    clean: CleanOptions = CleanOptions()
    check: CheckOptions = CheckOptions()
    dedup: DedupOptions = DedupOptions()
    ruleset: str = "defaults"


def prepare(value: bytes, arrival: Arrival, desk: Desk) -> Prepared | Rejected | DeadLetter:
    """One input, parsed, cleaned, checked and fingerprinted; depends on nothing but itself."""
    raw = parse(value, arrival, desk.parse)
    if isinstance(raw, DeadLetter):
        return raw
    given = Draft(raw.headline, raw.description, raw.body, "\n".join(raw.authors))
    source = raw.source or site_of(raw.url)
    context = Context(
        source=source,
        url=raw.url,
        language=raw.language and primary(raw.language),
        markdown=raw.markdown,
        plain=raw.plain,
    )
    draft, repairs = clean(given, context, desk.clean)
    checked = check(_subject(raw, draft, source, arrival), desk.check)
    marks = fingerprint(draft.body)
    address = canonical_url(raw.url)
    language = raw.language or checked.language
    article = Article(
        id=raw.id or _derive_id(address, marks.text_hash),
        url=raw.url,
        canonical_url=address,
        headline=draft.headline or None,
        description=draft.description or None,
        article_body=draft.body,
        authors=tuple(draft.authors.split("\n")) if draft.authors else (),
        date_published=raw.date_published,
        date_published_raw=raw.date_published_raw,
        date_modified=raw.date_modified,
        date_modified_raw=raw.date_modified_raw,
        in_language=language,
        source=source,
        provenance=_provenance(raw, given, draft, source, language),
        extra=raw.extra,
    )
    findings = raw.findings + checked.findings
    rejecting = tuple(f.rule for f in findings if f.severity is Severity.REJECT)
    quality = Quality(
        id=article.id,
        origin=arrival.origin,
        source=source,
        language=checked.language or raw.language,
        verdict=Verdict.REJECT if rejecting else Verdict.PUBLISH,
        reasons=rejecting,
        repairs=repairs,
        findings=findings,
        measures=checked.measures,
        ruleset=desk.ruleset,
        seen_at=arrival.seen_at,
    )
    if rejecting:
        return Rejected(article, quality)
    return Prepared(article, quality, marks)


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


def _subject(raw: RawArticle, draft: Draft, source: str | None, arrival: Arrival) -> Subject:
    return Subject(
        headline=draft.headline,
        body=draft.body,
        description=draft.description,
        url=raw.url,
        source=source,
        authors=tuple(draft.authors.split("\n")) if draft.authors else (),
        date_published=raw.date_published,
        date_published_raw=raw.date_published_raw,
        language=raw.language,
        seen_at=arrival.seen_at,
    )


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

"""Assembles an article and its quality record from the results of the stages."""

from __future__ import annotations

import xxhash

from pipeline.article import (
    Arrival,
    Article,
    Draft,
    Fingerprint,
    Observation,
    Provenance,
    Quality,
    RawArticle,
    Repair,
    Severity,
    Verdict,
)
from pipeline.check import Checked
from pipeline.clean import dateline_of
from pipeline.url import canonical_url

_TEXTS = frozenset({"headline", "description", "articleBody", "authors"})


def given_draft(raw: RawArticle) -> Draft:
    """Returns the four texts as given."""
    return Draft(raw.headline, raw.description, raw.body, "\n".join(raw.authors))


def draft_of(article: Article) -> Draft:
    """Returns the four texts of a published article; `undo` of its repairs gives the input."""
    return Draft(
        article.headline or "",
        article.description or "",
        article.article_body,
        "\n".join(article.authors),
    )


def authors_of(draft: Draft) -> tuple[str, ...]:
    """Returns the authors, one by one."""
    return tuple(draft.authors.split("\n")) if draft.authors else ()


def article_of(
    raw: RawArticle,
    draft: Draft,
    source: str | None,
    language: str | None,
    fingerprint: Fingerprint,
) -> Article:
    """Returns the article to publish: `draft` is cleaned, `language` the detected one."""
    address = canonical_url(raw.url)
    dateline = dateline_of(draft.body)
    language = raw.language or language
    provenance = _provenance(raw, draft, source, language)
    if dateline:
        provenance["dateline"] = "inferred"
    return Article(
        id=raw.id or _derived_id(address, fingerprint),
        url=raw.url,
        canonical_url=address,
        headline=draft.headline or None,
        description=draft.description or None,
        article_body=draft.body,
        authors=authors_of(draft),
        date_published=raw.date_published,
        date_published_raw=raw.date_published_raw,
        date_modified=raw.date_modified,
        date_modified_raw=raw.date_modified_raw,
        in_language=language,
        source=source,
        provenance=provenance,
        extra=raw.extra,
        dateline=dateline,
    )


def quality_of(  # noqa: PLR0913 - the result of each stage, and the id of the rules
    raw: RawArticle,
    article: Article,
    arrival: Arrival,
    repairs: tuple[Repair, ...],
    checked: Checked,
    *,
    ruleset: str,
    observed: tuple[Observation, ...] = (),
) -> Quality:
    """Returns the quality record; its verdict is `reject` if a finding says so, else `publish`."""
    findings = raw.findings + checked.findings
    rejecting = tuple(found.rule for found in findings if found.severity is Severity.REJECT)
    return Quality(
        id=article.id,
        origin=arrival.origin,
        source=article.source,
        language=checked.language or raw.language,
        verdict=Verdict.REJECT if rejecting else Verdict.PUBLISH,
        reasons=rejecting,
        repairs=repairs,
        findings=findings,
        measures=checked.measures,
        observed=observed,
        ruleset=ruleset,
        seen_at=arrival.seen_at,
    )


def _derived_id(address: str | None, fingerprint: Fingerprint) -> str:
    """Returns an id from the canonical address, else from the text."""
    if address:
        return f"url-{xxhash.xxh3_64_hexdigest(address.encode())}"
    return f"text-{fingerprint.text_hash[:16]}"


def _provenance(
    raw: RawArticle, draft: Draft, source: str | None, language: str | None
) -> dict[str, Provenance]:
    """Returns where the value of each field comes from; fields without a value are left out."""
    given = given_draft(raw)
    fields: dict[str, tuple[object, object]] = {  # name: (as given, as published)
        "id": (raw.id, True),
        "headline": (given.headline, draft.headline),
        "description": (given.description, draft.description),
        "articleBody": (given.body, draft.body),
        "authors": (given.authors, draft.authors),
        "inLanguage": (raw.language, language),
        "source": (raw.source, source),
    }
    found: dict[str, Provenance] = {}
    for name, (before, after) in fields.items():
        if not after:
            continue
        if not before:
            found[name] = "inferred"
        elif name in _TEXTS and before != after:
            found[name] = "repaired"
        else:
            found[name] = raw.provenance.get(name, "given")
    return found

"""Outcomes for tests of what comes after the desk: really repaired, otherwise made by hand."""

from pipeline.article import (
    Arrival,
    Article,
    DeadLetter,
    Draft,
    Finding,
    Kind,
    Match,
    Origin,
    Outcome,
    Quality,
    Relation,
    Severity,
    Verdict,
)
from pipeline.clean import Context, clean

SEEN_AT = "2026-11-22T19:03:00Z"
BODY = (
    "The harbour council voted on Monday to keep the old ferry in service.\n\n"
    "Share this article\n\n"
    "The ferry, built in 1931, carries eleven cars and its own brass bell.\n\n"
    "Its captain said that she had expected nothing else."
)


def article(id_: str = "a-1", headline: str = "Ferry stays", body: str = BODY) -> Article:
    """A published article, as it left the desk."""
    return Article(
        id=id_,
        url=f"https://harbour.example/{id_}",
        canonical_url=f"https://harbour.example/{id_}",
        headline=headline,
        description=None,
        article_body=body,
        authors=(),
        date_published="2026-11-21",
        date_published_raw=None,
        date_modified=None,
        date_modified_raw=None,
        in_language="en",
        source="Harbour Post",
        provenance={},
        extra={},
    )


def outcome(  # noqa: PLR0913
    body: str = BODY,
    *,
    id_: str = "a-1",
    headline: str = "Ferry stays",
    source: str | None = "Harbour Post",
    verdict: Verdict = Verdict.PUBLISH,
    findings: tuple[Finding, ...] = (),
    match: Match | None = None,
    words: float = 40,
    line: int = 1,
) -> Outcome:
    """An article through cleaning, with whatever verdict it is said to have."""
    draft, repairs = clean(Draft(headline=headline, body=body), Context(source=source))
    rejecting = tuple(f.rule for f in findings if f.severity is Severity.REJECT)
    quality = Quality(
        id=id_,
        origin=Origin(file="day.jsonl", line=line),
        source=source,
        language="en",
        verdict=verdict,
        reasons=rejecting or ((f"{match.kind}-{match.relation}",) if match else ()),
        repairs=repairs,
        findings=findings,
        measures={"words": words, "age": 1.75},
        match=match,
        ruleset="defaults",
        seen_at=SEEN_AT,
    )
    return Outcome(article(id_, draft.headline, draft.body), quality)


def rejected(
    *rules: str, body: str = "Not found", source: str | None = "Harbour Post", line: int = 1
) -> Outcome:
    """An article rejected for these rules."""
    findings = tuple(Finding(rule, Severity.REJECT, 1.0, 0.5) for rule in rules)
    return outcome(
        body, verdict=Verdict.REJECT, findings=findings, source=source, words=2, line=line
    )


def copy(
    kind: Kind = Kind.NEAR,
    relation: Relation = Relation.OTHER_SOURCE,
    *,
    of: str = "a-0",
    verdict: Verdict = Verdict.DUPLICATE,
    body: str = BODY,
) -> Outcome:
    """An article that matches an earlier one."""
    match = Match(kind, relation, of, None, SEEN_AT, 0.8, 0.9, of)
    return outcome(body, id_=f"copy-of-{of}", verdict=verdict, match=match)


def dead_letter(reason: str = "not-json", value: bytes = b'{"headline": ') -> DeadLetter:
    """Bytes that could not be read."""
    arrival = Arrival(Origin(file="day.jsonl", line=7), SEEN_AT)
    message = "it ends early: send the whole object, on one line"
    return DeadLetter.of(value, arrival, "parse", reason, message)

"""Turns outcomes into published records: the door, the record for it, the quality record."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import (
    DEAD_LETTER,
    Article,
    DeadLetter,
    Finding,
    Origin,
    Outcome,
    Quality,
    QualityNote,
    Severity,
    Verdict,
)
from pipeline.routing import DOOR_OF, Door


class DeadLetterRecord(Struct, frozen=True, rename="camel"):
    """A dead letter as written to a file: the value as text if it is UTF-8, else in base64."""

    origin: Origin
    stage: str
    reason: str
    message: str
    size: int  # bytes
    sha256: str
    value: str | None
    value_base64: str | None
    seen_at: str
    processed_at: str


def door(outcome: Outcome | DeadLetter) -> Door:
    """Returns the door that an outcome leaves through."""
    if isinstance(outcome, DeadLetter):
        return Door.DEAD_LETTER
    return DOOR_OF[outcome.quality.verdict]


def door_of_record(verdict: Verdict, rules: Iterable[str]) -> Door:
    """Returns the door of a quality record, from its verdict and the rules of its findings."""
    return Door.DEAD_LETTER if DEAD_LETTER in rules else DOOR_OF[verdict]


def record(outcome: Outcome | DeadLetter, processed_at: str) -> Article | DeadLetterRecord:
    """Returns the record that is written to the topic or file of the door."""
    if isinstance(outcome, DeadLetter):
        return _dead_letter_record(outcome, processed_at)
    return article_record(outcome)


def article_record(outcome: Outcome) -> Article:
    """Returns the article with the short form of its quality record."""
    return replace(outcome.article, quality=_note(outcome.quality))


def quality_record(outcome: Outcome | DeadLetter, processed_at: str, ruleset: str) -> Quality:
    """Returns the quality record of one input; that of a dead letter has only the reason."""
    if isinstance(outcome, DeadLetter):
        return Quality(
            id=f"dead-{outcome.sha256[:16]}",
            origin=outcome.origin,
            source=None,
            language=None,
            verdict=Verdict.REJECT,
            reasons=(outcome.reason,),
            repairs=(),
            findings=(Finding(DEAD_LETTER, Severity.REJECT, value=outcome.reason),),
            measures={},
            ruleset=ruleset,
            seen_at=outcome.seen_at,
            processed_at=processed_at,
        )
    return replace(outcome.quality, processed_at=processed_at)


def _note(quality: Quality) -> QualityNote:
    return QualityNote(
        origin=quality.origin,
        verdict=quality.verdict,
        reasons=quality.reasons,
        match=quality.match,
        language=quality.language,
        ruleset=quality.ruleset,
        repairs=tuple(dict.fromkeys(repair.rule for repair in quality.repairs)),
        findings=tuple(dict.fromkeys(finding.rule for finding in quality.findings)),
    )


def _dead_letter_record(dead: DeadLetter, processed_at: str) -> DeadLetterRecord:
    text, encoded = None, None
    if dead.value is not None:
        try:
            text = dead.value.decode()
        except UnicodeDecodeError:
            encoded = b64encode(dead.value).decode("ascii")
    return DeadLetterRecord(
        origin=dead.origin,
        stage=dead.stage,
        reason=dead.reason,
        message=dead.message,
        size=dead.size,
        sha256=dead.sha256,
        value=text,
        value_base64=encoded,
        seen_at=dead.seen_at,
        processed_at=processed_at,
    )

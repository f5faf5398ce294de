"""Records as the topics carry them, for tests of the live page."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pipeline.article import (
    DEAD_LETTER,
    Finding,
    Origin,
    Outcome,
    Severity,
    encode,
)
from pipeline.check import CheckOptions
from pipeline.live import Memory, Pages, PageState, Status
from pipeline.live.roster import Roster
from pipeline.live.wire import letter_of
from pipeline.publish import record
from pipeline.sources import (
    RuleCount,
    Signal,
    SignalName,
    SourceRecord,
    SourceWindow,
    Span,
)
from pipeline.sources.counts import as_seconds
from support.html import HOSTILE, Page
from support.outcomes import SEEN_AT, copy, outcome, rejected

NOW = as_seconds(SEEN_AT)  # 19:03:00
AT = round(NOW * 1000)
PAGES = Pages("t-copydesk at localhost:9092")
OPTIONS = CheckOptions()


def status(state: PageState = PageState.FOLLOWING, **changes: Any) -> Status:
    return replace(Status(state=state, now=NOW, known=(NOW - 3600, NOW)), **changes)


def at(one: Outcome, offset: int, **changes: Any) -> Outcome:
    """The outcome of a raw record of the topic."""
    origin = Origin(topic="articles.raw", partition=0, offset=offset)
    quality = replace(one.quality, origin=origin, **changes)
    source = quality.source
    return replace(one, article=replace(one.article, id=quality.id, source=source), quality=quality)


def put(memory: Memory, one: Outcome, when: int = AT) -> None:
    """Both records of an outcome, as the topics carry them."""
    memory.add_account(encode(one.quality), when, NOW)
    memory.add_article(encode(record(one, SEEN_AT)), when)


def put_dead(memory: Memory, offset: int, value: bytes = b"{", reason: str = "not-json") -> str:
    """A dead letter and its account; its id."""
    told = {"exception.class.name": reason, "exception.message": "it ends early", "stage": "parse"}
    letter = letter_of(value, told, AT)
    account = replace(
        at(rejected(DEAD_LETTER, source=None), offset).quality,
        id=letter.id,
        reasons=(reason,),
        findings=(Finding(DEAD_LETTER, Severity.REJECT, value=reason),),
    )
    memory.add_letter(letter)
    memory.add_account(encode(account), AT, NOW)
    return letter.id


def window(span: Span, start: str | None, received: int = 10, **changes: Any) -> SourceWindow:
    whole = SourceWindow(
        source="Harbour Post",
        window=span,
        start=start,
        received=received,
        published=received,
        duplicates=0,
        rejected=0,
        dead_letters=0,
        backfilled=0,
        repaired_share=0.5 if received else 0.0,
        duplicate_share=0.0,
        rejected_share=0.0,
        mean_words=400.0 if received else 0.0,
        fields={"headline": 1.0} if received else {},
        repairs=(RuleCount("strip_tags", 3),),
        findings=(),
        first_seen_at=None,
        last_seen_at=None,
        newest_published=None,
    )
    return replace(whole, **changes)


def source(name: str | None = "Harbour Post", *signals: Signal, **changes: Any) -> SourceRecord:
    whole = SourceRecord(
        source=name,
        at=SEEN_AT,
        partition=0,
        windows=(
            window(Span.MINUTE, "2026-11-22T19:03:00Z", 0),
            window(Span.HOUR, "2026-11-22T19:00:00Z", 4),
            window(Span.DAY, "2026-11-22T00:00:00Z", 40),
            window(Span.RUN, None, 400),
        ),
        hours=(*[2] * 23, 4),
        baseline=None,
        signals=signals,
        raised=signals,
        first_seen_at="2026-11-01T00:00:00Z",
        last_seen_at=SEEN_AT,
    )
    return replace(whole, **changes)


def signal(name: SignalName, message: str = "it is not what it was", *ids: str) -> Signal:
    return Signal(
        signal=name,
        window=Span.HOUR,
        since="2026-11-22T17:00:00Z",
        value=0.6,
        usual=0.02,
        what=None,
        message=message,
        articles=ids,
    )


def put_source(memory: Memory | Roster, one: SourceRecord) -> None:
    roster = memory.roster if isinstance(memory, Memory) else memory
    key = f"{one.source}/{one.partition}".encode(errors="replace")
    assert roster.put(key, encode(one))


def full_memory() -> Memory:
    memory = Memory()
    put(memory, at(outcome(id_="a-0"), 0))
    put(memory, at(copy(of="a-0"), 1))
    put(memory, at(rejected("error-page", "not-an-article"), 2, id="r-1"))
    put_dead(memory, 3)
    put_source(memory, source("Quiet Post"))
    put_source(memory, source("Broken Post", signal(SignalName.EXTRACTOR_BROKE)))
    return memory


def hostile_memory() -> Memory:
    memory = Memory()
    name = HOSTILE[:4_000]
    put(memory, at(outcome(HOSTILE[:9_000], headline=HOSTILE[:300], source=name), 0, id="../<a>?#"))
    put(memory, at(outcome(source='"onload="alert(1)'), 1, id='"><svg onload=alert(1)>'))
    put(memory, at(rejected("<script>alert(2)</script>", source="\u202e..\x00"), 2, id=".."))
    put_dead(memory, 3, b"<script>alert(3)</script>\x00\xff", "<b>bold</b>")
    put_source(memory, source(name[:120], signal(SignalName.FLOOD, HOSTILE[:900], "<i>", "..")))
    put_source(memory, source('"onload="alert(1)'))
    put_source(memory, source(".."))
    return memory


def texts_of(html: str) -> str:
    return Page(html).text

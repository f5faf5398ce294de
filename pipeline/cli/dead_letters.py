"""`copydesk dead-letters`: lists, shows and sends again what could not be read or was rejected."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer
from msgspec import Struct

from pipeline.article import DeadLetter, encode
from pipeline.cli.moments import moment_of
from pipeline.cli.table import print_json
from pipeline.cli.tail import one_line
from pipeline.cli.terminal import echo, plain_json
from pipeline.cluster import KafkaOptions
from pipeline.errors import WrongUseError
from pipeline.parse import REASONS as PARSE_REASONS
from pipeline.routing import Topic
from pipeline.runners.kafka.admin import letter_file
from pipeline.runners.kafka.admin.consumer import Tailed, reading, shown
from pipeline.runners.kafka.admin.letters import (
    CHECK,
    Chosen,
    Letter,
    Replay,
    is_place,
    letter_at,
    letter_in,
    replays,
    target_of,
)
from pipeline.runners.kafka.admin.replaying import (
    REPLAYED,
    STAYS,
    Judge,
    Refusal,
    Tally,
    replay_all,
    replay_one,
)
from pipeline.runners.kafka.engine.messages import REASONS, Received
from pipeline.runners.kafka.roles.desk import DeskHandler
from pipeline.runners.stopping import Stop
from pipeline.settings import Settings, load

_DEADLY = "deadly"  # what ends or hangs the process that reads it
_SHOWN = 4000  # characters of a value
_MEANINGS = {**PARSE_REASONS, **REASONS, **STAYS}


class LetterFacts(Struct, frozen=True, rename="camel"):
    """A letter for programs."""

    place: str
    time: str  # of its record, which a dead letter has from its input
    origin: str
    stage: str
    reasons: tuple[str, ...]
    message: str
    size: int  # bytes
    source: str | None
    earlier: tuple[Replay, ...]
    replayed_at: str | None
    record: Tailed


def chosen_by(
    start: str,
    reasons: Sequence[str],
    stages: Sequence[str],
    sources: Sequence[str],
    *,
    since: str | None,
    until: str | None,
) -> Chosen:
    """Returns the filter that the options of a command ask for."""
    return Chosen(
        _topic(start),
        frozenset(reasons),
        frozenset(stages),
        frozenset(sources),
        float("-inf") if since is None else moment_of(since, "--since"),
        float("inf") if until is None else moment_of(until, "--until"),
    )


def show_list(chosen: Chosen, *, replayed: bool, config: Path | None, json: bool) -> None:
    """Prints the chosen letters, a line each; those that were replayed too, if asked."""
    options = load(config, os.environ).settings.kafka
    counts, total = Counter[str](), 0
    with reading(options, [chosen.start]) as reader:
        known = replays(options)
        for each in reader.to_end():
            letter = letter_in(each, known)
            if chosen.has(letter) and (replayed or not letter.replay):
                counts.update(letter.reasons)
                total += 1
                echo(plain_json(encode(_facts(letter)).decode()) if json else _row(letter))
    if not json:
        parts = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common())
        echo(f"{total:,} letters" + (f": {parts}" if parts else ""), err=True)


def show(place: str, *, start: str, edit: Path | None, config: Path | None, json: bool) -> None:
    """Prints one letter for a person, or writes it to a file that can be mended."""
    settings = load(config, os.environ).settings
    letter = _letter(settings.kafka, place, _topic(start))
    wrong = one_line(f"{letter.stage}: {', '.join(letter.reasons)}: {letter.message}")
    if edit:
        letter_file.write(edit, letter.place, wrong, letter.record.value)
        echo(f"{letter.place} is in {edit}: mend what is below the line there, then run")
        echo(f"copydesk dead-letters replay {edit}")
    elif json:
        print_json(_facts(letter))
    else:
        refusal = _judge(settings, again=False)(letter, None)
        for name, fact in _story(letter, refusal):
            echo(f"{name:<10} {fact}" if name else fact)


def replay(
    what: Sequence[str],
    chosen: Chosen,
    *,
    again: bool,
    dry: bool,
    config: Path | None,
    json: bool,
) -> None:
    """Sends letters again: those of a topic that are chosen, or single ones and mended files."""
    settings = load(config, os.environ).settings
    if not what:
        with Stop() as stop:
            judge = _judge(settings, again=again)
            tally = replay_all(settings.kafka, chosen, judge, stop.before_next, dry=dry)
        _print(tally, settings.kafka, dry=dry, json=json)
        if stop.stopped:
            echo("Stopped on request: the rest was not read.", err=True)
            raise KeyboardInterrupt
        return
    if chosen != Chosen(chosen.start):
        raise WrongUseError("name letters or files, or filter them: not both at once")
    each = [_single(settings, one, chosen.start, dry=dry) for one in what]
    stay = Counter(one.reason for one in each if one)
    tally = Tally(chosen=len(each), sent=each.count(None), earlier=stay.pop(REPLAYED, 0))
    tally.stay = dict(stay)
    _print(tally, settings.kafka, dry=dry, json=json)
    if tally.sent < tally.chosen:
        raise typer.Exit(1)


def _single(settings: Settings, what: str, topic: Topic, *, dry: bool) -> Refusal | None:
    """Sends one letter, by its place or as a mended file. Returns why it stays, else None."""
    is_file = not is_place(what)
    mended = letter_file.read(Path(what)) if is_file else None
    letter = _letter(settings.kafka, mended.place if mended else what, topic)
    value = mended.value if mended else None
    refusal = replay_one(settings.kafka, letter, value, _judge(settings, again=True), dry=dry)
    if refusal:
        why = refusal.message or _meaning(refusal.reason)
        echo(f"{what}: stays: {one_line(why)}", err=True)
    return refusal


def _judge(settings: Settings, *, again: bool) -> Judge:
    """Returns what says why a letter would come back: it does with it what the desk would do."""
    logging.getLogger("pipeline").addHandler(logging.NullHandler())  # a bug there is its reason
    desk = DeskHandler(settings.stages(), settings.kafka)

    def judge(letter: Letter, mended: bytes | None) -> Refusal | None:
        if mended is None and not letter.is_kept:
            return Refusal("value-gone")
        if letter.earlier and not again:
            return Refusal("came-back")
        if _DEADLY in letter.reasons and mended is None:  # is not tried here: it would end us
            return None if again else Refusal(_DEADLY)
        if target_of(letter) is not Topic.RAW:
            return None
        given = letter.input if mended is None else letter.input._replace(value=mended)
        return _refused(desk, given, rejects=letter.stage == CHECK)

    return judge


def _refused(desk: DeskHandler, given: Received, *, rejects: bool) -> Refusal | None:
    """Returns why the desk takes no article out of a record, with `rejects` none to publish."""
    first = Refusal("no-text-field")
    for one in reversed(desk.handle([given])):
        if isinstance(one.outcome, DeadLetter):
            first = Refusal(one.outcome.reason, one.outcome.message)
        elif one.outcome is None or not rejects:
            return None
        else:
            first = Refusal(one.outcome.quality.reasons[0])
    return first


def _letter(options: KafkaOptions, place: str, start: Topic) -> Letter:
    letter = letter_at(options, place, start)
    if letter is None:
        raise WrongUseError(
            f"there is no letter {place} (any more): `copydesk dead-letters list` has their places,"
            " such as 0@17, or articles.dead-letter[0]@17"
        )
    return letter


def _topic(start: str) -> Topic:
    return Topic(start.replace("-", "_"))


def _facts(letter: Letter) -> LetterFacts:
    return LetterFacts(
        place=letter.place,
        time=_time(letter),
        origin=letter.origin,
        stage=letter.stage,
        reasons=letter.reasons,
        message=letter.message,
        size=letter.size,
        source=letter.source,
        earlier=letter.earlier,
        replayed_at=letter.replay.at if letter.replay else None,
        record=shown(letter.record),
    )


def _row(letter: Letter) -> str:
    state = "  sent again" if letter.replay else "  came back" if letter.earlier else ""
    source = letter.source or "-"
    told = one_line(f"{', '.join(letter.reasons)}: {letter.message}")
    return f"{_time(letter)}  {letter.place:<28}  {letter.stage:<7}  {source:<18}{state}  {told}"


def _time(letter: Letter) -> str:
    try:
        moment = datetime.fromtimestamp(letter.record.timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return "?"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _story(letter: Letter, refusal: Refusal | None) -> Iterator[tuple[str, str]]:
    """Yields what a person wants to know of a letter: a name and a fact a line."""
    kept = letter.record.value
    # Without brackets, which a shell would take for a pattern.
    named = f"{letter.record.partition}@{letter.record.offset}"
    named += " --from rejected" if letter.stage == CHECK else ""
    yield "letter", f"{letter.place}, {_time(letter)}"
    yield "came from", f"{letter.origin}, source {letter.source or 'unknown'}"
    for one in letter.reasons:
        yield "wrong", f"{letter.stage}: {one}: {_meaning(one)}"
    yield ("headline" if letter.stage == CHECK else "message"), one_line(letter.message)
    for earlier in letter.earlier:
        yield "before", f"{earlier.letter}: {', '.join(earlier.reasons)}: sent again {earlier.at}"
    if letter.replay:
        mended = ", mended" if letter.replay.mended else ""
        yield "state", f"sent again {letter.replay.at}{mended}; it is not sent twice"
    elif refusal:
        yield "state", f"stays: {refusal.reason}: {_meaning(refusal.reason)}"
        yield "to do", f"copydesk dead-letters show {named} --edit FILE, mend the file,"
        yield "", "           then copydesk dead-letters replay FILE; or change the settings"
    else:
        yield "state", "it can be read now"
        yield "to do", f"copydesk dead-letters replay {named}"
    yield "key", "-" if letter.record.key is None else _decoded(letter.record.key)[0]
    if kept is None:
        yield "value", f"none; {letter.size:,} bytes came"
        return
    text, how = _decoded(kept)
    yield "value", f"{letter.size:,} bytes, {how}:"
    yield "", text[:_SHOWN]
    if len(text) > _SHOWN:
        yield "", f"... and {len(text) - _SHOWN:,} more characters"


def _decoded(value: bytes) -> tuple[str, str]:
    """Returns bytes as text, and what they are."""
    try:
        text, how = value.decode(), "UTF-8"
    except UnicodeDecodeError as error:
        text = value.decode(errors="backslashreplace")
        how = f"no UTF-8 from byte {error.start} on"
    with suppress(msgspec.DecodeError, RecursionError):
        text, how = msgspec.json.format(text, indent=2), f"{how}, JSON"
    return text, how


def _meaning(reason: str) -> str:
    return _MEANINGS.get(reason, reason)


def _print(tally: Tally, options: KafkaOptions, *, dry: bool, json: bool) -> None:
    if json:
        print_json(tally)
        return
    sent = "would be sent again" if dry else f"were sent again to {options.topic(Topic.RAW)}"
    echo(f"{tally.sent:,} of {tally.chosen:,} letters {sent}.")
    if tally.earlier:
        echo(f"{tally.earlier:,} were sent again before.")
    for reason, count in sorted(tally.stay.items(), key=lambda one: -one[1]):
        echo(f"{count:,} stay: {reason}: {_meaning(reason)}")

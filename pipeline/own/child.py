"""The process that runs the user's rules: it answers one request after the other."""

from __future__ import annotations

import faulthandler
import math
import os
import signal
from itertools import islice
from typing import BinaryIO

import msgspec

from pipeline.check import Subject
from pipeline.clean import Candidates, Context
from pipeline.languages.bundle import use
from pipeline.own.loading import Imported, imported
from pipeline.own.options import OwnOptions
from pipeline.own.requests import Answer, Find, Take, frame

_MOST_EDITS = 100_000
_MOST_BYTES = 64 << 20  # of an answer
_LATER = 5  # seconds after which it ends itself, should nobody be left to kill it


def serve() -> None:
    """Answers until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a rule prints goes to standard error
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    options = msgspec.msgpack.decode(_read(source), type=OwnOptions)
    use(options.texts)
    own = imported(options)
    if own.problems:
        _write(
            sink, Answer(is_fine=False, content="; ".join(map(": ".join, own.problems)).encode())
        )
        return
    _write(sink, Answer(is_fine=True, content=b""))
    while request := _read(source):
        faulthandler.dump_traceback_later(options.seconds + _LATER, exit=True)
        answer = _answer(own, msgspec.msgpack.decode(request, type=Find | Take))
        faulthandler.cancel_dump_traceback_later()
        _write(sink, answer)


def _answer(own: Imported, request: Find | Take) -> Answer:
    try:
        content = msgspec.msgpack.encode(_result(own, request))
    except BaseException as error:  # noqa: BLE001 - theirs, `SystemExit` among them
        text = f"{type(error).__name__}: {error}"
        return Answer(is_fine=False, content=text[:1000].encode("utf-8", "replace"))
    if len(content) > _MOST_BYTES:
        return Answer(is_fine=False, content=f"returns {len(content):,} bytes".encode())
    return Answer(is_fine=True, content=content)


def _result(own: Imported, request: Find | Take) -> object:
    if isinstance(request, Take):
        subject = msgspec.convert(request.subject, Subject)
        value = own.checks[request.number].take(subject)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{value} is no measure")
        return None if value is None else float(value)
    candidates = Candidates(request.spans, request.lines)
    before = msgspec.msgpack.encode(request)
    context = Context(**request.context)
    found = own.rules[request.number].find(request.draft, candidates, context)
    edits = [tuple(one) for one in islice(found, _MOST_EDITS + 1)]
    if len(edits) > _MOST_EDITS:
        raise ValueError(f"returns more than {_MOST_EDITS:,} edits")
    if msgspec.msgpack.encode(request) != before or context != Context(**request.context):
        raise ValueError("changes what it was given")
    return edits


def _read(source: BinaryIO) -> bytes:
    size = source.read(4)
    return source.read(int.from_bytes(size, "big")) if len(size) == 4 else b""


def _write(sink: BinaryIO, answer: Answer) -> None:
    sink.write(frame(msgspec.msgpack.encode(answer)))
    sink.flush()

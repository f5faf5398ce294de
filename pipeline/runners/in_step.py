"""Runs the same inputs under two sets of stages, side by side, in one pass.

Each set decides with an index of its own, so that each outcome is that of a run of its own. What
does not depend on the settings that differ is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from pipeline.article import DeadLetter, Outcome
from pipeline.dedup import CompactIndex
from pipeline.errors import WrongUseError
from pipeline.flow import Ready, Stages, parse_batch, prepare_parsed
from pipeline.memo import Memo
from pipeline.runners.entries import EntryFiles
from pipeline.runners.files import settle
from pipeline.runners.inputs import Input
from pipeline.runners.pool import Work, in_batches

Settled = Outcome | DeadLetter

_SHARED = ("parse", "clean", "check", "dedup", "own")
# The settings that decide which records an input holds.
_DIVIDES = ("path", "encoding", "max_bytes", "max_depth", "max_expansion")
_MEMO = 1024  # articles: those of `Memo` for each of the two


def run_in_step(
    inputs: Iterable[Input],
    old: Stages,
    new: Stages,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[Settled, Settled]]:
    """Yields the outcomes of each input under both, in the order of the inputs.

    Calls `progress` with the number of inputs done, every few dozen.
    """
    done = 0
    with EntryFiles.temporary() as one, EntryFiles.temporary() as other:
        before, after = CompactIndex(old.dedup, one), CompactIndex(new.dedup, other)
        for batch in in_batches(inputs, partial(_preparing, old, _sharing(old, new)), jobs):
            olds = [settle(ready, before, old) for ready, _ in batch]
            news = [settle(ready, after, new) for _, ready in batch]
            yield from zip(olds, news, strict=True)
            done += len(batch)
            progress(done)


def refuse_unlike(old: Stages, new: Stages) -> None:
    """Raises `WrongUseError` where the two would not find the same records in an input."""
    unlike = [
        f"parse.{name} is {ours} in the one and {theirs} in the other"
        for name in _DIVIDES
        if (ours := getattr(old.parse, name)) != (theirs := getattr(new.parse, name))
    ]
    if unlike:
        raise WrongUseError(
            "the two settings do not find the same articles in an input, so that none can be "
            f"compared: {'; '.join(unlike)}. Make them alike, or compare the outputs of two runs."
        )


def _sharing(old: Stages, new: Stages) -> Stages:
    """Returns the new stages with the old options where they are equal."""
    equal = {
        name: options for name in _SHARED if (options := getattr(old, name)) == getattr(new, name)
    }
    return replace(new, **equal)


def _preparing(old: Stages, new: Stages) -> Work[tuple[Ready, Ready]]:
    memo = Memo(_MEMO)

    def prepare_both(inputs: Sequence[Input]) -> list[tuple[Ready, Ready]]:
        parsed = parse_batch(inputs, old)
        before = prepare_parsed(parsed, old, memo)
        if new.parse is not old.parse or new.own is not old.own:
            parsed = parse_batch(inputs, new)
        return [*zip(before, prepare_parsed(parsed, new, memo), strict=True)]

    return prepare_both

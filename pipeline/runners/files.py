"""The local runner: the whole desk from files to a folder, decided in input order.

The outputs are the same bytes for any number of processes that prepare the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.article import DeadLetter, Outcome, Rejected
from pipeline.dedup import CompactIndex, Index, entry_of, window_start
from pipeline.flow import Ready, Stages, decide, is_remembered, outcome_of
from pipeline.report import Tally
from pipeline.runners.entries import EntryFiles
from pipeline.runners.inputs import Input
from pipeline.runners.outputs import Outputs
from pipeline.runners.pool import prepare_all
from pipeline.sources import Watch


def run_files(  # noqa: PLR0913 - what a run is made of
    inputs: Iterable[Input],
    outputs: Outputs,
    stages: Stages,
    *,
    jobs: int = 1,
    index: Index | None = None,
    past: Watch | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Tally:
    """Runs every input through the desk and out of exactly one door; returns the counts.

    `index` and `past`: the articles and the sources that are remembered from before, if any.

    Calls `progress` with the number of inputs done, every few dozen. Raises `WorkFailedError` if a
    file cannot be written; the files then still end with whole lines.
    """
    tally = Tally(past)
    with EntryFiles.temporary() as entries:
        known = CompactIndex(stages.dedup, entries) if index is None else index
        for batch in prepare_all(inputs, stages, jobs):
            # One after the other for the whole batch, as in `prepare_batch`.
            outcomes = [settle(ready, known, stages) for ready in batch]
            for outcome in outcomes:
                outputs.add(outcome)
            for outcome in outcomes:
                tally.add(outcome)
            progress(tally.received)
            del batch, outcomes, outcome  # articles of 8 MB, while the next ones are prepared
    outputs.flush()
    return tally


def settle(ready: Ready, index: Index, stages: Stages) -> Outcome | DeadLetter:
    """Returns the outcome of a prepared input, and adds it to the index if that keeps it."""
    if isinstance(ready, DeadLetter):
        return ready
    if isinstance(ready, Rejected):
        return outcome_of(ready)
    index.evict(window_start(ready.quality.seen_at, stages.dedup))
    outcome = decide(ready, index.neighbours(ready), stages)
    if is_remembered(outcome):
        index.add(entry_of(ready, outcome.quality.match))
    return outcome

"""Everything that `copydesk tune` reports about a file of labelled pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pipeline.dedup import CompactIndex, DedupOptions, entry_of
from pipeline.dedup.fingerprint import PERMUTATIONS, as_hashes
from pipeline.tune.labelled import COPIES, OTHERS, Labelled, Score
from pipeline.tune.search import (
    Verdicts,
    as_numbers,
    choices,
    choose,
    folded,
    merged_under,
    score_of,
)
from pipeline.tune.withholding import Withholding, tune_withholding

# What is tried together for the settings to paste, and one by one for the curves.
GRID = {
    "near_jaccard": (0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7),
    "containment": (0.6, 0.7, 0.8),
    "story_score": (0.71, 0.75, 0.79, 0.83, 0.87, 0.91, 0.95),
}
CURVES = {
    "near_jaccard": tuple(round(0.05 * step, 2) for step in range(1, 20)),
    "containment": tuple(round(0.05 * step, 2) for step in range(8, 21)),
    "story_score": tuple(round(0.5 + 0.05 * step, 2) for step in range(15)),
}
# Numbers do worse on pairs that they were not chosen on, so they are chosen for a higher precision:
# by this part of the distance to 1. For .97 that is .98; chosen on four fifths of the project's own
# pairs, they keep .97 on the fifth.
SLACK = 1 / 3
SPLITS = 5  # ways to make the folds
# b bands of r values: 1 - (1 - s**r)**b, from .5 to .9 at its steepest.
BANDS = ((9, 14), (14, 9), (18, 7), (21, 6), (25, 5), (32, 4), (42, 3))


class Point(Struct, frozen=True):
    """The score of one value, with all other settings in force."""

    value: float
    merged: int
    wrong: int  # of these, others
    precision: float
    recall: float


class Turn(Struct, frozen=True):
    """A pair whose verdict depends on the value."""

    line: int  # of the file
    label: str
    upto: float  # the largest value at which it is merged


class Curve(Struct, frozen=True):
    setting: str
    in_force: float
    points: tuple[Point, ...]
    turns: tuple[Turn, ...] | None = None  # by value; None: not known


class Bands(Struct, frozen=True):
    """How many of the copies an index with such bands proposes (0..1)."""

    bands: int
    rows: int
    by_bands: float  # that share a band
    found: float  # by bands, sample, address or words: what is left is never compared


class Summary(Struct, frozen=True):
    precision: float
    recall: float
    merged: dict[str, str]  # label: merged/pairs


class Withheld(Struct, frozen=True):
    """Of the pairs that say whether the later text adds something, what is withheld."""

    pairs: int
    nothing: int  # that add nothing
    in_force: Summary
    best: Summary
    folded: Summary
    curve: Curve


class Tuning(Struct, frozen=True):
    name: str  # of the file
    pairs: int
    copies: int
    in_force: Summary
    best: Summary
    folded: Summary  # chosen on four fifths, judged on the fifth, for `SPLITS` ways to cut
    settings: dict[str, Any]  # to paste under `dedup`; empty where nothing tried is better
    curves: tuple[Curve, ...]
    bands: tuple[Bands, ...]
    withheld: Withheld | None = None  # where the pairs say whether they add something


def tune(pairs: Sequence[Labelled], options: DedupOptions, name: str, precision: float) -> Tuning:
    """Tries the numbers of `GRID` on the pairs; `precision` is the least they may have (0..1)."""
    precise = precision + SLACK * (1 - precision)
    labels = [pair.label for pair in pairs]
    tried = choices(options, GRID)
    verdicts = merged_under(pairs, [options, *(one.options for one in tried)])
    everyone = range(len(pairs))
    best = choose(labels, verdicts, everyone, precise)
    names, held = [pair.names for pair in pairs], Score(Counter(), Counter())
    for seed in range(SPLITS):
        held = held.plus(folded(names, labels, verdicts, precise=precise, seed=seed)[0])
    bands = tuple(bands_of(pairs, options))
    numbers = as_numbers(tried[best - 1].numbers, options) if best else {}
    withholding = tune_withholding(pairs, options, precise, SPLITS)
    if withholding:
        numbers |= withholding.numbers
    return Tuning(
        name=name,
        pairs=len(pairs),
        copies=sum(pair.is_copy for pair in pairs),
        in_force=summary(score_of(labels, verdicts, everyone, 0)),
        best=summary(score_of(labels, verdicts, everyone, best)),
        folded=summary(held),
        settings={**numbers, **_better_bands(bands, options)},
        curves=tuple(curve(pairs, options, setting) for setting in CURVES),
        bands=bands,
        withheld=_withheld(withholding, options) if withholding else None,
    )


def _withheld(found: Withholding, options: DedupOptions) -> Withheld:
    pairs = found.in_force.pairs
    return Withheld(
        pairs=sum(pairs.values()),
        nothing=pairs[COPIES[0]],
        in_force=summary(found.in_force),
        best=summary(found.best),
        folded=summary(found.folded),
        curve=Curve(
            "withhold_novelty",
            options.withhold_novelty,
            tuple(_point(value, one) for value, one in found.curve),
        ),
    )


def curve(pairs: Sequence[Labelled], options: DedupOptions, setting: str) -> Curve:
    """Returns precision and recall over the values of one setting."""
    values, labels = CURVES[setting], [pair.label for pair in pairs]
    verdicts = merged_under(pairs, [replace(options, **{setting: value}) for value in values])
    points = []
    for at, value in enumerate(values):
        points.append(_point(value, score_of(labels, verdicts, range(len(pairs)), at)))
    turns = sorted(_turns(pairs, verdicts, values), key=lambda one: (one.upto, one.line))
    return Curve(setting, getattr(options, setting), tuple(points), tuple(turns))


def _turns(
    pairs: Sequence[Labelled], verdicts: Verdicts, values: Sequence[float]
) -> Iterator[Turn]:
    for pair, merged in zip(pairs, verdicts, strict=True):
        if any(merged) and not all(merged):
            upto = max(value for value, hit in zip(values, merged, strict=True) if hit)
            yield Turn(pair.later.quality.origin.line or 0, pair.label, upto)


def _point(value: float, one: Score) -> Point:
    merged = sum(one.merged.values())
    wrong = sum(one.merged[label] for label in OTHERS)
    return Point(value, merged, wrong, _short(one.precision), _short(one.recall))


def bands_of(pairs: Sequence[Labelled], options: DedupOptions) -> list[Bands]:
    """Returns for the bands in force and for `BANDS` how many of the copies are candidates."""
    copies = [pair for pair in pairs if pair.is_copy]
    shapes = sorted({*BANDS, (options.bands, options.rows)}, key=lambda shape: -shape[1])
    return [
        Bands(
            bands,
            rows,
            by_bands=_short(sum(_share_a_band(pair, bands, rows) for pair in copies), len(copies)),
            found=_short(_proposed(copies, replace(options, bands=bands, rows=rows)), len(copies)),
        )
        for bands, rows in shapes
        if bands * rows <= PERMUTATIONS
    ]


def summary(one: Score) -> Summary:
    """Returns a score as people and programs read it."""
    counts = {
        label: f"{one.merged[label]}/{one.pairs[label]}"
        for label in COPIES + OTHERS
        if one.pairs[label]
    }
    return Summary(_short(one.precision), _short(one.recall), counts)


def _share_a_band(pair: Labelled, bands: int, rows: int) -> bool:
    if not all(one.fingerprint.words for one in (pair.earlier, pair.later)):
        return False
    mine, theirs = (as_hashes(one.fingerprint.signature) for one in (pair.earlier, pair.later))
    starts = range(0, bands * rows, rows)
    return any(mine[start : start + rows] == theirs[start : start + rows] for start in starts)


def _proposed(copies: Sequence[Labelled], options: DedupOptions) -> int:
    """Returns how many of the copies an index of all the earlier articles would find."""
    index = CompactIndex(options)
    for pair in copies:
        index.add(entry_of(pair.earlier, None))
    found = 0
    for pair in copies:
        # Where another pair holds the very same words, nothing else is proposed.
        wanted = set(pair.names)
        found += any(one.fingerprint.text_hash in wanted for one in index.neighbours(pair.later))
    return found


def _better_bands(bands: Sequence[Bands], options: DedupOptions) -> dict[str, int]:
    """Bands to set where those in force propose fewer copies: the fewest of the best."""
    in_force = next(one for one in bands if (one.bands, one.rows) == (options.bands, options.rows))
    best = max(bands, key=lambda one: (one.found, -one.bands))
    if best.found <= in_force.found:
        return {}
    return {"bands": best.bands, "rows": best.rows}


def _short(part: float, whole: float = 1) -> float:
    return round(part / whole, 4)

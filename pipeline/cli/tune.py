"""`copydesk tune`: tries settings of dedup on pairs that the user labelled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import yaml

from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json, print_table
from pipeline.cli.terminal import echo
from pipeline.clock import now
from pipeline.errors import WrongUseError
from pipeline.runners.outputs import write_whole
from pipeline.settings import load
from pipeline.tune import Tuning, read_pairs
from pipeline.tune import tune as try_numbers
from pipeline.tune.tuning import Curve, Withheld
from pipeline.tune.tuning_page import render

_PAIRS = 5  # named below each table


def tune(pairs: Path, *, out: Path, precision: float, config: Path | None, json: bool) -> None:
    """Tries the settings of dedup on the pairs and writes a page of curves."""
    say_if_slow()
    stages = load(config, os.environ).settings.stages()
    try:
        lines = pairs.read_bytes().split(b"\n")
    except OSError as error:
        raise WrongUseError(f"{pairs} cannot be read: {error.strerror}") from error
    with progress_bar("tune", None, "pair") as progress:
        counted = (progress(at) or line for at, line in enumerate(lines, start=1))
        read = read_pairs(counted, str(pairs), stages, now())
        tuning = try_numbers(read, stages.dedup, pairs.name, precision)
    paste = as_yaml(tuning)
    write_whole(out, render(tuning, paste, precision).encode())
    if json:
        print_json(tuning)
    else:
        _show(tuning, paste, out)


def as_yaml(tuning: Tuning) -> str:
    """Returns the settings to paste; empty if there are none."""
    if not tuning.settings:
        return ""
    return yaml.safe_dump({"dedup": tuning.settings}, sort_keys=False)


def _show(tuning: Tuning, paste: str, out: Path) -> None:
    echo(f"{tuning.pairs} pairs, {tuning.copies} of them copies\n")
    rows = [
        [name, f"{one.precision:.3f}", f"{one.recall:.3f}", _counts(one.merged)]
        for name, one in (
            ("in force", tuning.in_force),
            ("best of those tried", tuning.best),
            ("chosen on 4/5, judged on 1/5, x 5", tuning.folded),
        )
    ]
    print_table(["numbers", "precision", "recall", "merged"], rows)
    curves = tuning.curves
    if tuning.withheld:
        curves += (tuning.withheld.curve,)
        _show_withheld(tuning.withheld)
    for curve in curves:
        echo("")
        print_table([curve.setting, "merged", "wrongly", "precision", "recall"], [*_rows(curve)])
        for line in _deciding(curve):
            echo(line)
    echo("")
    shapes = [
        [str(one.bands), str(one.rows), f"{one.by_bands:.3f}", f"{one.found:.3f}"]
        for one in tuning.bands
    ]
    print_table(["bands", "rows", "share a band", "proposed"], shapes)
    echo(f"\nSettings to paste:\n\n{paste}" if paste else "\nNothing tried is better.")
    echo(f"\nThe curves: {out}")


def _show_withheld(found: Withheld) -> None:
    echo(f"\n{found.pairs} pairs say whether they add something; {found.nothing} add nothing\n")
    rows = [
        [name, f"{one.precision:.3f}", f"{one.recall:.3f}"]
        for name, one in (
            ("in force", found.in_force),
            ("best of those tried", found.best),
            ("chosen on 4/5, judged on 1/5, x 5", found.folded),
        )
    ]
    print_table(["withheld", "precision", "recall"], rows)


def _rows(curve: Curve) -> Iterator[list[str]]:
    """Yields a row for each result; values that give the same share it."""
    for (merged, wrong), same in groupby(curve.points, lambda one: (one.merged, one.wrong)):
        first, *_, last = [*same] * 2
        values = f"{first.value:g}" + (f" to {last.value:g}" if last is not first else "")
        shares = f"{first.precision:.3f}", f"{first.recall:.3f}"
        yield [values, str(merged), str(wrong), *shares]


def _deciding(curve: Curve) -> Iterator[str]:
    """Yields the pairs that the value decides on, those nearest to the value in force."""
    if curve.turns is None:
        return
    if not curve.turns:
        yield "No pair depends on it."
    nearest = sorted(curve.turns, key=lambda one: abs(one.upto - curve.in_force))[:_PAIRS]
    for turn in sorted(nearest, key=lambda one: one.upto):
        yield f"  line {turn.line} ({turn.label}) is merged up to {turn.upto:g}"
    if len(curve.turns) > _PAIRS:
        yield f"  and {len(curve.turns) - _PAIRS} more, farther from {curve.in_force:g}"


def _counts(merged: dict[str, str]) -> str:
    return ", ".join(f"{label} {count}" for label, count in merged.items())

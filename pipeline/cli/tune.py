"""`copydesk tune`: tries settings of dedup on pairs that the user labelled."""

from __future__ import annotations

import os
from pathlib import Path

import typer
import yaml

from pipeline.cli.notice import say_if_slow
from pipeline.cli.table import print_json, print_table
from pipeline.clock import now
from pipeline.errors import WrongUseError
from pipeline.runners.outputs import write_whole
from pipeline.settings import load
from pipeline.tune import Tuning, read_pairs
from pipeline.tune import tune as try_numbers
from pipeline.tune.tuning import Withheld
from pipeline.tune.tuning_page import render


def tune(pairs: Path, *, out: Path, precision: float, config: Path | None, json: bool) -> None:
    """Tries the settings of dedup on the pairs and writes a page of curves."""
    say_if_slow()
    stages = load(config, os.environ).settings.stages()
    try:
        lines = pairs.read_bytes().split(b"\n")
    except OSError as error:
        raise WrongUseError(f"{pairs} cannot be read: {error.strerror}") from error
    tuning = try_numbers(
        read_pairs(lines, str(pairs), stages, now()), stages.dedup, pairs.name, precision
    )
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
    typer.echo(f"{tuning.pairs} pairs, {tuning.copies} of them copies\n")
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
        typer.echo("")
        points = [
            [
                f"{point.value:g}",
                str(point.merged),
                str(point.wrong),
                f"{point.precision:.3f}",
                f"{point.recall:.3f}",
            ]
            for point in curve.points
        ]
        print_table([curve.setting, "merged", "wrongly", "precision", "recall"], points)
    typer.echo("")
    shapes = [
        [str(one.bands), str(one.rows), f"{one.by_bands:.3f}", f"{one.found:.3f}"]
        for one in tuning.bands
    ]
    print_table(["bands", "rows", "share a band", "proposed"], shapes)
    typer.echo(f"\nSettings to paste:\n\n{paste}" if paste else "\nNothing tried is better.")
    typer.echo(f"\nThe curves: {out}")


def _show_withheld(found: Withheld) -> None:
    typer.echo(
        f"\n{found.pairs} pairs say whether they add something; {found.nothing} add nothing\n"
    )
    rows = [
        [name, f"{one.precision:.3f}", f"{one.recall:.3f}"]
        for name, one in (
            ("in force", found.in_force),
            ("best of those tried", found.best),
            ("chosen on 4/5, judged on 1/5, x 5", found.folded),
        )
    ]
    print_table(["withheld", "precision", "recall"], rows)


def _counts(merged: dict[str, str]) -> str:
    return ", ".join(f"{label} {count}" for label, count in merged.items())

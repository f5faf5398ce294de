"""`copydesk backtest`: what a change of settings would change, over articles at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import typer
from msgspec import Struct

from pipeline.article import encode
from pipeline.backtest import Backtest, Effects, render
from pipeline.backtest.backtest_page import headline, standfirst
from pipeline.backtest.effects import Figures
from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json, print_table
from pipeline.cli.terminal import echo
from pipeline.clock import now
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.flow import Stages
from pipeline.routing import DOORS
from pipeline.runners.in_step import refuse_unlike, run_in_step
from pipeline.runners.inputs import Inputs, arrivals
from pipeline.runners.outputs import LineFile, write_whole
from pipeline.runners.stopping import Stop
from pipeline.settings import Loaded, load, load_defaults

DEFAULTS = "-"  # in place of a settings file
_MOST = 12  # rows of a table; the page has more


class Facts(Struct, frozen=True, kw_only=True, rename="camel"):
    """What `backtest --json` prints."""

    old: str  # ruleset
    new: str
    figures: Figures


def backtest(
    old: str,
    new: str,
    paths: list[str],
    *,
    out: Path,
    changes: Path | None,
    seed: int,
    jobs: int,
    fail_on_change: bool,
    json: bool,
) -> None:
    """Runs all inputs under both settings and shows what differs; exit 1 if asked to and any does.

    Raises WrongUseError for settings or inputs that cannot be compared, and WorkFailedError where
    there was nothing to compare.
    """
    say_if_slow()
    if not paths:
        raise WrongUseError("backtest needs articles: name files or folders")
    before, after = (_loaded(name).settings.stages() for name in (old, new))
    refuse_unlike(before, after)
    _refuse_own_output(paths, out, changes)
    if before.ruleset == after.ruleset:
        echo(
            f"copydesk: {old} and {new} come to the same ruleset {before.ruleset}: nothing of an "
            "article can change",
            err=True,
        )
    moment = now()
    effects, stopped = _compare(paths, before, after, moment, seed=seed, jobs=jobs, changes=changes)
    if not effects.received and not stopped:
        raise WorkFailedError(f"nothing to compare: there is no article in {', '.join(paths)}")
    facts = Backtest(
        names=(_shown(old), _shown(new)),
        rulesets=(before.ruleset, after.ruleset),
        inputs=tuple(paths),
        started=moment,
    )
    write_whole(out, render(effects, facts).encode())
    if json:
        print_json(Facts(old=before.ruleset, new=after.ruleset, figures=effects.figures()))
    else:
        _show(effects, facts, out, changes)
    if stopped:
        echo("Stopped on request: the rest was not compared.", err=True)
        raise KeyboardInterrupt
    if fail_on_change and effects.changed:
        raise typer.Exit(1)


def _loaded(name: str) -> Loaded:
    return load_defaults(os.environ) if name == DEFAULTS else load(Path(name), os.environ)


def _shown(name: str) -> str:
    return "the defaults" if name == DEFAULTS else name


def _refuse_own_output(paths: list[str], *outputs: Path | None) -> None:
    written = {path.resolve() for path in outputs if path}
    for path in paths:
        if path != "-" and Path(path).resolve() in written:
            raise WrongUseError(f"{path} is an input, and would be overwritten: name another file")


def _compare(
    paths: list[str],
    old: Stages,
    new: Stages,
    moment: str,
    *,
    seed: int,
    jobs: int,
    changes: Path | None,
) -> tuple[Effects, bool]:
    """Returns what changes, and whether a signal ended it early; writes each change to a file."""
    effects, inputs = Effects(seed), Inputs(paths, old.parse)
    with ExitStack() as stack:
        lines = stack.enter_context(LineFile(changes)) if changes else None
        progress = stack.enter_context(progress_bar("backtest", inputs))
        stop = stack.enter_context(Stop())
        items = stop.before_next(arrivals(inputs, old.parse, moment))
        for before, after in run_in_step(items, old, new, jobs=jobs, progress=progress):
            changed = effects.add(before, after)
            if changed and lines:
                lines.add(encode(changed))
    return effects, stop.stopped


def _show(effects: Effects, facts: Backtest, out: Path, changes: Path | None) -> None:
    what = standfirst(effects)
    echo(f"{headline(effects)}{f': {what}' if what else '.'}")
    for header, rows in _tables(effects, facts):
        if rows:
            echo("")
            print_table(header, rows[:_MOST])
            if len(rows) > _MOST:
                echo(f"and {len(rows) - _MOST:,} more")
    files = [str(out), *([str(changes)] if changes else [])]
    echo(f"\nSamples and the rest: {', '.join(files)}")


def _tables(effects: Effects, facts: Backtest) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Yields a header and rows each: verdicts, rules, sources, languages."""
    yield (
        [facts.names[0], facts.names[1], "articles"],
        [
            [DOORS[before].many, DOORS[after].many, f"{number:,}"]
            for (before, after), number in effects.moves()
        ],
    )
    yield (
        ["rule", "now", "no longer", "otherwise"],
        [
            [rule, f"{one.now:,}", f"{one.no_longer:,}", f"{one.otherwise:,}"]
            for rule, one in effects.top_rules()
        ],
    )
    for what, groups in (
        ("source", effects.top_sources()),
        ("language", effects.top_languages()),
    ):
        yield (
            [what, "articles", "change", "another verdict"],
            [
                [
                    name or "(none given)",
                    f"{group.articles:,}",
                    f"{group.changed:,}",
                    f"{group.verdicts:,}",
                ]
                for name, group in groups
            ],
        )

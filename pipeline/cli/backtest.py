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
from pipeline.cli.moments import moment_of
from pipeline.cli.notice import say_if_slow
from pipeline.cli.progress import progress_bar
from pipeline.cli.table import print_json, print_table
from pipeline.cli.terminal import echo
from pipeline.clock import now
from pipeline.cluster import KafkaOptions
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.flow import Stages
from pipeline.parse import ParseOptions, unpack
from pipeline.routing import DOORS
from pipeline.runners.in_step import refuse_unlike, run_in_step
from pipeline.runners.inputs import Input, Inputs, arrivals
from pipeline.runners.outputs import LineFile, write_whole
from pipeline.runners.stopping import Stop
from pipeline.settings import Settings, load, load_defaults

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
    topic: str | None,
    since: str | None,
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
    settings = _loaded(old), _loaded(new)
    stages = settings[0].stages(), settings[1].stages()
    moment = now()
    source = _source(paths, topic, since, settings, moment)
    refuse_unlike(*stages)
    _check_outputs(paths, out, changes)
    rulesets = stages[0].ruleset, stages[1].ruleset
    if rulesets[0] == rulesets[1]:
        echo(
            f"copydesk: {old} and {new} come to the same ruleset {rulesets[0]}: nothing of an "
            "article can change",
            err=True,
        )
    effects, stopped = _compare(source, *stages, seed=seed, jobs=jobs, changes=changes)
    if not effects.received and not stopped:
        raise WorkFailedError(f"nothing to compare: there is no article in {source}")
    names = _shown(old), _shown(new)
    facts = Backtest(names=names, rulesets=rulesets, inputs=source.names, started=moment)
    write_whole(out, render(effects, facts).encode())
    if json:
        print_json(Facts(old=rulesets[0], new=rulesets[1], figures=effects.figures()))
    else:
        _show(effects, facts, out, changes)
    if stopped:
        echo("Stopped on request: the rest was not compared.", err=True)
        raise KeyboardInterrupt
    if fail_on_change and effects.changed:
        raise typer.Exit(1)


def _loaded(name: str) -> Settings:
    """Returns the settings of a file, or the defaults; the environment has its say in both."""
    if name == DEFAULTS:
        return load_defaults(os.environ).settings
    return load(Path(name), os.environ).settings


def _shown(name: str) -> str:
    return "the defaults" if name == DEFAULTS else name


def _source(
    paths: list[str],
    topic: str | None,
    since: str | None,
    settings: tuple[Settings, Settings],
    moment: str,
) -> _Files | _Records:
    """Returns where the articles come from: files, or a topic."""
    if bool(paths) == bool(topic):
        raise WrongUseError("backtest needs articles: name either files and folders, or --topic")
    old, new = settings
    if topic is None:
        if since:
            raise WrongUseError("--since is for --topic: files have no times")
        return _Files(paths, old.parse, moment)
    if old.kafka.bootstrap_servers != new.kafka.bootstrap_servers:
        raise WrongUseError(
            "the two settings name two clusters, so that it is not certain which topic is meant: "
            f"{old.kafka.bootstrap_servers} and {new.kafka.bootstrap_servers}. Set "
            "COPYDESK_KAFKA__BOOTSTRAP_SERVERS, which counts for both."
        )
    start = moment_of(since, "--since") if since else None
    return _Records(topic, start, new.kafka, old.parse, moment)


class _Files:
    """The articles of files, in the order of the paths."""

    def __init__(self, paths: list[str], options: ParseOptions, moment: str) -> None:
        self.names = tuple(paths)
        self.inputs = Inputs(paths, options)
        self._options, self._moment = options, moment

    def __str__(self) -> str:
        return ", ".join(self.names)

    def __iter__(self) -> Iterator[Input]:
        return arrivals(self.inputs, self._options, self._moment)


class _Records:
    """The articles on a topic, committed ones, up to where it ends now; it says how many."""

    inputs = None

    def __init__(
        self,
        topic: str,
        since: float | None,
        kafka: KafkaOptions,
        options: ParseOptions,
        moment: str,
    ) -> None:
        self._topic, self._since, self._kafka = topic, since, kafka
        self._options, self._moment = options, moment
        self._read = 0

    @property
    def names(self) -> tuple[str, ...]:
        return (str(self),)

    def __str__(self) -> str:
        return f"{self._read:,} records of {self._topic}"

    def __iter__(self) -> Iterator[Input]:
        from pipeline.runners.kafka.admin.consumer import reading  # noqa: PLC0415 - the clients of
        from pipeline.runners.kafka.engine.messages import (  # noqa: PLC0415 - Kafka, for files too
            arrival_of,
        )

        with reading(self._kafka, [self._topic], since=self._since) as reader:
            for received in reader.to_end():
                self._read += 1
                arrival = arrival_of(received, self._moment)
                yield from unpack(received.value or b"", arrival, self._options)
        echo(f"copydesk: read {self}, up to where it ended at the start", err=True)


def _check_outputs(paths: list[str], *outputs: Path | None) -> None:
    """Raises WrongUseError for a file that cannot be written, or is an input, before the work."""
    written = {path.resolve() for path in outputs if path}
    for file in written:
        if not file.parent.is_dir():
            raise WrongUseError(f"cannot write {file}: there is no folder {file.parent}")
    for path in paths:
        if path != "-" and Path(path).resolve() in written:
            raise WrongUseError(f"{path} is an input, and would be overwritten: name another file")


def _compare(
    source: _Files | _Records,
    old: Stages,
    new: Stages,
    *,
    seed: int,
    jobs: int,
    changes: Path | None,
) -> tuple[Effects, bool]:
    """Returns what changes, and whether a signal ended it early; writes each change to a file."""
    effects = Effects(seed)
    with ExitStack() as stack:
        lines = stack.enter_context(LineFile(changes)) if changes else None
        progress = stack.enter_context(progress_bar("backtest", source.inputs))
        stop = stack.enter_context(Stop())
        items = stop.before_next(source)
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

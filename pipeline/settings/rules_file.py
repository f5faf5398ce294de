"""Rules files: what was learned of each source, read with its places and written.

sources:            # lines that are boilerplate there
  daily-river:
    - line: the daily river online
      place: tail
      kind: label
      seen: 75
      of: 138
      suspected: 51
      example: "The Daily River Online"
date_orders:        # whether the day or the month comes first in its dates
  daily-river:
    order: MDY
    seen: 61
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from msgspec import Struct

from pipeline.clean.learned_lines import LearnedLine, LearnedRules, SourceLines, merged, read_line
from pipeline.parse.date_orders import LearnedOrder
from pipeline.settings import schema
from pipeline.settings.fit import fit
from pipeline.settings.source import Problem, compose

_SETTING = "clean.learned"
_MOST = 5_000  # lines of a source: more were never learned, and would fill the memory


class RulesFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contents of a rules file."""

    sources: dict[str, tuple[LearnedLine, ...]] = {}
    date_orders: dict[str, LearnedOrder] = {}


class Lessons(Struct, frozen=True):
    """What was learned of each source."""

    lines: LearnedRules = {}
    date_orders: dict[str, LearnedOrder] = {}

    def with_more(self, more: Lessons) -> Lessons:
        """Returns these and more; where both say something, the second wins."""
        return Lessons(merged(self.lines, more.lines), {**self.date_orders, **more.date_orders})


def read_rules(paths: Sequence[str], folder: Path, place: str) -> tuple[Lessons, list[Problem]]:
    """Returns what all rules files say, and what has to be changed in which line.

    Relative paths start at `folder`; `place` is where the settings name them.
    """
    lessons = Lessons()
    problems: list[Problem] = []
    for path in paths:
        found, wrong = _read(folder / path, f"{place}: {_SETTING}")
        problems += wrong
        lines = {name: SourceLines(tuple(lines)) for name, lines in found.sources.items()}
        lessons = lessons.with_more(Lessons(lines, found.date_orders))
    return lessons, problems


def write_rules(lessons: Lessons, heading: str) -> str:
    """Returns the text of a rules file; reading it gives the same."""
    rules = lessons.lines
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    lines.append("sources:" if rules else "sources: {}")
    for source, own in rules.items():
        lines.append(f"  {schema.as_yaml(source)}:")
        for one in own.lines:
            facts = [
                f"{name}: {schema.as_yaml(getattr(one, name))}"
                for name in LearnedLine.__struct_fields__
            ]
            lines += [f"    - {facts[0]}", *(f"      {fact}" for fact in facts[1:])]
    if lessons.date_orders:
        lines.append("date_orders:")
    for source, known in lessons.date_orders.items():
        lines += [f"  {schema.as_yaml(source)}:", f"    order: {known.order}"]
        lines.append(f"    seen: {known.seen}")
    return "\n".join(lines) + "\n"


def _read(path: Path, setting: str) -> tuple[RulesFile, list[Problem]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot read the rules file {path}: {reason}; `copydesk learn` writes one"
        return RulesFile(), [Problem(setting, message)]
    node, problems = compose(content, str(path))
    if node is None or problems:
        return RulesFile(), problems
    fitted = fit(RulesFile(), [node])
    problems = fitted.problems or list(_unusable(node))
    return (RulesFile(), problems) if problems else (fitted.value, [])


def _unusable(file: yaml.Node) -> list[Problem]:
    """Returns the lines that are well formed but cannot be searched for."""
    problems = []
    for source, entries in _children(_child(file, "sources")):
        if len(entries.value) > _MOST:
            message = f"sources.{source}: {len(entries.value):,} lines; {_MOST:,} at most"
            problems.append(_problem(entries, message))
        for entry in entries.value:
            text = _child(entry, "line")
            try:
                read_line(text.value)
            except ValueError as error:
                shown = text.value if len(text.value) <= 60 else f"{text.value[:60]}\u2026"
                problems.append(_problem(text, f"sources.{source}: {shown!r}: {error}"))
    return problems


def _problem(node: yaml.Node, message: str) -> Problem:
    return Problem(f"{node.start_mark.name}:{node.start_mark.line + 1}", message)


def _children(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value]


def _child(node: yaml.Node, name: str) -> yaml.Node:
    return dict(_children(node)).get(name, node)

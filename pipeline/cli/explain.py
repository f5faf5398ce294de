"""`copydesk explain`: shows the edits, measures and verdict of one article."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipeline.article import (
    Article,
    DeadLetter,
    FieldName,
    Kind,
    Match,
    Outcome,
    Prepared,
    Quality,
    Rejected,
    Repair,
)
from pipeline.assembly import draft_of
from pipeline.check import MEASURES
from pipeline.check.findings import bounds
from pipeline.clean import Piece, trace, undo
from pipeline.cli.notice import say_if_slow
from pipeline.cli.table import print_json, show_table
from pipeline.cli.terminal import new_console
from pipeline.clock import now
from pipeline.dedup import CompactIndex, entry_of
from pipeline.errors import WorkFailedError, WrongUseError
from pipeline.flow import Stages, decide, is_remembered, outcome_of, prepare
from pipeline.publish import quality_record
from pipeline.runners.inputs import Inputs, arrivals
from pipeline.settings import load

# Characters of unchanged text: of longer stretches only the ends are shown.
_FOLD, _END = 400, 150
_COLOURS = {"info": "blue", "warn": "yellow", "reject": "red"}
_VERDICT_COLOURS = {"publish": "green", "duplicate": "blue", "reject": "red"}


def explain(
    path: str, *, record: int, after: Sequence[str], config: Path | None, json: bool
) -> None:
    """Prints the edits, measures and verdict of one article; raises WrongUseError without one.

    `after`: files of articles that came before it.
    """
    say_if_slow()
    stages = load(config, os.environ).settings.stages()
    moment = now()
    index, bodies = _earlier(after, stages, moment)
    outcome = _outcome(path, record, stages, moment, index)
    if json:
        print_json(quality_record(outcome, moment, stages.ruleset))
    elif isinstance(outcome, DeadLetter):
        raise WorkFailedError(f"{outcome.origin}: {outcome.message}")
    else:
        _show(outcome.article, outcome.quality, stages, bodies)


def _earlier(
    paths: Sequence[str], stages: Stages, seen_at: str
) -> tuple[CompactIndex, dict[str, str]]:
    """Returns an index of the articles that would be published, and their bodies by id."""
    index, bodies = CompactIndex(stages.dedup), dict[str, str]()
    if not paths:
        return index, bodies
    for item in arrivals(Inputs(list(paths), stages.parse), stages.parse, seen_at):
        ready = item if isinstance(item, DeadLetter) else prepare(*item, stages)
        if isinstance(ready, Prepared):
            outcome = decide(ready, index.neighbours(ready), stages)
            if is_remembered(outcome):
                index.add(entry_of(ready, outcome.quality.match))
                bodies.setdefault(ready.article.id, ready.article.article_body)
    return index, bodies


def _outcome(
    path: str, record: int, stages: Stages, seen_at: str, index: CompactIndex
) -> Outcome | DeadLetter:
    number = 0
    for number, item in enumerate(
        arrivals(Inputs([path], stages.parse), stages.parse, seen_at), start=1
    ):
        if number == record:
            ready = item if isinstance(item, DeadLetter) else prepare(*item, stages)
            if isinstance(ready, Prepared):
                return decide(ready, index.neighbours(ready), stages)
            return outcome_of(ready) if isinstance(ready, Rejected) else ready
    raise WrongUseError(f"{path} has {number} articles, so there is no number {record}")


def _show(article: Article, quality: Quality, stages: Stages, bodies: Mapping[str, str]) -> None:
    console = new_console()
    console.print(f"[bold]{escape(article.headline or '(no headline)')}[/bold]")
    facts = (article.id, article.source, article.in_language, article.date_published, article.url)
    console.print(f"[dim]{escape(', '.join(fact for fact in facts if fact))}[/dim]\n")
    _show_repairs(console, quality.repairs)
    _show_text(console, article, quality.repairs)
    _show_measures(console, quality, stages)
    _show_observed(console, quality)
    verdict, colour = quality.verdict, _VERDICT_COLOURS[quality.verdict]
    why = f": {', '.join(quality.reasons)}" if quality.reasons else ""
    console.print(f"\n[bold {colour}]{verdict}[/bold {colour}]{why}")
    if quality.match:
        _show_match(console, article, quality.match, bodies.get(quality.match.of, ""))


def _show_observed(console: Console, quality: Quality) -> None:
    """Prints what rules that are only observed would have done, a line each."""
    for one in quality.observed:
        would = f"would be a finding ({one.severity})"
        if one.severity is None:
            edits = "1 edit" if one.count == 1 else f"{one.count:,} edits"
            would = f"would make {edits}, {one.chars_removed:,} characters out"
        console.print(Text(f"{one.rule}, only observed, {would}", style="dim"))


def _show_match(console: Console, article: Article, found: Match, earlier: str) -> None:
    """Prints what the article adds to the earlier one, in green in its text."""
    from pipeline.report.side_by_side import mark_shared  # noqa: PLC0415 - seldom needed

    console.print(
        f"\n{found.kind} of {escape(found.of)}: {found.new_words:,} new words,"
        f" {found.novelty:.0%} of the text"
    )
    if found.difference:
        console.print(f"differs in {escape(found.difference)}")
    text = Text()
    for span in mark_shared(article.article_body, earlier)[0]:
        text.append(span.text, "green" if span.state == "new" else "dim")
    if found.kind is not Kind.EXACT:
        console.print(text)


def _show_repairs(console: Console, repairs: tuple[Repair, ...]) -> None:
    if not repairs:
        console.print("Nothing to repair.\n")
        return
    rows = [
        (
            repair.rule,
            f"{repair.count:,}",
            f"{repair.chars_removed:,}",
            f"{repair.chars_added:,}",
            _where(repair),
        )
        for repair in repairs
    ]
    show_table(console, ("repair", "places", "removed", "added", "where"), rows)
    console.print()


def _where(repair: Repair) -> str:
    """Returns the input lines that a repair touched, the copy that stays and the learned lines."""
    places = []
    for edit in repair.edits:
        if edit.lines:
            copy = f" (again as {_span(edit.copy_of)})" if edit.copy_of else ""
            learned = f" (learned: {', '.join(edit.learned)})" if edit.learned else ""
            because = f" ({'; '.join(edit.because)})" if edit.because else ""
            places.append(f"{edit.field} {_span(edit.lines)}{copy}{learned}{because}")
    return "; ".join(dict.fromkeys(places))


def _span(lines: tuple[int, int]) -> str:
    first, last = lines
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _show_text(console: Console, article: Article, repairs: tuple[Repair, ...]) -> None:
    clean = draft_of(article)
    given = undo(clean, repairs)
    fields: dict[FieldName, str] = {
        "headline": given.headline,
        "description": given.description,
        "articleBody": given.body,
    }
    for name, text in fields.items():
        pieces = trace(text, name, repairs)
        if pieces:
            console.print(f"[dim]{name}[/dim]")
            console.print(_coloured(pieces), soft_wrap=True)
            console.print()


def _coloured(pieces: list[Piece]) -> Text:
    text = Text()
    for piece in pieces:
        if piece.state == "removed":
            text.append(piece.text, style="red strike")
        elif piece.state == "added":
            text.append(piece.text, style="green")
        elif len(piece.text) > _FOLD:
            left_out = f" [... {len(piece.text) - 2 * _END:,} characters as they were ...] "
            text.append(piece.text[:_END]).append(left_out, style="dim")
            text.append(piece.text[-_END:])
        else:
            text.append(piece.text)
    return text


def _show_measures(console: Console, quality: Quality, stages: Stages) -> None:
    """Prints each measure beside the limits in force, those with findings in colour."""
    found = {finding.rule: finding for finding in quality.findings}
    in_force = bounds(stages.check, quality.language, quality.source)
    rows, styles = [], []
    for measure in dict.fromkeys((*(one.id for one in MEASURES), *quality.measures)):
        for bound in (one for one in in_force if one.measure == measure):
            hit = found.pop(bound.rule, None)
            value = quality.measures.get(measure)
            limit = f"{'at least' if bound.is_low else 'at most'} {bound.number:g}"
            rows.append((measure, "-" if value is None else f"{value:g}", limit, bound.rule))
            styles.append(_COLOURS[hit.severity] if hit else "dim")
    show_table(console, ("measure", "value", "limit", "rule"), rows, styles)
    for finding in quality.findings:
        if finding.detail:
            text = f"{finding.rule}: {finding.detail}"
            console.print(Text(text, style=_COLOURS[finding.severity]))
    for finding in found.values():  # what parse noticed has no measure
        if finding.detail:
            continue
        console.print(Text(f"{finding.rule}: {finding.value}", style=_COLOURS[finding.severity]))

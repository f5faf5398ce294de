"""Drops repeats: runs of paragraphs that are printed again, anywhere in the text.

The first printing stays. A paragraph is a repeat if it has the same words, or if it differs by a
small edit only and is next to repeated paragraphs. Short lines repeat legitimately (a chorus, `Q:`,
scores, times of a live page): alone they stay, inside a repeated run they are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from rapidfuzz.distance import Indel

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.text import ends_sentence, fold, is_unspaced, numbers

# A line is prose if it ends like a sentence and has at least the first number of words, or has the
# second number of words. In the test data no chorus line, score, time stamp, list item or question
# that is repeated on purpose is prose. A character of an unspaced script counts as half a word.
_PROSE_WORDS = 8
_LONG_WORDS = 16
# Characters at either end of a fold by which a line is found again; and the longest fold that is no
# prose: eight words have eight letters and seven spaces.
_EDGE, _NO_PROSE = 24, 2 * _PROSE_WORDS - 2
# A copy inside one line is found by its first characters.
_PROBE = 60
# A single prose line, without a repeated neighbour, is dropped only from this length on.
_ALONE_WORDS = 12
# Share of words that must agree for a small edit: next to repeated neighbours, and alone (where
# also numbers and all but one word must agree).
_NEAR_IN_RUN = 0.85
_NEAR_ALONE = 0.95
_NEAR_WORDS = 20
_MAX_ADDED = 5  # words; with more the edit is no small one, but has news
# A run ends after this many lines in a row that are short or have small edits: otherwise a text of
# such lines would take time quadratic in their number.
_MAX_UNSURE = 50


class _Line:
    """A line; its fold and what is derived from it are computed lazily."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def key(self) -> str:
        """The fold of the line."""
        return fold(self._text)

    @cached_property
    def words(self) -> int:
        """The number of words; a script without spaces has about two characters in one."""
        words = self.key.count(" ") + 1 if self.key else 0
        if is_unspaced(self.key):
            words = max(words // 2, min(words, len(self._text.split())))
        return words

    @cached_property
    def ends(self) -> bool:
        """Whether the line ends like a sentence."""
        return ends_sentence(self._text)

    @cached_property
    def prose(self) -> bool:
        words = self.words
        return words >= _LONG_WORDS or (words >= _PROSE_WORDS and self.ends)


class _Run(NamedTuple):
    """Lines `first`..`last`, which repeat the lines from `copy_of` on."""

    first: int
    last: int
    copy_of: int

    @property
    def lines(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def resumes_at(self) -> int:
        """The line after the lines that the run repeats."""
        return self.copy_of + len(self.lines)


def drop_repeated_paragraphs(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    r"""Drops runs of paragraphs that are printed again, exactly or with small edits.

    >>> rain = "It rained for nine days and the old bridge is closed to all cars."
    >>> twice = f"{rain}\n\nIt stopped.\n\n{rain}"
    >>> after(drop_repeated_paragraphs, body=twice) == f"{rain}\n\nIt stopped."
    True
    """
    text, spans = draft.body, candidates.spans
    if len(spans) < 2:
        return []
    lines = [_Line(text[start:end]) for start, end in spans]
    runs = [*_runs(lines, candidates.lines)]
    copies = {line: line - run.first + run.copy_of for run in runs for line in run.lines}
    if copies:
        copies |= _doubled(lines, copies)
    cut_off = _cut_off(lines, runs[-1] if runs else None)
    if cut_off is not None:
        copies[len(lines) - 1] = cut_off
    glued = [one for run in runs for one in _glued(text, spans, run)]
    headlines = _headlines(draft, spans, runs)
    return [*glued, *drop_lines(spans, [*copies, *headlines], copies)]


def drop_doubled_text(draft: Draft, candidates: Candidates, _: Context) -> list[Splice]:
    """Drops the second half of a line that contains its text twice, also a truncated one."""
    text = draft.body
    found = []
    for i in candidates.lines:
        start, end = candidates.spans[i]
        if end - start > 2 * _PROBE:
            again = text.find(text[start : start + _PROBE], start + _PROBE, end)
            if again > 0 and _doubles(text[start:end], again - start):
                first_end = start + len(text[start:again].rstrip())
                found.append(Splice("articleBody", first_end, end, "", (start, first_end)))
    return found


def _keys(line: _Line) -> tuple[str, str, str]:
    """Returns the keys under which a line is found again: the whole, its beginning and its end."""
    return line.key, line.key[:_EDGE], line.key[-_EDGE:] + "$"


def _runs(lines: Sequence[_Line], alike: Iterable[int]) -> Iterator[_Run]:
    """Yields the runs; `alike` includes all lines that begin or end like another one."""
    seen: dict[str, int] = {}
    done = 0  # the lines before it were read
    for at in alike:
        line = lines[at]
        if at < done or not line.key:
            continue
        keys = _keys(line)
        places = [seen[key] for key in keys if key in seen]
        if places and not line.prose:
            places = [seen[line.key]] if line.key in seen else []
        run = _longest_run(lines, at, places) if places else None
        if run is None:
            for key in keys:
                seen.setdefault(key, at)
        else:
            yield run
            done = run.last + 1


def _doubled(lines: Sequence[_Line], copies: Mapping[int, int]) -> Mapping[int, int]:
    """Returns short lines that are printed twice in a row between paragraphs that are so too."""
    pairs = {i for i in range(1, len(lines)) if lines[i].key and lines[i].key == lines[i - 1].key}
    doubled = {i for i in pairs if copies.get(i) == i - 1}
    for i in (*sorted(pairs), *sorted(pairs, reverse=True)):
        if i - 2 in doubled or i + 2 in doubled:
            doubled.add(i)
    return {i: i - 1 for i in doubled if i not in copies}


def _cut_off(lines: Sequence[_Line], before: _Run | None) -> int | None:
    """Returns the line whose beginning the last line is, if that line continues the run before.

    Without a run, the last line must be long and end in mid-sentence.
    """
    last = len(lines) - 1
    if before and before.last == last - 1 and before.resumes_at < before.first:
        key = lines[last].key
        return before.resumes_at if key and lines[before.resumes_at].key.startswith(key) else None
    if before and before.last == last:
        return None
    if lines[last].ends or lines[last].words < _ALONE_WORDS:
        return None
    key = lines[last].key
    return next((i for i in range(last) if lines[i].key.startswith(key)), None)


def _headlines(
    draft: Draft, spans: Sequence[tuple[int, int]], runs: Sequence[_Run]
) -> Iterator[int]:
    """Yields lines that are the headline, right above the place where the text is repeated."""
    for run in runs:
        line = run.first - 1
        while run.copy_of == 0 and line > 0 and draft.body[slice(*spans[line])] == draft.headline:
            yield line
            line -= 1


def _glued(text: str, spans: Sequence[tuple[int, int]], run: _Run) -> Iterator[Splice]:
    """If the line before a run ends with the line before the original run, cuts that ending."""
    if run.copy_of == 0 or run.first <= run.copy_of:
        return
    (start, end), copied = spans[run.first - 1], spans[run.copy_of - 1]
    begins = end - (copied[1] - copied[0])
    if begins > start and text[begins:end] == text[slice(*copied)] and text[begins - 1].isspace():
        yield Splice("articleBody", start + len(text[start:begins].rstrip()), end, "", copied)


def _longest_run(lines: Sequence[_Line], at: int, places: Sequence[int]) -> _Run | None:
    """Returns the longest of the runs from `at` on that repeat the lines at one of the places."""
    runs = [_extend(lines, at, place) for place in dict.fromkeys(places)]
    best = max((run for run in runs if run), key=lambda run: run.last, default=None)
    return best and _trim(lines, best)


def _extend(lines: Sequence[_Line], at: int, earlier: int) -> _Run | None:
    """Returns the run of lines from `at` on that agree one by one with those from `earlier` on."""
    length, unsure = 0, 0
    while (
        at + length < len(lines)
        and earlier + length < at
        and unsure < _MAX_UNSURE
        and _agree(lines[at + length], lines[earlier + length])
    ):
        line = lines[at + length]
        sure = line.prose and line.key == lines[earlier + length].key
        unsure = 0 if sure else unsure + 1
        length += 1
    return _Run(at, at + length - 1, earlier) if length else None


def _agree(line: _Line, earlier: _Line) -> bool:
    if line.key == earlier.key:
        return True
    is_small = line.words - earlier.words <= _MAX_ADDED
    return line.prose and is_small and _likeness(line, earlier) >= _NEAR_IN_RUN


def _likeness(line: _Line, earlier: _Line) -> float:
    """Returns the share of words in common, in order, 0..1; 0 if the numbers differ."""
    one, other = line.key.split(), earlier.key.split()
    likeness = Indel.normalized_similarity(one, other, score_cutoff=_NEAR_IN_RUN)
    return likeness if likeness and numbers(line.key) == numbers(earlier.key) else 0.0


def _trim(lines: Sequence[_Line], whole: _Run) -> _Run | None:
    """Returns the run without short lines at its end; None if it may be repeated on purpose.

    Short lines at its end stay in the run at the end of the text, and if the run repeats all lines
    before it.
    """
    last = whole.last
    while last >= whole.first and not lines[last].prose:
        last -= 1
    run = whole._replace(last=last)
    is_whole = whole.last == len(lines) - 1 or whole.resumes_at == whole.first
    prose = [i for i in run.lines if lines[i].prose]
    pairs = [(lines[i], lines[run.copy_of + i - run.first]) for i in prose]
    same = [line for line, earlier in pairs if line.key == earlier.key]
    if len(pairs) > 1 and same:
        return whole if is_whole else run
    if len(pairs) == 1 and same:
        enough = same[0].words >= _ALONE_WORDS
        return (whole if is_whole else run) if enough else None
    sure = pairs and all(
        line.words >= _NEAR_WORDS and _likeness(line, earlier) >= _NEAR_ALONE
        for line, earlier in pairs
    )
    return run if sure else None


def _doubles(line: str, cut: int) -> bool:
    """Returns whether the text from `cut` on is the beginning, or all, of the text before."""
    again, before = line[cut:].strip(), line[:cut].strip()
    return len(again) >= 2 * _PROBE and before.startswith(again) and 2 * len(again) >= len(before)


RULES: tuple[Rule, ...] = (
    Rule(
        "drop_doubled_text",
        "a paragraph that holds its own text twice",
        Trigger.recurring(_PROBE),
        drop_doubled_text,
        flaw=Flaw.REPEAT,
    ),
    Rule(
        "drop_repeated_paragraphs",
        "paragraphs printed again, exactly or with small edits",
        # A run can only start at a line that begins or ends like an earlier one.
        Trigger.alike(_EDGE, _NO_PROSE),
        drop_repeated_paragraphs,
        flaw=Flaw.REPEAT,
    ),
)

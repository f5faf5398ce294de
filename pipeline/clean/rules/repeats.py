"""Drops repeats: paragraphs that a page prints again, though its writer wrote them once.

The first printing stays. What writers say again on purpose stays too: a witness's answer, a
refrain, the forecast of another region. So a paragraph alone is dropped only right after itself,
or where a page prints its opening again; two and more in a row are dropped anywhere. A paragraph
with a small edit is a repeat among repeated ones, never alone. Short lines repeat legitimately (a
chorus, `Q:`, scores, times of a live page) and are dropped inside a repeated run only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

from pipeline.article import Draft, Flaw
from pipeline.clean.edits import Splice
from pipeline.clean.rewrite import drop_lines
from pipeline.clean.rule import Candidates, Context, Rule
from pipeline.clean.triggers import Trigger
from pipeline.text import asks, ends_sentence, fold, is_unspaced, numbers

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
# A single prose line is dropped only from this length on, a run apart from its first printing from
# the other one on: a stanza of two sentences is shorter.
_ALONE_WORDS = 12
_APART_WORDS = 24
# A block that is printed so often, each time after other paragraphs, is a refrain.
_REFRAIN = 3
_NEAR = 0.85  # share of words that agree where an edit is small
_MAX_ADDED = 5  # words; with more the edit is no small one, but has news
# A run ends after this many lines in a row that are short or have small edits: otherwise a text of
# such lines would take time quadratic in their number.
_MAX_UNSURE = 50


class _Line(NamedTuple):
    """A line."""

    text: str
    key: str  # its fold
    words: int  # of a script without spaces, about two characters count as one
    ends: bool  # like a sentence
    prose: bool

    @property
    def asks(self) -> bool:
        """Whether the line is a question."""
        return asks(self.text)


class _Lines(dict[int, _Line]):
    """The lines of a body by their numbers, each read at first use: most texts need few."""

    def __init__(self, text: str, spans: Sequence[tuple[int, int]]) -> None:
        self.count = len(spans)
        self._text, self._spans = text, spans

    def __missing__(self, number: int) -> _Line:
        self[number] = line = _read(self._text[slice(*self._spans[number])])
        return line


def _read(text: str) -> _Line:
    key, ends = fold(text), ends_sentence(text)
    words = key.count(" ") + 1 if key else 0
    if is_unspaced(key):
        words = max(words // 2, min(words, len(text.split())))
    return _Line(text, key, words, ends, words >= (_PROSE_WORDS if ends else _LONG_WORDS))


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


class _Kept:
    """The lines read so far that stay.

    `printings` counts the lines of the text by their fold; one right after itself counts once.
    """

    def __init__(self, lines: _Lines, printings: Mapping[str, int]) -> None:
        self.printings = printings
        self.read = 0  # the lines before it were read
        self.last = -1  # the last line that stays
        self.last_said = -1  # the last one that says something: prose, or a sentence
        self._lines = lines

    def read_to(self, end: int) -> None:
        """Reads on to the line `end`: the lines in between stay."""
        for i in range(self.read, end):
            self.last = i
            if self._lines[i].ends or self._lines[i].prose:
                self.last_said = i
        self.read = max(self.read, end)


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
    lines = _Lines(text, spans)
    # Doubled paragraphs go first: they break runs, which the next round then finds whole.
    runs = [*_doublings(lines, candidates.lines)] or [*_runs(lines, candidates.lines)]
    copies = {line: line - run.first + run.copy_of for run in runs for line in run.lines}
    if copies:
        copies |= _doubled(lines, copies)
    cut_off = _cut_off(lines, runs[-1] if runs else None)
    if cut_off is not None:
        copies[lines.count - 1] = cut_off
    if not copies:
        return []
    glued = [one for run in runs if run.first - 1 not in copies for one in _glued(text, spans, run)]
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


def _doublings(lines: _Lines, alike: Iterable[int]) -> Iterator[_Run]:
    """Yields long lines that are the line above again."""
    for at in alike:
        line = lines[at]
        if at and line.key == lines[at - 1].key and line.prose and line.words >= _ALONE_WORDS:
            yield _Run(at, at, at - 1)


def _runs(lines: _Lines, alike: Iterable[int]) -> Iterator[_Run]:
    """Yields the runs; `alike` includes all lines that begin or end like another one."""
    seen: dict[str, int] = {}
    printed = (lines[at].key for at in alike if at == 0 or lines[at].key != lines[at - 1].key)
    kept = _Kept(lines, Counter(printed))
    for at in alike:
        line = lines[at]
        if at < kept.read or not line.key:
            continue
        keys = _keys(line)
        places = [seen[key] for key in keys if key in seen]
        if places and not line.prose:
            places = [seen[line.key]] if line.key in seen else []
        run = _longest_run(lines, at, places) if places else None
        if run:
            kept.read_to(at)
        if run and _is_printed_again(lines, run, kept):
            run = _trim(lines, run, kept)
            kept.read = run.last + 1
            yield run
        else:
            for key in keys:
                seen.setdefault(key, at)


def _doubled(lines: _Lines, copies: Mapping[int, int]) -> Mapping[int, int]:
    """Returns short lines that are printed twice in a row between paragraphs that are so too."""
    pairs = {i for i in range(1, lines.count) if lines[i].key and lines[i].key == lines[i - 1].key}
    doubled = {i for i in pairs if copies.get(i) == i - 1}
    for i in (*sorted(pairs), *sorted(pairs, reverse=True)):
        if i - 2 in doubled or i + 2 in doubled:
            doubled.add(i)
    return {i: i - 1 for i in doubled if i not in copies}


def _cut_off(lines: _Lines, before: _Run | None) -> int | None:
    """Returns the line whose beginning the last line is, if that line continues the run before.

    Without a run, the last line must be long and end in mid-sentence.
    """
    last = lines.count - 1
    if before and before.last == last:
        return None
    if before and before.last == last - 1 and before.resumes_at < before.first:
        return before.resumes_at if _is_continued(lines, before) else None
    if lines[last].ends or lines[last].words < _ALONE_WORDS:
        return None
    key = lines[last].key
    return next((i for i in range(last) if lines[i].key.startswith(key)), None)


def _is_continued(lines: _Lines, run: _Run) -> bool:
    """Returns whether the last line comes after the run and is a part of what comes there first."""
    if run.last != lines.count - 2 or run.resumes_at >= run.first:
        return False
    key = lines[lines.count - 1].key
    return bool(key) and lines[run.resumes_at].key.startswith(key)


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


def _longest_run(lines: _Lines, at: int, places: Sequence[int]) -> _Run | None:
    """Returns the longest of the runs from `at` on that repeat the lines at one of the places."""
    runs = [_extend(lines, at, place) for place in dict.fromkeys(places)]
    return max((run for run in runs if run), key=lambda run: run.last, default=None)


def _extend(lines: _Lines, at: int, earlier: int) -> _Run | None:
    """Returns the run of lines from `at` on that agree one by one with those from `earlier` on."""
    length, unsure = 0, 0
    while (
        at + length < lines.count
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
    """Returns whether a line is an earlier one, or is it but for a small edit."""
    if line.key == earlier.key:
        return True
    if not line.prose or line.words - earlier.words > _MAX_ADDED:
        return False
    one, other = line.key.split(), earlier.key.split()
    likeness = Indel.normalized_similarity(one, other, score_cutoff=_NEAR)
    return likeness > 0 and numbers(line.key) == numbers(earlier.key)


def _is_part(line: _Line, earlier: _Line) -> bool:
    """Returns whether one line has all words of the other, in order: none was replaced."""
    one, other = line.key.split(), earlier.key.split()
    return Indel.distance(one, other) == abs(len(one) - len(other))


def _is_printed_again(lines: _Lines, run: _Run, kept: _Kept) -> bool:
    """Returns whether a page printed the run again, rather than a writer who meant to say it."""
    prose = [(lines[i], lines[run.copy_of + i - run.first]) for i in run.lines if lines[i].prose]
    exact = [line for line, earlier in prose if line.key == earlier.key]
    sure = [line for line, earlier in prose if _is_part(line, earlier)]
    is_apart = kept.last_said >= run.resumes_at
    # In a doubling the first paragraph is the same; below a question that differs, only the answer.
    doubles = not is_apart and exact[:1] == [line for line, _ in prose[:1]]
    is_mostly_same = 2 * len(sure) > len(prose) or (doubles and 2 * len(exact) >= len(prose))
    if not exact or not is_mostly_same:
        return False
    if _is_glued(lines, run) or _is_continued(lines, run):
        return True
    if len(prose) == 1 or (len(sure) == 1 and not doubles):
        is_opening = run.copy_of == 0 and (not is_apart or run.last == lines.count - 1)
        return exact[0].words >= _ALONE_WORDS and (is_opening or kept.last < run.resumes_at)
    if not is_apart:
        return True
    is_refrain = all(kept.printings[line.key] >= _REFRAIN for line in exact)
    return _is_long(sure) and not is_refrain and not _under_another_heading(lines, run)


def _is_long(lines: Sequence[_Line]) -> bool:
    """Returns whether lines say enough to be a repeat far from their first printing."""
    said = [line.words for line in lines if not line.asks]
    return len(said) > 1 and sum(said) > _APART_WORDS


def _is_glued(lines: _Lines, run: _Run) -> bool:
    """Returns whether the line before the run ends with the one before its first printing."""
    before = lines[run.copy_of - 1].key if run.copy_of else ""
    return bool(before) and lines[run.first - 1].key.endswith(f" {before}")


def _under_another_heading(lines: _Lines, run: _Run) -> bool:
    """Returns whether headings or questions, which differ, are above both printings."""
    above = [lines[run.first - 1], lines[run.copy_of - 1]]
    return run.copy_of > 1 and all(line.asks or not line.prose for line in above)


def _trim(lines: _Lines, whole: _Run, kept: _Kept) -> _Run:
    """Returns the run without the short lines at its end.

    They stay in it at the end of the text, and if it repeats all lines before it.
    """
    if whole.last == lines.count - 1 or kept.last < whole.resumes_at:
        return whole
    return whole._replace(last=max(i for i in whole.lines if lines[i].prose))


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

"""The longest that each stage and each repair takes for hostile articles of up to a megabyte.

    python -m bench.bounds [--only TEXT ...] [--rules N]

Each text is one thing, repeated. Prints for each stage, and for the dearest repairs, the processor
time of the worst text at a quarter, a half and a whole megabyte, and by how much it grows from the
first to the last: four times is linear. Exits with 1 where something grows by more than six times,
or takes longer than the deadline (`worker.deadline`) lets it.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import FrameType

from pipeline.article import Arrival, Draft, Origin, Prepared
from pipeline.check import CheckOptions, Subject, check
from pipeline.clean import Context, clean
from pipeline.clean.rule import Rule
from pipeline.clean.rules import REPAIRS
from pipeline.clean.scan import Scan
from pipeline.dedup import DedupOptions, entry_of, fingerprint, match
from pipeline.flow import Stages, prepare
from pipeline.parse import ParseOptions, parse

_SIZES = (1 << 18, 1 << 19, 1 << 20)  # characters
_GROWTH = 6.0  # from the first size to the last
_FEW = 0.1  # seconds, below which growth is noise
_SHORT = 0.3  # seconds, below which other programs' use of the caches shows
_LONGEST = 60  # seconds for one text in one stage or repair
_BEGINNING = "The mayor opened a bridge on Monday, and a band played for the many who came.\n"
HOSTILE: Mapping[str, str] = {
    "words": "harbour bridge council river market ",
    "one letter a line": "a\n",
    "two letters a line": "ab\n\n",
    "tags": "<b>",
    "closed tags": "<p>a</p>",
    "links": '<a href="https://example.com/a">b</a> ',
    "open tags": '<a href="',
    "less-than signs": "<",
    "comments": "<!-- a",
    "scripts": "<script>a",
    "entities": "&amp;",
    "nested entities": "&amp;amp;lt;",
    "ampersands": "&",
    "Markdown links": "[a](b) ",
    "open brackets": "[",
    "brackets and parentheses": "[](",
    "parentheses": "(",
    "asterisks": "*",
    "Markdown marks": "**a** _b_ ",
    "headings": "# A\n",
    "backticks": "`",
    "quotes": '"',
    "turned quotes": "\N{LEFT DOUBLE QUOTATION MARK}",
    "addresses": "https://example.com/a ",
    "bare hosts": "www.example.com",
    "mail addresses": "a@example.com ",
    "at signs": "@a",
    "hashtags": "#a ",
    "digits": "1",
    "numbers": "1,000.5 ",
    "dates": "12 March 2024\n",
    "times": "12:30 ",
    "dots": ".",
    "ellipses": "... ",
    "dashes": "-",
    "spaces": " ",
    "no-break spaces": "\N{NO-BREAK SPACE}",
    "empty lines": "\n",
    "returns": "\r\n",
    "tabs": "\t",
    "zero widths": "\N{ZERO WIDTH SPACE}",
    "soft hyphens": "a\N{SOFT HYPHEN}",
    "directions": "\N{RIGHT-TO-LEFT OVERRIDE}",
    "marks": "e\N{COMBINING ACUTE ACCENT}",
    "many marks": "\N{COMBINING ACUTE ACCENT}",
    "bad decoding": "\u00e2\u20ac\u2122",
    "worse decoding": "\u00c3\u0192\u00c2\u00a9",
    "replacements": "\N{REPLACEMENT CHARACTER}",
    "controls": "\x01\x1b[31m",
    "escapes": "\\u0041\\n",
    "sharing": "Share this article\n",
    "reading on": "Read more: A bridge opens\n",
    "subscribing": "Subscribe to our newsletter\n",
    "advertising": "Advertisement\n\nThe mayor spoke.\n\n",
    "clicks": "Click here to win. The mayor spoke. ",
    "bylines": "By Ann Berg\n",
    "captions": "Photo: Ann Berg/AFP\n",
    "signatures": "(AFP)\n",
    "copyright": "\N{COPYRIGHT SIGN} 2024 Example. All rights reserved.\n",
    "bullets": "\N{BULLET} a\n",
    "tables": "a | b | c\n",
    "questions": "Who opened it? ",
    "capitals": "MAYOR OPENS BRIDGE\n",
    "names": "and Ann Berg, ",
    "posts": "a (@a) March 12, 2024\n",
    "emoji": "\N{GRINNING FACE}",
    "Chinese": "\u5e02\u957f\u5f00\u653e\u4e86\u6865\u3002",
    "Japanese": "\u30cb\u30e5\u30fc\u30b9\u306f\u3001",
    "Arabic": "\u0627\u0644\u062c\u0633\u0631 ",
    "Thai": "\u0e2a\u0e30\u0e1e\u0e32\u0e19",
    "Korean": "\ub2e4\ub9ac\ub97c ",
}


def text_of(piece: str, size: int) -> str:
    """Returns a text of `size` characters that repeats a piece after a sentence."""
    return (_BEGINNING + piece * (size // len(piece) + 1))[:size]


class Taken(dict[str, list[float]]):
    """Seconds by text, one for each size."""

    def note(self, name: str, run: Callable[[], object]) -> None:
        """Adds what a call takes: at most `_LONGEST`, the best of three where that is short."""
        taken = _seconds(run)
        if taken < _SHORT:
            taken = min(taken, _seconds(run), _seconds(run))
        self.setdefault(name, []).append(taken)

    def worst(self) -> tuple[str, list[float]]:
        """The text that takes longest at the largest size."""
        return max(self.items(), key=lambda item: item[1][-1])

    def lines(self, name: str) -> Iterator[tuple[str, bool]]:
        """Yields the worst text as a line, and each other that grows too fast."""
        first, _ = self.worst()
        for text, seconds in self.items():
            growth = seconds[-1] / max(seconds[0], 1e-4)
            is_missed = seconds[-1] >= _FEW and growth > _GROWTH
            is_missed |= seconds[-1] >= _LONGEST
            if text == first or is_missed:
                shown = " ".join(f"{1000 * one:9.1f}" for one in seconds)
                mark = "MISSED" if is_missed else ""
                yield f"{name:34} {shown} {growth:6.1f}x  {text} {mark}".rstrip(), is_missed


def main() -> int:
    """Prints a line for each stage and repair; returns 1 where one grows too fast."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[*HOSTILE], choices=[*HOSTILE], metavar="TEXT")
    parser.add_argument("--rules", type=int, default=20, help="repairs that are printed")
    chosen = parser.parse_args()
    signal.signal(signal.SIGPROF, _stop)
    stages: dict[str, Taken] = {}
    rules: dict[str, Taken] = {}
    prepare(b'{"articleBody": "It rained."}', _arrival(), Stages())  # tables are loaded
    for name in chosen.only:
        for size in _SIZES:
            body = text_of(HOSTILE[name], size)
            for stage, run in _stages(body):
                stages.setdefault(stage, Taken()).note(name, run)
            for rule in REPAIRS:
                rules.setdefault(rule.id, Taken()).note(name, lambda: _find(rule, body))  # noqa: B023
    print(f"{'milliseconds at 1/4, 1/2 and 1 MB':34} {'':29} {'growth':>7}  worst text")
    dearest = sorted(rules, key=lambda rule: -rules[rule].worst()[1][-1])
    is_missed = False
    for of, names in ((stages, [*stages]), (rules, dearest)):
        for number, one in enumerate(names):
            for line, missed in of[one].lines(one):
                is_missed |= missed
                if missed or number < chosen.rules:
                    print(line, flush=True)
    return int(is_missed)


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, _LONGEST)
    try:
        run()
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - began


def _stages(body: str) -> Iterator[tuple[str, Callable[[], object]]]:
    value, draft, context = json.dumps({"articleBody": body}).encode(), Draft(body=body), Context()
    yield "parse", lambda: parse(value, _arrival(), ParseOptions())
    yield "clean", lambda: clean(draft, context)
    yield "check", lambda: check(_subject(body), CheckOptions())
    yield "fingerprint", lambda: fingerprint(body)
    yield "compare with 64 like it", lambda: _compare(body)
    yield "parse to fingerprint", lambda: prepare(value, _arrival(), Stages())


def _subject(body: str) -> Subject:
    return Subject(headline="", body=body, description="", url=None, source=None)


def _compare(body: str) -> object:
    """Compares an article with 64 whose texts end in other words."""
    first = prepare(b'{"articleBody": "It rained."}', _arrival(), Stages())
    article, quality = first.article, first.quality  # type: ignore[union-attr]
    own = Prepared(article, quality, fingerprint(body))
    entries = [
        entry_of(Prepared(article, quality, fingerprint(f"{body} {n}")), None) for n in (1, 2)
    ]
    return match(own, entries * 32, DedupOptions())


def _find(rule: Rule, body: str) -> object:
    """Calls a repair as `clean` does, on what its trigger finds."""
    scan, draft, context = _scan(rule), Draft(body=body), Context()
    found, _ = scan.candidates(draft, scan.given(context), None)
    return [rule.find(draft, candidates, context) for candidates in found.values()]


@cache
def _scan(rule: Rule) -> Scan:
    return Scan([rule])


def _arrival() -> Arrival:
    return Arrival(Origin(topic="bench", partition=0, offset=0), "2026-01-01T00:00:00Z")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


if __name__ == "__main__":
    raise SystemExit(main())

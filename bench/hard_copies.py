"""The time of a verdict on what was made to take long: bounded, whatever comes.

    python -m bench.hard_copies

Exit 1 where one takes longer than its bound.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from random import Random

from msgspec.structs import replace

from pipeline.article import Arrival, DeadLetter, Origin, Prepared
from pipeline.dedup import DedupOptions, Entry, entry_of, fingerprint, match
from pipeline.flow import Stages, prepare

_SEEN_AT = "2026-01-01T00:00:00Z"
_STORY = "The council agreed on Monday to repair the old bridge over the river before winter. " * 3
_LONG = 200_000  # words
_numbers = count()


def main() -> int:
    """Prints the seconds of CPU time of each case."""
    missed = 0
    for name, bound, make in CASES:
        new, earlier = make()
        began = time.process_time()
        found = match(new, earlier, DedupOptions())
        took = time.process_time() - began
        missed += took > bound
        mark = "kept  " if took <= bound else "MISSED"
        kind = f"{found.kind}, novelty {found.novelty}" if found else "no match"
        print(f"  {mark} {name}: {took:.3f} s (<= {bound:g}), {kind}")
    return int(missed > 0)


def words(seed: int, size: int) -> list[str]:
    """Returns made-up words."""
    draw = Random(seed)  # noqa: S311 - no secret
    return [f"word{draw.randrange(50_000)}" for _ in range(size)]


def article(body: str, headline: str = "") -> Prepared:
    """Returns a text that waits to be compared, under an address of its own."""
    given = json.dumps({"articleBody": _STORY, "headline": headline}).encode()
    ready = prepare(given, Arrival(Origin(file="x", line=1), _SEEN_AT), Stages())
    if isinstance(ready, DeadLetter):
        sys.exit(ready.message)
    name = f"a{next(_numbers)}"
    own = replace(ready.article, id=name, article_body=body, headline=headline or None)
    return Prepared(own, ready.quality, fingerprint(body))


def entries(bodies: Sequence[str]) -> list[Entry]:
    """Returns what an index holds of texts, each the first of a cluster."""
    return [entry_of(article(body), None) for body in bodies]


def candidates(size: int) -> tuple[Prepared, list[Entry]]:
    """Returns a text and 64 others that each have most of it."""
    base = words(1, size)
    bodies = [" ".join([*base[: at * 2], *words(at, 3), *base[at * 2 + 3 :]]) for at in range(64)]
    return article(" ".join(base)), entries(bodies)


def giants() -> tuple[Prepared, list[Entry]]:
    """Returns two texts of 200,000 words that share half."""
    shared = words(2, _LONG // 2)
    bodies = [" ".join([*shared, *words(seed, _LONG // 2)]) for seed in (3, 4)]
    return article(bodies[0]), entries(bodies[1:])


def refrain() -> tuple[Prepared, list[Entry]]:
    """Returns one sentence said a thousand times, and 999 times."""
    return article("The river rose in one night again. " * 1000), entries(
        ["The river rose in one night again. " * 999 + "Then it fell and nobody was there to see."]
    )


def characters() -> tuple[Prepared, list[Entry]]:
    """Returns forms of 600 characters without spaces or capitals, in 64 versions."""
    draw = Random(5)  # noqa: S311 - no secret
    base = [chr(0x4E00 + draw.randrange(200)) for _ in range(595)]
    bodies = ["".join([*base[:at], chr(0x5E00 + at), *base[at + 1 :]]) for at in range(64)]
    return article("".join(base)), entries(bodies)


def reordered() -> tuple[Prepared, list[Entry]]:
    """Returns a short text of the most words, of 20 different ones, and 64 that turn six around."""
    order = [chr(0x61 + at) for at in range(20)] * 30
    Random(5).shuffle(order)  # noqa: S311 - no secret
    bodies = []
    for at in range(0, 64 * 9, 9):
        turned = order[at : at + 6][::-1]
        bodies.append(" ".join([*order[:at], *turned, *order[at + 6 :]]))
    return article(" ".join(order)), entries(bodies)


def calls() -> tuple[Prepared, list[Entry]]:
    """Returns a long text, and the same with a call behind each sentence."""
    sentences = [" ".join(words(seed, 12)) + "." for seed in range(2000)]
    called = [f"{one} Click here now to win." for one in sentences]
    return article(" ".join(called)), entries([" ".join(sentences)])


CASES: tuple[tuple[str, float, Callable[[], tuple[Prepared, list[Entry]]]], ...] = (
    ("64 candidates of 700 words", 0.1, lambda: candidates(700)),
    ("64 candidates of 190 words", 0.2, lambda: candidates(190)),
    ("64 candidates of 20,000 words", 2.0, lambda: candidates(20_000)),
    ("two texts of 200,000 words", 1.0, giants),
    ("one sentence a thousand times", 0.1, refrain),
    ("a form without capitals or spaces", 0.2, characters),
    ("short texts of 600 words, 20 different ones", 1.0, reordered),
    ("64 candidates of 220 words, the longest short text", 0.3, lambda: candidates(220)),
    ("a call behind each of 2,000 sentences", 0.5, calls),
    ("an empty text under an empty headline", 0.1, lambda: (article(""), entries([""]))),
)

if __name__ == "__main__":
    sys.exit(main())

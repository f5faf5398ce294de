"""Flaws of the sample's kinds, planted in good articles, and how many bodies come back exactly.

Each kind is planted in each article that has room for it, so a kind's share is over hundreds of
articles of all languages. The same articles without any flaw must stay as they are, and so must
texts that say something again on purpose.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import ftfy.bad_codecs

from bench.quality.data import share
from bench.quality.good import Good, all_good, chosen
from bench.quality.table import Figure
from pipeline.article import Draft
from pipeline.clean import Context, clean
from pipeline.text import sentences

ftfy.bad_codecs.ok()  # makes `sloppy-windows-1252` known: cp1252 as browsers read it

ARTICLES = 400
_LONG = 12  # words of a paragraph that cannot stand twice on purpose
_TEASER = 8  # words

Plant = Callable[[Good, random.Random], Draft | None]


class Kind(NamedTuple):
    """A flaw by name. `plant` gives the article with it, or None where it has no room for it."""

    name: str
    plant: Plant


def _headline_twice(good: Good, _: random.Random) -> Draft | None:
    """In bold, above the text, and in no field: as in the sample."""
    if len(good.headline.split()) < 4 or len(good.headline) > 200:
        return None
    return Draft(body=f"**{good.headline}**\n\n**{good.headline}**\n\n{good.body}")


def _headline_plain(good: Good, _: random.Random) -> Draft | None:
    """The field has it, and the body begins with it."""
    if not good.headline:
        return None
    return Draft(headline=good.headline, body=f"{good.headline}\n\n{good.body}")


def _teaser(good: Good, rng: random.Random) -> Draft | None:
    """A short sentence, then the headline in bold twice: as in the sample."""
    draft, words = _headline_twice(good, rng), good.paragraphs[-1].split()
    if draft is None or len(words) < 2 * _TEASER:
        return None
    teaser = " ".join(words[:_TEASER]).rstrip(",;:.\u060c") + "."
    long_enough = sorted(map(len, good.paragraphs))[-2] >= 2 * len(teaser)
    return Draft(body=f"{teaser}\n\n{draft.body}") if long_enough else None


def _run(good: Good, rng: random.Random) -> tuple[int, int] | None:
    """First and last of two to four paragraphs in a row that are no short lines."""
    long = [(len(p) > 60 and len(p.split()) >= _LONG) or len(p) > 150 for p in good.paragraphs]
    size = rng.randint(2, 4)
    starts = [i for i in range(len(long) - size) if all(long[i : i + size])]
    start = rng.choice(starts) if starts else 0
    return (start, start + size - 1) if starts else None


def _repeated(order: Callable[[list[str], int, int], list[str]]) -> Plant:
    def plant(good: Good, rng: random.Random) -> Draft | None:
        run = _run(good, rng)
        if run is None:
            return None
        return Draft(good.headline, body="\n\n".join(order(list(good.paragraphs), *run)))

    return plant


def _at_end(lines: list[str], first: int, last: int) -> list[str]:
    return lines + lines[first : last + 1]


def _interleaved(lines: list[str], first: int, last: int) -> list[str]:
    return lines[: last + 1] + lines[first:]


def _adjacent(lines: list[str], first: int, last: int) -> list[str]:
    return [
        line for i, one in enumerate(lines) for line in [one] * (2 if first <= i <= last else 1)
    ]


def _edited(lines: list[str], first: int, last: int) -> list[str]:
    """The run at the end again; in its second paragraph one word lost and the quotes changed."""
    again = lines[first : last + 1]
    words = again[1].split(" ")
    plain = [i for i, word in enumerate(words) if word.isalpha()]  # not a number: that is news
    if plain:
        del words[plain[len(plain) // 2]]
    curled = " ".join(words).replace("\u201c", '"').replace("\u201d", '"').replace("\u2019", "'")
    return [*lines, again[0], curled, *again[2:]]


def _cut_off(lines: list[str], first: int, last: int) -> list[str]:
    """The run at the end again, its last paragraph cut off."""
    return [*lines, *lines[first:last], lines[last][: len(lines[last]) * 2 // 3]]


def _twice(between: str) -> Plant:
    return lambda good, _: Draft(good.headline, body=f"{good.body}{between}{good.body}")


def _page_twice(good: Good, _: random.Random) -> Draft | None:
    """The headline in bold and the text, and both again; the headline in no field."""
    if len(good.headline.split()) < 4 or len(good.headline) > 200:
        return None
    page = f"**{good.headline}**\n\n{good.body}"
    return Draft(body=f"{page}\n\n{page}")


def _escaped(good: Good, _: random.Random) -> Draft:
    return Draft(good.headline, body=good.body.replace("\n", "\\n"))


def _misread(codec: str) -> Plant:
    def plant(good: Good, _: random.Random) -> Draft | None:
        if good.body.isascii():
            return None
        return Draft(good.headline, body=good.body.encode().decode(codec))

    return plant


def _entities(good: Good, _: random.Random) -> Draft | None:
    body = good.body.replace("&", "&amp;")
    for char, name in (('"', "quot"), ("'", "#39"), ("\u2019", "rsquo"), ("\u201c", "ldquo"),
                       ("\u201d", "rdquo"), ("\u2013", "ndash"), ("<", "lt")):  # fmt: skip
        body = body.replace(char, f"&amp;{name};")
    return Draft(good.headline, body=body) if body != good.body else None


def _tags(good: Good, rng: random.Random) -> Draft:
    pairs = (("<p>", "</p>"), ('<div class="story">', "</div>"), ("<b>", "</b>"), ("", "<br/>"),
             ('<a href="https://example.org/x">', "</a>"))  # fmt: skip
    marked = [(rng.choice(pairs), line) for line in good.paragraphs]
    return Draft(good.headline, body="\n\n".join(a + line + b for (a, b), line in marked))


def _invisible(good: Good, rng: random.Random) -> Draft:
    signs = ("\u00ad", "\u2060", "\ufeff", "\x03")
    marked = (f"{line[:2]}{rng.choice(signs)}{line[2:]}" for line in good.paragraphs)
    return Draft(good.headline, body="\ufeff" + "\n\n".join(marked))


KINDS = (
    Kind("headline_twice", _headline_twice),
    Kind("headline_in_body", _headline_plain),
    Kind("teaser", _teaser),
    Kind("repeat_at_end", _repeated(_at_end)),
    Kind("repeat_interleaved", _repeated(_interleaved)),
    Kind("repeat_adjacent", _repeated(_adjacent)),
    Kind("repeat_edited", _repeated(_edited)),
    Kind("repeat_cut_off", _repeated(_cut_off)),
    Kind("text_twice", _twice("\n\n")),
    Kind("text_twice_glued", _twice(" ")),
    Kind("page_twice", _page_twice),
    Kind("escaped_breaks", _escaped),
    Kind("mojibake_cp1252", _misread("sloppy-windows-1252")),
    Kind("mojibake_latin1", _misread("latin-1")),
    Kind("mojibake_cp1250", _misread("sloppy-windows-1250")),
    Kind("mojibake_cp1251", _misread("sloppy-windows-1251")),
    Kind("mojibake_macroman", _misread("macroman")),
    Kind("double_entities", _entities),
    Kind("stray_tags", _tags),
    Kind("invisible_characters", _invisible),
)


def _sentences(good: Good) -> list[str]:
    """Sentences of the article, each once, long enough to be prose."""
    return [p[a:b].strip() for p in good.paragraphs for a, b in sentences(p) if 60 < b - a < 300]


def _interview(good: Good, _: random.Random) -> str | None:
    """Three questions, the first and the last with the same answer."""
    said = _sentences(good)
    if len(said) < 5:
        return None
    asked = [said[at].rstrip(".!?\u2026\u3002\u0964\u06d4 ") + "?" for at in (0, 1, 2)]
    return "\n\n".join(
        [asked[0], said[3], asked[1], said[4], asked[2], said[3], good.paragraphs[-1]]
    )


def _hearing(good: Good, _: random.Random) -> str | None:
    """A witness who says one thing to each question, the names in front."""
    said = _sentences(good)
    if len(said) < 4:
        return None
    return "\n\n".join(line for q in said[:3] for line in (f"A. B.: {q}", f"C. D.: {said[3]}"))


def _forecast(good: Good, _: random.Random) -> str | None:
    """Headings of one word, two of them over the same two paragraphs."""
    names = [word for word in dict.fromkeys(good.headline.split()) if word.isalpha()]
    if len(names) < 3 or len(good.paragraphs) < 5:
        return None
    opening, *two, other = good.paragraphs[:4]
    return "\n\n".join([opening, names[0], *two, names[1], other, names[2], *two])


def _refrain(good: Good, _: random.Random) -> str | None:
    """Two sentences after each of three paragraphs."""
    said = _sentences(good)
    if len(said) < 2 or len(good.paragraphs) < 5:
        return None
    verses = [p for p in good.paragraphs if not any(one in p for one in said[:2])][:3]
    return "\n\n".join(line for verse in verses for line in (verse, *said[:2]))


def _said_twice(good: Good, rng: random.Random) -> str | None:
    """A paragraph that comes again after two others."""
    lines = list(good.paragraphs)
    if len(lines) < 5:
        return None
    first = rng.randrange(1, len(lines) - 3)
    lines.insert(rng.randrange(first + 3, len(lines)), lines[first])
    return "\n\n".join(lines)


SAID_AGAIN: Mapping[str, Callable[[Good, random.Random], str | None]] = {
    "interview": _interview,
    "hearing": _hearing,
    "forecast": _forecast,
    "refrain": _refrain,
    "said_twice": _said_twice,
}


def said_again(articles: int) -> Iterator[tuple[str, Good, str, str]]:
    """(kind, article, body, body after cleaning) of texts that say something again on purpose.

    They are made of an article's own sentences, so they exist in all languages.
    """
    for good in chosen(articles):
        for name, make in SAID_AGAIN.items():
            body = make(good, random.Random(f"{good.id} {name}"))  # noqa: S311
            if body is not None:
                draft = Draft(good.headline, body=body)
                yield name, good, body, clean(draft, Context(language=good.language))[0].body


def figures(articles: int = ARTICLES) -> list[Figure]:
    """Bodies restored, by kind and in all; and articles without a flaw that were changed."""
    planted, restored = Counter[str](), Counter[str]()
    for kind, good, body in restorations(articles):
        planted.update((kind, "all"))
        restored.update((kind, "all") if body == good.body else ())
    found = [
        Figure(f"planted.{name}", planted[name], share(restored[name], planted[name]), 0.0)
        for name in (*(kind.name for kind in KINDS), "all")
    ]
    made, kept = Counter[str](), Counter[str]()
    for name, _, given, body in said_again(articles):
        made.update((name, "all"))
        kept.update((name, "all") if body == given else ())
    found += [
        Figure(f"planted.said_again_{name}_untouched", made[name], share(kept[name], made[name]),
               0.0) for name in (*SAID_AGAIN, "all")
    ]  # fmt: skip
    untouched = all_good()
    changed = sum(1 for _ in changes(untouched))
    return [
        *found, Figure("planted.changed_without_flaw_most", len(untouched),
                       changed / max(1, len(untouched))),
    ]  # fmt: skip


def restorations(articles: int) -> Iterator[tuple[str, Good, str]]:
    """(kind, article, body after cleaning) of every flaw planted."""
    for good in chosen(articles):
        for kind in KINDS:
            draft = kind.plant(good, random.Random(f"{good.id} {kind.name}"))  # noqa: S311
            if draft is not None:
                yield kind.name, good, clean(draft, Context(language=good.language))[0].body


def changes(goods: Iterable[Good]) -> Iterator[tuple[Good, tuple[str, ...]]]:
    """The good articles that cleaning changes, and by which repairs."""
    for good in goods:
        draft = Draft(good.headline, body=good.body)
        done = clean(draft, Context(language=good.language))[1]
        if done:
            yield good, tuple(repair.rule for repair in done)


def listing() -> Iterator[str]:
    """What was not restored, and what was changed without need."""
    for kind, good, body in restorations(ARTICLES):
        if body != good.body:
            at = next((i for i, (a, b) in enumerate(zip(body, good.body, strict=False)) if a != b),
                      min(len(body), len(good.body)))  # fmt: skip
            yield (f"NOT RESTORED {kind} {good.language} {good.id} at {at}:"
                   f" {body[max(0, at - 20):at + 60]!r}, wanted"
                   f" {good.body[max(0, at - 20):at + 60]!r}")  # fmt: skip
    for kind, good, given, body in said_again(ARTICLES):
        if body != given:
            yield f"SAID AGAIN, CHANGED {kind} {good.language} {good.id}: {body[-200:]!r}"
    for good, rules in changes(all_good()):
        yield f"CHANGED {good.language} {good.id}: {', '.join(rules)}"

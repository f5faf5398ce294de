"""Short forms made from the sentences of articles: there are few of them in the test data."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import wrap

from bench.prose.example import Example, sentences_of
from bench.prose.written import notices

_DASH = "\N{EN DASH}"
_FEWEST_FORMS = 150  # short forms of a language


def short_forms(articles: Sequence[Example]) -> Iterator[Example]:
    chosen = defaultdict[str, list[Example]](list)
    for article in articles:
        if article.kind in {"article", "told"}:
            chosen[article.language].append(article)
    for language, found in sorted(chosen.items()):
        rng = random.Random(language)
        rng.shuffle(found)
        forms = (*_FORMS, _filing, _filing) if language == "en" else _FORMS
        for number in range(min(1200, max(_FEWEST_FORMS, 6 * len(found)))):
            article = found[number % len(found)]
            form = forms[number % len(forms)]
            parts = sentences_of(article.body)
            if len(parts) < 4:
                continue
            body = _teaser(parts, rng, language) if form is _teaser else form(parts, rng)
            if body:
                headline = article.headline if rng.random() < 0.9 else ""
                group = f"filing:{number % 10}" if form is _filing else article.group
                yield Example(group, form.__name__.strip("_"), language, True, headline,
                              body)  # fmt: skip


def _first_sentence(parts: list[str], _: random.Random) -> str:
    return parts[0] if len(parts[0]) > 40 or ord(parts[0][0]) > 0x2E80 else ""


def _shortest(parts: list[str], rng: random.Random) -> str:
    """Returns a sentence as short as that of a flash."""
    short = [part for part in parts if len(part) <= 60]
    return rng.choice(short) if short else ""


def _lead(parts: list[str], rng: random.Random) -> str:
    return rng.choice(" \n").join(parts[: rng.randint(2, 4)])


def _verse(parts: list[str], rng: random.Random) -> str:
    """Returns some sentences as verse: short lines, few of which end a sentence."""
    text = " ".join(parts[: rng.randint(2, 6)])
    pieces = text.split() if " " in text.strip() and ord(text[0]) < 0x2E80 else list(text)
    step = rng.randint(4, 7) if len(pieces) < len(text) else rng.randint(7, 14)
    glue = " " if len(pieces) < len(text) else ""
    lines = [glue.join(pieces[at : at + step]) for at in range(0, len(pieces), step)]
    for at in range(4, len(lines), 5):
        lines.insert(at, "")
    return "\n".join(lines)


def _wrapped(parts: list[str], rng: random.Random) -> str:
    """Returns some sentences as a wire sends them, in lines of one width."""
    text, width = " ".join(parts[: rng.randint(1, 5)]), rng.randint(34, 66)
    blank = rng.choice(["\n", "\n\n"])
    if " " in text and ord(text[0]) < 0x2E80:
        return blank.join(wrap(text, width))
    return blank.join(text[at : at + width // 2] for at in range(0, len(text), width // 2))


def _unended(parts: list[str], rng: random.Random) -> str:
    """Returns paragraphs without a full stop at their ends, as some papers print them."""
    size = rng.randint(1, 3)
    paragraphs = [" ".join(parts[at : at + size]) for at in range(0, min(len(parts), 12), size)]
    return rng.choice(["\n", "\n\n"]).join(text.rstrip(".\u3002\u0964") for text in paragraphs)


def _names(parts: list[str]) -> list[str]:
    words = [word.strip(".,;:!?\"'()«»“”„") for part in parts for word in part.split()]
    names = [word for word in words[1:] if word[:1].isupper() and len(word) > 2]
    return names if len(names) > 5 else [word for word in words if len(word) > 3][:30]


def _results(parts: list[str], rng: random.Random) -> str:
    names = _names(parts)
    if len(names) < 4:
        return ""
    dash, colon = (
        rng.choice([" - ", "-", " v ", f" {_DASH} ", " "]),
        rng.choice([":", "-", _DASH, " - "]),
    )

    def result() -> str:
        home, away = rng.choice(names), rng.choice(names)
        if rng.random() < 0.3:
            home += " " + rng.choice(names)
        first, second = rng.randint(0, 5), rng.randint(0, 5)
        if dash == " ":
            return f"{home} {first}, {away} {second}"
        half = f" ({rng.randint(0, 2)}:{rng.randint(0, 2)})" if rng.random() < 0.3 else ""
        return f"{home}{dash}{away} {first}{colon}{second}{half}"

    lines = [result() for _ in range(rng.randint(3, 12))]
    if rng.random() < 0.8:
        lines.insert(rng.choice([0, len(lines)]), parts[0])
    return "\n".join(lines)


def _recipe(parts: list[str], rng: random.Random) -> str:
    words = [word for part in parts for word in part.split() if len(word) > 2] or list(parts[-1])
    if len(words) < 8:
        return ""
    units = ["g", "kg", "ml", "dl", "EL", "tbsp", "cl", "", "", "l"]

    def ingredient() -> str:
        amount, unit = rng.choice([1, 2, 3, 4, 50, 100, 250, 500]), rng.choice(units)
        some = " ".join(rng.choice(words).strip(".,") for _ in range(rng.randint(1, 3)))
        return f"{amount} {unit} {some}".replace("  ", " ")

    steps = [rng.choice(parts) for _ in range(rng.randint(2, 6))]
    return "\n".join([*(ingredient() for _ in range(rng.randint(4, 9))), "", *steps])


def _transcript(parts: list[str], rng: random.Random) -> str:
    names = _names(parts)
    speakers = rng.choice([("Q", "A"), ("P", "R"), tuple(name.upper() for name in names[:2])])
    if len(speakers) < 2:
        return ""
    lines = [f"{speakers[at % 2]}: {part}" for at, part in enumerate(parts[: rng.randint(4, 12)])]
    return "\n".join(lines)


def _live_page(parts: list[str], rng: random.Random) -> str:
    form = rng.choice(["{:02}:{:02} ", "{:02}.{:02}. ", "{:02}:{:02}\n", "{:02}h{:02} "])
    hours = sorted((rng.randint(6, 23) for _ in parts[:8]), reverse=True)
    return "\n".join(
        form.format(hour, rng.randint(0, 59)) + part
        for hour, part in zip(hours, parts, strict=False)
    )


def _notes(parts: list[str], rng: random.Random) -> str:
    names, mark = _names(parts), rng.choice([". ", ": ", " - ", ".\n"])
    if not names:
        return ""
    return "\n".join(f"{rng.choice(names)}{mark}{part}" for part in parts[: rng.randint(2, 6)])


def _figures(parts: list[str], rng: random.Random) -> str:
    names = _names(parts)
    if not names:
        return ""
    rows = [f"{rng.choice(names)} {rng.uniform(0, 100):.1f}%" for _ in range(rng.randint(3, 8))]
    return "\n".join([*parts[: rng.randint(1, 2)], *rows])


def _filing(_: list[str], rng: random.Random) -> str:
    """Returns a company's figures or dividend as a wire sends them."""
    unit = rng.choice(["mln", "billion", "cts", "dlrs", "pct"])
    if rng.random() < 0.5:
        month, before = rng.choice(["January", "April", "June", "Sept", "Dec"]), rng.randint(2, 90)
        lines = [
            f"{rng.choice(['Qtly', 'Annual', 'Semi'])} div {before} cts vs {before} cts",
            f"Pay {month} {rng.randint(1, 30)}",
            f"Record {month} {rng.randint(1, 30)}",
        ]
    else:
        rows = rng.sample(["Shr", "Net", "Revs", "Sales", "Oper net", "Avg shrs", "Assets",
                           "Nine mths", "Deposits", "Loans"], rng.randint(3, 7))  # fmt: skip
        lines = [
            f"{row} {rng.uniform(0, 99):.{rng.choice('012')}f} {unit}"
            f" vs {rng.choice(['', 'loss ', 'profit '])}{rng.uniform(0, 99):.1f} {unit}"
            for row in rows
        ]
    if rng.random() < 0.3:
        lines.append("NOTE: Full name of the company is not given")
    return rng.choice(["\n", "\n\n"]).join(lines)


def _teaser(parts: list[str], rng: random.Random, language: str = "en") -> str:
    """Returns the beginning of a story and a request to subscribe: to be flagged, not rejected."""
    kinds = notices().get(language, notices()["en"])
    pay = kinds.get("pay0") or notices()["en"]["pay0"]
    return "\n".join([" ".join(parts[: rng.randint(2, 3)]), *rng.sample(pay, min(2, len(pay)))])


_FORMS = (
    _first_sentence, _lead, _lead, _verse, _results, _recipe, _transcript, _live_page, _notes,
    _figures, _first_sentence, _lead, _teaser, _shortest, _wrapped, _wrapped, _unended,
)  # fmt: skip

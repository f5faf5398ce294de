"""The articles and stubs from which the measure `prose` is learnt.

Articles: those of the test data, what five extractors made of the pages of 792 publishers, and
short forms made from them in every language (the first sentences, verse, results, recipes,
transcripts, live pages), since few of these are in the test data. Stubs: runs of furniture lines of
the same pages, lists of headlines, the pages that are labelled as broken, notices put together from
`notices.toml`, and tables, codes, filler and left-overs of templates.
"""

from __future__ import annotations

import random
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

from xxhash import xxh3_64_hexdigest

from bench.quality import data
from bench.quality.data import Row
from bench.quality.rejected import BROKEN, group_of
from pipeline import languages
from pipeline.text import sentences

FOLDER = Path(__file__).parent
LANGUAGES = Path(languages.__file__).parent
_MOST_OF_A_SOURCE = 5000  # articles; the large sources would outvote the others
_EXTRACTED = 700  # characters of a page below which its extraction may have failed
_MOST_OF_A_KIND = 8  # lines of a wall
_DASH = "\N{EN DASH}"
_SNIPPETS = 300  # first sentences of a language's articles
_FEWEST_FORMS = 150  # short forms of a language
_TOLD = 15  # texts of a language that are put together from sentences
_SHORT = 200  # characters of a furniture line; a longer one is a paragraph


class Example(NamedTuple):
    """One text to learn from or to be judged by; texts of one `group` are in one fold."""

    group: str
    kind: str
    language: str
    is_article: bool
    headline: str
    body: str


def all_examples() -> list[Example]:
    """Returns every example, in a fixed order."""
    mended = _mended()
    found = [*_articles(), *_pairs(), *_pages(), *_told()]
    articles = [
        example
        for example in found
        if xxh3_64_hexdigest(example.body.encode()) not in mended
        and (example.kind != "extracted" or len(example.body) >= _EXTRACTED)
    ]
    return [*articles, *_short_forms(articles), *_stubs(articles)]


def _mended() -> set[str]:
    """Returns the hashes of the texts that are no articles, whatever the test data says."""
    lines = (FOLDER / "mended.txt").read_text("utf-8").splitlines()
    return {line.split()[0] for line in lines if not line.startswith("#")}


# ---- Articles ----


def _articles() -> Iterator[Example]:
    """Yields the articles of the test data that are no raw extractions."""
    broken = broken_texts()
    for name in data.sets():
        rows = defaultdict[str, list[Row]](list)
        for row in data.rows(name):
            group = group_of(name, row, None)
            if name in BROKEN or group == "?" or (row["text"] or "").strip() in broken:
                continue
            rows[f"{name}:{row['source']}"].append(row)
        for source, found in rows.items():
            random.Random(source).shuffle(found)
            for row in found[:_MOST_OF_A_SOURCE]:
                if (row["text"] or "").strip():
                    language, _, kind = group_of(name, row, None).partition(" ")
                    yield Example(source, "extracted" if kind else "article", language, True,
                                  row["title"] or "", row["text"])  # fmt: skip


def _pairs() -> Iterator[Example]:
    """Yields the articles of ten languages that were judged in pairs."""
    for row in data.rows("semeval22_task8.pairs"):
        for side in "12":
            text = row[f"text{side}"] or ""
            headline, _, body = text.strip().partition("\n")
            if len(body) > 200:
                yield Example(f"semeval:{row['pair_id'] }", "article", row[f"lang{side}"], True,
                              headline, body)  # fmt: skip


def _pages() -> Iterator[Example]:
    """Yields the story of each page, and what an extractor made of the page."""
    for row in data.rows("pages_dev"):
        lines = row["lines"]
        story = [line for line, label in zip(lines, row["labels"], strict=True) if label == 1]
        if len("".join(story)) < 200:
            continue
        title, source = row["title"] or "", f"pages:{row['source']}"
        if row["variant"] == "naive":
            yield Example(source, "article", row["language"], True, title, "\n".join(story))
        elif len("".join(story)) * 2 > len("".join(lines)):
            yield Example(source, "extracted", row["language"], True, title, "\n".join(lines))


def _told() -> Iterator[Example]:
    """Yields texts put together from the sentences of `notices.toml`."""
    for kind in ("story", "about"):
        for language, lines in story_lines(kind).items():
            rng = random.Random(f"told {kind} {language}")
            for number in range(_TOLD):
                # Halves, so that what is judged by one is learnt from the other.
                half = lines[number % 2 :: 2] if kind == "about" else lines
                chosen = rng.sample(half, rng.randint(min(2, len(half)), min(5, len(half))))
                words = rng.choice(chosen[:2]).split()
                headline = " ".join(words[: rng.randint(4, 8)]) if len(words) > 3 else words[0][:25]
                body = rng.choice([" ", " ", "\n"]).join(chosen)
                group = f"about:{language}:{number % 2}" if kind == "about" else f"story:{language}"
                yield Example(group, "told", language, True, headline, body)


def _short_forms(articles: Sequence[Example]) -> Iterator[Example]:
    chosen = defaultdict[str, list[Example]](list)
    for article in articles:
        if article.kind in {"article", "told"}:
            chosen[article.language].append(article)
    for language, found in sorted(chosen.items()):
        rng = random.Random(language)
        rng.shuffle(found)
        for number in range(min(1200, max(_FEWEST_FORMS, 6 * len(found)))):
            article = found[number % len(found)]
            form = _FORMS[number % len(_FORMS)]
            parts = _sentences_of(article.body)
            if len(parts) < 4:
                continue
            body = form(parts, rng) if form is not _teaser else _teaser(parts, rng, language)
            if body:
                headline = article.headline if rng.random() < 0.9 else ""
                yield Example(article.group, form.__name__.strip("_"), language, True, headline,
                              body)  # fmt: skip


def _sentences_of(body: str) -> list[str]:
    parts = [
        line[start:end].strip()
        for line in body[:4000].split("\n")
        if len(line) > 60
        for start, end in sentences(line)
    ]
    return [
        part
        for part in parts
        if 12 <= len(part) <= 400 or (len(part) > 6 and ord(part[0]) > 0x2E80)
    ]


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


def _teaser(parts: list[str], rng: random.Random, language: str = "en") -> str:
    """Returns the beginning of a story and a request to subscribe: to be flagged, not rejected."""
    kinds = _notices().get(language, _notices()["en"])
    pay = kinds.get("pay0") or _notices()["en"]["pay0"]
    return "\n".join([" ".join(parts[: rng.randint(2, 3)]), *rng.sample(pay, min(2, len(pay)))])


_FORMS = (
    _first_sentence, _lead, _lead, _verse, _results, _recipe, _transcript, _live_page, _notes,
    _figures, _first_sentence, _lead, _teaser, _shortest, _wrapped, _wrapped,
)  # fmt: skip


# ---- Stubs ----


@cache
def _notices() -> dict[str, dict[str, list[str]]]:
    """The lines of `notices.toml`, by language and half of a kind.

    The halves are in different folds: the wording of the one is learnt from the other.
    """
    read = tomllib.loads((FOLDER / "notices.toml").read_text("utf-8"))
    return {
        language: {
            f"{kind}{half}": lines[half::2] for kind, lines in kinds.items() for half in (0, 1)
        }
        for language, kinds in read.items()
        if language not in {"story", "about"}
    }


def story_lines(kind: str = "story") -> dict[str, list[str]]:
    """Returns the sentences of news of `notices.toml`, by language.

    Those of the kind `about` speak of what notices speak of.
    """
    read = tomllib.loads((FOLDER / "notices.toml").read_text("utf-8"))
    found: dict[str, list[str]] = read[kind]
    return found


@cache
def phrases() -> dict[str, dict[str, list[str]]]:
    """Returns the notices of the language files, by language and kind, as one would print them."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(LANGUAGES.glob("*.toml")):
        kinds = tomllib.loads(path.read_text("utf-8")).get("notices", {})
        if kinds:
            found[path.stem] = {
                kind: [phrase.removesuffix(" ...").capitalize() for phrase in listed]
                for kind, listed in kinds.items()
            }
    return found


def notice_lines() -> Iterator[tuple[str, str, str]]:
    """Yields (group, language, line) of every notice that is written for training."""
    for kinds_of in (_notices(), phrases()):
        for language, kinds in kinds_of.items():
            for kind, lines in kinds.items():
                yield from ((_group(language, kind), language, line) for line in lines)


def broken_texts() -> dict[str, str]:
    """Returns the texts that labels call broken, with the reason."""
    texts = data.labelled_rows()
    return {
        (texts[label["id"]]["text"] or "").strip(): label["reason"]
        for label in data.labels("articles")
        if label["action"] == "reject" and label["id"] in texts
    }


def _group(language: str, kind: str) -> str:
    """Returns the group of notices: those of a kind are learnt in other languages too."""
    return f"notices:{language}:{kind}"


def _stubs(articles: Sequence[Example]) -> Iterator[Example]:
    headlines = defaultdict[str, list[str]](list)
    for article in articles:
        if 15 < len(article.headline) < 160 or (
            len(article.headline) > 8 and ord(article.headline[0]) > 0x2E80
        ):
            headlines[article.language].append(article.headline)
    for language, found in headlines.items():
        headlines[language] = sorted(set(found))
    yield from _labelled()
    yield from _furniture()
    snippets = defaultdict[str, list[str]](list)
    for article in articles:
        if article.kind in {"article", "told"} and len(snippets[article.language]) < _SNIPPETS:
            snippets[article.language] += _sentences_of(article.body)[:1]
    yield from _lists(headlines, snippets)
    yield from _walls(headlines)
    yield from _machine_made(headlines)


def _labelled() -> Iterator[Example]:
    broken, seen = broken_texts(), set[str]()
    for name in data.LABELLED:
        for row in data.rows(name):
            text = (row["text"] or "").strip()
            if text and text in broken and text not in seen:
                seen.add(text)
                yield Example(f"{name}:{row['source']}", f"labelled {broken[text]}",
                              row["language"] or "en", False, row["title"] or "", text)  # fmt: skip


def _furniture() -> Iterator[Example]:
    """Yields runs of furniture lines of the pages, as they are printed."""
    for row in data.rows("pages_dev"):
        rng = random.Random(row["id"] + row["variant"])
        runs: list[list[str]] = [[]]
        for line, label in zip(row["lines"], row["labels"], strict=True):
            if label == 0 and len(line) <= _SHORT:
                runs[-1].append(line)
            else:
                runs.append([])
        runs = [run for run in runs if len(run) >= 4 and len("".join(run)) > 30]
        for run in rng.sample(runs, min(len(runs), 3)):
            first = rng.randint(0, max(0, len(run) - 5))
            lines = run[first : first + rng.choice([4, 6, 10, 20, 40, 100])]
            headline = rng.choice([row["title"] or "", row["title"] or "", "", lines[0]])
            yield Example(f"pages:{row['source']}", "furniture", row["language"], False, headline,
                          "\n".join(lines))  # fmt: skip


def _lists(headlines: dict[str, list[str]], snippets: dict[str, list[str]]) -> Iterator[Example]:
    """Yields lists of headlines: plain, numbered, with times, dates, sections or links."""
    dates = [
        "3.10.2024", "2024-10-03", "03/10/2024", "3 Oct 2024", "Oct 3, 2024 11:20", "18:05",
        "12 de septiembre de 2024", "Publié le 03/10/2024 à 11h05", "Posted on 3 October 2024",
        "vor 3 Stunden", "2 hours ago", "hace 2 horas", "5 min read", "12 comments", "01:23",
        "By Jane Roe", "10月3日", "3 октября", "2024년 10월 3일", "News", "Sport | 4 Oct",
    ]  # fmt: skip
    for language, found in sorted(headlines.items()):
        if len(found) < 12:
            continue
        rng = random.Random(f"list {language}")
        more = [
            line
            for lines in phrases().get(language, {}).values()
            for line in lines
            if len(line) < 25
        ] or ["»"]
        for number in range(min(250, len(found))):
            chosen = rng.sample(found, min(len(found) - 1, rng.choice([4, 5, 6, 8, 12, 20, 30])))
            lines = _listed(chosen, more, dates, rng)
            if rng.random() < 0.4:
                lines += [rng.choice([*more, "1 2 3 4 … 12", "»", ">>"])]
            headline = rng.choice([rng.choice(found), rng.choice(more), "", chosen[0]])
            if number % 5 == 3:
                lines = [*rng.sample(more, min(3, len(more))), *lines]
            elif number % 5 == 4:
                lines = _found(language, lines, snippets[language], rng)
            yield Example(f"list:{language}:{number % 10}", "headlines", language, False, headline,
                          "\n".join(lines))  # fmt: skip


def _listed(
    titles: Sequence[str], more: Sequence[str], dates: Sequence[str], rng: random.Random
) -> list[str]:
    """Returns the lines of a list of headlines, in one of eight forms."""
    form, date = rng.randrange(8), rng.choice(dates)
    lines: list[str] = []
    for at, title in enumerate(titles, 1):
        before = ""
        if form == 1:
            before = f"{at} "
        elif form == 2:
            before = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02} "
        lines.append(before + title)
        if form == 3:
            lines.append(date)
        elif form == 4:
            lines.append(f"{rng.choice(['News', 'Sport', 'Kultur', 'Opinión', 'Vidéo'])} | {date}")
        elif form == 5 and rng.random() < 0.5:
            lines.append(rng.choice(more))
        elif form == 7:
            lines.append(rng.choice(dates))
    return lines


def _found(
    language: str, lines: list[str], snippets: Sequence[str], rng: random.Random
) -> list[str]:
    """Returns the list as a page of search results, perhaps with the beginnings of texts."""
    kinds = _notices().get(language, _notices()["en"])
    first = [*kinds.get("search0", []), *kinds.get("search1", [])] or ["1-20 / 413"]
    if snippets and rng.random() < 0.5:
        ends = ["...", " ...", "\N{HORIZONTAL ELLIPSIS}", ""]
        lines = [
            part
            for line in lines[:8]
            for part in (line, rng.choice(snippets)[: rng.randint(60, 160)] + rng.choice(ends))
        ]
    return [rng.choice(first), *lines, rng.choice(first)]


def _walls(headlines: dict[str, list[str]]) -> Iterator[Example]:
    """Yields notices of one kind put together, some with lines of a menu or of other notices."""
    for kinds_of, count in ((_notices(), 12), (phrases(), 8)):
        for language, kinds in kinds_of.items():
            rng = random.Random(f"wall {language} {count}")
            for kind, lines in kinds.items():
                is_legal = kind.startswith("legal")  # of many sentences, as terms of use are
                times, most = (count * 2, 14) if is_legal else (count, _MOST_OF_A_KIND)
                for number in range(times if lines else 0):
                    chosen = rng.sample(lines, min(len(lines), rng.randint(1, most)))
                    if rng.random() < 0.3:
                        other = kinds[rng.choice(list(kinds))]
                        chosen += rng.sample(other, min(len(other), 2))
                    body = rng.choice(["\n", "\n", " ", "\n\n"]).join(chosen)
                    titles = headlines.get(language) or ["", lines[0]]
                    headline = rng.choice(
                        [rng.choice(titles), rng.choice(lines), "", rng.choice(titles)]
                    )
                    if len(body) > 15 or number % 4 == 0:
                        name = f"wall {kind.rstrip('01')}"
                        yield Example(_group(language, kind), name, language, False, headline, body)


_CODE = (
    "(function(){{var {0}=document.createElement('script');{0}.async={1};{0}.src='/{2}.js';}})();",
    'window.{0}=window.{0}||[];{0}.push({{"{1}":{2}}});',
    ".{0}{{margin:0 auto;padding:{1}px}}",
    "@media (max-width:{1}px){{.{0}{{display:none}}}}",
    '{{"{0}":null,"{1}":{{"id":"{2}","slots":["{0}","{1}"]}},"theme":"{2}"}}',
    "var {0} = {1}; if ({0}) {{ {2}({0}); }}",
    "Traceback: {0}.{1}({2}.py:14)",
    "at {0}.{1} (/srv/app/{2}.js:21:7)",
    "Warning: {0}() expects parameter 1 to be {1}, null given in /home/{2}/index.php on line 12",
    "Fatal error: Class '{0}' not found in /var/www/{1}/{2}.php on line 3",
)
_LEFT_OVER = (
    "{{{{ {0}.{1} }}}}", "{{% if {0} %}}", "{{% endif %}}", "${{{0}.{1}}}", "[object Object]",
    "undefined", "null", "NaN", "<%= {0} %>", "By {{{{ {0} }}}}", "%{0}%", "#{1}#", "[{0} {1}]",
)  # fmt: skip


def _machine_made(headlines: dict[str, list[str]]) -> Iterator[Example]:
    """Yields tables, codes, galleries, filler, left-overs of templates, noise."""
    makers = (_table, _code, _left_overs, _gallery, _noise, _filler, _binary, _typing)
    names = sorted(headlines)
    for number in range(1600):
        rng = random.Random(f"made {number}")
        maker, language = makers[number % len(makers)], rng.choice(names)
        headline = rng.choice([rng.choice(headlines[language]), "", "Untitled", "index"])
        yield Example(f"made:{number % 25}", maker.__name__.strip("_"), language, False, headline,
                      maker(rng))  # fmt: skip


def _word(rng: random.Random, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    return "".join(rng.choice(letters) for _ in range(rng.randint(3, 8)))


def _table(rng: random.Random) -> str:
    """Returns rows of codes and figures."""
    upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    gap = rng.choice([" ", "  ", "\t", " | ", " "])
    name = rng.choice([  # one form for all rows
        lambda: _word(rng, upper)[:4],
        lambda: str(rng.randint(1, 999999)),
        lambda: _word(rng)[:3].title(),  # noqa: PLW0108 - another word for each row
    ])  # fmt: skip
    point = rng.choice([",", "."])
    number = [lambda: f"{rng.uniform(0, 500):.2f}".replace(".", point),
              lambda: f"{rng.uniform(-5, 5):+.2f}%", lambda: f"{rng.randint(0, 30)}°",
              lambda: f"{rng.randint(0, 9999)}"]  # fmt: skip
    columns = [rng.choice(number) for _ in range(rng.randint(1, 5))]
    rows = [
        gap.join([name(), *(column() for column in columns)]) for _ in range(rng.randint(5, 30))
    ]
    return "\n".join(rows)


def _code(rng: random.Random) -> str:
    lines = [
        rng.choice(_CODE).format(_word(rng), _word(rng), _word(rng))
        for _ in range(rng.randint(2, 12))
    ]
    return rng.choice(["\n", "\n", " "]).join(lines)


def _left_overs(rng: random.Random) -> str:
    lines = [
        rng.choice(_LEFT_OVER).format(_word(rng), _word(rng)) for _ in range(rng.randint(2, 9))
    ]
    return "\n".join(lines)


def _gallery(rng: random.Random) -> str:
    last = rng.randint(5, 60)
    form = rng.choice(
        [
            "{0} / {1}",
            "{0}/{1}",
            "Foto {0}/{1}",
            "{0} of {1}",
            "Bild {0} von {1}",
            "0:{0:02} / {1}:00",
        ]
    )
    lines = [form.format(at, last) for at in range(1, rng.randint(3, 9))]
    return "\n".join([*lines, *rng.sample(["»", "Play", "Share", "HD", "1080p", "x1.5", "«"], 2)])


def _noise(rng: random.Random) -> str:
    kind = rng.randrange(3)
    if kind == 0:
        word = _word(rng)
        return " ".join(rng.choice([word, word, _word(rng)[:3]]) for _ in range(rng.randint(6, 60)))
    if kind == 1:
        return "\n".join(
            rng.choice("-=*_~#.") * rng.randint(3, 40) for _ in range(rng.randint(2, 9))
        )
    return " ".join(f"{_word(rng)}@{_word(rng)}.com" for _ in range(rng.randint(2, 9)))


def _filler(rng: random.Random) -> str:
    words = (
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt"
        " labore dolore magna aliqua enim minim veniam quis nostrud exercitation ullamco laboris"
    ).split()
    made = [
        " ".join(rng.choice(words) for _ in range(rng.randint(6, 18))).capitalize() + "."
        for _ in range(rng.randint(2, 9))
    ]
    return "Lorem ipsum dolor sit amet. " + rng.choice(" \n").join(made)


def _binary(rng: random.Random) -> str:
    kind = rng.randrange(3)
    if kind == 0:
        return bytes(rng.randrange(256) for _ in range(rng.randint(80, 900))).decode("latin-1")
    if kind == 1:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return "\n".join(
            "".join(rng.choice(letters) for _ in range(76)) for _ in range(rng.randint(2, 20))
        )
    parts = [
        f"{n} 0 obj << /Type /{_word(rng).title()} /{_word(rng)} {rng.randint(1, 99)} 0 R >> endobj"
        for n in range(rng.randint(3, 12))
    ]
    return rng.choice([" ", "\n"]).join(["%PDF-1.4", *parts, "xref 0000000016 00000 n"])


def _typing(rng: random.Random) -> str:
    """Returns what people type to try a form."""
    pieces = [
        "test",
        "asdf",
        "qwerty",
        "xxx",
        "1234",
        "abc",
        "foo",
        "bar",
        "hello",
        "test123",
        "aaa",
    ]
    return rng.choice([" ", "\n"]).join(rng.choice(pieces) for _ in range(rng.randint(4, 30)))

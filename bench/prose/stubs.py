"""Stubs: furniture of pages, lists of headlines, notices, and what `machine` makes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench.prose.example import Example, sentences_of
from bench.prose.machine import machine_made
from bench.prose.written import group_of_notices, notices, phrases
from bench.quality import data

_MOST_OF_A_KIND = 8  # lines of a wall
_SNIPPETS = 300  # first sentences of a language's articles
_SHORT = 200  # characters of a furniture line; a longer one is a paragraph


def stubs(articles: Sequence[Example]) -> Iterator[Example]:
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
            snippets[article.language] += sentences_of(article.body)[:1]
    yield from _lists(headlines, snippets)
    yield from _teaser_lists(articles)
    yield from _walls(headlines)
    yield from machine_made(headlines)


def broken_texts() -> dict[str, str]:
    """Returns the texts that labels call broken, with the reason."""
    texts = data.labelled_rows()
    return {
        (texts[label["id"]]["text"] or "").strip(): label["reason"]
        for label in data.labels("articles")
        if label["action"] == "reject" and label["id"] in texts
    }


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
    kinds = notices().get(language, notices()["en"])
    first = [*kinds.get("search0", []), *kinds.get("search1", [])] or ["1-20 / 413"]
    if snippets and rng.random() < 0.5:
        ends = ["...", " ...", "\N{HORIZONTAL ELLIPSIS}", ""]
        lines = [
            part
            for line in lines[:8]
            for part in (line, rng.choice(snippets)[: rng.randint(60, 160)] + rng.choice(ends))
        ]
    return [rng.choice(first), *lines, rng.choice(first)]


def _teaser_lists(articles: Sequence[Example]) -> Iterator[Example]:
    """Yields lists of headlines with the first sentence of each story, as on a front page."""
    found = defaultdict[str, list[tuple[str, str, str]]](list)
    for article in articles:
        if article.kind == "article" and 15 < len(article.headline) < 160:
            first = sentences_of(article.body)[:1]
            if first and len(first[0]) < 250:
                found[article.language].append((article.group, article.headline, first[0]))
    for language, teasers in sorted(found.items()):
        rng = random.Random(f"teasers {language}")
        more = phrases().get(language, {}).get("more", []) or ["»"]
        for number in range(min(250, len(teasers) // 2)):
            chosen = rng.sample(teasers, min(len(teasers), rng.choice([3, 4, 4, 5, 6, 8])))
            end = rng.choice([[], [rng.choice(more)], [rng.choice(more)], ["»"]])
            lines = [line for _, title, sentence in chosen for line in (title, sentence, *end)]
            headline = rng.choice([rng.choice(teasers)[1], rng.choice(more), "", chosen[0][1]])
            yield Example(f"teasers:{language}:{number % 10}", "teaser list", language, False,
                          headline, "\n".join(lines))  # fmt: skip


def _walls(headlines: dict[str, list[str]]) -> Iterator[Example]:
    """Yields notices of one kind put together, some with lines of a menu or of other notices."""
    for kinds_of, count in ((notices(), 12), (phrases(), 8)):
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
                        yield Example(
                            group_of_notices(language, kind), name, language, False, headline, body
                        )

"""The report of a large run, as a person meets it in Chromium: made, opened, searched, filtered.

    python -m bench.report [--articles N] [--folder FOLDER] [--page FILE]

Writes N articles (100,000) by a seeded generator, cleans them with `copydesk run`, opens the report
and types into its search, a key at a time. Prints how large the page is, how long it takes to open,
and the longest that a key or a choice blocks it; then the same on a processor a quarter as fast, as
Chromium imitates it. Exits with 1 where opening takes more than 3 s, or an answer more than 100 ms
on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.browser import NAMES as BROWSERS
from support.browser import Tab, steer

from deploy.grafana.preview.run import ADJECTIVES, DAYS_OF_WEEK, NAMES, NOUNS, VERBS

_OPENS, _ANSWERS = 3_000, 100  # ms at most
_SLOWER = 4  # times that a phone is slower
_SOURCES = 400
_HEBREW = (
    "העיר הנמל הגשר התקציב המועצה אושר נדחה נפתח תוקן אתמול השבוע לפי הדוברת כי של על עם".split()
)
_FURNITURE = "\n\nShare this article\n\nFacebook\nTwitter\nWhatsApp\n\nRead more:\n\nSubscribe now"
_TYPED = "harbour source-7"
# The page has done its work when the next frame could be drawn: layout is part of it.
_CHOSEN = """(() => {
  const field = document.querySelector('%s'), began = performance.now();
  field.value = %s;
  field.dispatchEvent(new Event('input', {bubbles: true}));
  document.body.offsetHeight;
  return performance.now() - began;
})()"""
_OPENED = """new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(
  performance.timing.loadEventEnd - performance.timing.navigationStart))))"""


def articles(number: int) -> Iterator[bytes]:
    """Yields lines of JSON: stories of many sources, some broken, copied or unreadable."""
    chance = Random(22)  # noqa: S311 - the same articles each time
    past: list[dict[str, object]] = []
    for place in range(number):
        kind = chance.random()
        if kind < 0.005:
            yield chance.choice([b'{"headline": "cut off', b"\x89PNG\r", b'{"price": 12}'])
            continue
        made = _story(chance, place)
        if kind < 0.08 and past:
            made |= {key: chance.choice(past)[key] for key in ("headline", "articleBody")}
        elif kind < 0.2:
            made["articleBody"] = f"**{made['headline']}**\n\n{made['articleBody']}"
        elif kind < 0.3:
            made["articleBody"] = f"{made['articleBody']}{_FURNITURE}"
        elif kind < 0.33:
            made["articleBody"] = chance.choice(["Access denied", "", "404 Not Found", "Lorem"])
        past = [*past[-200:], made]
        yield json.dumps(made).encode()


def _story(chance: Random, place: int) -> dict[str, object]:
    source = int(_SOURCES * chance.random() ** 2)  # a few send most
    if source % 50 == 49:
        body = "\n\n".join(
            ". ".join(" ".join(chance.choices(_HEBREW, k=12)) for _ in range(4)) + "."
            for _ in range(4)
        )
        return _fields(place, f"עיתון הנמל {source}", " ".join(chance.choices(_HEBREW, k=6)), body)
    body = "\n\n".join(
        " ".join(_sentence(chance) for _ in range(3)) for _ in range(chance.randint(3, 6))
    )
    headline = f"{chance.choice(NAMES)}: {chance.choice(NOUNS)} {chance.choice(VERBS)} by {place}"
    return _fields(place, f"source-{source}.example", headline, body)


def _fields(place: int, source: str, headline: str, body: str) -> dict[str, object]:
    return {
        "headline": headline,
        "articleBody": body,
        "url": f"https://news.example/{place}",
        "source": source,
        "datePublished": f"2026-11-{1 + place % 28:02}T08:00:00Z",
    }


def _sentence(chance: Random) -> str:
    pick = chance.choice
    return (
        f"The {pick(ADJECTIVES)} {pick(NOUNS)} of the {pick(NOUNS)} {pick(VERBS)} the "
        f"{pick(ADJECTIVES)} {pick(NOUNS)} on {pick(DAYS_OF_WEEK)}, {pick(NAMES)} said, and "
        f"{chance.randint(2, 990)} people {pick(VERBS)} a {pick(NOUNS)}."
    )


def measure(page: Path, slower: int = 1) -> dict[str, float]:
    """Returns milliseconds: to open, and the slowest key and choice, on a slower processor."""
    found: dict[str, float] = {}

    async def look(tab: Tab) -> None:
        await tab.call("Emulation.setCPUThrottlingRate", rate=slower)
        began = time.monotonic()
        await tab.open(page.as_uri(), width=1280)
        found["opened"] = await tab.run(_OPENED)
        found["until usable"] = 1000 * (time.monotonic() - began)
        field = "search.filter input"
        typed = [json.dumps(_TYPED[:end]) for end in range(1, len(_TYPED) + 1)]
        found["slowest key"] = max([await tab.run(_CHOSEN % (field, one)) for one in typed])
        await tab.run(_CHOSEN % (field, '""'))
        for name in await tab.run(
            "[...document.querySelectorAll('search.filter select')].map((one) => one.name)"
        ):
            field = f"search.filter select[name={name}]"
            values = await tab.run(
                f"[...document.querySelector('{field}').options].map(o=>o.value)"
            )
            times = [await tab.run(_CHOSEN % (field, json.dumps(one))) for one in values[:20]]
            found[f"slowest choice of {name}"] = max(times)
            await tab.run(_CHOSEN % (field, '""'))
        found["samples"] = await tab.run("document.querySelectorAll('.sample, .card').length")
        found["elements"] = await tab.run("document.querySelectorAll('*').length")
        print(*tab.troubles, sep="\n", end="")

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        steer(Path(folder), look)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keeps what is made for the next time")
    parser.add_argument("--page", type=Path, help="a report that is there, in place of a new one")
    options = parser.parse_args()
    if options.page:
        return _opened(options.page)
    with tempfile.TemporaryDirectory() as folder:
        where = options.folder or Path(folder)
        given, out = where / "given.jsonl", where / "out"
        where.mkdir(parents=True, exist_ok=True)
        if not given.exists():
            with given.open("wb") as lines:
                lines.writelines(line + b"\n" for line in articles(options.articles))
        began = time.monotonic()
        command = [sys.executable, "-m", "pipeline", "run", str(given), "--out", str(out)]
        subprocess.run(command, check=True)
        usage = os.times()
        print(f"run: {time.monotonic() - began:.0f} s, CPU {usage.children_user:.0f} s")
        return _opened(out / "report.html")


def _opened(page: Path) -> int:
    """Prints what a browser takes for a page; returns the exit code."""
    print(f"report.html: {page.stat().st_size / 1e6:.2f} MB, load {os.getloadavg()[0]:.0f}")
    if not any(map(shutil.which, BROWSERS)):
        print("not opened: there is no Chromium here")
        return 0
    here, slow = measure(page), measure(page, _SLOWER)
    print(f"{'':<24} {'here':>8} {f'1/{_SLOWER}':>8}")
    for name, value in here.items():
        print(f"{name:<24} {value:>8,.0f} {slow[name]:>8,.0f}")
    slowest = max(value for name, value in here.items() if name.startswith("slowest"))
    return int(max(here["until usable"], slow["until usable"]) > _OPENS or slowest > _ANSWERS)


if __name__ == "__main__":
    raise SystemExit(main())

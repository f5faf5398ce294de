"""The laws hold for the articles of `tests/corpus/`; each has the outcome it was written for."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from support.corpus import Sample, themes

from pipeline.article import Article, Draft, Quality
from pipeline.assembly import draft_of
from pipeline.clean import CleanOptions, Context, clean, undo
from pipeline.cli import main

TOPICS = ("clean", "duplicates", "rejected", "dead-letter")
SCRIPTS = (
    "LATIN CYRILLIC GREEK ARABIC HEBREW DEVANAGARI BENGALI TAMIL THAI ETHIOPIC CJK HIRAGANA HANGUL"
).split()


class Came(NamedTuple):
    """What a run made of one sample."""

    article: Article
    quality: Quality


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the records of each theme, as a scraper sends them."""
    folder = tmp_path_factory.mktemp("given")
    for theme, all_ in themes().items():
        lines = b"".join(sample.value + b"\n" for sample in all_)
        (folder / f"{theme}.jsonl").write_bytes(lines)
    return folder


@pytest.fixture(scope="module")
def out(given: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came of each theme, run as a stream of its own."""
    folder = tmp_path_factory.mktemp("out")
    for theme in themes():
        assert main(["run", str(given / f"{theme}.jsonl"), "--out", str(folder / theme)]) == 0
    return folder


def read(path: Path, type_: type[Any]) -> Iterator[Any]:
    for line in path.read_bytes().splitlines():
        yield msgspec.json.decode(line, type=type_)


@pytest.fixture(scope="module")
def came(out: Path) -> Mapping[tuple[str, int], Came]:
    """What came of each sample, by its theme and line."""
    found = {}
    for theme in themes():
        accounts = {one.origin.line: one for one in read(out / theme / "quality.jsonl", Quality)}
        for topic in TOPICS[:3]:
            for article in read(out / theme / f"{topic}.jsonl", Article):
                assert article.quality is not None
                line = article.quality.origin.line
                assert line is not None
                found[theme, line] = Came(article, accounts[line])
    return found


def samples(*, outcomes: bool = False) -> list[Any]:
    """All samples with their places; with `outcomes`, known flaws of the rules are marked."""
    found = []
    for theme, all_ in themes().items():
        for line, sample in enumerate(all_, 1):
            known = outcomes and sample.xfail
            marks = [pytest.mark.xfail(strict=True, reason=known)] if known else []
            name = f"{theme}: {sample.label}"
            found.append(pytest.param((theme, line), sample, id=name, marks=marks))
    return found


def occurrences(pieces: Sequence[str], text: str) -> list[int]:
    return [text.find(piece) if text.count(piece) == 1 else -1 for piece in pieces]


@pytest.mark.parametrize(("place", "sample"), samples(outcomes=True))
def test_an_article_has_the_outcome_it_was_written_for(
    place: tuple[str, int], sample: Sample, came: Mapping[tuple[str, int], Came]
):
    article, quality = came[place]
    wanted = sample.expect
    assert quality.verdict == wanted.verdict, quality.reasons
    assert set(wanted.reasons) <= set(quality.reasons)
    assert set(wanted.repairs) <= {repair.rule for repair in quality.repairs}
    if wanted.unchanged:
        assert article.article_body == sample.record["articleBody"]
        assert article.headline == sample.record["headline"]
    places = occurrences(wanted.keep, article.article_body)
    assert -1 not in places
    assert places == sorted(places)
    shown = f"{article.headline}\n{article.article_body}"
    assert [piece for piece in wanted.drop if piece in shown] == []
    if wanted.match is not msgspec.UNSET:
        match = quality.match and (quality.match.kind, quality.match.of)
        assert match == (wanted.match and (wanted.match.kind, wanted.match.of))


def test_every_article_has_one_outcome_and_one_account(out: Path):
    for theme, all_ in themes().items():
        lines = [
            json.loads(line)
            for topic in TOPICS
            for line in (out / theme / f"{topic}.jsonl").read_bytes().splitlines()
        ]
        places = [(one.get("quality") or one)["origin"]["line"] for one in lines]
        assert sorted(places) == list(range(1, len(all_) + 1))
        accounts = read(out / theme / "quality.jsonl", Quality)
        assert [one.origin.line for one in accounts] == sorted(places)


@pytest.mark.parametrize(("place", "sample"), samples())
def test_undoing_the_repairs_gives_the_input_back(
    place: tuple[str, int], sample: Sample, came: Mapping[tuple[str, int], Came]
):
    article, quality = came[place]
    before = undo(draft_of(article), quality.repairs)
    assert before.body == sample.record["articleBody"]
    assert before.headline == sample.record["headline"]


@pytest.mark.parametrize(("place", "sample"), samples())
def test_cleaning_a_clean_article_changes_nothing(
    place: tuple[str, int], sample: Sample, came: Mapping[tuple[str, int], Came]
):
    article, _ = came[place]
    context = Context(source=article.source, language=sample.record["inLanguage"])
    draft = clean(draft_of(article), context, CleanOptions())[0]
    assert clean(draft, context, CleanOptions()) == (draft, ())
    assert isinstance(draft, Draft)


def test_four_processes_write_what_one_writes(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    one, four = tmp_path / "one", tmp_path / "four"
    assert main(["run", str(given), "--out", str(one), "--jobs", "1"]) == 0
    assert main(["run", str(given), "--out", str(four), "--jobs", "4"]) == 0
    for name in (*TOPICS, "quality"):
        written = (four / f"{name}.jsonl").read_bytes()
        assert written == (one / f"{name}.jsonl").read_bytes()


def test_the_corpus_is_as_wide_as_its_page_says():
    page = Path(__file__).parent.joinpath("corpus", "README.md").read_text("utf-8")
    every = [sample for all_ in themes().values() for sample in all_]
    languages = {sample.record["inLanguage"] for sample in every}
    text = "".join(str(sample.record["articleBody"]) for sample in every)
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in set(text)}
    assert f"{len(every)} articles in {len(languages)} languages and {len(SCRIPTS)} scripts" in page
    assert scripts >= set(SCRIPTS)
    for theme, all_ in themes().items():
        assert f"| `{theme}.jsonl` | {len(all_)} |" in page
    ids = Counter(sample.record["id"] for sample in every)
    assert [one for one, count in ids.items() if count > 1] == []

"""The examples show what the README and the docs say they show."""

import json
from pathlib import Path

import msgspec
import pytest

from pipeline.article import Article, Quality
from pipeline.assembly import draft_of
from pipeline.clean import undo
from pipeline.cli import main

ROOT = Path(__file__).parents[1]

# What each example is there for: the repairs or reasons that must show, by file and line.
SHOWN = {
    ("01-ferry-headline-twice.txt", 1): {
        "take_headline_from_body",
        "take_description_from_body",
        "drop_repeated_headline",
        "drop_repeated_paragraphs",
        "strip_markdown",
    },
    ("02-orchard-markdown.md", 1): {"strip_markdown", "strip_kicker", "drop_repeated_headline"},
    ("03-minister-interview.json", 1): set(),
    ("04-storm-wire.txt", 1): {"lay_out_paragraphs"},
    ("05-feeds.jsonl", 1): {
        "fix_mojibake",
        "strip_site_name",
        "drop_share_buttons",
        "drop_advertisement_marks",
        "drop_newsletter_calls",
        "drop_copyright_lines",
        "drop_related_links",
    },
    ("05-feeds.jsonl", 2): {"unescape_entities", "strip_tags"},
    ("05-feeds.jsonl", 3): {"restore_c1_punctuation", "drop_repeated_headline"},
    ("05-feeds.jsonl", 4): {"drop_doubled_text", "unify_spaces"},
    ("05-feeds.jsonl", 5): {"drop_repeated_paragraphs"},
    ("05-feeds.jsonl", 6): {"drop_share_buttons"},
    ("05-feeds.jsonl", 7): set(),
    ("05-feeds.jsonl", 8): set(),
    ("05-feeds.jsonl", 9): set(),
    ("05-feeds.jsonl", 10): {"near-other-source"},
    ("05-feeds.jsonl", 11): {"exact-same-url"},
    ("05-feeds.jsonl", 12): {"rewrite-same-url"},
    ("05-feeds.jsonl", 13): {"excerpt-other-source"},
    ("05-feeds.jsonl", 14): {"paywall-stub"},
    ("05-feeds.jsonl", 15): {"error-page"},
    ("05-feeds.jsonl", 16): {"not-json"},
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    assert main(["run", str(ROOT / "examples"), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def accounts(out: Path) -> dict[tuple[str, int], Quality]:
    lines = (out / "quality.jsonl").read_bytes().splitlines()
    records = [msgspec.json.decode(line, type=Quality) for line in lines]
    return {(Path(q.origin.file or "").name, q.origin.line or 0): q for q in records}


@pytest.mark.parametrize("place", SHOWN, ids=str)
def test_each_example_shows_its_flaw(
    place: tuple[str, int], accounts: dict[tuple[str, int], Quality]
):
    account = accounts[place]
    assert SHOWN[place] <= {repair.rule for repair in account.repairs} | set(account.reasons)
    if not SHOWN[place]:
        assert account.repairs == ()


def test_no_example_is_left_without_a_word(accounts: dict[tuple[str, int], Quality]):
    assert set(accounts) == set(SHOWN)


def test_the_readme_tells_the_truth_about_its_example(
    out: Path, accounts: dict[tuple[str, int], Quality]
):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    account = accounts["01-ferry-headline-twice.txt", 1]
    article = next(a for a in clean(out) if a.id == account.id)
    assert f"| `headline` | {article.headline} |" in readme
    assert f"| `description` | {article.description} |" in readme
    repairs = {repair.rule: repair for repair in account.repairs}
    repeats = repairs["drop_repeated_paragraphs"]
    (edit,) = repeats.edits
    told = "lines {}-{}, printed again from lines {}-{}, {} characters"
    assert told.format(*edit.lines, *edit.copy_of, repeats.chars_removed) in readme
    assert (repairs["drop_repeated_headline"].count, repairs["strip_markdown"].count) == (1, 2)
    assert {finding.rule for finding in account.findings} == {
        "date-missing",
        "url-missing",
        "byline-missing",
        "source-missing",
    }
    given = (ROOT / "examples" / "01-ferry-headline-twice.txt").read_text(encoding="utf-8")
    block = readme.partition("```text\n")[2].partition("```")[0]
    for shown, line in zip(block.splitlines(), given.splitlines(), strict=True):
        assert line.startswith(shown.removesuffix("…").rstrip())


def test_undoing_the_repairs_gives_the_input_back_as_the_docs_say(
    out: Path, accounts: dict[tuple[str, int], Quality]
):
    assert "given = undo(draft_of(article), quality.repairs)" in (
        ROOT / "docs" / "records.md"
    ).read_text(encoding="utf-8")
    inputs = (ROOT / "examples" / "05-feeds.jsonl").read_text(encoding="utf-8").splitlines()
    told = {"text", "maintext", "body", "content"}
    for article in clean(out):
        origin = article.quality and article.quality.origin
        assert origin is not None
        if origin.file and origin.file.endswith("05-feeds.jsonl") and origin.line:
            record = json.loads(inputs[origin.line - 1])
            (body,) = (record[name] for name in told & record.keys())
            account = accounts["05-feeds.jsonl", origin.line]
            assert undo(draft_of(article), account.repairs).body == body


def clean(folder: Path) -> list[Article]:
    lines = (folder / "clean.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Article) for line in lines]

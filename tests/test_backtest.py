"""`copydesk backtest`: what a change of settings would change, and its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.accessible import violations
from support.browser import Tab, chromium_path, steer
from support.html import HOSTILE, Page
from support.outcomes import copy, dead_letter, outcome, rejected
from support.real_articles import DATA, data

from bench.backtest import NEW, unlike
from pipeline.article import Finding, Severity
from pipeline.backtest import Aspect, Backtest, Effects, compare, render
from pipeline.cli import main
from pipeline.report.shown import Span
from pipeline.report.side_by_side import mark_changes

EXAMPLES = Path(__file__).parents[1] / "examples"
FEED = str(EXAMPLES / "05-feeds.jsonl")
FACTS = Backtest(
    names=("the defaults", "new.yaml"),
    rulesets=("0.1.0+00000000", "0.1.0+11111111"),
    inputs=("examples",),
    started="2026-11-22T19:03:00Z",
)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.chdir(tmp_path)
    Path("new.yaml").write_text(NEW, "utf-8")
    Path("empty.jsonl").write_text("", "utf-8")


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert main(["backtest", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["figures"]


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    capsys.readouterr()
    assert main(["backtest", *arguments]) == code
    told = capsys.readouterr()
    assert not Path("backtest.html").exists()
    return told.err


@pytest.mark.parametrize("path", [str(EXAMPLES), str(DATA / "ngr_stream.jsonl.gz")])
def test_the_counts_are_those_of_two_runs(path: str, capsys: pytest.CaptureFixture[str]):
    if path.startswith(str(DATA)):
        data()
    told = figures(capsys, "-", "new.yaml", path, "--changes", "changes.jsonl")
    assert main(["run", path, "--out", "old"]) == 0
    assert main(["run", path, "--out", "new", "--config", "new.yaml"]) == 0
    assert unlike(told, Path("old"), Path("new")) == []
    changes = [json.loads(line) for line in Path("changes.jsonl").read_text("utf-8").splitlines()]
    assert len(changes) == told["changed"] > 0
    assert sum("text" in one["aspects"] for one in changes) == told["aspects"]["text"]


def test_processes_and_the_direction_do_not_matter(capsys: pytest.CaptureFixture[str]):
    forth = figures(capsys, "-", "new.yaml", FEED)
    assert figures(capsys, "-", "new.yaml", FEED, "--jobs", "2") == forth
    back = figures(capsys, "new.yaml", "-", FEED)
    assert back["changed"] == forth["changed"]
    assert {rule: one["now"] for rule, one in back["rules"].items()} == {
        rule: one["noLonger"] for rule, one in forth["rules"].items()
    }


@pytest.mark.parametrize(
    ("settings", "aspects"),
    [
        (
            "dedup: {withhold_same_url: [], withhold_same_source: [], withhold_other_source: []}",
            {"verdict"},
        ),
        ("check: {limits: {brief: 10000}}", {"findings"}),
        ("check: {severities: {brief: warn}}", {"findings"}),
        ("sources: {most: 3}", set()),
    ],
)
def test_only_what_a_setting_decides_changes(
    settings: str, aspects: set[str], capsys: pytest.CaptureFixture[str]
):
    Path("one.yaml").write_text(settings, "utf-8")
    told = figures(capsys, "-", "one.yaml", FEED)
    assert {aspect for aspect, number in told["aspects"].items() if number} == aspects


def test_a_person_reads_first_how_many_change_then_verdicts_rules_and_sources(
    capsys: pytest.CaptureFixture[str],
):
    Path("strict.yaml").write_text("check: {severities: {byline-missing: reject}}", "utf-8")
    assert main(["backtest", "-", "strict.yaml", FEED]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("14 of 16 articles change: 12 get another verdict, ")
    heads = [line.split()[0] for line in lines if line.startswith(("the defaults", "rule", "sou"))]
    assert heads == ["the", "rule", "source"]
    assert lines[-1] == "Samples and the rest: backtest.html"


def test_ci_is_told_by_the_exit_code_only_if_it_asks(capsys: pytest.CaptureFixture[str]):
    assert main(["backtest", "-", "new.yaml", FEED]) == 0
    assert main(["backtest", "-", "new.yaml", FEED, "--fail-on-change"]) == 1
    capsys.readouterr()
    assert main(["backtest", "new.yaml", "new.yaml", FEED, "--fail-on-change"]) == 0
    told = capsys.readouterr()
    assert "new.yaml and new.yaml come to the same ruleset 0.1.0+" in told.err
    assert told.out.startswith("0 of 16 articles change.\n")


def test_what_cannot_be_compared_is_refused_with_the_reason(capsys: pytest.CaptureFixture[str]):
    Path("path.yaml").write_text("parse: {path: response.docs}", "utf-8")
    assert "parse.path is None in the one and response.docs in the other" in refused(
        capsys, 2, "-", "path.yaml", FEED
    )
    assert "nothing to compare: there is no article in empty.jsonl" in refused(
        capsys, 1, "-", "new.yaml", "empty.jsonl"
    )
    assert "backtest needs articles" in refused(capsys, 2, "-", "new.yaml")
    assert "none.yaml: cannot read the settings" in refused(capsys, 2, "none.yaml", "-", FEED)
    Path("wrong.yaml").write_text("clean: {disabled: [drop_shares]}", "utf-8")
    assert "wrong.yaml:1: clean.disabled: no rule is called 'drop_shares'" in refused(
        capsys, 2, "-", "wrong.yaml", FEED
    )
    assert "there is no folder" in refused(
        capsys, 2, "-", "new.yaml", FEED, "--out", "no/page.html"
    )
    own = Path("own.jsonl")
    own.write_text('{"text": "It rained."}\n', "utf-8")
    assert "own.jsonl is an input" in refused(
        capsys, 2, "-", "new.yaml", "own.jsonl", "--changes", "own.jsonl"
    )
    assert own.read_text("utf-8")


def test_the_seed_chooses_the_samples():
    pages = []
    for seed in (0, 0, 1):
        effects = Effects(seed)
        for number in range(200):
            old = outcome(f"Story {number} of the river.", source=f"s{number}", line=number + 1)
            effects.add(old, outcome("Another story.", source=f"s{number}", line=number + 1))
        assert len(effects.samples.chosen(24)) == 3
        pages.append(render(effects, FACTS))
    assert pages[0] == pages[1] != pages[2]


def test_memory_does_not_grow_with_names_that_strangers_choose(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipeline.backtest.effects._MOST_NAMES", 10)
    effects = Effects()
    for number in range(500):
        old = outcome(source=f"s{number}", line=number)
        rule = Finding(f"rule-{number}", Severity.WARN, 1.0, 2.0)
        effects.add(old, outcome(source=f"s{number}", findings=(rule,), line=number))
    assert len(effects.sources) == 11
    assert effects.sources["other"].changed == 490
    assert len([*effects.samples.chosen(1000)]) == 100  # shelves


def test_what_differs_is_named():
    text = "The river rose by two feet."
    assert compare(outcome(text), outcome(text)) is None
    change = compare(outcome(text), rejected("error-page"))
    assert change is not None
    assert Aspect.VERDICT in change.aspects
    assert change.now == ("error-page",)
    warn = Finding("brief", Severity.WARN, 1.0, 2.0)
    other = compare(outcome(text), outcome(text, findings=(warn,)))
    assert other is not None
    assert (other.aspects, other.now) == ((Aspect.FINDINGS,), ("brief",))
    back = compare(outcome(text, findings=(warn,)), outcome(text))
    assert back is not None
    assert back.no_longer == ("brief",)
    assert compare(dead_letter(), dead_letter()) is None


def full_page() -> str:
    effects = Effects()
    warn = Finding("headline-too-short", Severity.WARN, 1.0, 2.0)
    for number in range(60):
        source = f"A source with a long name, number {number}"
        effects.add(
            outcome(source=source, line=number),
            outcome(source=source, findings=(warn,), line=number),
        )
    effects.add(outcome(), rejected("error-page"))
    effects.add(copy(of="a-0"), outcome())
    effects.add(dead_letter(), outcome())
    return render(effects, FACTS)


def hostile_page() -> str:
    effects = Effects()
    effects.add(outcome(HOSTILE, source=HOSTILE), outcome(HOSTILE + " more", source=HOSTILE))
    effects.add(dead_letter(HOSTILE), rejected(HOSTILE))
    names = (HOSTILE, HOSTILE)
    return render(effects, Backtest(names=names, rulesets=names, inputs=names, started=HOSTILE))


def test_no_text_becomes_markup():
    html = hostile_page()
    page = Page(html)
    assert "<script>alert" not in html
    assert not {"img", "iframe"} & set(page.tags)
    assert not page.handlers


@pytest.mark.parametrize("make", [full_page, hostile_page])
def test_the_page_fits_any_window_and_anybody_can_read_it(make: Callable[[], str], tmp_path: Path):
    chromium_path()
    page = tmp_path / "page.html"
    page.write_text(make(), "utf-8")
    told: list[object] = []

    async def look(tab: Tab) -> None:
        for width, scheme in ((360, "light"), (1280, "dark"), (1280, "light")):
            await tab.prefer(prefers_color_scheme=scheme)
            await tab.open(f"{page.as_uri()}?{width}{scheme}", width=width)
            told.extend(await violations(tab))
            root = "document.documentElement"
            told.append(await tab.run(f"{root}.scrollWidth - {root}.clientWidth"))
        await tab.run("document.querySelector('.effects button')?.click()")
        told.append(tab.troubles)

    steer(tmp_path, look)
    assert told == [0, 0, 0, []]


TEXTS = st.lists(st.sampled_from(["rain", "fell.", "\n", " ", "\n\n", "It", "é", "7"])).map("".join)


@given(TEXTS, TEXTS)
def test_both_texts_are_shown_whole_and_what_is_kept_is_in_both(before: str, after: str):
    def words(spans: Iterable[Span], states: set[str]) -> str:  # runs of blank lines are shortened
        return "".join("".join(span.text for span in spans if span.state in states).split())

    olds, news = mark_changes(before, after)
    assert words(olds, {"kept", "removed"}) == "".join(before.split())
    assert words(news, {"kept", "added"}) == "".join(after.split())
    assert words(olds, {"kept"}) == words(news, {"kept"})
    assert before != after or {span.state for span in (*olds, *news)} <= {"kept"}

"""Rules that are only observed: counted, and nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from support.real_articles import data, real_lines

from pipeline.article import Arrival, Observation, Origin, Prepared, Rejected
from pipeline.check import RULES, CheckOptions
from pipeline.clean import REPAIRS, CleanOptions
from pipeline.cli import main
from pipeline.errors import WrongUseError
from pipeline.flow import Ready, Stages, outcome_of, prepare
from pipeline.metrics import Done, Metrics
from pipeline.routing import Role
from pipeline.settings import from_mapping

ARRIVAL = Arrival(Origin(file="day.jsonl", line=1), "2026-11-22T19:03:00Z")
STORY = (
    "The harbour council voted on Monday to keep the old ferry in service.\n\n"
    "The ferry, built in 1931, carries eleven cars and its own brass bell."
)
REPAIR_IDS = [rule.id for rule in REPAIRS]
BITS = (
    STORY,
    "Share this article",
    "Read also: Nine goats cross the lake",
    "Subscribe to read the rest of this story",
    "&amp;nbsp;It\N{RIGHT SINGLE QUOTATION MARK}s <b>bold</b> &lt;here",
    "By Ana Lima",
    "PHOTO: Ana Lima",
    "404 Not Found",
    "We use cookies. Accept all cookies",
    "donâ€™t",
    "*",
    "",
)
ARTICLES = st.fixed_dictionaries(
    {
        "headline": st.sampled_from(["Ferry stays", "", "Ferry stays | Harbour Post"]),
        "articleBody": st.lists(st.sampled_from(BITS), max_size=8).map("\n\n".join),
        "inLanguage": st.sampled_from(["en", "de", None]),
    }
)


def without(repairs: list[str], checks: list[str]) -> Stages:
    return Stages(
        clean=CleanOptions(disabled=tuple(repairs)),
        check=CheckOptions(limits=dict.fromkeys(checks)),
    )


def observing(repairs: list[str], checks: list[str]) -> Stages:
    return Stages(
        clean=CleanOptions(observe=tuple(repairs)), check=CheckOptions(observe=tuple(checks))
    )


def unobserved(ready: Ready) -> Ready:
    assert isinstance(ready, Prepared | Rejected)
    return replace(ready, quality=replace(ready.quality, observed=()))


@given(
    ARTICLES,
    st.lists(st.sampled_from(REPAIR_IDS), max_size=12, unique=True),
    st.lists(st.sampled_from([*RULES]), max_size=12, unique=True),
)
@settings(deadline=None)
def test_what_is_observed_changes_nothing(
    article: dict[str, Any], repairs: list[str], checks: list[str]
):
    value = json.dumps(article).encode()
    shadow = prepare(value, ARRIVAL, observing(repairs, checks))
    assert unobserved(shadow) == prepare(value, ARRIVAL, without(repairs, checks))


@given(ARTICLES)
@settings(deadline=None)
def test_an_observed_check_would_find_what_it_finds_in_force(article: dict[str, Any]):
    value = json.dumps(article).encode()
    others = [rule for rule in RULES if rule != "language-unknown"]  # it decides which limits apply
    found = prepare(value, ARRIVAL, Stages())
    shadow = prepare(value, ARRIVAL, observing([], others))
    assert isinstance(found, Prepared | Rejected)
    assert isinstance(shadow, Prepared | Rejected)
    facts = [(one.rule, one.severity, one.value, one.limit) for one in found.quality.findings]
    would = [(one.rule, one.severity, one.value, one.limit) for one in shadow.quality.observed]
    assert [one for one in facts if one[0] in others] == would


def test_an_observed_repair_says_what_it_would_edit():
    value = json.dumps({"articleBody": f"{STORY}\n\nShare this article"}).encode()
    ready = prepare(value, ARRIVAL, observing(["drop_share_buttons", "drop_teasers"], []))
    assert isinstance(ready, Prepared)
    assert ready.article.article_body.endswith("Share this article")
    [observed] = ready.quality.observed
    assert (observed.rule, observed.count, observed.chars_removed) == ("drop_share_buttons", 1, 18)


def test_a_repair_that_is_off_for_a_source_is_not_observed_there():
    settings = from_mapping(
        {
            "clean": {
                "observe": ["drop_share_buttons"],
                "sources": {"Post": {"disabled": ["drop_share_buttons"]}},
            }
        }
    )
    for source, times in (("Post", 0), ("Herald", 1)):
        value = json.dumps({"text": f"{STORY}\n\nShare this article", "source": source}).encode()
        ready = prepare(value, ARRIVAL, settings.stages())
        assert isinstance(ready, Prepared)
        assert len(ready.quality.observed) == times


def test_real_articles_are_the_same_as_without_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").write_bytes(b"\n".join(real_lines(1500)))
    repairs, checks = (
        ["drop_share_buttons", "drop_related_links", "tidy_fields"],
        ["brief", "teaser"],
    )
    off = {"clean": {"disabled": repairs}, "check": {"limits": dict.fromkeys(checks)}}
    on = {"clean": {"observe": repairs}, "check": {"observe": checks}}
    for name, given_ in (("off", off), ("on", on)):
        Path(f"{name}.yaml").write_text(json.dumps(given_), "utf-8")
        assert main(["run", "in.jsonl", "--out", name, "--config", f"{name}.yaml"]) == 0
    for file in ("clean", "duplicates", "rejected", "quality", "sources"):
        assert records(f"on/{file}.jsonl") == records(f"off/{file}.jsonl")
    seen = Counter(
        one["rule"]
        for line in Path("on/quality.jsonl").read_text("utf-8").splitlines()
        for one in json.loads(line)["observed"]
    )
    assert seen["drop_share_buttons"] > 100
    assert seen["brief"] > 50


def records(path: str) -> list[Any]:
    """The records of a file, without what names the settings."""
    found = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
    for record in found:
        for part in (record, record.get("quality") or {}):
            part.pop("ruleset", None)
            part.pop("observed", None)
    return found


def test_a_run_tells_what_was_observed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("one.txt").write_text(f"{STORY}\n\nShare this article", "utf-8")
    Path("own.yaml").write_text(
        "clean: {observe: [drop_share_buttons]}\ncheck: {observe: [date-missing]}", "utf-8"
    )
    assert main(["run", "one.txt", "--out", "out", "--config", "own.yaml"]) == 0
    line = "Observed, and nothing changed: date-missing 1, drop_share_buttons 1\n"
    assert line in capsys.readouterr().out
    assert "What is only observed" in Path("out/report.html").read_text("utf-8")
    assert main(["run", "one.txt", "--out", "out", "--config", "own.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["observed"] == {
        "date-missing": 1,
        "drop_share_buttons": 1,
    }
    assert main(["explain", "one.txt", "--config", "own.yaml"]) == 0
    told = capsys.readouterr().out
    assert "drop_share_buttons, only observed, would make 1 edit, 18 characters out" in told
    assert "date-missing, only observed, would be a finding (warn)" in told


def test_observed_rules_are_counted_by_their_ids():
    ready = prepare(b'{"articleBody": "..."}', ARRIVAL, Stages())
    assert isinstance(ready, Rejected)
    seen = (Observation("brief", 1), Observation("drop_teasers", 2), Observation("brief", 1))
    outcome = outcome_of(replace(ready, quality=replace(ready.quality, observed=seen)))
    metrics = Metrics(Role.DESK)
    metrics.record([Done(outcome, 0, 0.001)] * 3)
    families = text_string_to_metric_families(metrics.exposition().decode())
    counts = {
        one.labels["rule"]: one.value
        for family in families
        for one in family.samples
        if one.name == "copydesk_observed_total"
    }
    assert counts == {"brief": 3, "drop_teasers": 3}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"clean": {"observe": ["drop_shares"]}},
            "clean.observe: no rule is called 'drop_shares'; did you mean ",
        ),
        (
            {"clean": {"observe": ["brief"]}},
            "clean.observe: 'brief' is a check: name it in check.observe",
        ),
        (
            {"check": {"observe": ["drop_teasers"]}},
            "check.observe: 'drop_teasers' is a repair: name it in clean.observe",
        ),
        (
            {"clean": {"observe": ["drop_teasers"], "disabled": ["drop_teasers"]}},
            "clean.observe: drop_teasers is in clean.disabled too, so there is nothing to observe",
        ),
        (
            {"check": {"observe": ["date-old"]}},
            "check.observe.date-old: the rule has no limit, so there is nothing to observe",
        ),
    ],
)
def test_what_cannot_be_observed_is_refused_with_the_reason(given: Any, message: str):
    with pytest.raises(WrongUseError) as error:
        from_mapping(given)
    assert re.search(rf"settings:\d+: {re.escape(message)}", str(error.value))


def test_a_rule_without_a_limit_of_its_own_can_be_observed_with_one():
    settings = from_mapping({"check": {"observe": ["date-old"], "limits": {"date-old": 30}}})
    value = json.dumps({"text": STORY, "date": "2020-01-01"}).encode()
    ready = prepare(value, ARRIVAL, settings.stages())
    assert isinstance(ready, Prepared)
    assert [one.rule for one in ready.quality.observed] == ["date-old"]

"""Every repair by examples: what it repairs, what it must leave, and how the rules interplay."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.article import Draft
from pipeline.clean import REPAIRS, CleanOptions, Context, clean, undo

MODEL = "drop_furniture_lines"
OPTIONS = CleanOptions()
# What the line model is sure of changes with its weights: other rules are shown without it.
WITHOUT = CleanOptions(disabled=(MODEL,))
FOLDER = Path(__file__).parent / "cases"
# The rules' ids by the module that holds them, but for those with tests of their own.
RULES: dict[str, set[str]] = {}
for one in REPAIRS:
    home = one.find.__module__.rpartition(".")[2]
    if home not in {"boilerplate", "learned"}:
        RULES.setdefault(home, set()).add(one.id)
CASES = {name: json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in RULES}


def marked(case: dict[str, Any], module: str) -> Any:
    known = [pytest.mark.xfail(strict=True)] if case["expect"] == "fail" else []
    return pytest.param(case, id=f"{module}: {case['rule']}: {case['label']}", marks=known)


def read(value: str | dict[str, Any]) -> tuple[Draft, Context]:
    if isinstance(value, str):
        return Draft(body=value), Context()
    texts = {name: value[name] for name in Draft.__struct_fields__ if name in value}
    known = {name: value[name] for name in Context.__struct_fields__ if name in value}
    assert texts.keys() | known.keys() == value.keys()
    return Draft(**texts), Context(**known)


@pytest.mark.parametrize(
    "case", [marked(case, module) for module, cases in CASES.items() for case in cases]
)
def test_case(case: dict[str, Any]):
    given, context = read(case["input"])
    wanted, _ = read(case["expected"])
    options = OPTIONS if case["rule"] == MODEL else WITHOUT
    cleaned, repairs = clean(given, context, options)
    for name in case["expected"] if isinstance(case["expected"], dict) else ["body"]:
        assert getattr(cleaned, name, "") == getattr(wanted, name, "")
    fired = case["rule"] in {repair.rule for repair in repairs}
    assert fired == (case["source"] != "negative"), [repair.rule for repair in repairs]
    assert undo(cleaned, repairs) == given
    assert clean(cleaned, context, options) == (cleaned, ())


@pytest.mark.parametrize("module", RULES)
def test_every_rule_has_cases_of_each_kind(module: str):
    rules = RULES[module]
    kinds = {
        rule: {case["source"] for case in CASES[module] if case["rule"] == rule} for rule in rules
    }
    empty = {case["rule"] for case in CASES[module] if case["input"] == ""}
    assert {rule for rule in kinds if kinds[rule] >= {"in the wild", "negative"}} == rules
    assert empty == rules
    assert {case["rule"] for case in CASES[module]} == rules

"""Every repair by examples: what it repairs, what it must leave, and how the rules interplay."""

from pathlib import Path

import pytest

from pipeline.clean import REPAIRS, CleanOptions
from pipeline.testing import Case, check_case, read_cases

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
CASES = {name: read_cases(FOLDER / f"{name}.json") for name in RULES}
EVERY = [
    pytest.param(case, id=f"{module}: {case}") for module, cases in CASES.items() for case in cases
]


@pytest.mark.parametrize("case", EVERY)
def test_case(case: Case):
    check_case(case, options=OPTIONS if case.rule == MODEL else WITHOUT)


@pytest.mark.parametrize("module", RULES)
def test_every_rule_has_cases_of_each_kind(module: str):
    rules = RULES[module]
    kinds = {rule: {case.source for case in CASES[module] if case.rule == rule} for rule in rules}
    empty = {case.rule for case in CASES[module] if case.input == ""}
    assert {rule for rule in kinds if kinds[rule] >= {"in the wild", "negative"}} == rules
    assert empty == rules
    assert {case.rule for case in CASES[module]} == rules

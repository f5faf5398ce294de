# ruff: noqa: ANN001, ANN202, ARG001, T201 - one shape, and most of them use nothing of it
"""Rules of a user's that work, and rules that fail in every way."""

from __future__ import annotations

import os
import re
import sys
import time

import msgspec

from pipeline.article import Severity
from pipeline.check import Limit, Measure
from pipeline.clean import Rule, Splice
from pipeline.clean.triggers import Trigger
from pipeline.own import Check


def works(draft, candidates, context):
    return [Splice("articleBody", found.start(), found.end()) for found in _of("works", draft)]


def raises(draft, candidates, context):
    raise ValueError("on purpose")


def exits(draft, candidates, context):
    sys.exit("on purpose")


def dies(draft, candidates, context):
    os._exit(3)


def hangs(draft, candidates, context):
    time.sleep(600)


def backtracks(draft, candidates, context):
    re.match(r"(a+)+$", "a" * 60 + "b")  # in C, without end, and no signal stops it in a thread


def mutates(draft, candidates, context):
    msgspec.structs.force_setattr(draft, "body", "")
    return ()


def clears(draft, candidates, context):
    candidates.lines.clear()
    return ()


def overlaps(draft, candidates, context):
    return [Splice("articleBody", 0, 5), Splice("articleBody", 3, 8)]


def overruns(draft, candidates, context):
    return [Splice("articleBody", 0, len(draft.body) + 1)]


def reverses(draft, candidates, context):
    return [Splice("articleBody", 5, 2)]


def misnames(draft, candidates, context):
    return [Splice("body", 0, 1)]


def rambles(draft, candidates, context):
    return "an answer"


def returns_nothing(draft, candidates, context):
    return None


def surrogates(draft, candidates, context):
    return [Splice("articleBody", 0, 0, "\ud800")]


def floods(draft, candidates, context):
    while True:
        yield Splice("articleBody", 0, 0, "x")


def bloats(draft, candidates, context):
    return [Splice("articleBody", 0, 0, "x" * 50_000_000)]


def repeats(draft, candidates, context):
    return [Splice("articleBody", 0, 0, "again ")]


def prints(draft, candidates, context):
    print("\x00\x00\x00\x10 noise on standard output")
    return works(draft, candidates, context)


def _of(word, draft):
    return re.finditer(f"{word} ", draft.body)


def _rule(find, word="council") -> Rule:
    trigger = Trigger.of(re.compile(word))
    return Rule(f"test_{find.__name__}", "for a test", trigger, find)


WORKS = _rule(works, "works")
PRINTS = _rule(prints, "works")
FAILING = {
    find.__name__: _rule(find)
    for find in (
        raises, exits, dies, hangs, backtracks, mutates, clears, overlaps, overruns, reverses,
        misnames, rambles, returns_nothing, surrogates, floods, bloats, repeats,
    )
}  # fmt: skip
for _name, _one in FAILING.items():
    globals()[_name.upper()] = _one


def shout(subject) -> float:
    return subject.body.count("!")


def no_number(subject) -> float:
    return float("nan")


def no_check(subject) -> float:
    raise ZeroDivisionError("on purpose")


SHOUTING = Limit("test-shouting", "test_shouts", Severity.WARN, "It shouts.", "a test", high=2)
CHECK = Check(Measure("test_shouts", "marks", "Marks."), shout, (SHOUTING,))
NO_NUMBER = Check(Measure("test_nan", "marks", "Marks."), no_number, ())
NO_CHECK = Check(Measure("test_none", "marks", "Marks."), no_check, ())
LIMIT = Limit("test-long", "characters", Severity.INFO, "Long for us.", "a test", high=20)

CLASHES = WORKS._replace(id="unify_spaces")
NO_ID = WORKS._replace(id="My Rule")
NO_TRIGGER = WORKS._replace(trigger=Trigger.of(re.compile(r"\w+")))
NO_MEASURE = LIMIT._replace(measure="wrods")
NOT_A_RULE = 3

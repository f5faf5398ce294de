"""The scan: one native pass over a draft that finds the candidate lines of all rules.

The triggers of all rules are compiled into one `Scanner` at the first article. For most articles
hardly any rule is called. Deriving the literals of all patterns takes a third of a second, so the
build stores them in the file of tables, keyed by their patterns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from pipeline.article import Draft
from pipeline.clean import literals
from pipeline.clean.rule import Candidates, Rule
from pipeline.clean.rules import REPAIRS
from pipeline.clean.triggers import Signal, Trigger, derivation_of
from pipeline.native import Scanner
from pipeline.native.codepoints import folded
from pipeline.native.folds import scan_table
from pipeline.native.tables import stored

_Literals = dict[str, list[tuple[str, int, int]]]


class Scan:
    """A list of rules with the scanner for their triggers."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        triggers = list(dict.fromkeys(rule.trigger for rule in rules))
        numbers = {trigger: number for number, trigger in enumerate(triggers)}
        self._rules_of: list[list[int]] = [[] for _ in triggers]
        for i, rule in enumerate(rules):
            self._rules_of[numbers[rule.trigger]].append(i)
        signals = [
            one for number, trigger in enumerate(triggers) for one in signals_of(number, trigger)
        ]
        self._attributes = [
            (i, name) for i, rule in enumerate(rules) for name in rule.trigger.attributes
        ]
        self._scan = Scanner(scan_table(), folded(), signals).scan

    def given(self, context: object) -> frozenset[int]:
        """Returns the numbers of the rules that this context triggers."""
        return frozenset(i for i, name in self._attributes if getattr(context, name))

    def numbers_of(self, ids: Collection[str]) -> list[int]:
        """Returns the numbers of the rules with these ids."""
        return [number for number, rule in enumerate(self.rules) if rule.id in ids]

    def candidates(
        self, draft: Draft, given: frozenset[int] = frozenset(), before: object = None
    ) -> tuple[dict[int, Candidates], object]:
        """Returns the candidates of each rule to run, by the number of the rule.

        `given`: rules that run whatever the scan finds. The second result is the memory of the
        scan: as `before` of the next one it saves reading the lines that did not change.
        """
        spans, hits, memory = self._scan(
            draft.body, draft.headline, draft.description, draft.authors, before
        )
        found: dict[int, Candidates] = {}
        for trigger, lines in hits:
            found.update(dict.fromkeys(self._rules_of[trigger], Candidates(spans, lines)))
        for rule in given:
            found.setdefault(rule, Candidates(spans, ()))
        return found, memory


def signals_of(number: int, trigger: Trigger) -> list[tuple[Any, ...]]:
    """Returns the signals of a trigger as `Scanner` takes them."""
    return [
        (
            number,
            int(signal.kind),
            signal.where.longest,
            signal.where.head,
            signal.where.tail,
            int(signal.where.fields),
            _data(signal),
        )
        for signal in trigger.signals
    ]


def _data(signal: Signal) -> Any:
    derivation = derivation_of(signal)
    known = _known_literals().get(derivation) if derivation else None
    return signal.data() if known is None else known


@cache
def _known_literals() -> Mapping[str, list[tuple[str, int, int]]]:
    return msgspec.msgpack.decode(literal_table(), type=_Literals)


@stored("literals", literals.__file__)
def literal_table() -> bytes:
    """Returns the literals of the patterns of all rules, by their derivation, as MessagePack."""
    signals = {derivation_of(one): one for rule in REPAIRS for one in rule.trigger.signals}
    return msgspec.msgpack.encode({key: one.data() for key, one in signals.items() if key})

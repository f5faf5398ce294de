"""The story of an article, one at a time and in batches."""

import json

import pytest

from pipeline.article import Arrival, DeadLetter, Format, Origin, Prepared, Rejected
from pipeline.flow import Stages, prepare, prepare_batch
from pipeline.memo import Memo

STAGES = Stages()
BODY = (
    "The ferry to the island will leave from the old fish market until March.\n\n"
    "Passengers find the ticket office beside the crane, where a shelter has been put up."
)


def given(number: int, value: object) -> tuple[bytes, Arrival]:
    arrival = Arrival(Origin(file="a.jsonl", line=number), "2026-01-01T00:00:00Z", Format.JSON)
    return json.dumps(value).encode(), arrival


ARTICLE = given(1, {"headline": "A ferry moves", "articleBody": BODY})
INPUTS = [
    ARTICLE,
    given(2, ["no", "article"]),
    given(3, {"headline": "Page not found", "articleBody": "404"}),
    given(4, {"headline": "A ferry moves", "articleBody": BODY}),
]


@pytest.mark.parametrize("memo", [None, Memo()], ids=["without a memo", "with a memo"])
def test_a_batch_gives_what_its_inputs_give_one_by_one(memo: Memo | None):
    ready = prepare_batch(INPUTS, STAGES, memo)
    assert ready == [prepare(*item, STAGES) for item in INPUTS]
    assert list(map(type, ready)) == [Prepared, DeadLetter, Rejected, Prepared]


def test_dead_letters_pass_through_a_batch_in_their_place():
    dead = prepare(b"[]", INPUTS[1][1], STAGES)
    assert isinstance(dead, DeadLetter)
    ready = prepare_batch([dead, ARTICLE, dead], STAGES)
    assert ready == [dead, prepare(*ARTICLE, STAGES), dead]


def test_an_empty_batch_gives_nothing():
    assert prepare_batch([], STAGES) == []

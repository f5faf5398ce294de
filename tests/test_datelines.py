import json

import msgspec
import pytest

from pipeline.article import Arrival, Origin, Outcome, Prepared
from pipeline.clean.datelines import dateline_of
from pipeline.flow import Stages, prepare
from pipeline.publish import record

STORY = "The council voted on Monday to keep the old ferry in service for another year."


@pytest.mark.parametrize(
    ("dateline", "dash"),
    [
        ("LAGOS", " - "),
        ("LAGOS, Nov. 3 (NAN)", " - "),
        ("PORT TOWN, Ore. (AP)", " \N{EM DASH} "),
        ("NEW YORK", " -- "),
        ("BEIRUT/THE HAGUE, March 7 (Reuters)", " - "),
        ("Frankfurt/Main (dpa)", " \N{EN DASH} "),
        ("Madrid, 3 nov (EFE)", ".- "),
        ("S\u00e3o Paulo, 3 de novembro de 2024 (Lusa)", " \N{EN DASH} "),
        ("Paris (AFP)", " \N{EM DASH} "),
        ("\u041c\u041e\u0421\u041a\u0412\u0410, 3 \u043d\u043e\u044f", " \N{EM DASH} "),
    ],
)
def test_a_dateline_is_told_as_it_stands(dateline: str, dash: str):
    assert dateline_of(f"{dateline}{dash}{STORY}\n\nMore of it.") == dateline


def test_a_chinese_dispatch_has_one():
    head = "\u65b0\u534e\u793e\u6e2f\u57ce11\u67083\u65e5\u7535"
    assert dateline_of(f"{head} \u6cb3\u6c34\u5728\u6625\u5929\u4e0a\u6da8\u3002") == head


@pytest.mark.parametrize(
    "head",
    [
        "",
        "The mayor - who was elected in May - ",
        "Rivers - long and short - ",
        "BREAKING - ",
        "EXCLUSIVE \N{EN DASH} ",
        "WATCH: ",
        "Ana Lima (pictured) - ",
        "FEDERAL REPORT 1 - FEB 26\n",
        "LAGOS: ",
    ],
)
def test_what_is_none_is_not_told(head: str):
    assert dateline_of(head + STORY) is None


def test_it_must_lead_into_a_text_of_its_line():
    assert dateline_of(f"LAGOS - \n\n{STORY}") is None
    assert dateline_of("CORRECTED TABLE - RIVER LEVELS\n\n" + STORY) is None


def test_the_record_tells_it_and_the_text_keeps_it():
    arrival = Arrival(Origin(file="day.jsonl", line=1), "2026-11-22T19:03:00Z")
    body = "\n\n".join(
        [f"LAGOS, Nov. 3 (NAN) - {STORY}", *[STORY.replace("ferry", w) for w in "ab"]]
    )
    first = prepare(json.dumps({"articleBody": body}).encode(), arrival, Stages())
    assert isinstance(first, Prepared)
    assert first.article.article_body.startswith("LAGOS, Nov. 3 (NAN) - The council")
    assert first.article.dateline == "LAGOS, Nov. 3 (NAN)"
    assert first.article.provenance["dateline"] == "inferred"
    published = record(Outcome(first.article, first.quality), arrival.seen_at)
    again = prepare(msgspec.json.encode(published), arrival, Stages())
    assert isinstance(again, Prepared)
    assert (again.article.dateline, again.article.extra) == (first.article.dateline, {})

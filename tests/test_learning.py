"""What is learned, and above all what is not."""

import json
import random
from collections.abc import Iterable

import pytest
from msgspec.structs import replace
from support.copies import story
from support.real_articles import data, real_records

from bench.quality.learned import BARE
from pipeline.article import Draft
from pipeline.clean import Context, clean
from pipeline.clean.learned_lines import LearnedKind, LearnedRules, LinePlace
from pipeline.clean.learning import Learner
from pipeline.clean.rules.learned import RULE
from pipeline.url import canonical_url


def article(number: int) -> list[str]:
    """Three paragraphs that no other number gives."""
    return [story(number * 100 + part, 3) for part in range(3)]


def learned(bodies: Iterable[str], source: str = "river", least: int = 5) -> LearnedRules:
    learner = Learner(least)
    for number, body in enumerate(bodies):
        learner.add(source, f"https://river.example/{number}", str(hash(body)), body)
    return learner.rules()


def lines(rules: LearnedRules) -> dict[str, LinePlace]:
    return {one.line: one.place for own in rules.values() for one in own.lines}


def with_tail(*tail: str, count: int = 40, every: int = 1) -> list[str]:
    return ["\n\n".join([*article(n), *(tail if n % every == 0 else ())]) for n in range(count)]


def test_a_line_that_ends_many_articles_is_learned_with_what_was_seen():
    rules = learned(with_tail("The River Online", every=2))
    (line,) = rules["river"].lines
    assert (line.line, line.place, line.kind) == (
        "the river online", LinePlace.TAIL, LearnedKind.LABEL,
    )  # fmt: skip
    assert (line.seen, line.of, line.example) == (20, 40, "The River Online")


def test_lines_that_the_model_suspects_most_often_come_first():
    learner = Learner()
    for n, body in enumerate(with_tail("The River Online", "To our shop")):
        last = body.count("\n") + 1
        suspected = {last} if n % 2 else ()
        learner.add("river", f"https://river.example/{n}", str(n), body, suspected)
    found = [(one.line, one.suspected) for one in learner.rules()["river"].lines]
    assert found == [("to our shop", 20), ("the river online", 0)]


def test_a_block_of_lines_is_learned_on_either_side():
    bodies = ["\n\n".join(["Our shop", "Facebook", *article(n), "Copyright 2031 River", "To top"])
              for n in range(20)]  # fmt: skip
    assert lines(learned(bodies)) == {
        "our shop": LinePlace.HEAD,
        "facebook": LinePlace.HEAD,
        "copyright <number> river": LinePlace.TAIL,
        "to top": LinePlace.TAIL,
    }


def test_what_differs_is_learned_as_one_line():
    bodies = [
        "\n\n".join([f"{n}.{n} k shares on {('Facebook', 'Twitter')[n % 2]}", *article(n),
                     f"Our page: https://river.example/{n}"])
        for n in range(20)
    ]  # fmt: skip
    rules = learned(bodies)
    assert lines(rules) == {
        "<number> k shares on <network>": LinePlace.HEAD,
        "our page <link>": LinePlace.TAIL,
    }
    assert {one.kind for one in rules["river"].lines} == {LearnedKind.NETWORKS, LearnedKind.LINK}


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_a_source_with_few_articles_teaches_nothing(count: int):
    assert learned(with_tail("The River Online", count=count)) == {}


def test_a_line_must_stand_in_enough_articles_and_in_a_share_of_them():
    assert learned(with_tail("The River Online", count=40, every=10)) == {}
    assert learned(with_tail("The River Online", count=300, every=60)) == {}
    assert lines(learned(with_tail("The River Online", count=100, every=20)))
    assert lines(learned(with_tail("The River Online", count=40, every=10), least=3))


def between(line: str) -> list[str]:
    return ["\n\n".join([(a := article(n))[0], line, *a[1:]]) for n in range(40)]


def results(n: int) -> list[str]:
    return [f"APC - {2595 + n}", f"PDP {n * 7}", f"VALID VOTES : {19548 + n}", "1. Onitsha South"]


QUOTE = "\u201cWe shall rebuild the bridge and nothing else,\u201d she said."
BACKGROUND = "The bridge was built in the last century and has been closed since the big flood."
KEPT = {
    "a section head": between("Why it matters"),
    "a section head in capitals": between("THE BACKGROUND"),
    "a question head": between("What is a bridge?"),
    "an interview's question": between("Q: How old is the bridge?"),
    "a question at the end": with_tail("What do you think of the bridge?"),
    "rows of results": with_tail("Here are the results so far:", *results(1)),
    "rows of results that differ": [
        "\n\n".join([*article(n), "RESULT", *results(n)]) for n in range(40)
    ],
    "a section head over rows": [
        "\n\n".join([*article(n), "Percentage Losers", f"Town{n} Mills", f"Hill{n} Bank"])
        for n in range(40)
    ],
    "a row of the market report": [
        "\n\n".join([*article(n), f"The all share index closed at {30000 + n} points today"])
        for n in range(40)
    ],
    "a table's head": with_tail("2. Onitsha South", "Ihiala 12"),
    "a dateline of its own": [f"LAGOS\n\n{body}" for body in with_tail()],
    "a dateline that leads on": [f"Port Harcourt, Monday -\n\n{body}" for body in with_tail()],
    "an agency's credit": with_tail("AFP"),
    "an agency's credit in brackets": with_tail("(NAN)"),
    "a credit at the end of a sentence": [f"{body} (NAN)" for body in with_tail()],
    "a greeting": [f"Good morning,\n\n{body}" for body in with_tail()],
    "what introduces a quotation": with_tail("He said;"),
    "a quotation told again and again": with_tail(QUOTE, every=3),
    "background at the end": with_tail(BACKGROUND, every=5),
    "a short sentence at the end": with_tail("The trial continues.", every=5),
    "background between paragraphs": [
        body.replace("\n\n", f"\n\n{BACKGROUND}\n\n", 1) if n % 3 == 0 else body
        for n, body in enumerate(with_tail())
    ],
    "a caption that names whom the story is about": [
        "\n\n".join(["President Ana Lima", *article(n), f"President Ana Lima said {n} words."])
        for n in range(40)
    ],
    "time stamps of a live page": [
        "\n\n".join([*(part for p in range(3) for part in ("10:29AM", article(n)[p]))])
        for n in range(40)
    ],
    "the versions of a live page": [
        "\n\n".join([*article(n + 100)[:2], *article(1), "INEC Officials Arrive Polling Units"])
        for n in range(40)
    ],
    "the whole of a short notice": ["Website is down"] * 3 + ["Website is down for now"] * 30,
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
def test_what_may_carry_a_story_is_never_learned(kind: str):
    assert lines(learned(KEPT[kind])) == {}


def test_a_sentence_between_paragraphs_in_most_articles_is_a_notice():
    notice = "Buy our book about the river and its bridges, with pictures, today only."
    assert lines(learned(between(notice))) == {
        notice.lower().replace(",", "")[:-1]: LinePlace.ANYWHERE
    }


def test_a_closing_notice_in_many_articles_is_learned_as_one():
    notice = "The views in this column are those of its author and of nobody else here."
    (line,) = learned(with_tail(notice, every=3))["river"].lines
    assert line.kind is LearnedKind.NOTICE


def test_a_name_is_a_byline_unless_it_is_the_sources_or_made_of_words():
    bodies = [
        "\n\n".join([("Ana Lima", "River News", "Photo Gallery")[n % 3], *article(n),
                     "a photo in the gallery"])
        for n in range(60)
    ]  # fmt: skip
    kinds = {one.line: one.kind for one in learned(bodies)["river"].lines}
    assert kinds["ana lima"] is LearnedKind.BYLINE
    assert kinds["river news"] is kinds["photo gallery"] is LearnedKind.LABEL


def test_deliveries_and_copies_of_an_article_count_once():
    learner = Learner()
    for number, body in enumerate(with_tail("The River Online", count=4) * 20):
        learner.add("river", f"https://river.example/{number % 8}", body, body)
    assert learner.articles == 4
    assert learner.rules() == {}


def test_articles_without_a_source_or_a_body_teach_nothing():
    learner = Learner()
    learner.add(None, None, "1", "The River Online")
    learner.add("river", None, "2", "")
    assert (learner.articles, learner.rules()) == (0, {})


def test_the_order_of_the_articles_does_not_matter():
    bodies = [f"Our shop\n\n{body}" for body in with_tail("The River Online", count=700, every=3)]
    given = list(enumerate(bodies))
    found = []
    for seed in range(2):
        random.Random(seed).shuffle(given)  # noqa: S311
        learner = Learner()
        for number, body in given:
            learner.add("river", f"https://river.example/{number}", body, body)
        found.append(learner.rules())
    assert found[0] == found[1]
    assert found[0]["river"].lines[0].of == 500


def test_memory_of_a_source_is_bounded():
    learner = Learner()
    for number in range(1_500):
        body = "\n\n".join(f"line {number} of {part}" for part in range(300))
        learner.add("river", str(number), str(number), body)
    sample = learner._sources["river"]
    assert len(sample._lines) == len(sample._texts_of) == len(sample._all_texts) == 500
    assert sum(map(len, sample._lines.values())) <= 500 * 200
    assert len(sample._texts) <= 500


def test_no_legitimate_line_of_real_papers_is_lost():
    docs = real_records("ngr_stream.jsonl.gz")
    learner = Learner()
    for doc in docs:
        given = Draft(doc["title"] or "", "", doc["text"] or "")
        draft = clean(given, Context(doc["source"]), BARE)[0]
        learner.add(doc["source"], canonical_url(doc["url"]), draft.body, draft.body)
    options = replace(BARE, rules=learner.rules())  # the general rules leave nothing to learn
    assert options.rules
    labels = data("labels/legitimate_frequent_lines.jsonl").read_text("utf-8").splitlines()
    kept = {(label["source"], label["line"]) for label in map(json.loads, labels)}
    assert len(kept) == 60
    for doc in docs:
        if doc["source"] in options.rules:
            given = Draft(doc["title"] or "", "", doc["text"] or "")
            _, repairs = clean(given, Context(doc["source"]), options)
            taken = [edit for one in repairs if one.rule == RULE for edit in one.edits]
            gone = {line for edit in taken for line in edit.removed.split("\n")}
            assert not {line for source, line in kept if source == doc["source"]} & gone

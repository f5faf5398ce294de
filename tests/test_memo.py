"""The memo of articles that come again."""

import json
from collections.abc import Sequence

from pipeline.article import Arrival, Origin
from pipeline.flow import Stages, prepare
from pipeline.memo import Memo

STAGES = Stages()


def recall(memo: Memo, computed: list[str], keys: str, size: int = 1) -> list[str]:
    """Recalls the keys, and notes those that are computed."""

    def capitals(new: Sequence[str]) -> list[str]:
        computed.extend(new)
        return [key.upper() for key in new]

    return memo.recall(keys, [size] * len(keys), capitals)


def test_a_result_is_computed_once_while_it_is_kept():
    memo, computed = Memo(), list[str]()
    assert recall(memo, computed, "abac") == ["A", "B", "A", "C"]
    assert recall(memo, computed, "dba") == ["D", "B", "A"]
    assert computed == ["a", "b", "c", "d"]


def test_the_result_that_was_not_used_for_longest_goes_first():
    memo, computed = Memo(articles=1), list[str]()  # three results
    for key in "abcadab":
        recall(memo, computed, key)
    assert "".join(computed) == "abcdb"


def test_long_articles_are_not_kept():
    memo, computed = Memo(), list[str]()
    for _ in range(2):
        recall(memo, computed, "a", size=50_001)
    assert computed == ["a", "a"]


def test_a_memo_of_no_articles_keeps_nothing():
    memo, computed = Memo(0), list[str]()
    for _ in range(2):
        recall(memo, computed, "a")
    assert computed == ["a", "a"]


def test_an_article_gets_the_same_with_a_memo_whatever_came_before():
    """Inputs that agree in some of what cleaning and checking see, and differ in the rest."""
    body = "The ferry to the island will leave from the old fish market until March. " * 12
    articles = [
        {"articleBody": body},
        {"articleBody": body, "headline": "A ferry moves"},
        {"articleBody": body, "url": "https://gazette.example/a/1"},
        {"articleBody": body, "url": "https://gazette.example/a/2"},
        {"articleBody": body, "source": "gazette.example"},
        {"articleBody": body, "inLanguage": "de"},
        {"articleBody": body, "inLanguage": "en"},
        {"articleBody": body, "datePublished": "2020-01-01"},
        {"articleBody": body, "datePublished": "2027-01-01"},
        {"articleBody": body, "authors": ["Ana Lima"]},
        {"articleBody": body + "Subscribe to read on."},
    ]
    memo = Memo()
    for moment in ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"):
        for number, article in enumerate([*articles, *articles[::-1]]):
            arrival = Arrival(Origin(file="a.jsonl", line=number + 1), moment)
            value = json.dumps(article).encode()
            assert prepare(value, arrival, STAGES, memo) == prepare(value, arrival, STAGES)

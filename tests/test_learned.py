import pickle
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import CleanOptions, Context, clean, undo
from pipeline.clean.learned_lines import (
    LearnedKind,
    LearnedLine,
    LinePlace,
    SourceLines,
    line_key,
    merged,
    read_line,
)
from pipeline.clean.rules.learned import RULE, drop_learned_lines
from pipeline.testing import all_lines

STORY = (
    "The council agreed on Monday to repair the old bridge over the river.\n\n"
    "Work on the two pillars begins in spring, the engineer in charge said."
)
FIRST, SECOND = STORY.split("\n\n")
HILL = Context("hill.example")


def options(*lines: LearnedLine | str, **more: Any) -> CleanOptions:
    own = tuple(LearnedLine(line=one) if isinstance(one, str) else one for one in lines)
    disabled = (*more.pop("disabled", ()), "drop_furniture_lines")  # which knows most of them
    return CleanOptions(rules={"hill.example": SourceLines(own)}, disabled=disabled, **more)


def body_of(body: str, *lines: LearnedLine | str, context: Context = HILL) -> str:
    return clean(Draft("A bridge", "", body), context, options(*lines))[0].body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"The River Online\n\n{STORY}", STORY),
        (f"{STORY}\n\nTHE RIVER -- ONLINE!", STORY),
        (f"{STORY}\n\nThe River Online\n\nOur shop", STORY),
        (f"Our shop\n\nThe River Online\n\n{STORY}\n\nOur shop", STORY),
    ],
    ids=["before", "after, in other letters", "two after", "on both sides"],
)
def test_learned_lines_go_from_the_beginning_and_the_end(body: str, expected: str):
    assert body_of(body, "the river online", "our shop") == expected


@pytest.mark.parametrize(
    "body",
    [
        STORY.replace("\n\n", "\n\nOur shop\n\n"),
        f"{STORY}\n\nOur shop sells the paper",
        f"{STORY}\n\nOur shop\n\nThe second bridge",
        f"The market\n\nOur shop\n\n{STORY}",
        "Our shop",
        "Our shop\n\nThe market\n\nOur shop",
        "",
    ],
    ids=[
        "between paragraphs", "a longer line", "a heading before other lines", "under a heading",
        "nothing else", "no prose besides", "empty",
    ],
)  # fmt: skip
def test_a_learned_line_stays_where_it_may_tell_something(body: str):
    assert body_of(body, "our shop") == body


def test_a_learned_line_goes_only_in_its_own_source_and_place():
    head = LearnedLine(line="our shop", place=LinePlace.HEAD)
    both = f"Our shop\n\n{STORY}\n\nOur shop"
    assert body_of(both, head) == f"{STORY}\n\nOur shop"
    assert body_of(both, head, context=Context("dale.example")) == both
    assert body_of(both, head, context=Context()) == both


def test_a_line_for_anywhere_goes_between_paragraphs_too():
    line = LearnedLine(line="buy our book now", place=LinePlace.ANYWHERE)
    assert body_of(STORY.replace("\n\n", "\n\nBuy our book now!\n\n"), line) == STORY


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("<number> readers online", "1,234 readers online"),
        ("<number> readers online", "5.2k readers online"),
        ("pass it on by <network>", "Pass it on by Facebook"),
        ("pass it on by <network> <network>", "Pass it on by Pinterest | Stumbleupon"),
        ("<network>", "Mastodon"),
        ("our page <link>", "Our page: https://river.example/a?b=1"),
        ("our page <link>", "Our page: river.example/a"),
        ("write to <link>", "Write to desk@river.example"),
        ("write to <link>", "Write to [email protected]"),
        ("the river is <link>", "The River is @theriver"),
        ("the river <number>", "The River 2031"),
    ],
)
def test_numbers_networks_and_addresses_may_differ(line: str, printed: str):
    assert line_key(printed) == line
    assert body_of(f"{STORY}\n\n{printed}", LearnedLine(line=line, place=LinePlace.TAIL)) == STORY


def test_every_edit_names_the_learned_lines_it_was_made_by():
    body = f"The River Online\n\n{STORY}\n\n12 readers\n\nOur shop"
    given = Draft("A bridge", "", body)
    cleaned, repairs = clean(
        given, HILL, options("the river online", "<number> readers", "our shop")
    )
    assert [one.rule for one in repairs] == [RULE]
    assert [edit.learned for edit in repairs[0].edits] == [
        ("the river online",),
        ("<number> readers", "our shop"),
    ]
    assert [edit.lines for edit in repairs[0].edits] == [(1, 1), (7, 9)]
    assert repairs[0].count == 3
    assert undo(cleaned, repairs) == given


def test_a_general_repair_names_none():
    _, repairs = clean(Draft("A bridge", "", f"{STORY}\n\nAdvertisement"), HILL, options("x y"))
    assert [edit.learned for one in repairs for edit in one.edits] == [()]


@pytest.mark.parametrize(("authors", "expected"), [("", "ANA LIMA"), ("Bo Quist", "Bo Quist")])
def test_a_byline_moves_to_the_authors_where_there_are_none(authors: str, expected: str):
    given = Draft("A bridge", "", f"ANA LIMA\n\n{STORY}", authors)
    line = LearnedLine(line="ana lima", place=LinePlace.HEAD, kind=LearnedKind.BYLINE)
    cleaned, repairs = clean(given, HILL, options(line))
    assert (cleaned.body, cleaned.authors) == (STORY, expected)
    assert undo(cleaned, repairs) == given


def test_the_repair_can_be_switched_off():
    body = f"{STORY}\n\nOur shop"
    off = options("our shop", disabled=(RULE,))
    assert clean(Draft("A bridge", "", body), HILL, off)[0].body == body


LINES = st.sampled_from([
    FIRST, SECOND, "Our shop", "12 readers", "Facebook", "Buy our book now!", "ANA LIMA",
    "The market", "Q: Why?", "PDP 2804", "Advertisement", "Share this: Facebook", "* * *", "", " ",
])  # fmt: skip
ALL = options(
    "our shop", "<number> readers", "<network>",
    LearnedLine(line="buy our book now", place=LinePlace.ANYWHERE),
    LearnedLine(line="ana lima", place=LinePlace.HEAD, kind=LearnedKind.BYLINE),
    LearnedLine(line=read_line(SECOND), place=LinePlace.TAIL),
)  # fmt: skip
BODIES = st.lists(LINES, max_size=12).map("\n".join)


@given(BODIES)
def test_cleaning_settles_can_be_undone_and_leaves_prose(body: str):
    given = Draft("", "", body)
    cleaned, repairs = clean(given, HILL, ALL)
    assert undo(cleaned, repairs) == given
    assert clean(cleaned, HILL, ALL) == (cleaned, ())
    assert FIRST not in clean(given, HILL)[0].body or FIRST in cleaned.body


@given(st.lists(BODIES, min_size=2, max_size=4))
def test_the_result_does_not_depend_on_the_articles_before(bodies: list[str]):
    forwards = [clean(Draft("", "", body), HILL, ALL) for body in bodies]
    backwards = [clean(Draft("", "", body), HILL, ALL) for body in reversed(bodies)]
    assert forwards == backwards[::-1]


@given(st.text(max_size=300))
def test_any_text_has_a_key_that_reads_as_itself(text: str):
    key = line_key(text)
    assert line_key(text.upper().lower()) == line_key(text.upper().lower())
    try:
        assert read_line(key) == key
    except ValueError as error:
        assert "contains no word" in str(error)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "no word"),
        (" -- ", "no word"),
        ("<number>", "no word"),
        ("<link> <number>", "no word"),
        ("^read .*$", "not a regular expression"),
        ("(a+)+b", "not a regular expression"),
        (r"read \w+", "not a regular expression"),
        ("[ab]* read", "not a regular expression"),
        ("read " * 200, "longer than any line"),
    ],
)
def test_a_line_that_cannot_be_looked_for_says_why(line: str, message: str):
    with pytest.raises(ValueError, match=message):
        read_line(line)


@pytest.mark.parametrize(
    "body",
    ["a@" * 2_500_000, "1 " * 2_500_000, "www." * 1_250_000, "facebook " * 500_000,
     "Our shop\n" * 500_000],
    ids=["mailboxes", "numbers", "addresses", "networks", "learned lines"],
)  # fmt: skip
def test_five_megabytes_take_no_time_to_speak_of(body: str):
    context = Context("hill.example", learned=ALL.rules["hill.example"].table)
    start = time.process_time()
    draft = Draft(body=body)
    assert drop_learned_lines(draft, all_lines(draft), context) == ()
    assert time.process_time() - start < 5


def test_of_a_line_in_two_files_the_last_one_counts():
    first = {
        "hill.example": SourceLines((LearnedLine(line="our shop", seen=1), LearnedLine(line="b c")))
    }
    second = {"hill.example": SourceLines((LearnedLine(line="Our Shop!", seen=2),))}
    both = merged(first, second)["hill.example"].lines
    assert [(one.line, one.seen) for one in both] == [("Our Shop!", 2), ("b c", 0)]


def test_learned_lines_go_to_worker_processes():
    again = pickle.loads(pickle.dumps(ALL))  # noqa: S301
    assert again == ALL
    assert again.rules["hill.example"].table == ALL.rules["hill.example"].table

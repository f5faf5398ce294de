"""Repairs that tell captions, other stories, comments and boxes by their form: laws and time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Draft
from pipeline.clean import Context, repair, undo
from pipeline.clean.rules import (
    author_boxes,
    comments,
    pictures,
    reworded_headline,
    teasers,
    video_captions,
)
from pipeline.testing import all_lines

RULES = (
    *video_captions.CAPTION_RULES,
    *pictures.RULES,
    *video_captions.TITLE_RULES,
    *comments.RULES,
    *teasers.RULES,
    *reworded_headline.RULES,
    *author_boxes.RULES,
)
PROSE = "The council agreed on Monday to repair the old bridge over the river before winter."
HEADLINE = "Ferry stops for winter and the village waits"
LINES = (
    PROSE,
    "Work will begin in spring, said the mayor, who thanked the engineers for their patience.",
    "Short line",
    HEADLINE,
    f"Port Town: {HEADLINE}",
    "- Floods: How the village saved its bridge",
    "- “Nobody asked us”: Fishermen speak of the new harbour",
    "- riverpost.example: Bridge repaired before winter, says mayor",
    "Nine Goats Cross the Lake Nine Goats Cross the Lake",
    "The Ferry Never Came Back The Ferry Never Came Back",
    "Karl Ott pulled it out of the river, and nobody knows how. mehr",
    "rowing-boat 2 hours ago",
    "Ana vor einem Tag",
    "Was sagt das Dorf dazu? 21.04.2024 | 3:18 min",
    "About the author",
    "Ana Lima is the river editor of the Port Town Post.",
)
BODIES = st.lists(st.sampled_from(LINES), max_size=14).map("\n\n".join)


@given(BODIES, st.sampled_from(["", HEADLINE]))
def test_what_goes_is_whole_lines_that_can_be_put_back(body: str, headline: str):
    draft = Draft(headline=headline, body=body)
    edited, repairs = repair(draft, Context(), RULES)
    assert undo(edited, repairs) == draft
    assert set(edited.body.split("\n\n")) <= {*body.split("\n\n"), ""}
    assert bool(edited.body.strip()) == bool(body.strip())
    assert repair(edited, Context(), RULES) == (edited, ())


def test_a_long_list_of_titles_is_no_teaser():
    titles = [f"- Floods, part {i}: How the village saved its bridge" for i in range(11)]
    draft = Draft(body="\n\n".join([PROSE, *titles, PROSE]))
    assert repair(draft, Context(), RULES) == (draft, ())


@pytest.mark.parametrize(
    "piece",
    [
        "a b\n",
        f"{PROSE}\n- Floods: How the village saved it\n- Who pays for the new ferry?\n",
        "Nine Goats Cross It Nine Goats Cross It\n",
        "A bell is found\nKarl found it in the river. mehr\n",
        "Ana Lima 2 hours ago\n",
        f"{PROSE}\n{HEADLINE}\n",
        "What now? 21.04.2024 | 3:18 min\n",
        "a b ",
        "Ana Lima is ",
        "- ",
        "a: ",
    ],
)
def test_two_megabytes_take_bounded_time(piece: str):
    body = f"{PROSE}\n" * 5 + piece * (2_000_000 // len(piece))
    draft = Draft(headline=HEADLINE, body=body)
    began = time.process_time()
    for rule in RULES:
        rule.find(draft, all_lines(draft), Context())
    assert time.process_time() - began < 10  # seconds; a quadratic step would take hours

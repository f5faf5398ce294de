"""The line model: its file, what it says, and how the rule uses it."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import lines
from pipeline.article import Draft
from pipeline.check import CheckOptions, Subject, check
from pipeline.clean import CleanOptions, Context, clean, undo
from pipeline.clean.options import FurnitureOptions
from pipeline.clean.rules.scored_lines import RULE
from pipeline.errors import WrongUseError
from pipeline.lines.features import FEATURES
from pipeline.native.twins.lines import FEATURES as COUNT
from pipeline.settings import Settings, ruleset
from pipeline.text import line_spans

CONTENT = Path(lines.PATH).read_bytes()
STORY = (
    "The ferry to Granholm sails again from Monday, the harbour board said on Thursday.",
    "It had been out of service since the storm of March, when a wave broke two of its windows.",
    "\u201cWe are glad that it is over,\u201d said the captain, Ingrid Moe.",
    "About 400 people on the island depend on the ferry for work, school and shopping.",
)
PAGE = (
    "Home", "News", "Sport", "Weather for the coast", "Log in", *STORY, "Follow us on Facebook",
    "More in Local News", "Most popular stories today", "Contact us | Privacy policy | Terms",
    "All rights reserved 2026",
)  # fmt: skip
BODIES = st.lists(st.sampled_from([*PAGE, "", "* * *", "12:30", "\u6cb3\u6c34\u3002"]), max_size=25)


def article(*texts: str, headline: str = "Granholm ferry sails again") -> lines.Article:
    body = "\n\n".join(texts)
    return lines.Article(body, headline)


def test_every_feature_has_a_name_and_words():
    assert len(FEATURES) == COUNT
    assert len({feature.name for feature in FEATURES}) == COUNT


def test_the_model_is_small_enough_for_the_package():
    assert len(CONTENT) <= 2_000_000


def test_furniture_scores_above_the_story():
    found = lines.scores(article(*PAGE))
    assert max(found[5:9]) < 0 < min(found[:2])
    assert (lines.probability(0), lines.probability(3)) == (0.5, 0.953)


def test_the_reasons_of_a_line_are_three_at_most_and_in_words():
    given_article = article(*PAGE)
    spans = line_spans(given_article.body)
    for line in range(len(PAGE)):
        found = lines.reasons(given_article, spans, line)
        assert len(found) <= 3
        assert {*found} <= {words for one in FEATURES for words in (one.low, one.high)}


@pytest.mark.parametrize("size", [0, 10, 31, 32, 5000, len(CONTENT) - 1])
def test_a_model_that_is_cut_off_stops_the_start(size: int, tmp_path: Path):
    path = tmp_path / "model.bin"
    path.write_bytes(CONTENT[:size])
    with pytest.raises(WrongUseError, match="no whole line model"):
        lines.load(str(path))


def test_a_model_that_is_missing_damaged_or_of_another_version_stops_the_start(tmp_path: Path):
    path = tmp_path / "model.bin"
    with pytest.raises(WrongUseError, match="missing"):
        lines.load(str(path))
    path.write_bytes(CONTENT[:9000] + bytes([CONTENT[9000] ^ 1]) + CONTENT[9001:])
    with pytest.raises(WrongUseError, match="no whole line model"):
        lines.load(str(path))
    path.write_bytes(CONTENT[:8] + struct.pack("<I", 99) + CONTENT[12:])
    with pytest.raises(WrongUseError, match="version 99"):
        lines.load(str(path))


def test_the_start_asks_for_the_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(lines.load, "__defaults__", (str(tmp_path / "none"),))
    lines.model.cache_clear()
    with pytest.raises(WrongUseError, match="line model is missing"):
        ruleset(Settings())
    monkeypatch.undo()
    assert ruleset(Settings())


def test_a_cut_says_how_sure_the_model_was_and_why():
    given_draft = Draft(headline="Granholm ferry sails again", body="\n\n".join(PAGE))
    cleaned, repairs = clean(given_draft, Context(language="en"))
    edits = [edit for repair in repairs if repair.rule == RULE for edit in repair.edits]
    assert edits
    for edit in edits:
        cut = [line for line in edit.removed.split("\n") if line]
        assert len(edit.because) == len(cut)
        assert all(said.partition("%: ")[2] for said in edit.because)
    left = cleaned.body.split("\n\n")
    assert {*STORY} <= {*left}
    assert len(left) <= len(STORY) + 1
    assert undo(cleaned, repairs) == given_draft


def test_the_setting_decides_how_sure_is_sure():
    given_draft = Draft(headline="Granholm ferry sails again", body="\n\n".join(PAGE))
    left = [
        len(
            clean(given_draft, Context(), CleanOptions(furniture=FurnitureOptions(certainty=at)))[
                0
            ].body
        )
        for at in (0.6, 0.9, 0.999)
    ]
    assert left == sorted(left)
    assert left[0] < left[2]


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(
            "\u201cFollow us on Facebook and share this story,\u201d he said", id="speech"
        ),
        pytest.param(
            "Follow the road to the harbour, and log in at the gate of the ferry.", id="amid"
        ),
    ],
)
def test_protected_lines_stay(kept: str):
    body = "\n\n".join([*STORY[:2], kept, *STORY[2:]])
    sure = CleanOptions(furniture=FurnitureOptions(certainty=0.501))
    assert kept in clean(Draft(body=body), Context(), sure)[0].body


def test_what_the_description_says_stays():
    said = "Ferry to Granholm sails again after two months of repairs"
    body = "\n\n".join([said, *STORY])
    sure = CleanOptions(furniture=FurnitureOptions(certainty=0.501))
    given_draft = Draft(body=body, description=f"{said}. By Anna Lind.")
    assert said in clean(given_draft, Context(), sure)[0].body


COMMENTS = (
    "Leave a comment", "3 comments", "Reader42 says: This is long overdue, I waited for weeks.",
    "Reply", "Anna says: Great news for all of us, thanks for writing about it!", "Reply",
)  # fmt: skip


def test_comments_below_the_story_are_furniture():
    story = (
        *STORY,
        "The harbour board paid for the new windows, which came from a yard in Bergen.",
        "Tickets cost as much as before, and cars must be booked a day ahead, the board said.",
        "The next storm is expected on Friday.",
    )
    found = lines.scores(article(*story, *COMMENTS))
    assert max(found[: len(story)]) < 0 < min(found[len(story) :])


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param("12 minutes ago", id="heads an entry"),
        pytest.param("ferry.sail(at=12) => { return 'Granholm'; }", id="program"),
    ],
)
def test_lines_of_the_story_that_look_like_none_stay(kept: str):
    body = "\n\n".join([*STORY[:2], kept, *STORY[2:]])
    sure = CleanOptions(furniture=FurnitureOptions(certainty=0.501))
    assert kept in clean(Draft(body=body), Context(), sure)[0].body


def test_scripts_without_end_marks_are_not_judged():
    thai = "\u0e2a\u0e20\u0e32\u0e40\u0e21\u0e37\u0e2d\u0e07\u0e21\u0e35\u0e21\u0e15\u0e34"
    assert lines.scores(article(*[thai] * 5)) == ()


def test_a_page_without_a_story_keeps_its_lines():
    body = "\n\n".join(one for one in PAGE if one not in STORY)
    _, repairs = clean(Draft(body=body), Context())
    assert RULE not in {repair.rule for repair in repairs}


def test_doubted_lines_are_named_by_their_numbers():
    body = "\n\n".join([*STORY, *PAGE[:5], *PAGE[9:]])
    checked = check(Subject(body=body, headline="Granholm ferry sails again"), CheckOptions())
    (found,) = [one for one in checked.findings if one.rule == "furniture-suspected"]
    assert (found.detail or "").startswith("lines 9")
    assert checked.measures["suspected_lines"] >= 3


@settings(max_examples=40, deadline=None)
@given(BODIES, st.sampled_from(["", "Granholm ferry sails again"]))
def test_cleaning_settles_and_can_be_undone(texts: list[str], headline: str):
    given_draft = Draft(headline=headline, body="\n".join(texts))
    cleaned, repairs = clean(given_draft, Context())
    assert undo(cleaned, repairs) == given_draft
    assert clean(cleaned, Context()) == (cleaned, ())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("word " * 1_000_000, id="one line of 5 MB"),
        pytest.param("Share this\n" * 200_000, id="200,000 lines"),
        pytest.param("\n".join(["ferry"] * 20_000), id="a word a line"),
        pytest.param("\n".join(["\U00010330\U00010331 \U00010332"] * 5_000), id="an unseen script"),
        pytest.param(
            "\n".join(["abc \u0627\u0628\u062a 12 \u05d0\u05d1\u05d2."] * 5_000), id="directions"
        ),
        pytest.param("\u4e2d" * 1_000_000, id="Han without end"),
    ],
)
def test_odd_texts_take_bounded_time(body: str):
    began = time.process_time()
    found = lines.scores(article(body, headline=""))
    assert len(found) in {0, len(line_spans(body))}
    assert time.process_time() - began < 10

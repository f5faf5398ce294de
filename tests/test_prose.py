"""How much of a text reads as a story: kinds of articles and stubs, odd input, the model's file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.quality import stubs
from bench.quality.table import holds
from pipeline.article import Finding
from pipeline.check import CheckOptions, Subject, check, prose, take
from pipeline.errors import WrongUseError
from pipeline.identity import rule_files
from pipeline.settings import Settings, ruleset

STORY = (
    "The council agreed on Monday to repair the old bridge over the river before winter.\n\n"
    "Work will begin in spring, said the mayor, who thanked the engineers for their patience."
)
MENU = "Home\nNews\nSport\nWeather\nTravel\nJobs\nMotors\nContact us\nTerms\nPrivacy\nCookies"
LONG_STORY = (
    f"{STORY}\n\nThe bridge was built in 1911 and has been closed twice since, both times after a "
    "flood.\n\nFarmers on the far bank drive eleven miles to the market while it is shut. They "
    "asked for a ferry, but the river is too low in August.\n\nThe repair will cost two million."
)
TERMS = (
    "These terms apply to your use of our website. By visiting it you accept them in full. We may "
    "change them at any time without notice. You are responsible for keeping your password secret. "
    "We accept no liability for the content of other sites to which we link. All material is "
    "protected by copyright and may not be copied without our consent. If any clause is found to "
    "be void, the others remain in force."
)
WALL = "We use cookies to show you advertising.\nAccept all\nReject all\nManage your choices"
CONTENT = Path(prose.FILE).read_bytes()


def found(headline: str, body: str, options: CheckOptions | None = None) -> dict[str, Finding]:
    subject = Subject(headline=headline, body=body)
    return {one.rule: one for one in check(subject, options or CheckOptions()).findings}


def measured(headline: str, body: str) -> float:
    return check(Subject(headline=headline, body=body), CheckOptions()).measures["prose"]


def test_a_story_is_prose_and_a_menu_is_none():
    assert measured("Bridge to be repaired", STORY) > 0.9
    assert measured("The Gazette", MENU) < 0.1
    assert not found("Bridge to be repaired", STORY).keys() & {"not-an-article", "little-prose"}


def test_the_finding_says_what_is_missing():
    finding = found("The Gazette", MENU)["not-an-article"]
    assert finding.severity == "reject"
    assert finding.detail is not None
    assert finding.detail.startswith("lacks ")


def test_it_says_how_much_is_worded_like_a_notice():
    detail = found("The Gazette", WALL)["not-an-article"].detail
    assert detail is not None
    assert detail.endswith("% of it is worded like a notice")


def test_what_is_plainly_prose_measures_1_and_the_trees_are_not_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(prose, "row", lambda *_: pytest.fail("the trees were asked"))
    assert measured("Bridge to be repaired", LONG_STORY) == 1


def test_terms_of_use_are_in_whole_sentences_and_are_not_plainly_prose():
    assert measured("Terms of use", TERMS) < 0.85


def test_a_story_that_was_wrapped_at_a_width_is_still_one():
    for blank in ("\n", "\n\n"):
        body = blank.join(blank.join(wrap(part, 40)) for part in STORY.split("\n\n"))
        assert measured("Bridge to be repaired", body) > 0.6, body


def test_the_limit_can_be_set_for_a_source_and_switched_off():
    assert "not-an-article" not in found("", MENU, CheckOptions(limits={"not-an-article": None}))
    assert "not-an-article" in found("", STORY, CheckOptions(limits={"not-an-article": 1.0}))


def test_of_each_kind_that_is_no_stub_most_are_published():
    neighbours = [one for one in stubs.judged() if one.right == "publish"]
    kinds = Counter(one.kind for one in neighbours)
    assert {"brief", "poem", "results", "transcript", "live-blog", "recipe", "obituary"} <= {*kinds}
    lost = Counter(one.kind for one in neighbours if one.is_withheld)
    assert [kind for kind, times in lost.items() if times > 1 and 2 * times > kinds[kind]] == []


def test_the_figures_on_the_lists_keep_to_their_floors():
    assert [figure for figure in stubs.figures() if not holds(figure)] == []


# ---- Odd input ----


def test_a_text_without_words_has_no_measure():
    for body in ("", " \n ", "!!! ...", "\U0001f600"):
        measures = check(Subject(headline="Storm", body=body), CheckOptions()).measures
        assert "prose" not in measures, body
        assert not found("Storm", body).keys() & {"not-an-article", "little-prose"}


def test_a_script_that_the_model_never_saw_is_not_rejected():
    # Cherokee: a sentence as a paper would print it, and another.
    body = (
        "\u13a0\u13c2\u13f4\u13ef\u13cd\u13a9 \u13a4\u13be\u13d5\u13c5\u13db \u13c5\u13c3\u13b4"
        " \u13a0\u13b9\u13f1\u13a2 2024 \u13a4\u13d5\u13d8\u13f4\u13cc\u13d7\u13d2\u13a2."
        " \u13a3\u13a6\u13b8 \u13d5\u13a6\u13b6\u13a9 \u13a4\u13c1\u13b3\u13c5\u13af"
        " \u13a4\u13c2\u13c3\u13ae\u13b8 \u13a0\u13c2\u13ac\u13f4 12 \u13a4\u13be\u13d3"
        "\u13c5\u13a9."
    )
    assert "not-an-article" not in found("\u13a0\u13c2\u13f4\u13ef\u13cd\u13a9", body)


def test_binary_is_rejected():
    body = bytes(range(256)).decode("latin-1") * 8
    assert "not-an-article" in found("", body)


def test_one_line_of_five_megabytes_is_measured():
    assert 0 <= measured("Bridge", "The bridge was closed on Monday. " * 150_000) <= 1
    assert 0 <= measured("x" * 1_000_000, "x" * 1_000_000) <= 1


@given(st.text(max_size=200), st.text(max_size=400))
def test_it_is_a_share_of_any_text_with_words(headline: str, body: str):
    measures = check(Subject(headline=headline, body=body), CheckOptions()).measures
    assert ("prose" in measures) == (measures["words"] > 0)
    assert 0 <= measures.get("prose", 0) <= 1


# ---- The model's file ----


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "truncated"),
        (CONTENT[:10], "truncated"),
        (CONTENT[:-1], "truncated"),
        (CONTENT + b"\0", "truncated"),
        (b"CDPROSE1" + CONTENT[8:], "no model of this version"),
        (CONTENT[:16] + b"\0" + CONTENT[17:], "no model of this version"),
        (CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]), "damaged"),
    ],
)
def test_a_file_that_is_no_whole_model_is_refused(content: bytes, why: str, tmp_path: Path):
    path = tmp_path / "prose.model"
    path.write_bytes(content)
    with pytest.raises(WrongUseError, match=why):
        prose.load(str(path))


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path):
    with pytest.raises(WrongUseError, match="install Copydesk again"):
        prose.load(str(tmp_path / "prose.model"))


def test_the_start_asks_for_the_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(prose.load.__wrapped__, "__defaults__", (str(tmp_path / "none"),))
    prose.load.cache_clear()
    with pytest.raises(WrongUseError, match="none cannot be used"):
        ruleset(Settings())
    monkeypatch.undo()
    prose.load.cache_clear()
    assert ruleset(Settings())


def test_the_model_is_packed_as_it_is_read_and_is_small():
    assert len(CONTENT) < 200_000
    model = prose.load()
    trees = CONTENT[28 + len(model.weights) :]
    assert prose.pack(model.weights, trees) == CONTENT


def test_the_model_is_part_of_the_ruleset():
    assert "check/prose.model" in {file.name for file in rule_files()}


def test_each_feature_belongs_to_a_part_that_can_be_named():
    assert len(set(prose.FEATURES)) == len(prose.FEATURES)
    named = prose.missing(Subject(body=MENU), take([Subject(body=MENU)])[0])
    assert named.startswith("lacks ")

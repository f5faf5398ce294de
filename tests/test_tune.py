import json
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.copies import prepared, story

from pipeline.cli import main
from pipeline.dedup import DedupOptions
from pipeline.errors import WrongUseError
from pipeline.flow import Stages
from pipeline.tune import (
    COPIES,
    OTHERS,
    Labelled,
    choose,
    folded,
    merged_under,
    read_pairs,
    score,
    tune,
)
from pipeline.tune.search import choices, split
from pipeline.tune.tuning_page import render

ROOT = Path(__file__).parents[1]
NOW = "2026-01-01T00:00:00Z"
STAGES = Stages()


def pair(label: str, one: str, other: str):
    return Labelled(prepared(one), prepared(other), label)


def reworded(text: str, step: int):
    return " ".join(
        word if at % step else f"other{at}" for at, word in enumerate(text.split(), start=1)
    )


COPY = pair("copy", story(1), story(1).replace("bridge", "harbour"))
REWORDED = pair("edited-copy", story(2), reworded(story(2), 9))
OTHER = pair("different", story(3), story(4))


def line(**fields: object):
    return json.dumps(fields).encode()


def read(*lines: bytes):
    return read_pairs(lines, "pairs.jsonl", STAGES, NOW)


GOOD = line(a=story(1), b=story(1), label="copy"), line(a=story(1), b=story(2), label="other")


def test_articles_are_objects_or_texts_and_go_through_the_desk():
    given = {"title": "River rises", "text": f"{story(1)}\n\nShare on Facebook", "source": "Here"}
    pairs = read(*GOOD, b"", line(a=given, b=story(1), label="revision"))
    assert [one.label for one in pairs] == ["copy", "other", "revision"]
    earlier = pairs[2].earlier.article
    assert (earlier.headline, earlier.source) == ("River rises", "Here")
    assert "Facebook" not in earlier.article_body
    assert pairs[2].later.article.article_body == story(1)


def test_an_article_that_the_checks_reject_is_compared_all_the_same():
    pairs = read(*GOOD, line(a="404 Not Found", b="404 Not Found", label="different"))
    assert pairs[2].earlier.fingerprint.words == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (b"{", "pairs.jsonl:3: .*wanted is"),
        (line(a="x", b="y"), "pairs.jsonl:3: .*label"),
        (line(a="x", label="copy"), "pairs.jsonl:3: .*`b`"),
        (line(a="x", b="y", label="same"), "pairs.jsonl:3: label 'same' is none of copy, "),
        (line(a=7, b="y", label="copy"), "pairs.jsonl:3: a: "),
        (line(a="x", b=["y"], label="copy"), "pairs.jsonl:3: b: "),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(wrong: bytes, message: str):
    with pytest.raises(WrongUseError, match=message):
        read(*GOOD, wrong)


@pytest.mark.parametrize("lines", [(), GOOD[:1], GOOD[1:]])
def test_pairs_of_one_side_alone_say_nothing(lines: tuple[bytes, ...]):
    with pytest.raises(WrongUseError, match=r"pairs.jsonl: \d pairs; some must be copies"):
        read(*lines)


def test_precision_and_recall_are_counted_by_hand():
    one = score(["copy", "excerpt", "template", "different"], [True, False, True, False])
    assert (one.precision, one.recall) == (0.5, 0.5)
    assert (one.wrong("template"), one.wrong("different")) == (1.0, 0.0)
    assert score(["copy"], [False]).precision == 1.0


def test_each_of_the_options_judges_each_pair():
    strict = DedupOptions(near_jaccard=0.99, story_score=9, containment=1.0)
    assert merged_under([COPY, REWORDED, OTHER], [DedupOptions(), strict]) == [
        [True, False],
        [True, False],
        [False, False],
    ]


def test_the_numbers_in_force_come_first_and_stay_where_nothing_is_better():
    options = DedupOptions()
    tried = choices(options, {"near_jaccard": (0.1, options.near_jaccard, 0.9)})
    assert tried[0].options == options
    assert len(tried) == 3
    assert choose(["copy", "other"], [[True, True], [False, False]], [0, 1], 0.97) == 0


def test_the_best_recall_wins_among_the_precise():
    verdicts = [[False, True, True], [True, True, True], [False, False, True]]
    labels = ["copy", "copy", "other"]
    assert choose(labels, verdicts, range(3), precise=0.97) == 1
    assert choose(labels, verdicts, range(3), precise=0.5) == 1


NAMES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), min_size=1)


@given(NAMES, st.integers(0, 3))
def test_pairs_that_share_a_text_stand_in_one_fold(names: list[tuple[str, str]], seed: int):
    folds = split(names, seed)
    fold_of: dict[str, int] = {}
    for (one, other), fold in zip(names, folds, strict=True):
        assert fold_of.setdefault(one, fold) == fold
        assert fold_of.setdefault(other, fold) == fold


def test_every_pair_is_judged_once():
    names = [(f"a{n}", f"b{n}") for n in range(20)]
    labels = ["copy", "other"] * 10
    total, chosen = folded(names, labels, [[True], [False]] * 10, precise=0.97)
    assert (total.precision, total.recall) == (1.0, 1.0)
    assert sum(total.pairs.values()) == 20
    assert chosen == {0: 5}


def test_better_numbers_are_settings_to_paste():
    options = DedupOptions(near_jaccard=0.95, story_score=9, containment=1.0)
    tuning = tune([COPY, REWORDED, OTHER], options, "pairs", 0.97)
    assert tuning.in_force.recall == 0
    assert tuning.best.recall == 1
    better = msgspec.structs.replace(options, **tuning.settings)
    assert merged_under([COPY, REWORDED, OTHER], [better]) == [[True], [True], [False]]


def test_curves_say_what_each_value_gives():
    tuning = tune([COPY, REWORDED, OTHER], DedupOptions(), "pairs", 0.97)
    assert [curve.setting for curve in tuning.curves] == [
        "near_jaccard",
        "containment",
        "story_score",
    ]
    for curve in tuning.curves:
        values = [point.value for point in curve.points]
        assert values == sorted(values)
        recalls = [point.recall for point in curve.points]
        assert recalls == sorted(recalls, reverse=True)
    shapes = [(one.bands, one.rows) for one in tuning.bands]
    assert (25, 5) in shapes
    assert all(one.by_bands <= one.found for one in tuning.bands)


def test_the_page_loads_nothing_and_escapes_names():
    tuning = tune([COPY, OTHER], DedupOptions(), "<script>alert(1)</script>", 0.97)
    page = render(tuning, "dedup:\n  near_jaccard: 0.4\n", 0.97)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "near_jaccard: 0.4" in page
    assert page.count("<polyline") == 6


def test_the_command_reads_the_example_and_writes_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "tune.html"
    assert main(["tune", str(ROOT / "docs" / "pairs.jsonl"), "--out", str(page)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("10 pairs, 5 of them copies\n")
    assert "near_jaccard  merged  wrongly  precision  recall" in shown
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_the_example_has_a_pair_of_every_label():
    lines = (ROOT / "docs" / "pairs.jsonl").read_bytes().splitlines()
    assert {json.loads(one)["label"] for one in lines} == set(COPIES + OTHERS)


def test_json_is_for_programs_and_settings_for_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = tmp_path / "desk.yaml"
    config.write_text("dedup: {near_jaccard: 0.95, story_score: 9, containment: 1.0}", "utf-8")
    given = tmp_path / "pairs.jsonl"
    texts = story(2), reworded(story(2), 9)
    given.write_bytes(
        b"\n".join([line(a=texts[0], b=texts[1], label="copy"), GOOD[1].replace(b"\n", b"")])
    )
    command = ["tune", str(given), "--out", str(tmp_path / "x.html"), "--config", str(config)]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pairs"], found["copies"]) == (2, 1)
    assert main(command) == 0
    pasted = capsys.readouterr().out.partition("Settings to paste:\n\n")[2].partition("\n\n")[0]
    assert yaml.safe_load(pasted) == {"dedup": found["settings"]}
    assert set(found["settings"]) <= {"near_jaccard", "containment", "story_score"}


def test_a_file_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]):
    assert main(["tune", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl cannot be read" in capsys.readouterr().err


def test_pairs_that_say_what_is_added_choose_what_is_withheld():
    copy = pair("copy", story(1), story(1).replace("bridge", "harbour"))._replace(adds=False)
    more = pair("copy", story(2), f"{story(2)} {story(5, sentences=3)}")._replace(adds=True)
    options = DedupOptions(withhold_novelty=0.0, withhold_words=0)
    tuning = tune([copy, more, REWORDED, OTHER], options, "pairs.jsonl", 0.97)
    assert tuning.withheld
    assert (tuning.withheld.pairs, tuning.withheld.nothing) == (2, 1)
    assert (tuning.withheld.in_force.recall, tuning.withheld.best.recall) == (0, 1)
    assert "withhold_novelty" in tuning.settings
    assert "What is withheld" in render(tuning, "", 0.98)


def test_without_both_answers_nothing_is_said_of_what_is_withheld():
    assert tune([COPY, OTHER], DedupOptions(), "pairs.jsonl", 0.97).withheld is None


def test_the_table_joins_values_that_give_the_same_and_names_the_pairs_that_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pairs = Path(__file__).parents[1] / "docs" / "pairs.jsonl"
    assert main(["tune", str(pairs), "--out", str(tmp_path / "tune.html")]) == 0
    tables = capsys.readouterr().out.split("\n\n")
    near = next(one for one in tables if one.startswith("near_jaccard"))
    assert [line.split()[:3] for line in near.splitlines()[1:3]] == [
        ["0.05", "to", "0.1"],
        ["0.15", "to", "0.95"],
    ]
    assert near.endswith("line 6 (different) is merged up to 0.1")
    assert next(one for one in tables if one.startswith("containment")).endswith(
        "No pair depends on it."
    )

"""`copydesk learn`, `copydesk run --learn`, and a rules file in the settings."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.copies import story

from pipeline.clean.learned_lines import (
    LearnedKind,
    LearnedLine,
    LinePlace,
    SourceLines,
)
from pipeline.cli import main
from pipeline.errors import WrongUseError
from pipeline.parse.date_orders import LearnedOrder
from pipeline.settings import Lessons, load
from pipeline.settings.rules_file import read_rules, write_rules
from pipeline.text import fold

FOOT = "Our little shop"
NAME = "pages.jsonl"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("COPYDESK_")]:
        monkeypatch.delenv(name)
    # The line model knows such a foot without learning.
    monkeypatch.setenv("COPYDESK_CLEAN__DISABLED", "[drop_furniture_lines]")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Twenty articles of one source with a foot, three of another."""
    path = tmp_path / NAME
    path.write_text("".join(page(n, "hill.example") for n in range(20)) + "".join(
        page(n, "dale.example") for n in range(20, 23)
    ), "utf-8")  # fmt: skip
    return path


def page(number: int, source: str) -> str:
    body = "\n\n".join([*(story(number * 10 + part, 4) for part in range(3)), FOOT])
    record = {"url": f"https://{source}/{number}", "headline": f"Story {number}", "text": body}
    return json.dumps(record | {"source": source}) + "\n"


def bodies(folder: str) -> list[str]:
    lines = (Path(folder) / "clean.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["articleBody"] for line in lines]


@pytest.mark.usefixtures("pages")
def test_learn_writes_a_rules_file_that_the_settings_can_name(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["learn", NAME, "--out", "learned.yaml"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("1 lines of 1 sources, learned from 23 articles of 2 sources")
    text = Path("learned.yaml").read_text("utf-8")
    assert text.startswith("# Lines that belong to the pages of a source")
    assert text.endswith(
        "sources:\n"
        "  hill.example:\n"
        "    - line: our little shop\n"
        "      place: tail\n"
        "      kind: label\n"
        "      seen: 20\n"
        "      of: 20\n"
        "      suspected: 20\n"
        "      example: Our little shop\n"
    )
    Path("desk.yaml").write_text("clean: {learned: learned.yaml}\n", "utf-8")
    assert main(["run", NAME, "--out", "out", "--config", "desk.yaml"]) == 0
    found = bodies("out")
    assert [FOOT in body for body in found] == [False] * 20 + [True] * 3


@pytest.mark.usefixtures("pages")
def test_learn_prints_json_for_programs(capsys: pytest.CaptureFixture[str]):
    assert main(["learn", NAME, "--out", "learned.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["articles"], told["sources"]) == (23, 2)
    assert [one["line"] for one in told["lines"]["hill.example"]] == ["our little shop"]


@pytest.mark.usefixtures("pages")
def test_learn_takes_more_stories_where_it_is_asked_to():
    assert main(["learn", NAME, "--out", "learned.yaml", "--least", "21"]) == 0
    assert Path("learned.yaml").read_text("utf-8").endswith("sources: {}\n")


@pytest.mark.usefixtures("pages")
def test_run_learns_first_where_it_is_asked_to_and_keeps_what_it_learned():
    assert main(["run", NAME, "--out", "out", "--learn"]) == 0
    assert main(["run", NAME, "--out", "two", "--learn", "--jobs", "2"]) == 0
    assert [FOOT in body for body in bodies("out")] == [False] * 20 + [True] * 3
    assert bodies("two") == bodies("out")
    assert "our little shop" in Path("out/learned.yaml").read_text("utf-8")
    assert Path("two/learned.yaml").read_bytes() == Path("out/learned.yaml").read_bytes()
    report = Path("out/report.html").read_text("utf-8")
    assert "\N{LEFT DOUBLE QUOTATION MARK}our little shop" in report
    assert main(["run", NAME, "--out", "out"]) == 0
    assert not Path("out/learned.yaml").exists()
    assert all(FOOT in body for body in bodies("out"))


@pytest.mark.usefixtures("pages")
def test_learning_again_does_not_build_on_what_was_learned():
    assert main(["learn", NAME, "--out", "one.yaml"]) == 0
    Path("desk.yaml").write_text("clean: {learned: [one.yaml]}\n", "utf-8")
    assert main(["learn", NAME, "--out", "two.yaml", "--config", "desk.yaml"]) == 0
    assert Path("one.yaml").read_bytes() == Path("two.yaml").read_bytes()


def test_what_can_be_read_only_once_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path in ("-", "pipe.jsonl"):
        assert main(["run", path, "--out", "out", "--learn"]) == 2
        assert "can be read only once" in capsys.readouterr().err
    assert not Path("out").exists()


def test_explain_says_which_learned_line_it_was(capsys: pytest.CaptureFixture[str]):
    Path("page.jsonl").write_text(page(1, "hill.example"), "utf-8")
    Path("learned.yaml").write_text(
        "sources:\n  hill.example:\n    - line: our little shop\n", "utf-8"
    )
    Path("desk.yaml").write_text("clean: {learned: learned.yaml}\n", "utf-8")
    assert main(["explain", "page.jsonl", "--config", "desk.yaml"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "drop_learned_lines" in shown
    assert "(learned: our little shop)" in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sources:\n  a:\n    - line: '(x+)+y'\n",
         "learned.yaml:3: sources.a: '(x+)+y': a line is text, not a regular expression; write <n"),
        ("sources:\n  a:\n    - line: a b\n    - line: <number>\n",
         "learned.yaml:4: sources.a: '<number>': contains no word"),
        ("sources:\n  a:\n    - lin: a b\n", "learned.yaml:3: sources.a[0].lin: unknown setting"),
        ("sources:\n  a:\n    - line: a b\n      place: top\n",
         "learned.yaml:4: sources.a[0].place: expected one of head, tail, edge, anywhere"),
        ("sources:\n  a: x\n", "learned.yaml:2: sources.a: expected a list"),
        ("a: [\n", "learned.yaml:2:1: not valid YAML"),
        ("x\n", "learned.yaml:1: settings: expected a mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rules_file_names_its_line(text: str, message: str):
    Path("learned.yaml").write_text(text, "utf-8")
    Path("desk.yaml").write_text("clean: {learned: learned.yaml}\n", "utf-8")
    with pytest.raises(WrongUseError) as error:
        load(Path("desk.yaml"), {})
    assert message in str(error.value)


def test_a_rules_file_that_is_missing_is_named_with_the_setting():
    Path("desk.yaml").write_text("check: {}\nclean:\n  learned: [a.yaml, b.yaml]\n", "utf-8")
    with pytest.raises(WrongUseError) as error:
        load(Path("desk.yaml"), {})
    for name in ("a.yaml", "b.yaml"):
        assert f"desk.yaml:3: clean.learned: cannot read the rules file {name}" in str(error.value)


def test_the_rules_file_of_the_documentation_can_be_used():
    page = (Path(__file__).parents[1] / "docs" / "learning.md").read_text("utf-8")
    Path("learned.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    lessons, problems = read_rules(["learned.yaml"], Path(), "settings")
    assert problems == []
    rules = lessons.lines
    assert len(rules["river.example"].lines) == 3
    line = "7 readers shared this on Twitter"
    assert rules["river.example"].table.find(fold(line), line) is not None


def test_a_path_is_taken_from_the_folder_of_the_settings(tmp_path: Path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "own.yaml").write_text("sources:\n  a:\n    - line: b c\n", "utf-8")
    (tmp_path / "conf" / "desk.yaml").write_text("clean: {learned: own.yaml}\n", "utf-8")
    assert load(Path("conf/desk.yaml"), {}).settings.clean.rules["a"].lines[0].line == "b c"
    assert load(None, {"COPYDESK_CLEAN__LEARNED": "[conf/own.yaml]"}).settings.clean.rules


def test_the_ruleset_tells_by_what_the_files_say_not_by_their_names():
    Path("one.yaml").write_text("sources:\n  a:\n    - line: b c\n", "utf-8")
    Path("two.yaml").write_text("sources:\n  a:\n    - line: b c\n", "utf-8")
    Path("off.yaml").write_text("sources:\n  a:\n    - line: b d\n", "utf-8")
    named = [load(None, {"COPYDESK_CLEAN__LEARNED": f"{name}.yaml"}).settings.stages().ruleset
             for name in ("one", "two", "off")]  # fmt: skip
    assert named[0] == named[1] != named[2]


WORDS = st.text(min_size=1).filter(lambda text: text.strip() != "")
RULES = st.dictionaries(
    WORDS,
    st.builds(
        LearnedLine,
        line=st.sampled_from(["our shop", "<number> readers", "<network>", "a: b # c"]),
        place=st.sampled_from(LinePlace),
        kind=st.sampled_from(LearnedKind),
        seen=st.integers(0, 9),
        of=st.integers(0, 9),
        example=st.text(),
    ).map(lambda one: SourceLines((one,))),
    max_size=3,
)


ORDERS = st.dictionaries(
    WORDS,
    st.builds(LearnedOrder, order=st.sampled_from(["DMY", "MDY"]), seen=st.integers(0, 9)),
    max_size=3,
)


@given(st.builds(Lessons, RULES, ORDERS))
def test_a_written_rules_file_reads_back_as_the_same(lessons: Lessons):
    Path("again.yaml").write_text(write_rules(lessons, "A heading.\nMore."), "utf-8")
    assert read_rules(["again.yaml"], Path(), "settings") == (lessons, [])


def test_learn_says_why_it_learned_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / NAME
    given = {
        "no article that names its source": "",
        "1 sources, none with the 10 articles": page(1, "hill.example"),
        "of 1 sources 1 have the 10 articles": "".join(
            page(n, "hill.example").replace(FOOT, f"It rained {n} times.") for n in range(12)
        ),
    }
    for why, lines in given.items():
        path.write_text(lines, "utf-8")
        assert main(["learn", NAME, "--out", "learned.yaml"]) == 0
        said = capsys.readouterr().out
        assert why in said
        assert "set clean.learned" not in said

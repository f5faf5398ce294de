"""Rules, checks, phrases and languages of the user's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import own_rules

from pipeline import Desk
from pipeline.article import Arrival, Origin, Outcome
from pipeline.cli import main
from pipeline.errors import WrongUseError
from pipeline.interface import settings_of
from pipeline.languages.bundle import use
from pipeline.metrics import Done, Metrics
from pipeline.own import FAILED
from pipeline.routing import Role
from pipeline.runners.in_step import run_in_step
from pipeline.runners.kafka.engine.messages import Received
from pipeline.runners.kafka.roles.desk import DeskHandler

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "own-rules"
TEXT = (
    "The new ferry works every day, said the council after a long debate on Monday evening!!!\n\n"
    "Nobody on the two banks of the river Wend had thought that it would be built so soon."
)
RULES = "support.own_rules"
MOMENT = "2026-11-01T00:00:00Z"
# What the line model is sure of changes with its weights.
NO_MODEL = {"clean": {"disabled": ["drop_furniture_lines"]}}


@pytest.fixture(autouse=True)
def shipped_languages() -> Iterator[None]:
    yield
    use({})


def outcome(text: str = TEXT, **own: Any) -> Any:
    return Desk({"own": own}).clean(text)


def failures(quality: Any) -> dict[str, str]:
    return {one.value: one.detail for one in quality.findings if one.rule == FAILED.id}


def test_a_repair_and_a_check_run_and_are_recorded():
    found = outcome(repairs=f"{RULES}:WORKS", checks=[f"{RULES}:CHECK", f"{RULES}:LIMIT"])
    assert found.article.article_body == TEXT.replace("works ", "")
    assert "test_works" in [one.rule for one in found.quality.repairs]
    assert found.quality.measures["test_shouts"] == 3
    assert {"test-shouting", "test-long"} <= {one.rule for one in found.quality.findings}
    assert failures(found.quality) == {}


@pytest.mark.parametrize("name", own_rules.FAILING)
def test_a_rule_that_fails_is_named_and_the_article_goes_on_without_it(name: str):
    plain = outcome()
    found = outcome(repairs=[f"{RULES}:WORKS", f"{RULES}:{name.upper()}"], seconds=0.5)
    assert found.article.article_body == plain.article.article_body.replace("works ", "")
    assert found.verdict == plain.verdict
    assert [*failures(found.quality)] == [f"test_{name}"]
    assert failures(found.quality)[f"test_{name}"].startswith(f"test_{name}: ")


@pytest.mark.parametrize("name", ["NO_NUMBER", "NO_CHECK"])
def test_a_check_that_fails_is_named_and_its_measure_left_out(name: str):
    found = outcome(checks=[f"{RULES}:{name}", f"{RULES}:CHECK"])
    assert found.quality.measures["test_shouts"] == 3
    (failure,) = failures(found.quality)
    assert failure not in found.quality.measures


def test_a_rule_that_hangs_is_off_after_three_articles_and_the_others_go_on():
    desk = Desk({"own": {"repairs": [f"{RULES}:HANGS", f"{RULES}:WORKS"], "seconds": 0.3}})
    texts = [TEXT.replace("Monday", day) for day in ("Tuesday", "Friday", "Sunday", "May", "June")]
    why = [failures(one.quality)["test_hangs"] for one in desk.run(texts)]
    assert ["longer than" in one for one in why] == [True, True, True, False, False]
    assert why[3] == "test_hangs: is off in this process: it failed 3 times"
    assert "works " not in desk.clean(TEXT).article.article_body  # type: ignore[union-attr]


def test_what_a_rule_prints_harms_nothing(capfd: pytest.CaptureFixture[str]):
    found = outcome(repairs=f"{RULES}:PRINTS")
    assert "works " not in found.article.article_body
    assert capfd.readouterr().out == ""


def test_a_stream_worker_logs_the_rule_and_the_article_and_goes_on(
    caplog: pytest.LogCaptureFixture,
):
    settings = settings_of({"own": {"repairs": [f"{RULES}:BACKTRACKS"], "seconds": 0.5}})
    desk = DeskHandler(settings.stages(), settings.kafka)
    values = [json.dumps({"id": f"a{n}", "text": f"{TEXT} {n}"}).encode() for n in range(2)]
    records = [
        Received("raw", 0, n, 1_700_000_000_000, None, value, []) for n, value in enumerate(values)
    ]
    with ThreadPoolExecutor(1) as threads:  # workers clean in a thread, where no signal arrives
        done = threads.submit(desk.handle, records).result(60)
    assert [len(one.messages) for one in done] == [1, 1]
    assert [one.outcome for one in done] == [None, None]  # on their way to dedup
    assert "raw[0]@1, article a1: went on without a rule of your own: test_backtracks" in (
        caplog.text
    )


def test_a_backtest_of_ones_own_phrases_tells_what_two_runs_tell(tmp_path: Path):
    old, new = Desk(NO_MODEL), Desk(languages(tmp_path / "own", en=ENGLISH))
    texts = [f"{LINES}\n\nIt is the {n}th of its kind on the river." for n in range(80)]
    inputs = [
        (json.dumps({"text": text}).encode(), Arrival(Origin(file="x", line=n), MOMENT))
        for n, text in enumerate(texts)
    ]
    pairs = list(run_in_step(inputs, old._stages, new._stages))
    bodies = [[one.article.article_body for one in pair] for pair in pairs]  # type: ignore[union-attr]
    alone = [
        [desk.clean(text).article.article_body for desk in (old, new)]  # type: ignore[union-attr]
        for text in texts[:3]
    ]
    assert bodies[:3] == alone
    assert all("Zorble" in before and "Zorble" not in after for before, after in bodies)


def test_failures_are_counted_by_rule():
    found = outcome(repairs=f"{RULES}:RAISES")
    metrics = Metrics(Role.DEDUP)
    metrics.record([Done(Outcome(found.article, found.quality), arrived=1, seconds=0.001)])
    name, labels = "copydesk_rule_failures_total", {"rule": "test_raises"}
    assert metrics.registry.get_sample_value(name, labels) == 1


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"repairs": "no_such.module:X"}, "there is no module no_such; install its package"),
        ({"repairs": f"{RULES}:NOTHING"}, "support.own_rules has no NOTHING"),
        ({"repairs": "nonsense"}, "an import path is written package.module:NAME"),
        ({"repairs": f"{RULES}:NOT_A_RULE"}, "is neither a Rule nor a tuple of them"),
        ({"repairs": f"{RULES}:CHECK"}, "is neither a Rule nor a tuple of them"),
        ({"repairs": f"{RULES}:CLASHES"}, "unify_spaces: a repair has this id; take another"),
        ({"repairs": [f"{RULES}:WORKS"] * 2}, "test_works: another rule of own.repairs has this"),
        ({"repairs": f"{RULES}:NO_ID"}, "'My Rule' is no id: small letters, digits, - and _"),
        ({"repairs": f"{RULES}:NO_TRIGGER"}, "test_works: its trigger cannot be used: "),
        ({"checks": f"{RULES}:NO_MEASURE"}, "test-long: there is no measure 'wrods'"),
        ({"languages": "nowhere"}, "own.languages: cannot read nowhere: No such file"),
    ],
)
def test_settings_that_cannot_be_used_say_why(own: dict[str, Any], message: str):
    with pytest.raises(WrongUseError) as error:
        settings_of({"own": own})
    assert message in str(error.value)


def test_a_setting_of_a_rule_of_ones_own_is_known():
    own = {"repairs": f"{RULES}:WORKS", "checks": f"{RULES}:CHECK"}
    settings = {
        "own": own,
        "clean": {"disabled": ["test_works"]},
        "check": {"limits": {"test-shouting": 9}},
    }
    found = Desk(settings).clean(TEXT)
    assert found.article.article_body == TEXT  # type: ignore[union-attr]
    assert "test-shouting" not in [one.rule for one in found.quality.findings]


def test_a_rule_of_ones_own_can_be_observed():
    own = {"repairs": f"{RULES}:WORKS", "checks": f"{RULES}:CHECK"}
    settings = {
        "own": own,
        "clean": {"observe": ["test_works"]},
        "check": {"observe": ["test-shouting"]},
    }
    found = Desk(settings).clean(TEXT)
    assert found.article.article_body == TEXT  # type: ignore[union-attr]
    assert {one.rule for one in found.quality.observed} == {"test_works", "test-shouting"}


def languages(folder: Path, **texts: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return {"own": {"languages": str(folder)}, **NO_MODEL}


ENGLISH = '[furniture.drop_share_buttons]\nanywhere = ["zorble this quux"]\n'
NEW = 'name = "Quuxish"\n[furniture.drop_share_buttons]\nanywhere = ["fluub tat artikkel"]\n'
LINES = f"{TEXT}\n\nZorble this quux\n\nFluub tat artikkel\n\nShare this article"


def test_phrases_are_added_to_a_language_and_a_new_language_works(tmp_path: Path):
    own = languages(tmp_path / "own", en=ENGLISH, qq=NEW)
    assert Desk(own).clean(LINES).article.article_body == TEXT  # type: ignore[union-attr]


def test_a_file_that_replaces_ours_leaves_nothing_of_it(tmp_path: Path):
    own = languages(tmp_path / "own", en=f'replaces = true\nname = "English"\n{ENGLISH}')
    body = Desk(own).clean(f"{TEXT}\n\nShare this article\n\nZorble this quux").article.article_body  # type: ignore[union-attr]
    assert body == f"{TEXT}\n\nShare this article"


def test_desks_of_one_process_keep_to_their_own_files(tmp_path: Path):
    mine, plain = Desk(languages(tmp_path / "own", en=ENGLISH, qq=NEW)), Desk(NO_MODEL)
    for _ in range(2):
        assert mine.clean(LINES).article.article_body == TEXT  # type: ignore[union-attr]
        assert "Zorble" in plain.clean(LINES).article.article_body  # type: ignore[union-attr]


def test_a_limit_of_a_language_is_the_users(tmp_path: Path):
    own = languages(tmp_path / "own", en="[limits]\nbrief = 10\n")
    assert "brief" in [one.rule for one in Desk().clean(TEXT).quality.findings]
    assert "brief" not in [one.rule for one in Desk(own).clean(TEXT).quality.findings]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[furniture.drop_it]\nedge = ["zo"]\n', "en.toml: [furniture.drop_it] is no rule"),
        ('[words]\nbylin = ["zby"]\n', "en.toml: [words] bylin is read by nothing"),
        (
            '[furniture]\ndrop_share_buttons.edge = ["zo"]\ndrop_follow_calls.edge = ["zo"]\n',
            "en.toml: [furniture.drop_follow_calls] edge 'zo' is also of the kind drop_share_b",
        ),
        (
            '[notices]\ncookie = ["page not found"]\n',
            "en.toml: 'page not found' is of the kind cookie, but en.toml has it as error",
        ),
        ("[words\n", "en.toml: Expected ']'"),
        ("[limits]\ntoo-shrt = 3\n", "en.toml: [limits] too-shrt is no rule of the checks"),
    ],
)
def test_mistakes_of_a_language_file_are_told_before_anything_runs(
    tmp_path: Path, text: str, message: str
):
    with pytest.raises(WrongUseError) as error:
        settings_of(languages(tmp_path / "own", en=text))
    assert message in str(error.value)


def test_the_ruleset_changes_with_the_users_code_and_phrases(tmp_path: Path):
    module = tmp_path / "rules_of_mine.py"
    config = tmp_path / "copydesk.yaml"
    config.write_text("own: {repairs: rules_of_mine:RULE, languages: own}\n")
    text = "from support.own_rules import WORKS\n\nRULE = WORKS._replace(id='mine')\n"

    def ruleset(code: str, phrases: str) -> str:
        module.write_text(code)
        languages(tmp_path / "own", en=phrases)
        return Desk(config).ruleset

    first = ruleset(text, ENGLISH)
    assert first != Desk().ruleset
    assert ruleset(f"# A comment.\n{text}", f"# A comment.\n{ENGLISH}") == first
    assert ruleset(f"{text}\nMORE = 1\n", ENGLISH) != first
    assert ruleset(text, ENGLISH.replace("quux", "quuz")) != first


def test_commands_name_what_is_the_users(capsys: pytest.CaptureFixture[str]):
    config = str(EXAMPLE / "copydesk.yaml")
    assert main(["config", "check", "--config", config]) == 0
    assert "of your own: drop_article_numbers, shouting, en.toml, ia.toml" in (
        capsys.readouterr().out
    )
    assert main(["rules", "--json", "--config", config]) == 0
    facts = {fact["id"]: fact for fact in json.loads(capsys.readouterr().out)}
    assert facts["drop_article_numbers"]["stage"] == "own clean"
    assert facts["shouting"]["limit"] == "exclamations at most 3"
    assert facts["ia.toml"]["summary"] == "adds 16 phrases, words and limits"
    assert main(["config", "show", "--config", config]) == 0
    assert "own.languages" in capsys.readouterr().out


def test_several_processes_give_what_one_gives(tmp_path: Path):
    given = tmp_path / "in.jsonl"
    given.write_text("".join(json.dumps({"text": f"{LINES} {n}"}) + "\n" for n in range(70)))
    config = tmp_path / "copydesk.yaml"
    config.write_text(f"own: {{repairs: ['{RULES}:WORKS', '{RULES}:RAISES'], languages: own}}\n")
    languages(tmp_path / "own", en=ENGLISH)
    lines = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        command = ["run", str(given), "--out", str(out), "--jobs", jobs, "--config", str(config)]
        assert main(command) == 0
        records = map(json.loads, (out / "clean.jsonl").read_text().splitlines())
        lines.append([one["articleBody"] for one in records])
    assert lines[0] == lines[1]
    assert lines[0]
    assert not any("Zorble" in body or "works " in body for body in lines[0])


def test_a_run_says_which_rules_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "copydesk.yaml").write_text(f"own: {{repairs: '{RULES}:RAISES'}}\n")
    (tmp_path / "a.txt").write_text(TEXT)
    config = str(tmp_path / "copydesk.yaml")
    folder = str(tmp_path / "out")
    assert main(["run", str(tmp_path / "a.txt"), "--out", folder, "--config", config]) == 0
    told = capsys.readouterr().out
    assert "Failed: your rule test_raises on 1 articles, which went on without it" in told
    assert "ValueError: on purpose" in told


def test_the_example_is_run_by_the_commands_of_its_readme(tmp_path: Path):
    """Installed as a package, without a network: into a folder of its own in place of a `.venv`."""
    readme = (EXAMPLE / "README").read_text(encoding="utf-8")
    commands = [line.strip() for line in readme.splitlines() if line.startswith("    .venv/bin/")]
    assert commands.pop(0) == ".venv/bin/pip install . ./examples/own-rules pytest"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path), str(EXAMPLE)], check=True)
    shown = []
    for command in commands:
        program, *arguments = command.split()
        module = [] if program.endswith("python") else ["-m", "pipeline"]
        done = subprocess.run(
            [sys.executable, *module, *arguments, *([] if module else ["-p", "no:cacheprovider"])],
            cwd=ROOT,
            env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        shown.append(done.stdout)
    tests, settings, explained = shown
    assert "passed" in tests
    assert "drop_article_numbers" in settings
    assert "shouting" in explained
    assert "drop_share_buttons" in explained

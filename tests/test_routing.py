"""What `pipeline/routing.py` declares is known everywhere, or mypy says where it is not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.outcomes import copy, dead_letter, outcome, rejected

from pipeline.article import Verdict
from pipeline.metrics import REASONS_OF, STAGES
from pipeline.publish import door
from pipeline.report import Tally
from pipeline.routing import (
    DOOR_OF,
    DOORS,
    TOPICS,
    Door,
    Role,
    Topic,
    consumed_by,
    doors_of,
    written_by,
)

ROOT = Path(__file__).parents[1]

# A door that nobody knows: two members and two rows, as CONTRIBUTING tells.
EDITS = (
    ('    INDEX = "index"\n', '    INDEX = "index"\n    EMBARGOED = "embargoed"\n'),
    (
        '    DEAD_LETTER = "dead-letter"\n',
        '    DEAD_LETTER = "dead-letter"\n    EMBARGOED = "embargoed"\n',
    ),
    (
        "TOPICS: Mapping[Topic, TopicRow] = {\n",
        """TOPICS: Mapping[Topic, TopicRow] = {
    Topic.EMBARGOED: TopicRow(
        "articles.embargoed", "Published later.", 3, *_ARTICLE, (Role.DEDUP,)
    ),
""",
    ),
    (
        "DOORS: Mapping[Door, DoorRow] = {\n",
        """DOORS: Mapping[Door, DoorRow] = {
    Door.EMBARGOED: DoorRow(
        Topic.EMBARGOED, None, "Embargoed", "Embargoed", "Held", "held back", None, "grey", "purple"
    ),
""",
    ),
)
# The places where a person must say what a new door means.
UNDECIDED = ("pipeline/report/flow_chart.py", "pipeline/sources/record.py")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with one more door."""
    folder = tmp_path_factory.mktemp("copied")
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    for name in ("pipeline", "deploy", "docs", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for built in (ROOT / "pipeline").rglob("*.so"):
        shutil.copy(built, folder / built.relative_to(ROOT))
    shutil.copy(ROOT / "pyproject.toml", folder)
    table = folder / "pipeline" / "routing.py"
    text = table.read_text(encoding="utf-8")
    for old, new in EDITS:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    table.write_text(text, encoding="utf-8")
    return folder


# What the copy says of its new door, as JSON; the reasons of a door are for a person to write.
QUESTIONS = """
import json, runpy, sys
from pathlib import Path
from typing import Any
from deploy.grafana.overview import OUTCOMES
from pipeline.cli.summary import print_summary
from pipeline.cluster import KafkaOptions, wanted_topics
from pipeline.live.lists import verdict_row
from pipeline.live.pages import Pages, PageState, Status
from pipeline.live.recent import Kept
from pipeline.live.store import Memory
from pipeline.metrics import Metrics
from pipeline.report import Tally, flow_chart
from pipeline.routing import Door, Role
from pipeline.settings import Settings
from pipeline.settings.describe import reference

tally = Tally()
tally.doors[Door.EMBARGOED] = 7
print_summary(tally, Path("out"), 1.0)
flow_chart._reasons = lambda _: ()
status = Status(state=PageState.READING, now=0, known=(0, 0))
docs = runpy.run_path("docs/generate.py")
print(json.dumps({
    "topics": {one.name: one.partitions for one in wanted_topics(KafkaOptions(prefix="p-"))},
    "settings": [row.path for row in reference(Settings)],
    "counters": [Metrics(role).exposition().decode().count('"embargoed"') for role in Role],
    "report": [one.node.label for one in flow_chart.narrow(tally).nodes],
    "page": Pages("p").home(Memory(), status, "x-0"),
    "row": verdict_row(Kept(origin="o", at=0, door=Door.EMBARGOED)).door,
    "docs": [docs[f"_{one}_table"]() for one in ("rights", "topics", "records")],
    "dashboards": OUTCOMES,
}))
"""


@pytest.fixture(scope="module")
def told(copied: Path) -> dict[str, Any]:
    """The answers, and the `summary` of a run."""
    command = [sys.executable, "-c", QUESTIONS]
    done = subprocess.run(command, cwd=copied, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *summary, answers = done.stdout.splitlines()
    return json.loads(answers) | {"summary": "\n".join(summary)}


def test_every_member_has_its_row():
    assert [*TOPICS] == [*Topic]
    assert [*DOORS] == [*Door]
    assert STAGES.keys() == REASONS_OF.keys() == set(Role)


def test_names_are_different():
    assert len({row.name for row in TOPICS.values()}) == len(TOPICS)
    for column in ("topic", "many", "one", "status", "summary", "tone", "colour"):
        assert len({getattr(row, column) for row in DOORS.values()}) == len(DOORS), column


def test_every_verdict_leads_through_a_door():
    assert DOOR_OF.keys() == set(Verdict)


def test_every_outcome_is_counted_at_its_door():
    outcomes = [outcome(), copy(), rejected("empty"), dead_letter()]
    tally = Tally()
    for one in outcomes:
        tally.add(one)
    assert [*map(door, outcomes)] == [*Door]
    assert [tally.doors[one] for one in Door] == [1, 1, 1, 1]
    figures = msgspec.to_builtins(tally.figures())
    (run,) = [one for one in tally.sources() if one.source]
    assert figures["received"] == sum(tally.doors.values()) == 4
    assert [run.through(one) for one in Door] == [1, 1, 1, 0]


@pytest.mark.parametrize("role", Role)
def test_a_role_consumes_one_topic_and_writes_others(role: Role):
    assert consumed_by(role) not in written_by(role) or role is Role.SOURCES
    assert {DOORS[one].topic for one in doors_of(role)} <= set(written_by(role))


def test_every_tone_has_a_colour_in_the_style():
    style = (ROOT / "pipeline/report/templates/report.css").read_text(encoding="utf-8")
    coloured = set(re.findall(r"(?m)^\.([\w-]+)[^{]* \{ --tone", style))
    assert {row.tone for row in DOORS.values()} - coloured == set()


def test_every_topic_is_in_the_sketch_of_the_docs():
    text = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    sketch = re.findall(r"```text\n(.*?)```", text, re.DOTALL)[0]
    assert [row.name for row in TOPICS.values() if row.name not in sketch] == []


def test_a_new_door_has_a_topic_and_its_settings(told: dict[str, Any]):
    assert told["topics"]["p-articles.embargoed"] == 3
    assert "kafka.topics.embargoed.retention_hours" in told["settings"]


def test_a_new_door_is_counted_by_the_role_that_writes_to_it(told: dict[str, Any]):
    assert told["counters"] == [0, 1, 0]


def test_a_new_door_is_in_summary_report_and_live_page(told: dict[str, Any]):
    assert re.search(r"7\s+held back\s+out/embargoed\.jsonl", told["summary"])
    assert "Embargoed" in told["report"]
    assert "Embargoed" in told["page"]
    assert told["row"] == "Embargoed"


def test_a_new_door_is_in_docs_and_dashboards(told: dict[str, Any]):
    assert ["`articles.embargoed`" in table for table in told["docs"]] == [True, True, True]
    assert told["dashboards"]["embargoed"] == "purple"


def test_the_type_check_names_every_place_that_must_decide_on_a_new_door(copied: Path):
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", *UNDECIDED]
    done = subprocess.run(command, cwd=copied, capture_output=True, text=True, check=False)
    failures = re.findall(r'(?m)^(\S+):\d+: error: .*"assert_never" has', done.stdout)
    assert sorted(failures) == [*UNDECIDED], done.stdout + done.stderr

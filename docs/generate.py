"""Writes the pages that follow from the code: run it with `make docs`.

`config/copydesk.yaml`, `docs/settings.md`, `docs/rules.md`, `docs/metrics.md`, `docs/languages.md`,
`docs/schemas/`, `docs/asyncapi.yaml`, Grafana's dashboards, the tables of topics in
`docs/delivery.md` and `docs/records.md` and the picture in `docs/architecture.md` are never edited
by hand; a test fails with the difference when one of them is stale.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from msgspec.structs import replace
from prometheus_client import Metric

from deploy.grafana import dashboards
from docs import contract
from docs.language_matrix import languages_page
from pipeline.article import (
    Arrival,
    DeadLetter,
    Kind,
    Origin,
    Outcome,
    Relation,
    Severity,
    Verdict,
)
from pipeline.cli.rules import RuleFact, rule_facts
from pipeline.dedup import entry_of
from pipeline.flow import Stages, decide, prepare
from pipeline.metrics import STAGES, Done, IndexFacts, Metrics
from pipeline.metrics.source_series import NAMELESS
from pipeline.parse import REASONS as PARSE_REASONS
from pipeline.routing import DOORS, TOPICS, Door, Role, Topic, is_state
from pipeline.runners.kafka.engine.messages import REASONS as STREAM_REASONS
from pipeline.settings import Settings
from pipeline.settings.describe import as_file, as_markdown, cell
from pipeline.sources import OTHER, SignalName, Watch, counted_record
from pipeline.sources.counts import FIELDS

ROOT = Path(__file__).parents[1]

_FILE_HEADING = """\
Every setting of Copydesk with its default. Written by `make docs`: change the defaults in the
code, or copy this file, change the copy and name it with --config FILE or COPYDESK_CONFIG.
A setting that is left out keeps its default. The environment wins over the file:
COPYDESK_CLEAN__DISABLED='[a, b]' sets clean.disabled. `null` is the only way to say "off".
"""

_SETTINGS_HEADING = """\
# Settings

Written by `make docs` from the code. Each value comes from, the later wins: its default; one YAML
file (`--config FILE`, else the file that `COPYDESK_CONFIG` names, else `config/copydesk.yaml` of
the working folder); the environment, where two underscores lead into a section and the value is
read as YAML: `COPYDESK_CLEAN__DISABLED='[a, b]'` sets `clean.disabled`.

A `*` is a name of your own choice (a source, a language). Mappings are merged with their defaults
name by name, lists are replaced whole, `null` is the only way to say "off". A name that no stage
knows is an error. `copydesk config check` says what is wrong, `copydesk config show` prints the
settings in force with where each came from.

"""

_RULES_HEADING = """\
# Rules

Written by `make docs` from the code; `copydesk rules` prints the same. A rule's id is its name in
the settings, the records, the report and the tests. When its meaning changes, it gets a new id.
"""

_METRICS_HEADING = """\
# Metrics

Written by `make docs` from the code. Each worker serves at `/metrics` what the last column says of
its role; [operations.md](operations.md) describes where, and what to watch. Counters are fed from
what was committed and begin at zero with each process; those of sources go on where they were. The
`process_*` metrics of Prometheus's client (CPU, memory, open files) are there for each role too.
"""
_PARTS = {"copydesk_index": "The index", "copydesk_source": "Sources"}  # by the start of names
_STREAM = "The stream"
_SAMPLE = {
    "headline": "Ferry stays in service",
    "articleBody": "The harbour council voted on Monday to keep the ferry.\n\nShare this article",
    "source": "Harbour Post",
}
_VALUES: dict[str, Iterable[str]] = {
    "`outcome`": Door,
    "`role`": Role,
    "`stage` of durations": STAGES.values(),
    "`stage` of dead letters": ("parse", *Role),
    "`severity`": Severity,
    "`kind`": Kind,
    "`relation`": Relation,
    "`reason`": (*PARSE_REASONS, *STREAM_REASONS),
    "`result`": ("committed", "failed"),
    "`signal`": SignalName,
    "`field`": FIELDS,
    "`of`": ("repaired", "duplicates", "rejected"),
}
_OTHER_LABELS = f"""\
- `rule`: an id of [rules.md](rules.md)
- `source`: the name as it came, cut where it is longer than 120 characters; `{NAMELESS}` without
  one, `{OTHER}` for all beyond `sources.shown`
"""


def pages() -> dict[Path, str]:
    """The text of each page by its path inside the repository."""
    return {
        Path("config/copydesk.yaml"): as_file(Settings(), _FILE_HEADING.strip()),
        Path("docs/settings.md"): _SETTINGS_HEADING + as_markdown(Settings).strip() + "\n",
        Path("docs/rules.md"): _rules_page(rule_facts()),
        Path("docs/metrics.md"): _metrics_page(),
        Path("docs/delivery.md"): _with_parts(
            "docs/delivery.md", topics=_topics_table(), rights=_rights_table()
        ),
        Path("docs/architecture.md"): _with_parts(
            "docs/architecture.md", picture=_picture(), layers=_layers_table()
        ),
        Path("docs/records.md"): _with_parts("docs/records.md", records=_records_table()),
        Path("docs/languages.md"): languages_page(),
        **dashboards.pages(),
        **contract.pages(),
    }


def _with_parts(path: str, **parts: str) -> str:
    """A page with its generated parts written anew, each between two comments."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- {name}: written by `make docs` -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{part}\n{end}{rest.partition(end)[2]}"
    return text


_WORK = {
    Role.DESK: "parse, clean, check, fingerprint",
    Role.DEDUP: "find neighbours, decide",
    Role.SOURCES: "count, compare with the past",
}


def _picture() -> str:
    """The roles and the topics between them, as a flowchart in Mermaid."""
    lines = ["```mermaid", "flowchart LR", "  scrapers([scrapers]) --> raw"]
    lines += ["  replay([copydesk dead-letters replay]) --> raw & replayed"]
    lines += ["  dead_letter & rejected --> replay"]
    lines += [f'  the_{role}["<b>{role}</b><br>{_WORK[role]}"]' for role in Role]
    for topic, row in TOPICS.items():
        lines.append(f"  {topic}[({row.name})]")
        lines += [f"  the_{role} --> {topic}" for role in row.written_by]
        lines += [f"  {topic} --> the_{row.read_by}"] if row.read_by else []
        if row.is_compacted:
            reader = f"the_{row.written_by[0]}" if row.written_by else "replay"
            lines.append(f"  {topic} -. after a restart .-> {reader}")
    return "\n".join([*lines, "```"])


def _layers_table() -> str:
    """The layers of the import contract, each module with the first sentence of its docstring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    [contract] = [
        one for one in project["tool"]["importlinter"]["contracts"] if one["name"] == "layers"
    ]
    lines = ["| layer | modules |", "|---|---|"]
    for number, layer in enumerate(contract["layers"], 1):
        names = [name.strip() for name in layer.split("|") if "(" not in name]
        parts = "<br>".join(f"`{name}`: {_first_sentence(name)}" for name in names)
        lines.append(f"| {number} | {parts} |")
    return "\n".join(lines)


def _first_sentence(name: str) -> str:
    module = ROOT / "pipeline" / f"{name}.py"
    package = ROOT / "pipeline" / name / "__init__.py"
    text = (module if module.exists() else package).read_text("utf-8")
    docstring = " ".join((ast.get_docstring(ast.parse(text)) or "").split())
    return re.split(r"(?<=[.])\s", f"{docstring} ", maxsplit=1)[0].rstrip(". ") + "."


def _topics_table() -> str:
    lines = ["| topic | partitions | cleanup | written by | consumed by |", "|---|---|---|---|---|"]
    for row in TOPICS.values():
        kept = "compact" if row.is_compacted else "delete"
        if row.retention_hours:
            kept += f", after {row.retention_hours / 24:g} days"
        writers = ", ".join(row.written_by) or row.writer
        lines.append(
            f"| `{row.name}` | {row.partitions} | {kept} | {writers} | {row.read_by or '-'} |"
        )
    return "\n".join(lines) + "\n"


def _records_table() -> str:
    """The topics by what their records look like."""
    alike: dict[tuple[str, str], list[Topic]] = {}
    for topic, row in TOPICS.items():
        alike.setdefault((row.key, row.value), []).append(topic)
    lines = ["| topic | key | value |", "|---|---|---|"]
    lines += [f"| {_names(topics)} | {key} | {value} |" for (key, value), topics in alike.items()]
    return "\n".join(lines) + "\n"


def _rights_table() -> str:
    read = [topic for topic, row in TOPICS.items() if row.read_by or is_state(topic)]
    shown = [row.topic for row in DOORS.values()]
    index = _names([Topic.INDEX])
    remembered = _names([Topic.INDEX, Topic.CLEAN, Topic.DUPLICATES])
    given, replayed = _names([Topic.RAW]), _names([Topic.REPLAYED])
    letters = _names([Topic.DEAD_LETTER, Topic.REJECTED, Topic.REPLAYED])
    return f"""\
| who | needs, on names after `kafka.prefix` |
|---|---|
| workers | Read and Describe on {_names(read)} and on the groups `copydesk-*`; for the live page \
also on {_names(shown)}; Write and Describe on all topics but {given} and {replayed}; Write and \
Describe on the transactional ids `copydesk-*`; DescribeConfigs on the topics |
| `copydesk feed` | Write and Describe on {given}; with DescribeConfigs it knows what is too large \
before it sends |
| `copydesk tail` | Read and Describe on the topics |
| `copydesk dead-letters` | Read and Describe on {letters}; to replay, also Write and Describe on \
{given} and {replayed} (for letters of dedup and sources, on the topics that these read), Read on \
{given} for rejected articles, Read on the group `copydesk-dead-letters`, Write and Describe on \
the transactional id of that name |
| `copydesk reindex` | Read and Describe on {remembered}; Write and Describe on {index}; Describe \
on the group of dedup |
| `copydesk topics --apply` | Create on the cluster; Describe, DescribeConfigs and AlterConfigs on \
the topics |
"""


def _names(topics: Iterable[Topic]) -> str:
    return ", ".join(f"`{TOPICS[topic].name}`" for topic in topics)


def _rules_page(facts: list[RuleFact]) -> str:
    lines = [_RULES_HEADING]
    for stage in dict.fromkeys(fact.stage for fact in facts):
        lines += [f"## {stage}", "", "| id | what it does | default limit | severity | source |"]
        lines.append("|---|---|---|---|---|")
        for fact in facts:
            if fact.stage == stage:
                cells = (f"`{fact.id}`", fact.summary, fact.limit, fact.severity, fact.source)
                lines.append(f"| {' | '.join(cell(text) for text in cells)} |")
        lines.append("")
    return "\n".join(lines).strip() + "\n"


def _metrics_page() -> str:
    families = _families()
    lines = [_METRICS_HEADING]
    for part in (_STREAM, *_PARTS.values()):
        lines += [f"## {part}", "", "| name | type | labels | what it is | roles |"]
        lines.append("|---|---|---|---|---|")
        for family, roles in families:
            name = family.name
            if part == next((_PARTS[one] for one in _PARTS if name.startswith(one)), _STREAM):
                owners = "all" if len(roles) == len(Role) else ", ".join(roles)
                lines.append(f"| {' | '.join((*_cells(family), owners))} |")
        lines.append("")
    lines += ["## Labels", ""]
    for label, values in _VALUES.items():
        lines.append(f"- {label}: {', '.join(f'`{value}`' for value in values)}")
    lines += [_OTHER_LABELS, "## Buckets", "", "Upper bounds of the histograms, in seconds.", ""]
    lines += [_buckets(family) for family, _ in families if family.type == "histogram"]
    return "\n".join(lines) + "\n"


def _families() -> list[tuple[Metric, list[Role]]]:
    """Each metric with samples, and the roles that show them."""
    found: dict[str, tuple[Metric, list[Role]]] = {}
    for role in Role:
        for family in _metrics_of(role).registry.collect():
            if family.name.startswith("copydesk_"):
                known, roles = found.get(family.name, (family, []))
                roles += [role] if family.samples else []
                found[family.name] = (known if known.samples else family, roles)
    return [*found.values()]


def _buckets(family: Metric) -> str:
    bounds = [one.labels["le"] for one in family.samples if "le" in one.labels]
    return f"- `{family.name}`: {', '.join(f'{float(one):g}' for one in bounds[:-1])}"


def _cells(family: Metric) -> tuple[str, str, str, str]:
    name = family.name + ("_total" if family.type == "counter" else "")
    labels = dict.fromkeys(label for one in family.samples for label in one.labels if label != "le")
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"`{name}`", family.type, shown, cell(family.documentation)


def _metrics_of(role: Role) -> Metrics:
    """The metrics of a worker through which something has left, so that all have a value."""
    metrics = Metrics(role)
    metrics.watch_lag(lambda: {("articles.raw", 0): 0})
    copied, dead = _sample()
    left: list[Outcome | DeadLetter] = [dead]
    if role is Role.DESK:
        left.append(replace(copied, quality=replace(copied.quality, verdict=Verdict.REJECT)))
    if role is Role.DEDUP:
        left.append(copied)
        metrics.watch_index(lambda: IndexFacts(articles=1, bytes=1, oldest=1.0, cuts=0))
    if role is Role.SOURCES:
        watch = Watch()
        for day, _ in product(range(1, 6), range(5)):  # enough to tell what is usual
            moment = f"2026-11-{day:02}T12:00:00Z"
            watch.add(counted_record(replace(copied.quality, seen_at=moment)))
        metrics.watch_sources(watch.records, most=1)
    metrics.record([Done(one, arrived=1, seconds=0.001) for one in left])
    return metrics


def _sample() -> tuple[Outcome, DeadLetter]:
    """An article that was repaired and is a copy, and what is none."""
    stages = Stages()
    arrival = Arrival(Origin(file="sample", line=1), "2026-11-01T12:00:00Z")
    prepared = prepare(json.dumps(_SAMPLE).encode(), arrival, stages)
    copied = decide(prepared, [entry_of(prepared, None)], stages)
    return copied, prepare(b"[1", arrival, stages)


def main() -> None:
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()

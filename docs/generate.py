"""Writes the pages that follow from the code: run it with `make docs`.

`config/copydesk.yaml`, `docs/settings.md`, `docs/rules.md` and Grafana's dashboards are never
edited by hand; a test fails with the difference when one of them is stale.
"""

from __future__ import annotations

from pathlib import Path

from deploy.grafana import dashboards
from pipeline.cli.rules import RuleFact, rule_facts
from pipeline.settings import Settings
from pipeline.settings.describe import as_file, as_markdown, cell

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


def pages() -> dict[Path, str]:
    """The text of each page by its path inside the repository."""
    return {
        Path("config/copydesk.yaml"): as_file(Settings(), _FILE_HEADING.strip()),
        Path("docs/settings.md"): _SETTINGS_HEADING + as_markdown(Settings).strip() + "\n",
        Path("docs/rules.md"): _rules_page(rule_facts()),
        **dashboards.pages(),
    }


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


def main() -> None:
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()

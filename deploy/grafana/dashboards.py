"""Grafana's dashboards as code: `deploy/grafana/dashboards/*.json` follow from here.

    python -m deploy.grafana.dashboards

writes them anew, as `make docs` does; a test fails when one of them is stale.
"""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana.copies import copies
from deploy.grafana.operations import operations
from deploy.grafana.overview import overview
from deploy.grafana.panels import Json
from deploy.grafana.source import source

_ROOT = Path(__file__).parents[2]
FOLDER = Path("deploy/grafana/dashboards")  # inside the repository


def dashboards() -> dict[str, Json]:
    """Each dashboard by the name of its file."""
    return {
        "overview": overview(),
        "source": source(),
        "copies": copies(),
        "operations": operations(),
    }


def pages() -> dict[Path, str]:
    """The text of each file by its path inside the repository."""
    return {
        FOLDER / f"{name}.json": json.dumps(made, indent=2) + "\n"
        for name, made in dashboards().items()
    }


def main() -> None:
    (_ROOT / FOLDER).mkdir(exist_ok=True)
    for path, text in pages().items():
        (_ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()

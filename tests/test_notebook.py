"""The notebook of the examples, executed: it shows what it says.

`python tests/test_notebook.py` executes it and writes what came out.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.optional import missing

NOTEBOOK = Path(__file__).parents[1] / "examples" / "notebook" / "desk.ipynb"
_SECONDS = 120  # for a cell


def executed() -> dict[str, Any]:
    """The notebook with what its cells give now, and nothing of this machine."""
    import nbformat  # noqa: PLC0415 - may be missing
    from nbclient import NotebookClient  # noqa: PLC0415

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=_SECONDS, kernel_name="python3")
    client.execute(cwd=str(NOTEBOOK.parent))
    for cell in notebook.cells:
        cell.get("metadata", {}).pop("execution", None)
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data.pop("text/plain", None)  # it has the time
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    found: dict[str, Any] = json.loads(nbformat.writes(notebook))
    return found


@pytest.mark.filterwarnings("ignore")  # of Jupyter's own parts
def test_the_notebook_gives_what_it_shows():
    if find_spec("nbclient") is None or find_spec("ipykernel") is None:
        missing("notebook", "nbclient executes the notebook")
    written = json.loads(NOTEBOOK.read_text("utf-8"))
    assert executed()["cells"] == written["cells"], "write it by python tests/test_notebook.py"
    outputs = [one for cell in written["cells"] for one in cell.get("outputs", ())]
    shown = "".join("".join(one["data"].get("text/html", "")) for one in outputs if "data" in one)
    assert "Share this article" in shown
    assert "drop_share_buttons" in shown


if __name__ == "__main__":
    text = json.dumps(executed(), indent=1, ensure_ascii=False)
    NOTEBOOK.write_text(f"{text}\n", encoding="utf-8")
    sys.exit(0)

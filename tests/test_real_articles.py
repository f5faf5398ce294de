"""All real articles at hand go through the desk: none crashes it, none is lost.

They are their publishers' and stand beside the repository, not in it (`../shared/data`).
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from support.real_articles import DATA, data

from pipeline.article import Article, Quality
from pipeline.assembly import draft_of
from pipeline.clean import undo
from pipeline.cli import main

SETS = sorted(
    path.name.removesuffix(".jsonl.gz")
    for path in DATA.glob("*.jsonl.gz")
    if not path.name.endswith(".pairs.jsonl.gz") and path.name != "bench.jsonl.gz"
)


@pytest.fixture(autouse=True)
def _data() -> None:
    data()


@pytest.mark.parametrize("name", SETS or ["none"])
def test_no_article_of_a_set_is_lost_and_every_repair_can_be_undone(name: str, tmp_path: Path):
    path = DATA / f"{name}.jsonl.gz"
    with gzip.open(path) as lines:
        given = [json.loads(line) for line in lines]
    assert main(["run", str(path), "--out", str(tmp_path)]) == 0
    doors = ("clean", "duplicates", "rejected", "dead-letter")
    written = {door: (tmp_path / f"{door}.jsonl").read_bytes().splitlines() for door in doors}
    accounts = [
        msgspec.json.decode(line, type=Quality)
        for line in (tmp_path / "quality.jsonl").read_bytes().splitlines()
    ]
    assert sum(map(len, written.values())) == len(accounts) == len(given)
    assert [account.origin.line for account in accounts] == list(range(1, len(given) + 1))
    by_line = {account.origin.line: account for account in accounts}
    for door in doors[:3]:
        for line in written[door]:
            article = msgspec.json.decode(line, type=Article)
            assert article.quality is not None
            place = article.quality.origin.line
            assert place is not None
            before = undo(draft_of(article), by_line[place].repairs)
            assert before.body == given[place - 1]["text"] or not given[place - 1]["text"].strip()


def test_hardly_a_genuine_article_is_rejected_in_any_language():
    script = Path(__file__).parents[1] / "bench" / "quality" / "rejected.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, check=False)
    print(done.stdout.decode())  # noqa: T201 - the figures, for whoever reads the log
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

"""With COPYDESK_NATIVE=0, or where the module is not built, the twins give the same."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.real_articles import SETS, real_texts
from support.texts import TEXTS

from pipeline import native
from pipeline.cli import main
from pipeline.dedup.fingerprint import fingerprint, shingles_in_order
from pipeline.text import fold, words

TESTS = Path(__file__).parent
ROOT = TESTS.parent
MOMENT = "1790000000"
ODD = [
    "Stra\u00dfe \u0130STANBUL \u0149 \ufb03 \u0390 \u1f80 a\u0345 \u6cb3\u0345\u6cb3",  # several
    "\ud800 Lone \udfff\ud83d surrogates",
    "\u0301 \u0301a \u0e34\u0e01\u0e34 \u6cb3\u0301\u0e34 \U000e0100 \U0002000b\U000e0100",  # marks
    "\U0003fffe \U000e01f0 \U0010ffff \U0001f600 \U0001d7d8 a\x00b",
    "\n\none line\n \ntwo\tlines\r\nthree, Anna Weiss of 1,500\n",
    "\u0432 \u041c\u043e\u0441\u043a\u0432\u0435, \u0410\u043d\u043d\u0430",
    "\u0662\u0660 \u0969.\u096b \uff11\uff12\u6708 1,500 10:30 3.",
]


def by_twins(script: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (TESTS, ROOT)))
    environ = {"SOURCE_DATE_EPOCH": MOMENT, "COPYDESK_NATIVE": "0", "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=given,
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def facts(texts: list[str]) -> Any:
    """What is made of the words of texts, as JSON has it."""
    found = [
        [fingerprint(body), shingles_in_order(body), words(body), fold(body)] for body in texts
    ]
    return json.loads(msgspec.json.encode(found))


def facts_by_twins(texts: list[str]) -> Any:
    script = (
        "import json, sys, test_native as t; assert t.native.Index.__module__.endswith('index');"
        "print(json.dumps(t.facts(json.load(sys.stdin))))"
    )
    ended = by_twins(script, given=json.dumps(texts))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_module_is_built():
    assert not native.MISSING, f"{native.MISSING}: python -m pipeline.native.build"


def test_texts_of_all_scripts_have_the_same_words_and_fingerprints():
    texts = [*TEXTS[:-1], *ODD, " ".join(ODD), "".join(ODD)]
    assert facts_by_twins(texts) == facts(texts)


def test_real_articles_have_the_same_words_and_fingerprints():
    texts = [body for name in SETS for body in real_texts(name)[:4]]
    assert facts_by_twins(texts) == facts(texts)


def test_a_run_by_twins_writes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", MOMENT)
    assert main(["run", str(ROOT / "examples"), "--out", str(tmp_path / "native")]) == 0
    script = "import sys; from pipeline.cli import main; sys.exit(main())"
    ended = by_twins(script, "run", str(ROOT / "examples"), "--out", str(tmp_path / "twins"))
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr
    written = sorted(path.name for path in (tmp_path / "native").glob("*.jsonl"))
    assert {"clean.jsonl", "duplicates.jsonl", "rejected.jsonl", "quality.jsonl"} <= {*written}
    for name in written:
        assert (tmp_path / "twins" / name).read_bytes() == (tmp_path / "native" / name).read_bytes()

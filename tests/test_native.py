"""Where numba cannot be imported all gives the same, only later, and the user is told."""

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

from pipeline.cli import main
from pipeline.dedup.fingerprint import fingerprint, shingles_in_order
from pipeline.text import fold, words

TESTS = Path(__file__).parent
ROOT = TESTS.parent
WITHOUT = "import sys; sys.modules['numba'] = None; sys.path.append(sys.argv.pop(1)); "
MOMENT = "1790000000"
# Tests that compare kernels with plain definitions, or with another library.
OF_KERNELS = (
    "tests/test_alike.py",
    "tests/test_edges.py",
    "tests/test_compact.py::test_any_history_gives_the_decisions_of_the_plain_index",
    "tests/test_names.py",
    "tests/test_openings.py",
    "tests/test_passages.py::test_a_word_is_covered_where_five_in_a_row_with_it_stand_in_the_other",
    "tests/test_suspects.py",
    "tests/test_tables.py",
    (
        "--deselect=tests/test_tables.py"  # takes too long
        "::test_chains_hold_what_a_dictionary_would_in_order_of_numbers[long chains]"
    ),
)
ODD = [
    "Stra\u00dfe \u0130STANBUL \u0149 \ufb03 \u0390 \u1f80 a\u0345 \u6cb3\u0345\u6cb3",  # several
    "\ud800 Lone \udfff\ud83d surrogates",
    "\u0301 \u0301a \u0e34\u0e01\u0e34 \u6cb3\u0301\u0e34 \U000e0100 \U0002000b\U000e0100",  # marks
    "\U0003fffe \U000e01f0 \U0010ffff \U0001f600 \U0001d7d8 a\x00b",
    "\n\none line\n \ntwo\tlines\r\nthree, Anna Weiss of 1,500\n",
    "\u0432 \u041c\u043e\u0441\u043a\u0432\u0435, \u0410\u043d\u043d\u0430",
    "\u0662\u0660 \u0969.\u096b \uff11\uff12\u6708 1,500 10:30 3.",
]


def without_numba(
    script: str, *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + script, str(TESTS), *arguments],
        input=given,
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": MOMENT},
        capture_output=True,
        text=True,
        check=False,
    )


def facts(texts: list[str]) -> Any:
    """What is made of the words of texts, as JSON has it."""
    found = [
        [fingerprint(body), shingles_in_order(body).tolist(), words(body), fold(body)]
        for body in texts
    ]
    return json.loads(msgspec.json.encode(found))


def facts_without_numba(texts: list[str]) -> Any:
    script = "import json, test_native; print(json.dumps(test_native.facts(json.load(sys.stdin))))"
    ended = without_numba(script, given=json.dumps(texts))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_texts_of_all_scripts_have_the_same_words_and_fingerprints():
    texts = [*TEXTS[:-1], *ODD, " ".join(ODD), "".join(ODD)]
    assert facts_without_numba(texts) == facts(texts)


def test_real_articles_have_the_same_words_and_fingerprints():
    texts = [body for name in SETS for body in real_texts(name)[:10]]
    assert facts_without_numba(texts) == facts(texts)


def test_a_run_without_numba_says_so_once_and_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", MOMENT)
    assert main(["run", str(ROOT / "examples"), "--out", str(tmp_path / "with")]) == 0
    assert "numba" not in capsys.readouterr().err
    script = "from pipeline.cli import main; sys.exit(main())"
    ended = without_numba(script, "run", str(ROOT / "examples"), "--out", str(tmp_path / "without"))
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("copydesk: numba cannot be used") == 1
    assert "Warning" not in ended.stderr
    written = sorted(path.name for path in (tmp_path / "with").glob("*.jsonl"))
    assert {"clean.jsonl", "duplicates.jsonl", "rejected.jsonl", "quality.jsonl"} <= {*written}
    for name in written:
        assert (tmp_path / "without" / name).read_bytes() == (tmp_path / "with" / name).read_bytes()


def test_kernels_equal_their_definitions_without_numba():
    script = "import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    ended = without_numba(script, *OF_KERNELS, "-p", "no:cacheprovider")
    assert ended.returncode == 0, ended.stdout


def test_four_bytes_are_one_number():
    script = (
        "import numpy as np; from pipeline.jit import load_word, store_word;"
        "array = np.zeros(9, np.uint8); store_word(array, 3, np.uint32(0x04030201));"
        "print(array.tolist(), hex(load_word(array, np.uint64(4))))"
    )
    assert without_numba(script).stdout == "[0, 0, 0, 1, 2, 3, 4, 0, 0] 0x40302\n"

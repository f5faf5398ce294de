"""Every record of every kind of file comes out once, in order, with its place."""

import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Arrival, DeadLetter, Digest, Format, RawArticle
from pipeline.errors import WrongUseError
from pipeline.parse import ParseOptions, parse
from pipeline.runners.framing import json_values, lines
from pipeline.runners.inputs import Given, Inputs, Unread, read
from pipeline.runners.tabular import csv_rows

SMALL = ParseOptions(max_bytes=1024)
OPTIONS = ParseOptions()
ONE, TWO = b'{"text": "One."}', b'{"text": "Two."}'


def write(path: Path, value: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(value)
    return str(path)


def values(*paths: str, options: ParseOptions = OPTIONS) -> list[tuple[int | None, bytes | str]]:
    """(line, value) of what was given, (line, reason) of what could not be read."""
    return [
        (item.origin.line, item.value if isinstance(item, Given) else item.reason)
        for item in read(paths, options)
    ]


def unread(path: str, options: ParseOptions = OPTIONS) -> Unread:
    return next(item for item in read([path], options) if isinstance(item, Unread))


# One kind of file after the other


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.txt", Format.TEXT),
        ("a.text", Format.TEXT),
        ("a.md", Format.MARKDOWN),
        ("a", Format.TEXT),
    ],
)
def test_a_text_file_is_one_article(tmp_path: Path, name: str, form: Format):
    path = write(tmp_path / name, b"One.\n\nTwo.\n")
    (item,) = read([path], OPTIONS)
    assert isinstance(item, Given)
    assert (item.value, item.format) == (b"One.\n\nTwo.\n", form)
    assert (item.origin.file, item.origin.line) == (path, 1)


def read_article(item: Given) -> RawArticle:
    parsed = parse(item.value, Arrival(item.origin, "", item.format), OPTIONS)
    assert not isinstance(parsed, DeadLetter), parsed
    return parsed[0]


def test_an_empty_text_file_is_an_empty_value(tmp_path: Path):
    (item,) = read([write(tmp_path / "a.txt", b"")], OPTIONS)
    assert isinstance(item, Given)
    letter = parse(item.value, Arrival(item.origin, "", item.format), OPTIONS)
    assert isinstance(letter, DeadLetter)
    assert letter.reason == "empty-value"


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jl", "a.json", "a"])
def test_json_lines_skip_blank_ones_and_count_from_one(tmp_path: Path, name: str):
    path = write(tmp_path / name, ONE + b"\r\n\n  \n" + TWO)
    assert values(path) == [(1, ONE), (4, TWO)]


def test_broken_lines_do_not_touch_their_neighbours(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", b'{"text": "half\n' + ONE + b"\n\x00\xff\n" + TWO + b"\n")
    assert values(path) == [(1, b'{"text": "half'), (2, ONE), (3, b"\x00\xff"), (4, TWO)]


def test_an_empty_file_of_lines_gives_nothing(tmp_path: Path):
    assert values(write(tmp_path / "a.jsonl", b"")) == []


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a"])
def test_an_array_gives_its_objects_with_their_lines(tmp_path: Path, name: str):
    path = write(
        tmp_path / name, json.dumps([{"text": "One."}, {"a": ["]", '\\"{']}], indent=2).encode()
    )
    found = values(path)
    assert [line for line, _ in found] == [2, 5]
    assert [json.loads(value) for _, value in found] == [{"text": "One."}, {"a": ["]", '\\"{']}]


def test_a_pretty_printed_object_is_one_record(tmp_path: Path):
    pretty = json.dumps({"text": "One.", "n": [1, {"a": 2}]}, indent=2).encode()
    assert values(write(tmp_path / "a.json", pretty)) == [(1, pretty)]
    assert values(write(tmp_path / "b.json", pretty + b"\n" + pretty)) == [
        (1, pretty),
        (10, pretty),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", [(1, b"")]),
        (b"Plain words.", [(1, b"Plain words.")]),
        (b'[{"text": "One."}, 5, "s,]", null]', [(1, ONE), (1, b"5"), (1, b'"s,]"'), (1, b"null")]),
        (b"[]", []),
        (b'[{"text": "One."}, {"text": "half', [(1, ONE), (1, b'{"text": "half')]),
        (b'[{"text": "One."}] trailing', [(1, ONE), (1, b"trailing")]),
        (b'[{"text": "One."}]]', [(1, ONE), (1, b"]")]),
        (b'{"a": "\\', [(1, b'{"a": "\\')]),
    ],
)
def test_broken_json_files_lose_nothing(tmp_path: Path, text: bytes, found: list[Any]):
    assert values(write(tmp_path / "a.json", text)) == found


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("indent", [None, 1])
def test_json_in_utf_16_without_a_mark(tmp_path: Path, encoding: str, indent: int | None):
    text = json.dumps({"text": "Caf\u00e9"}, ensure_ascii=False, indent=indent) + "\n"
    for name in ("a.jsonl", "a.json"):
        found = list(read([write(tmp_path / name, (text * 2).encode(encoding))], OPTIONS))
        assert [read_article(item).body for item in found if isinstance(item, Given)] == [
            "Caf\u00e9",
            "Caf\u00e9",
        ]


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "One.",\n "n": 1}\n{"text": "Two."}',
        '[{"text": "One."},\n{"text": "Two."}]\n',
        '[\n{"text": "One."},\n{"text": "Two."}\n]',
        '[{"text":\n"One."}, {"text": "Two."}]',
    ],
)
def test_a_file_of_lines_that_is_none_is_read(tmp_path: Path, text: str):
    found = list(read([write(tmp_path / "a.jsonl", text.encode())], OPTIONS))
    assert [read_article(item).body for item in found if isinstance(item, Given)] == [
        "One.",
        "Two.",
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_files_with_a_byte_order_mark(tmp_path: Path, encoding: str, name: str):
    text = (
        "text\nCaf\u00e9\n"
        if name.endswith("csv")
        else '{"text":"Caf\u00e9"}\n{"text":"Caf\u00e9"}\n'
    )
    for item in read([write(tmp_path / name, text.encode(encoding))], OPTIONS):
        assert isinstance(item, Given)
        raw = read_article(item)
        assert raw.body == "Caf\u00e9"


def test_csv_rows_become_objects_under_the_header(tmp_path: Path):
    table = 'title,text,,\nA,"One, ""two"".\n\nThree.",x\n\nB,Four.,,,more\n'
    found = values(write(tmp_path / "a.csv", table.encode()))
    assert [line for line, _ in found] == [2, 6]
    assert [json.loads(value) for _, value in found] == [
        {"title": "A", "text": 'One, "two".\n\nThree.', "column3": "x"},
        {"title": "B", "text": "Four.", "column3": "", "column4": "", "column5": "more"},
    ]


def test_a_row_with_other_columns_is_read_and_noted(tmp_path: Path):
    table = "title,text\nA,One.\nB,Two, three.\nC\nD,Four.,\nE,Five.\n"
    given = list(read([write(tmp_path / "a.csv", table.encode())], OPTIONS))
    found = [
        (item.origin.line, [(one.rule, one.value) for one in item.findings])
        for item in given
        if isinstance(item, Given)
    ]
    differ = "columns-differ"
    assert found == [
        (2, []), (3, [(differ, "3 of 2")]), (4, [(differ, "1 of 2")]), (5, []), (6, [])
    ]  # fmt: skip
    assert isinstance(given[1], Given)
    assert json.loads(given[1].value) == {"title": "B", "text": "Two", "column3": " three."}
    arrival = Arrival(given[1].origin, "", given[1].format, given[1].findings)
    parsed = parse(given[1].value, arrival, OPTIONS)
    assert not isinstance(parsed, DeadLetter)
    assert [one.rule for one in parsed[0].findings] == [differ]


def test_two_columns_of_one_name_are_both_kept(tmp_path: Path):
    ((_, value),) = values(write(tmp_path / "a.csv", b"text,title,text,text\nOne.,A,Two.,Three.\n"))
    assert json.loads(value) == {
        "text": "One.", "title": "A", "text.1": "Two.", "text.2": "Three.",
    }  # fmt: skip


def test_a_row_too_long_does_not_end_its_table(tmp_path: Path):
    long = "x" * 300 + "\n" + "y" * 900
    table = f'title,text\nA,"{long}"\nB,Two.\n'
    assert values(write(tmp_path / "a.csv", table.encode()), options=SMALL) == [
        (2, "too-large"),
        (4, b'{"title": "B", "text": "Two."}'),
    ]


def test_a_quotation_mark_that_never_closes_ends_its_table(tmp_path: Path):
    path = write(tmp_path / "a.csv", b'title,text\nA,One.\nB,"Two.\nC,Three.\n')
    assert values(path) == [(2, b'{"title": "A", "text": "One."}'), (3, "broken-file")]
    assert "line 3 and never closes" in unread(path).message


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.integers(1, 9),
)
def test_tables_come_out_as_the_csv_module_wrote_them(
    rows: list[list[str]], end: str, mark: str, size: int
):
    import pipeline.runners.framing as module  # noqa: PLC0415

    text = io.StringIO()
    # Writing rows that end in \n, the module leaves a lone \r without quotes.
    quoting = csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=end, delimiter=mark, quoting=quoting)
    writer.writerows([["a", "b", "c"], *rows])
    before, module._CHUNK = module._CHUNK, size
    try:
        cuts = list(csv_rows(io.BufferedReader(io.BytesIO(text.getvalue().encode())), 1 << 20))
    finally:
        module._CHUNK = before
    found = [list(json.loads(cut.value).values()) for cut in cuts if isinstance(cut.value, bytes)]
    assert found == rows


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.tsv", "\t"), ("a.csv", "\t")])
def test_tables_with_other_delimiters(tmp_path: Path, name: str, mark: str):
    ((_, value),) = values(
        write(tmp_path / name, f"title{mark}text\r\nA{mark}One, two\r\n".encode())
    )
    assert json.loads(value) == {"title": "A", "text": "One, two"}


def test_a_table_in_another_encoding_is_decoded_by_parse(tmp_path: Path):
    path = write(
        tmp_path / "a.csv", "text\nUne journ\u00e9e d\u00e9j\u00e0 pass\u00e9e\n".encode("cp1252")
    )
    (item,) = read([path], OPTIONS)
    assert isinstance(item, Given)
    raw = read_article(item)
    assert raw.body == "Une journ\u00e9e d\u00e9j\u00e0 pass\u00e9e"


def test_an_empty_table_gives_nothing(tmp_path: Path):
    assert values(write(tmp_path / "a.csv", b"")) == []
    assert values(write(tmp_path / "b.csv", b"title,text\n")) == []


def test_parquet_rows_become_objects(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is optional: pip install .[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = str(tmp_path / "a.parquet")
    parquet.write_table(pyarrow.table({"text": ["One.", None], "blob": [b"x", b"\xff"]}), path)
    found = values(path)
    assert [line for line, _ in found] == [1, 2]
    assert json.loads(found[0][1]) == {"text": "One.", "blob": "x"}
    assert unread(write(tmp_path / "b.parquet", b"PAR1 nothing")).reason == "broken-file"


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(WrongUseError, match=r"copydesk\[parquet\]"):
        Inputs([write(tmp_path / "a.parquet", b"PAR1")], OPTIONS)


# Compression


def _zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKERS = [
    (".gz", gzip.compress),
    (".zst", _zst),
    (".bz2", partial(bz2.compress, compresslevel=1)),
    (".xz", lzma.compress),
]


@pytest.mark.parametrize(("suffix", "pack"), PACKERS)
def test_compressed_files_are_read_across_members(tmp_path: Path, suffix: str, pack: Any):
    path = write(tmp_path / f"a.jsonl{suffix}", pack(ONE + b"\n") + pack(TWO + b"\n"))
    assert values(path) == [(1, ONE), (2, TWO)]
    assert values(write(tmp_path / f"b.txt{suffix}", pack(b"One."))) == [(1, b"One.")]


@pytest.mark.parametrize(("suffix", "pack"), PACKERS)
def test_a_cut_archive_keeps_what_came_before_and_the_files_after(
    tmp_path: Path, suffix: str, pack: Any
):
    many = b"".join(
        json.dumps({"text": os.urandom(40).hex()}).encode() + b"\n" for _ in range(9_000)
    )
    cut = write(tmp_path / f"a.jsonl{suffix}", pack(many)[:-200])
    found = values(cut, write(tmp_path / "b.jsonl", ONE))
    assert len(found) > 6_000
    assert found[-2][1] == "broken-file"
    assert found[-1] == (1, ONE)
    letter = unread(cut).dead_letter(OPTIONS, "2026-01-01T00:00:00Z")
    assert (letter.stage, letter.reason, letter.value) == ("read", "broken-file", None)
    assert "ends early" in letter.message
    assert f"after line {len(found) - 2}" in letter.message


def test_a_name_that_lies_about_compression_does_no_harm(tmp_path: Path):
    for name in ("a.jsonl.gz", "a.jsonl.zst"):
        assert values(write(tmp_path / name, ONE)) == [(1, ONE)]
    assert values(write(tmp_path / "b.jsonl.gz", _zst(ONE))) == [(1, ONE)]
    assert values(write(tmp_path / "c.jsonl", gzip.compress(ONE))) == [(1, ONE)]


def test_in_a_folder_what_is_damaged_does_not_stop_the_rest(tmp_path: Path):
    write(tmp_path / "a.jsonl.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 40)
    write(tmp_path / "b.jsonl", ONE)
    assert values(str(tmp_path)) == [(1, "broken-file"), (1, ONE)]


# Sizes


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_too_long_is_counted_and_hashed(tmp_path: Path, end: bytes):
    long = b'{"text": "' + b"x" * 600_000 + b'"}'
    path = write(tmp_path / "a.jsonl", ONE + b"\n" + long + end)
    item = unread(path, SMALL)
    assert (item.origin.line, item.reason, item.value.size) == (2, "too-large", len(long))
    assert item.value.sha256 == hashlib.sha256(long).hexdigest()
    letter = item.dead_letter(SMALL, "2026-01-01T00:00:00Z")
    direct = parse(long, Arrival(item.origin, "2026-01-01T00:00:00Z"), SMALL)
    assert letter == direct


@pytest.mark.parametrize("extra", [-2, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_lines_around_the_limit(extra: int, end: bytes):
    line = b"x" * (1024 + extra)
    first, *rest = lines(io.BufferedReader(io.BytesIO(line + end + b"next")), 1024)
    value = first.value
    whole = line if end else line + b"next"
    if isinstance(value, Digest):
        assert value == Digest(len(whole), hashlib.sha256(whole).hexdigest())
        assert len(whole) > 1024
    else:
        assert value == whole
    assert [cut.value for cut in rest] == ([b"next"] if end else [])


def test_objects_and_texts_too_long_are_counted_and_hashed(tmp_path: Path):
    long = b'{"text": "' + b"x" * 600_000 + b'"}'
    array = write(tmp_path / "a.json", b"[" + long + b",\n" + ONE + b"]")
    assert values(array, options=SMALL) == [(1, "too-large"), (2, ONE)]
    assert unread(array, SMALL).value.sha256 == hashlib.sha256(long).hexdigest()
    text = write(tmp_path / "b.txt", b"x" * 600_000)
    assert unread(text, SMALL).value.size == 600_000


def test_memory_stays_flat_however_long_a_line_is(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", b"x" * 30_000_000 + b"\n" + ONE)
    tracemalloc.start()
    found = values(path, options=SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(1, "too-large"), (2, ONE)]
    assert peak < 3_000_000


RECORDS = st.lists(
    st.dictionaries(
        st.text(max_size=5), st.text(max_size=20) | st.lists(st.integers()), max_size=3
    ),
    max_size=5,
)


@given(RECORDS, st.sampled_from([None, 2]), st.integers(1, 9))
def test_json_values_come_out_whole_wherever_chunks_end(
    records: Any, indent: int | None, size: int
):
    import pipeline.runners.framing as module  # noqa: PLC0415

    before, module._CHUNK = module._CHUNK, size
    try:
        data = json.dumps(records, indent=indent).encode()
        cuts = list(json_values(io.BufferedReader(io.BytesIO(data)), 1 << 20))
    finally:
        module._CHUNK = before
    assert [json.loads(cut.value) for cut in cuts if isinstance(cut.value, bytes)] == records


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_no_bytes_stop_the_readers_or_get_lost(data: bytes):
    found = b"".join(
        cut.value for cut in json_values(io.BufferedReader(io.BytesIO(data)), 1 << 20)
        if isinstance(cut.value, bytes)
    )  # fmt: skip
    kept = data.removeprefix(b"\xef\xbb\xbf").translate(None, b" \t\r\n\v\f,[]")
    assert found.translate(None, b" \t\r\n\v\f,[]") == kept
    joined = b"".join(
        cut.value for cut in lines(io.BufferedReader(io.BytesIO(data)), 1 << 20)
        if isinstance(cut.value, bytes)
    )  # fmt: skip
    assert joined.translate(None, b" \t\r\n\v\f") == data.translate(None, b" \t\r\n\v\f")


# Folders, paths, standard input


def test_folders_are_read_sorted_and_what_is_skipped_is_told(tmp_path: Path):
    write(tmp_path / "b" / "2.jsonl", TWO)
    write(tmp_path / "b" / "1.txt", b"One.")
    write(tmp_path / "a.md", b"# A")
    for name in (".hidden.txt", ".git/x.txt", "b/photo.jpg", "b/README"):
        write(tmp_path / name, b"x")
    inputs = Inputs([str(tmp_path)], OPTIONS)
    names = [item.origin.file for item in inputs]
    assert names == [f"{tmp_path}/a.md", f"{tmp_path}/b/1.txt", f"{tmp_path}/b/2.jsonl"]
    assert inputs.notes == [f"{tmp_path}: skipped 3 files (1 .jpg, 1 hidden, 1 no suffix)"]


def test_paths_are_read_in_the_order_given(tmp_path: Path):
    first, second = write(tmp_path / "b.jsonl", ONE), write(tmp_path / "a.jsonl", TWO)
    assert values(first, second, first) == [(1, ONE), (1, TWO), (1, ONE)]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.jsonl", "no such file"),
        ("folder", "no articles"),
        ("a.docx", "cannot be read"),
        ("a\0b", "null"),
    ],
)
def test_wrong_paths_are_refused_before_anything_is_read(tmp_path: Path, name: str, says: str):
    (tmp_path / "folder").mkdir()
    write(tmp_path / "a.docx", b"PK")
    with pytest.raises(WrongUseError, match=says) as error:
        Inputs([write(tmp_path / "b.jsonl", ONE), str(tmp_path / name)], OPTIONS)
    assert name.replace("\0", "") in str(error.value).replace("\0", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_an_unreadable_file_is_refused_by_name_and_skipped_in_a_folder(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", ONE)
    write(tmp_path / "b.jsonl", TWO)
    Path(path).chmod(0)
    with pytest.raises(WrongUseError, match="permission denied"):
        Inputs([path], OPTIONS)
    assert values(str(tmp_path)) == [(1, "unreadable-file"), (1, TWO)]


def test_a_file_that_goes_away_is_told_in_its_place(tmp_path: Path):
    gone, stays = write(tmp_path / "a.jsonl", ONE), write(tmp_path / "b.jsonl", TWO)
    inputs = Inputs([gone, stays], OPTIONS)
    Path(gone).unlink()
    first, second = inputs
    assert isinstance(first, Unread)
    assert first.reason == "unreadable-file"
    assert "no such file" in first.message
    assert isinstance(second, Given)


def test_a_name_that_is_no_utf8_can_still_be_shown(tmp_path: Path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        Path(os.fsdecode(name)).write_bytes(b"One.")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    (item,) = read([os.fsdecode(name)], OPTIONS)
    assert (item.origin.file or "").endswith("caf\\xe9.txt")


def test_progress_counts_bytes_on_the_disk(tmp_path: Path):
    data = gzip.compress(ONE + b"\n" + TWO)
    paths = [write(tmp_path / "a.jsonl.gz", data), write(tmp_path / "b.txt", b"One.")]
    inputs = Inputs(paths, OPTIONS)
    assert (inputs.total_bytes, inputs.done_bytes) == (len(data) + 4, 0)
    assert len(list(inputs)) == 3
    assert inputs.done_bytes == len(data) + 4


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (ONE + b"\n\n" + TWO + b"\n", [[1, "json", len(ONE)], [3, "json", len(TWO)]]),
        (b"[" + ONE + b"," + TWO + b"]", [[1, "json", len(ONE)], [1, "json", len(TWO)]]),
        (gzip.compress(ONE, mtime=0), [[1, "json", len(ONE)]]),
        (b"One.\n\nTwo.", [[1, "text", 10]]),
        (b"[Note] One.", [[1, "text", 11]]),
        (b"", [[1, "text", 0]]),
    ],
)
def test_standard_input_is_told_by_its_beginning(given: bytes, found: list[Any]):
    script = (
        "import json\nfrom pipeline.runners.inputs import Inputs\n"
        "from pipeline.parse import ParseOptions\n"
        "inputs = Inputs(['-'], ParseOptions())\nassert inputs.total_bytes is None\n"
        "print(json.dumps([[i.origin.line, i.format, len(i.value)] for i in inputs]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=given, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == found


@pytest.mark.parametrize(("suffix", "pack"), PACKERS)
def test_streams_one_after_the_other_are_one(tmp_path: Path, suffix: str, pack: Any):
    path = write(tmp_path / f"a.jsonl{suffix}", pack(ONE + b"\n") + pack(TWO))
    assert values(path) == [(1, ONE), (2, TWO)]


def test_zeros_may_follow_a_stream_of_xz(tmp_path: Path):
    path = write(tmp_path / "a.jsonl.xz", lzma.compress(ONE) + b"\0" * 8)
    assert values(path) == [(1, ONE)]


@pytest.mark.parametrize(("suffix", "pack"), PACKERS[2:])
def test_a_damaged_archive_is_told(tmp_path: Path, suffix: str, pack: Any):
    whole = pack(b"".join(b'{"text": "%d"}\n' % number for number in range(5_000)))
    damaged = whole[:200] + bytes(400) + whole[600:]
    assert unread(write(tmp_path / f"a.jsonl{suffix}", damaged)).reason == "broken-file"


@pytest.mark.parametrize("pack", [lzma.compress, partial(bz2.compress, compresslevel=9)])
def test_what_expands_too_much_is_told(tmp_path: Path, pack: Any):
    path = write(tmp_path / "a.jsonl", pack((b" " * 4_000 + b"\n") * 17_500))
    assert unread(path, ParseOptions(max_expansion=10)).reason == "too-expanded"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("a.zip", "unpack the archive"), ("feed.xml", "convert a feed"), ("feed.xml.gz", "convert")],
)
def test_a_kind_that_is_not_read_names_a_way(tmp_path: Path, name: str, remedy: str):
    with pytest.raises(WrongUseError, match=remedy):
        Inputs([write(tmp_path / name, ONE)], OPTIONS)

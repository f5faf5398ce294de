"""Whatever comes in: one outcome for each record, one line for each outcome, read back equal."""

import bz2
import gzip
import json
import lzma
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.article import Arrival, Article, DeadLetter, Format, Origin, Rejected, encode
from pipeline.flow import Stages, outcome_of, prepare_batch
from pipeline.flow import decide as decided
from pipeline.parse import ParseOptions, unpack
from pipeline.publish import DeadLetterRecord, quality_record, record
from pipeline.runners.inputs import Inputs, arrivals

MOMENT = "2026-01-01T00:00:00Z"
STAGES = Stages()
TEXT = "A swan was moved from the tram lines in Estmouth on Thursday. Trams ran again."

NAMES = st.sampled_from([
    "title", "text", "body", "content", "url", "authors", "author", "date", "source", "lang", "id",
    "payload", "schema", "data", "specversion", "_source", "hits", "articles", "items", "@graph",
    "@type", "@id", "value", "envelope", "extra", "quality", "provenance", "articleBody", "x", "X",
    "type", "children", "rendered", "data_base64", "response", "docs",
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([
        "nan", "NewsArticle", TEXT, "2024-10-17", "{}", "[1]", '{"text": "A swan."}',
        "a\nb\r\u2028c",
        '[{"title": "A", "text": "A swan."}]', '"{\\"text\\": \\"A\\"}"', "\ud800", 10**30, "e30=",
    ])
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


def settle(item: tuple[bytes, Arrival] | DeadLetter) -> Any:
    """The outcome of one input, compared with no other."""
    (ready,) = prepare_batch([item], STAGES)
    if isinstance(ready, DeadLetter):
        return ready
    return outcome_of(ready) if isinstance(ready, Rejected) else decided(ready, [], STAGES)


def check(outcome: Any) -> None:
    """What is written of an outcome is one line, and reads back as it was."""
    written = record(outcome, MOMENT)
    account = quality_record(outcome, MOMENT, "r")
    for one in (written, account):
        line = encode(one)
        assert b"\n" not in line
        assert b"\r" not in line
        again = encode(msgspec.json.decode(line, type=type(one)))
        assert json.loads(again) == json.loads(line)
    assert isinstance(written, Article | DeadLetterRecord)
    if isinstance(written, Article):
        (item,) = unpack(encode(written), arrival(Format.JSON), STAGES.parse)
        second = record(settle(item), MOMENT)
        assert isinstance(second, Article)
        assert second.extra.keys() == written.extra.keys()
        assert [bytes(raw) for raw in second.extra.values()] == [
            bytes(raw) for raw in written.extra.values()
        ]


def origin_of(outcome: Any) -> Origin:
    return outcome.origin if isinstance(outcome, DeadLetter) else outcome.quality.origin


def arrival(form: Format) -> Arrival:
    return Arrival(Origin(topic="t", partition=0, offset=1), MOMENT, form)


@given(JSON, st.sampled_from(Format), st.sampled_from([None, 1]))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@example({"text": TEXT, "x": [1, {"a": "b"}]}, Format.JSON, 1)
@example({"articles": [{"text": TEXT}, 5, None]}, Format.UNKNOWN, None)
@example([{}, {"title": 1}], Format.TEXT, None)
@example({"text": TEXT, "envelope": {}, "payload": {"text": "x"}}, Format.JSON, 1)
@example({"text": ['{"text": "A swan."}']}, Format.JSON, None)
def test_any_json_value_gives_outcomes_that_read_back(value: Any, form: Format, indent: int | None):
    text = json.dumps(value, indent=indent, ensure_ascii=indent is None)
    data = text.encode("utf-8", "surrogatepass")
    places = Counter[str]()
    for item in unpack(data, arrival(form), STAGES.parse):
        outcome = settle(item)
        check(outcome)
        places[str(origin_of(outcome))] += 1
    assert places
    assert max(places.values()) == 1


@given(st.binary(max_size=200), st.sampled_from(Format))
@settings(max_examples=200, deadline=None)
@example(b"\0\0\0\0\x01{}", Format.UNKNOWN)
@example(b"\0\0\0\0\x01[", Format.JSON)
@example(b'{"a":1}{"b":', Format.JSON)
@example(b'"\\"', Format.UNKNOWN)
@example(b"{}" * 3, Format.TEXT)
def test_any_bytes_give_outcomes(value: bytes, form: Format):
    items = list(unpack(value, arrival(form), STAGES.parse))
    assert items
    for item in items:
        check(settle(item))


# Files


def outcomes(path: Path, options: ParseOptions = STAGES.parse) -> Iterator[Any]:
    for item in arrivals(Inputs([str(path)], options), options, MOMENT):
        yield settle(item)


def _zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACK = {".gz": gzip.compress, ".zst": _zst, ".bz2": bz2.compress, ".xz": lzma.compress}
KINDS = (
    "a.json",
    "a.jsonl",
    "a.csv",
    "a.tsv",
    "a.txt",
    "a.md",
    "a",
    "a.jsonl.gz",
    "a.csv.zst",
    "a.json.xz",
    "a.jsonl.bz2",
)


@given(
    st.binary(max_size=120)
    | JSON.map(lambda value: json.dumps(value, indent=1).encode())
    | st.lists(JSON, max_size=3).map(lambda some: "\n".join(map(json.dumps, some)).encode())
    | st.lists(JSON, max_size=3).map(lambda some: "".join(map(json.dumps, some)).encode("utf-16")),
    st.sampled_from(KINDS),
)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_file_gives_outcomes(data: bytes, name: str):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(PACK.get(path.suffix, bytes)(data))
        places = Counter[str]()
        for outcome in outcomes(path):
            check(outcome)
            places[str(origin_of(outcome))] += 1
        # Several records may begin on one line of a file, but not of a file of lines.
        if "jsonl" in name:
            assert max(places.values(), default=0) <= 1 or data.startswith((b"[", b"\xff\xfe"))


@given(st.lists(st.dictionaries(st.sampled_from(["title", "text", "tags", "n"]), JSON, max_size=4),
                min_size=1, max_size=4))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_any_parquet_gives_an_outcome_a_row(rows: list[dict[str, Any]]):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is optional: pip install .[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    try:
        table = pyarrow.Table.from_pylist([{"title": None, "text": None, **row} for row in rows])
    except (pyarrow.ArrowException, OverflowError, UnicodeEncodeError, TypeError):
        return  # values of unlike types in one column
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        try:
            parquet.write_table(table, path)
        except pyarrow.ArrowException:
            return  # an empty struct
        found = list(outcomes(path))
        for outcome in found:
            check(outcome)
        origins = [
            one.origin if isinstance(one, DeadLetter) else one.quality.origin for one in found
        ]
        assert {origin.line for origin in origins} == {*range(1, len(rows) + 1)}


# Bad input


def bodies(path: Path) -> list[str]:
    return [
        one.reason if isinstance(one, DeadLetter) else one.article.article_body
        for one in outcomes(path)
    ]


def test_ten_thousand_keys_are_kept(tmp_path: Path):
    many = {f"key{number}": number for number in range(10_000)}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": TEXT, **many}), encoding="utf-8")
    (outcome,) = outcomes(path)
    check(outcome)
    assert len(outcome.article.extra) == 10_000


@pytest.mark.parametrize("name", ["x", "text", "payload", "articles", "@graph"])
def test_two_hundred_levels_are_a_dead_letter(tmp_path: Path, name: str):
    path = tmp_path / "a.jsonl"
    deep = "[" * 200 + "]" * 200
    path.write_text(f'{{"text": "{TEXT}"}}\n{{"title": "A", "{name}": {deep}}}', encoding="utf-8")
    assert bodies(path) == [TEXT, "too-deep"]
    path.write_text(json.dumps({"title": "A", name: '{"a":' * 200 + "1" + "}" * 200}))
    assert len(bodies(path)) == 1


def test_keys_that_differ_in_case_only_are_both_kept(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    record = {"Title": "A swan", "title": "Another", "TEXT": TEXT, "text": "Short.", "X": 1, "x": 2}
    path.write_text(json.dumps(record), encoding="utf-8")
    (outcome,) = outcomes(path)
    extra = {name: msgspec.json.decode(raw) for name, raw in outcome.article.extra.items()}
    assert (outcome.article.headline, outcome.article.article_body) == ("A swan", TEXT)
    assert extra == {"title": "Another", "text": "Short.", "X": 1, "x": 2}


def test_two_encodings_in_one_file(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    texts = [
        "Die Glocke l\u00e4utete \u00fcber M\u00fcnchen.",
        "Le ch\u00e2teau a \u00e9t\u00e9 vendu hier.",
    ]
    lines = (json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    encoded = [line.encode(name) for line, name in zip(lines, ("utf-8", "cp1252"), strict=True)]
    path.write_bytes(b"\n".join(encoded))
    assert bodies(path) == texts


def test_a_row_with_other_columns_leaves_its_neighbours_alone(tmp_path: Path):
    path = tmp_path / "a.csv"
    rows = [f"Title {number},{TEXT}" for number in range(2, 11)]
    rows[5] += ",one,more"
    path.write_text("\n".join(["title,text", *rows]), encoding="utf-8")
    found = list(outcomes(path))
    assert [one.quality.origin.line for one in found] == [*range(2, 11)]
    odd = [one for one in found if any(f.rule == "columns-differ" for f in one.quality.findings)]
    assert [one.quality.origin.line for one in odd] == [7]
    assert set(odd[0].article.extra) == {"column3", "column4"}


def test_a_parquet_with_a_list_as_body(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is optional: pip install .[parquet]")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    table = pyarrow.table({"title": ["A", "B", "C"], "text": [["One.", "Two."], None, []]})
    parquet.write_table(table, path)
    assert bodies(path) == ["One.\n\nTwo.", "", ""]


def test_a_file_that_grows_while_it_is_read_gives_each_line_once(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    line = json.dumps({"text": TEXT}).encode() + b"\n"
    path.write_bytes(line * 50)

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            for _ in range(20):
                file.write(line)
                time.sleep(0.002)

    writer = threading.Thread(target=grow)
    writer.start()
    found = bodies(path)
    writer.join()
    assert 50 <= len(found) <= 70
    assert set(found) == {TEXT}


def test_a_file_cut_in_the_middle_of_a_line_says_where(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps({"text": TEXT}).encode() + b'\n{"text": "A swan')
    first, second = outcomes(path)
    assert first.article.article_body == TEXT
    assert (second.reason, second.origin.line) == ("not-json", 2)
    assert os.fspath(path) == second.origin.file

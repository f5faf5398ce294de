"""Words from the native module equal those of its twin; tables are read where they are valid."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import native
from pipeline.native import codepoints, tables, twins

TABLES = [codepoints.as_is, codepoints.folded]
# Every kind of code point, some that fold to several, lone surrogates, what has no cell.
ODD = (
    "aZ9_ \n\t.\u00df\u0130\u0149\u0390\u1f80\ufb03\u0301\u0345\u0e01\u0e34\u6cb3\u3042\ud800\udfff"
    "\U000e0100\U000e01f0\U0002000b\U0003fffe\U00040000\U0010ffff\U0001d7d8\u00ad\u200b\x00"
)
TEXT = st.text(st.sampled_from(ODD) | st.characters())


@pytest.mark.parametrize("table", TABLES)
@given(TEXT)
def test_words_are_those_of_the_twin(table: tables.Table, text: str):
    assert native.squeeze(text, table()) == twins.squeeze(text, table())
    assert native.squeeze_lines(text, table()) == twins.squeeze_lines(text, table())


@pytest.mark.parametrize("table", TABLES)
def test_every_code_point_between_letters_is_read_as_the_twin_reads_it(table: tables.Table):
    text = "x".join(map(chr, range(0x20400)))
    assert native.squeeze(text, table()) == twins.squeeze(text, table())


def test_another_table_is_refused():
    expanded = bytes(8 * codepoints.PLANES - 8) + bytes(4) + b"\x60\0\0\0"
    for squeeze in (native.squeeze, twins.squeeze):
        for table in (b"", codepoints.as_is()[8:], codepoints.folded()[:-1]):
            with pytest.raises(ValueError, match="not a table"):
                squeeze("text", table)
        with pytest.raises(ValueError, match="not a table"):
            squeeze("\U0001ffff", expanded)  # a row that is not there


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file of tables with one table."""
    monkeypatch.setattr(tables, "PATH", str(tmp_path / "tables.bin"))
    monkeypatch.setattr(tables, "_computed", {})
    tables._kept.cache_clear()
    yield tmp_path / "tables.bin"
    tables._kept.cache_clear()


def test_a_table_is_read_from_the_file_until_its_source_changes(kept: Path, tmp_path: Path):
    source = tmp_path / "source.py"
    source.write_text("1")
    content = [b"one" * 100]
    table = tables.stored("name", str(source))(lambda: content[0])
    tables.stored("other", str(source))(lambda: b"other")
    tables.write(str(kept))
    content[0] = b"two"
    assert table() == b"one" * 100
    source.write_text("2")
    assert tables.stored("name", str(source))(lambda: b"two")() == b"two"


@pytest.mark.parametrize("damage", [b"", b"copydesk tables 1\n\n", b"copydesk tables 1\nname\n\n"])
def test_a_table_is_computed_where_the_file_is_missing_or_damaged(kept: Path, damage: bytes):
    table = tables.stored("name", __file__)(lambda: b"content")
    if damage:
        kept.write_bytes(damage)
    assert table() == b"content"


def test_a_table_is_computed_where_the_file_is_cut_off(kept: Path):
    table = tables.stored("name", __file__)(lambda: b"content" * 100)
    tables.write(str(kept))
    kept.write_bytes(kept.read_bytes()[:-100])
    assert table() == b"content" * 100

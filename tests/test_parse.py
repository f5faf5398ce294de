"""Parse is total, keeps everything, and reads what the tools of the field write."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.real_articles import data

from pipeline.article import (
    Arrival,
    Article,
    DeadLetter,
    Finding,
    Format,
    Origin,
    QualityNote,
    RawArticle,
    Verdict,
    encode,
)
from pipeline.parse import NOTICES, REASONS, ParseOptions, parse

CASES_DIR = Path(__file__).parent / "cases"
CASES = json.loads((CASES_DIR / "parse.json").read_text(encoding="utf-8"))
OPTIONS = ParseOptions()


def read(
    value: bytes | str, form: Format = Format.UNKNOWN, options: ParseOptions = OPTIONS
) -> RawArticle | DeadLetter:
    data = value.encode() if isinstance(value, str) else value
    arrival = Arrival(Origin(file="a.jsonl", line=1), "2026-01-01T00:00:00Z", form)
    parsed = parse(data, arrival, options)
    return parsed if isinstance(parsed, DeadLetter) else parsed[0]


def article(
    value: bytes | str, form: Format = Format.UNKNOWN, options: ParseOptions = OPTIONS
) -> RawArticle:
    result = read(value, form, options)
    assert isinstance(result, RawArticle), result
    return result


def dead(
    value: bytes | str, form: Format = Format.UNKNOWN, options: ParseOptions = OPTIONS
) -> DeadLetter:
    result = read(value, form, options)
    assert isinstance(result, DeadLetter), result
    return result


def rules(raw: RawArticle) -> dict[str, Any]:
    return {finding.rule: finding.value for finding in raw.findings}


def shown(raw: RawArticle) -> dict[str, Any]:
    """What the article says, without what it does not."""
    said = {name: getattr(raw, name) for name in raw.__struct_fields__ if getattr(raw, name)}
    said["extra"] = {name: msgspec.json.decode(value) for name, value in raw.extra.items()}
    said["findings"] = [[finding.rule, finding.value] for finding in raw.findings]
    said["authors"] = list(raw.authors)
    return {name: value for name, value in said.items() if value}


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_records_of_other_tools(case: dict[str, Any]):
    result = read(json.dumps(case["input"]), Format.JSON)
    if case["expect"] == "fail":
        assert isinstance(result, DeadLetter)
        assert result.reason == case["expected"]["dead"]
        assert case["expected"]["says"] in result.message
    else:
        assert isinstance(result, RawArticle), result
        assert shown(result) == case["expected"]


# Laws


@given(st.binary(max_size=300), st.sampled_from(Format))
@example(b"", Format.UNKNOWN)
@example(b"\xff\xfe", Format.JSON)
@example(b"\xff\xfe{\x00", Format.JSON)
@example(b'{"text":"\xed\xa0\x80"}', Format.JSON)
@example(b"---\n", Format.MARKDOWN)
@example(b"---\n---", Format.MARKDOWN)
@example(b"---\n? [a]\n: b\n---\nx", Format.MARKDOWN)
@settings(max_examples=500)
def test_no_bytes_raise_and_what_comes_out_is_valid_json(value: bytes, form: Format):
    result = read(value, form)
    json.loads(encode(result))
    if isinstance(result, DeadLetter):
        assert result.value == value
        assert result.reason in REASONS
        assert result.message
    else:
        assert set(rules(result)) <= {notice.id for notice in NOTICES}


NAMES = st.sampled_from(
    ["id", "url", "title", "text", "body", "authors", "author", "date", "date_modify", "lang",
     "source", "quality", "provenance", "extra", "articleBody", "datePublishedRaw", "summary", "x"]
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["2021-11-07", "03/04/2021", "By A B and C D", "\ud800", "en", "None", 10**400]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.sampled_from(["name", "$date", "sections"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, JSON, max_size=8))
@settings(max_examples=500)
def test_no_record_raises_and_no_unknown_field_is_lost(record: dict[str, Any]):
    result = read(json.dumps(record), Format.JSON)
    json.loads(encode(result))
    if isinstance(result, RawArticle) and "x" in record:
        assert "x" in result.extra


@given(st.text(min_size=1, max_size=200))
def test_declared_text_is_the_body_to_the_character(text: str):
    result = read(text, Format.TEXT)
    if isinstance(result, RawArticle) and not result.findings:
        assert result.body == text.removeprefix("\ufeff")
    else:
        assert isinstance(result, DeadLetter) or "\x00" in text or "\x1b" in text


@given(st.dictionaries(NAMES, JSON, max_size=8))
@settings(max_examples=300)
def test_our_own_output_reads_back_the_same(record: dict[str, Any]):
    first = read(json.dumps({"text": "One.", **record}), Format.JSON)
    if isinstance(first, DeadLetter):
        return
    second = article(encode(_published(first)))
    wanted = msgspec.structs.replace(first, findings=second.findings)
    if wanted.authors:
        assert second.authors == wanted.authors
    assert shown(second) == shown(wanted)


def _published(raw: RawArticle) -> Article:
    note = QualityNote(
        origin=Origin(file="a", line=1), verdict=Verdict.PUBLISH, reasons=(), match=None,
        language=None, ruleset="1", repairs=(), findings=(),
    )  # fmt: skip
    return Article(
        id=raw.id or "", url=raw.url, canonical_url=raw.url, headline=raw.headline or None,
        description=raw.description or None, article_body=raw.body, authors=raw.authors,
        date_published=raw.date_published, date_published_raw=raw.date_published_raw,
        date_modified=raw.date_modified, date_modified_raw=raw.date_modified_raw,
        in_language=raw.language, source=raw.source, provenance=raw.provenance, extra=raw.extra,
        quality=note,
    )  # fmt: skip


# JSON that is odd or broken


def test_unknown_values_leave_exactly_as_they_came():
    raw = article('{"text":"One.","a":1e400,"b":12345678901234567890123,"c":"\\u0041","d":[1,  2]}')
    assert {name: bytes(value) for name, value in raw.extra.items()} == {
        "a": b"1e400", "b": b"12345678901234567890123", "c": b'"\\u0041"', "d": b"[1,  2]",
    }  # fmt: skip


def test_nan_becomes_null_and_is_noted():
    raw = article('{"text":"NaN stays here","a":NaN,"b":[-Infinity]}')
    assert raw.body == "NaN stays here"
    assert bytes(raw.extra["b"]) == b"[null]"
    assert rules(raw) == {"json-not-strict": "NaN, Infinity"}


def test_a_surrogate_pair_is_one_character_and_a_lone_one_is_replaced():
    raw = article('{"text":"\\ud83d\\ude00 \\ud800 \\\\ud800","a":"\\udc00"}')
    assert raw.body == "\U0001f600 \ufffd \\ud800"
    assert bytes(raw.extra["a"]) == b'"\\ufffd"'
    assert rules(raw) == {"json-not-strict": "lone surrogate"}


def test_control_characters_inside_strings_are_read():
    raw = article('{"text":"One.\n\tTwo.\x00"}')
    assert raw.body == "One.\n\tTwo.\x00"
    assert rules(raw) == {"json-not-strict": "control character"}


def test_the_last_of_two_equal_names_wins():
    assert article('{"text":"One.","text":"Two."}').body == "Two."


@pytest.mark.parametrize(
    ("value", "reason", "says"),
    [
        ("", "empty-value", "send an article"),
        (" \r\n\t", "empty-value", "send an article"),
        ("\ufeff", "empty-value", "send an article"),
        ('{"text": "half a li', "not-json", "after character 19"),
        ('{"text": "a",}', "not-json", "character 14"),
        ('{"text": "\u0416", x}', "not-json", "character 15"),
        ('[{"text": "a"}]', "not-an-object", "array"),
        ('{"text": "a", "x": ' + "[" * 10_000 + "]" * 10_000 + "}", "too-deep", "100 levels"),
        ('{"a":' * 10_000, "too-deep", "100 levels"),
        ("ab\r\n" * 100_001, "too-many-lines", "100,001 lines"),
        ('{"text": "' + "<br>ab" * 100_001 + '"}', "too-many-lines", "parse.max_lines"),
        ('{"text": "a", "summary": "' + "b\\n" * 100_001 + '"}', "too-many-lines", "lines"),
        ('{"title": "t", "foo": 1}', "no-text-field", "title, foo"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary", "send its text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "binary", "send its text"),
        (b"PK\x03\x04\x14\x00\x00\x00", "binary", "send its text"),
        (b"\x1f\x8b\x08\x00abc", "binary", "send its text"),
        (bytes(range(256)) * 4, "binary", "send its text"),
    ],
)
def test_what_cannot_be_an_article_is_a_dead_letter(value: str | bytes, reason: str, says: str):
    letter = dead(value)
    assert (letter.stage, letter.reason) == ("parse", reason)
    assert says in letter.message
    assert letter.size == len(letter.value or b"")


def test_declared_json_must_be_json():
    assert dead("Plain words.", Format.JSON).reason == "not-json"
    assert "encoded twice" in dead('"{\\"text\\": \\"a\\"}"', Format.JSON).message
    assert dead("12", Format.JSON).reason == "not-an-object"


@pytest.mark.parametrize("text", ["{sic} he said", "[UPDATE] A bridge", "[1] A note", "--- a"])
def test_text_that_only_begins_like_json_is_text(text: str):
    assert article(text).body == text


def test_a_hundred_levels_are_read_and_brackets_in_strings_do_not_count():
    nested = '{"text":"One.","x":' + "[" * 99 + "]" * 99 + "}"
    assert article(nested).body == "One."
    assert article('{"text":"' + '[\\"[' * 500 + '"}').body == '["[' * 500


@pytest.mark.parametrize("name", ["text", "title", "authors", "date", "source", "lang", "id", "x"])
@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"name":', "}"), ('{"$date":', "}")]
)
def test_the_deepest_allowed_value_in_any_field_does_not_raise(
    name: str, opening: str, closing: str
):
    deepest = opening * 199 + '"a"' + closing * 199
    record = f'{{"body": "One.", "{name}": {deepest}}}'
    read = article(record, Format.JSON, ParseOptions(max_depth=200))
    assert read.body or name == "text"


def test_a_value_too_large_is_counted_and_hashed_but_not_kept():
    letter = dead(b"x" * 2000, options=ParseOptions(max_bytes=1024))
    assert (letter.reason, letter.size, letter.value) == ("too-large", 2000, None)
    assert "parse.max_bytes" in letter.message
    assert len(letter.sha256) == 64


# Encodings

ENCODINGS = json.loads((CASES_DIR / "encodings.json").read_text(encoding="utf-8"))
RUSSIAN = next(case["input"] for case in ENCODINGS if case["encoding"] == "cp1251")


@pytest.mark.parametrize("case", ENCODINGS, ids=[case["label"] for case in ENCODINGS])
def test_encodings_are_told_from_the_bytes(case: dict[str, Any]):
    plain = article(case["input"].encode(case["encoding"]), Format.TEXT)
    assert plain.body == case["expected"]
    assert "encoding-not-utf8" in rules(plain)
    record = json.dumps({"url": "https://example.com/a", "text": case["input"]}, ensure_ascii=False)
    assert article(record.encode(case["encoding"]), Format.JSON).body == case["expected"]


def test_a_declared_encoding_serves_where_utf8_fails():
    options = ParseOptions(encoding="cp866")
    assert article(RUSSIAN.encode("cp866"), Format.TEXT, options).body == RUSSIAN
    assert article(RUSSIAN, Format.TEXT, options).body == RUSSIAN


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert article(b'\xef\xbb\xbf {"text": "One."}').body == "One."
    assert article(b"\xef\xbb\xbfOne.", Format.TEXT).body == "One."


def test_utf8_with_a_few_broken_bytes_stays_utf8():
    cut = article(RUSSIAN.encode()[:-2], Format.TEXT)
    assert cut.body == RUSSIAN[:-2] + "\ufffd"
    assert rules(cut) == {"encoding-damaged": 1.0}


def test_surrogates_written_as_utf8_are_joined():
    raw = article("One \U0001f600.".encode("utf-16-le").decode("utf-16-le").encode("utf-8"))
    assert raw.body == "One \U0001f600."
    cesu = b'{"text":"One \xed\xa0\xbd\xed\xb8\x80"}'
    assert article(cesu).body == "One \U0001f600"


# Text and Markdown


def test_front_matter_becomes_fields():
    raw = article(
        "---\ntitle: 'Bridge: open'\ndate: 2021-11-07\nauthors: [Ann Lee, Bob Ray]\ntags:\n  - x\n"
        "---\n\nThe **council** voted.\n",
        Format.MARKDOWN,
    )
    assert (raw.headline, raw.date_published) == ("Bridge: open", "2021-11-07")
    assert raw.authors == ("Ann Lee", "Bob Ray")
    assert raw.body == "\nThe **council** voted.\n"
    assert raw.markdown
    assert bytes(raw.extra["tags"]) == b'["x"]'


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA section break.\n\n---\n\nMore.",
        "---\nnote: a: b: c\n---\nMore.",
        "---\na: &x [1]\nb: *x\n---\nMore.",
        "---\nx: " + "[" * 5000 + "\n---\nMore.",
        "--- never closed",
    ],
)
def test_what_is_no_front_matter_stays_in_the_body(text: str):
    raw = article(text, Format.MARKDOWN)
    assert raw.body == text
    assert raw.markdown


def test_only_declared_markdown_has_front_matter():
    text = "---\ntitle: A\n---\nB"
    assert article(text, Format.TEXT).body == text


# Options


def test_config_can_name_more_fields_and_they_come_first():
    options = ParseOptions(aliases={"articleBody": ["story-html"], "source": ["author"]})
    raw = article('{"story_html":"One.","text":"Two.","author":"Example"}', Format.JSON, options)
    assert (raw.body, raw.source, raw.authors) == ("One.", "Example", ())


@pytest.mark.parametrize(
    "wrong",
    [{"aliases": {"body": ["x"]}}, {"encoding": "rot13"}, {"encoding": "utf-99"}, {"max_deep": 3}],
)
def test_wrong_options_are_refused(wrong: dict[str, Any]):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, ParseOptions)


def test_date_order_comes_from_the_source_or_for_all():
    record = (
        '{"text":"One.","date":"03/04/2021","source":"example.com","url":"https://www.b.com/1"}'
    )
    assert article(record).findings == (
        Finding(
            rule="date-ambiguous", severity=article(record).findings[0].severity, value="03/04/2021"
        ),
    )
    for wanted, options in {
        "2021-04-03": {"date_order": "DMY"},
        "2021-03-04": {"date_order": "DMY", "sources": {"example.com": {"date_order": "MDY"}}},
        "2021-04-03 ": {"sources": {"b.com": {"date_order": "DMY"}}},
    }.items():
        raw = article(record, Format.JSON, msgspec.convert(options, ParseOptions))
        assert (raw.date_published, raw.findings) == (wanted.strip(), ())


# Real articles


@pytest.mark.parametrize(
    "name", ["fundus_pages", "fakebr_pt", "vfnd_vi", "reuters21578", "fakenewsnet2018"]
)
def test_real_records_are_all_read(name: str):
    with gzip.open(data(f"{name}.jsonl.gz")) as lines:
        for line in lines:
            raw = article(line, Format.JSON)
            assert raw.body == json.loads(line)["text"]

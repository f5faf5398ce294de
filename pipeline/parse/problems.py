"""The public ids of findings of parsing, and of reasons for dead letters."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.article import Arrival, DeadLetter, Finding, Severity


class Notice(NamedTuple):
    """A finding of parsing: its id, its severity and its description for `copydesk rules`."""

    id: str
    severity: Severity
    summary: str

    def finding(self, value: float | str | None = None) -> Finding:
        """Returns this finding for one article."""
        return Finding(rule=self.id, severity=self.severity, value=value)


ENCODING_NOT_UTF8 = Notice(
    "encoding-not-utf8", Severity.INFO, "the bytes were in another encoding; value: which"
)
ENCODING_DAMAGED = Notice(
    "encoding-damaged",
    Severity.WARN,
    "some bytes fit no character and became U+FFFD; value: how many",
)
JSON_NOT_STRICT = Notice(
    "json-not-strict",
    Severity.INFO,
    "the JSON was mended to be read: NaN became null, lone surrogates U+FFFD, control characters "
    "were escaped; value: which",
)
FRONT_MATTER_UNREADABLE = Notice(
    "front-matter-unreadable",
    Severity.INFO,
    "a block between --- lines opens the Markdown, but is not `key: value`; it stays in the body",
)
FIELD_WRONG_TYPE = Notice(
    "field-wrong-type",
    Severity.INFO,
    "a known field holds something unusable; it stays in extra; value: the field's name",
)
RECORD_INSIDE = Notice(
    "record-inside",
    Severity.INFO,
    "the record stood inside an envelope or a list, the rest of which is in extra.envelope; "
    "value: where",
)
SCHEMA_FRAMED = Notice(
    "schema-framed",
    Severity.INFO,
    "the framing of a schema registry stood before the JSON; value: the schema's id",
)
TEXTS_DIFFER = Notice(
    "texts-differ",
    Severity.INFO,
    "two fields hold different texts of the article; the longer is its body, the other stays in "
    "extra; value: both names",
)
BLOCKS_LEFT_OUT = Notice(
    "blocks-left-out",
    Severity.INFO,
    "the body came in blocks, some of which are no text (pictures, embedded posts); extra has "
    "them all; value: their kinds",
)
COLUMNS_DIFFER = Notice(
    "columns-differ",
    Severity.WARN,
    "a row of a table with more or fewer cells than the header has: a delimiter in a cell may "
    "not be in quotes; what is too many stays in extra; value: the cells, of the header's",
)
AUTHOR_NO_NAME = Notice(
    "author-no-name",
    Severity.INFO,
    "a part of a byline that names nobody: a button, an address, `Promoted by`; it is left out, "
    "and the field stays in extra; value: the part",
)
DATE_AMBIGUOUS = Notice(
    "date-ambiguous",
    Severity.WARN,
    "a date such as 03/04/2021 reads two ways; set parse.date_order, or "
    "parse.sources.<source>.date_order; value: the date as given",
)
DATE_BY_LANGUAGE = Notice(
    "date-by-language",
    Severity.WARN,
    "a date such as 03/04/2021 was read with the day first, as the declared language writes it in "
    "all countries; parse.date_order, or that of the source, may say otherwise; value: the date as "
    "given",
)
DATE_UNREADABLE = Notice(
    "date-unreadable", Severity.WARN, "no certain day could be read; value: the date as given"
)
DATE_SENTINEL = Notice(
    "date-sentinel",
    Severity.INFO,
    "the zero of a clock or a database (1970-01-01, 0000-00-00), which stands for no date; value: "
    "the date as given",
)
DATE_FROM_CRAWL = Notice(
    "date-from-crawl",
    Severity.INFO,
    "a date such as `2 hours ago`, counted from the time at which the record says that the page "
    "was read; value: the date as given",
)
DATE_FROM_BODY = Notice(
    "date-from-body",
    Severity.INFO,
    "no field has a date; it was read from a line above the story; value: the line",
)
LANGUAGE_UNREADABLE = Notice(
    "language-unreadable",
    Severity.INFO,
    "the declared language is none we know; it stays in extra; value: as given",
)

NOTICES: tuple[Notice, ...] = (
    ENCODING_NOT_UTF8,
    ENCODING_DAMAGED,
    JSON_NOT_STRICT,
    FRONT_MATTER_UNREADABLE,
    FIELD_WRONG_TYPE,
    RECORD_INSIDE,
    SCHEMA_FRAMED,
    TEXTS_DIFFER,
    BLOCKS_LEFT_OUT,
    COLUMNS_DIFFER,
    AUTHOR_NO_NAME,
    DATE_AMBIGUOUS,
    DATE_BY_LANGUAGE,
    DATE_UNREADABLE,
    DATE_SENTINEL,
    DATE_FROM_CRAWL,
    DATE_FROM_BODY,
    LANGUAGE_UNREADABLE,
)

# Why a value cannot become an article: the `reason` of a dead letter of stage `parse`.
REASONS: dict[str, str] = {
    "empty-value": "no bytes, or nothing but white space",
    "binary": "an image, archive, PDF or other file that is not text",
    "too-large": "more bytes than parse.max_bytes; the value itself is not kept",
    "too-deep": "JSON nested deeper than parse.max_depth",
    "too-many-lines": "a text of more lines and tags than parse.max_lines",
    "not-json": "declared to be JSON, or looks like it, but cannot be read as JSON",
    "not-an-object": "JSON, but an array, a string or a number instead of an object",
    "schema-registry": "Avro or Protobuf behind the framing of a schema registry",
    "no-path": "a value in which parse.path leads to nothing",
    "too-many-records": "a list of more than 10,000 records in one value",
    "no-text-field": "a JSON object without any field known to hold an article's text",
    "wrong-type": "the field that should hold the text holds something else",
}


class Refusal(NamedTuple):
    """Why a value cannot become an article; `message` names the fault, its place and a remedy."""

    reason: str
    message: str


def dead_letter(value: bytes, arrival: Arrival, refusal: Refusal) -> DeadLetter:
    """Returns the dead letter of a value that is refused."""
    return DeadLetter.of(value, arrival, "parse", *refusal)

"""The settings of parsing."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from pipeline.parse.aliases import FIELDS

DateOrder = Literal["MDY", "DMY", "YMD"]


class SourceParseOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one source does differently."""

    date_order: Annotated[
        DateOrder | None,
        Meta(description="order of day, month and year in this source's numeric dates"),
    ] = None


class ParseOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How bytes become a raw article."""

    max_bytes: Annotated[
        int,
        Meta(
            description="bytes; a larger value is a dead letter and is not kept. Eight times the "
            "1 MB that Kafka's own default lets through; the longest article measured has 0.3 MB",
            ge=1024,
        ),
    ] = 8 * 1024 * 1024
    max_depth: Annotated[
        int,
        Meta(
            description="levels of nested JSON; deeper is a dead letter. Real records have under "
            "10; many JSON readers stop at some hundreds",
            ge=2,
            le=200,
        ),
    ] = 100
    max_lines: Annotated[
        int,
        Meta(
            description="lines and tags of a text; one of more is a dead letter. A text of that "
            "many takes 200 MB and a second; the longest measured has some thousands",
            ge=1000,
        ),
    ] = 100_000
    max_expansion: Annotated[
        int,
        Meta(
            description="how many times its own size a compressed file may become; beyond, the "
            "rest is a dead letter. The first 64 MB are free. Text becomes 3 to 20 times as long, "
            "one article over and over some hundred times",
            ge=10,
        ),
    ] = 1000
    encoding: Annotated[
        str | None,
        Meta(
            description="encoding of values that are not UTF-8, by its Python name (cp1251, "
            "shift_jis); none = detect it"
        ),
    ] = None
    path: Annotated[
        str | None,
        Meta(
            description="where the record, or the list of records, stands in each JSON value: "
            "names separated by full stops, such as response.docs. What stands outside is not "
            "read; none = known envelopes and lists are detected, and kept in extra.envelope"
        ),
    ] = None
    html_field: Annotated[
        str | None,
        Meta(
            description="field of a record that holds a whole web page, from which the text and "
            "what the record lacks are read (needs trafilatura); none = such a field is data"
        ),
    ] = None
    aliases: Annotated[
        dict[str, list[str]],
        Meta(
            description="more input names per field of ours, tried before the built-in ones, e.g. "
            "articleBody: [story_html]. Case, spaces, _ and - in names do not matter"
        ),
    ] = {}
    arrival_field: Annotated[
        str | None,
        Meta(
            description="field of the input with the time it was fetched at (ISO 8601), for files "
            "of many days: the windows of copies and of sources go by it; none = all arrive when "
            "they are run, on Kafka when the broker got them"
        ),
    ] = None
    date_order: Annotated[
        DateOrder | None,
        Meta(
            description="order of day, month and year in numeric dates such as 03/04/2021; none = "
            "such a date stays unread unless only one order is possible"
        ),
    ] = None
    sources: Annotated[
        dict[str, SourceParseOptions],
        Meta(description="by source name, or host without www.: what it does differently"),
    ] = {}

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                b"a".decode(self.encoding, "replace")  # empty bytes would not need the codec
            except LookupError as error:
                raise ValueError(f"encoding: {self.encoding!r} is no text encoding") from error
        if self.path is not None and not all(self.path.split(".")):
            raise ValueError(f"path: {self.path!r} has an empty name; names are a.b.c")
        for field in self.aliases:
            if field not in FIELDS:
                raise ValueError(f"aliases: {field!r} is no field; the fields: {', '.join(FIELDS)}")

"""Records come in many shapes: each is read whole, or is a dead letter that says what to do."""

import json
from typing import Any

import msgspec
import pytest

from pipeline.article import Arrival, DeadLetter, Format, Origin, RawArticle
from pipeline.parse import ParseOptions, parse

ORIGIN = Origin(file="a.jsonl", line=1)


def read(record: object, options: ParseOptions | None = None) -> RawArticle:
    arrival = Arrival(ORIGIN, "2026-01-01T00:00:00Z", Format.JSON)
    found = parse(json.dumps(record).encode(), arrival, options or ParseOptions())
    assert not isinstance(found, DeadLetter), found
    return found[0]


def notes(raw: RawArticle) -> dict[str, Any]:
    return {finding.rule: finding.value for finding in raw.findings}


def extra(raw: RawArticle) -> dict[str, Any]:
    return {name: msgspec.json.decode(value) for name, value in raw.extra.items()}


# Nothing is a value

NOTHINGS = [
    "", " \n", "nan", "NaN", "None", "null", "NULL", "N/A", "n/a", "undefined", "-", "\u2014",
    "NaT", "<NA>", "\\N", "(null)", "[object Object]", "nil", "#N/A", "[]", "{}", " None ", None,
    [], {}, ["nan"], [None], {"value": "null"}, {"rendered": ""},
]  # fmt: skip


@pytest.mark.parametrize("nothing", NOTHINGS, ids=repr)
def test_a_word_for_nothing_is_nothing_in_every_field(nothing: object):
    names = ("title", "description", "text", "url", "source", "lang", "author", "date", "id")
    raw = read(dict.fromkeys(names, nothing))
    assert (raw.headline, raw.description, raw.body, raw.authors) == ("", "", "", ())
    assert (raw.url, raw.source, raw.language, raw.date_published, raw.id) == (None,) * 5 or [
        raw.url, raw.source, raw.language, raw.date_published, raw.id
    ] == ["", "", None, None, ""]  # fmt: skip
    assert set(notes(raw)) <= {"field-wrong-type"}


@pytest.mark.parametrize("nothing", NOTHINGS, ids=repr)
def test_an_alias_with_nothing_yields_to_the_next(nothing: object):
    raw = read({
        "headline": nothing, "title": "Swan moved", "articleBody": nothing, "content": "A swan.",
        "description": nothing, "excerpt": "Swans.", "author": nothing, "byline": "Ann Lee",
        "datePublished": nothing, "date": "2024-10-15", "url": nothing, "link": "https://a.example/1",
    })  # fmt: skip
    assert (raw.headline, raw.body, raw.description) == ("Swan moved", "A swan.", "Swans.")
    assert (raw.authors, raw.date_published) == (("Ann Lee",), "2024-10-15")
    assert raw.url == "https://a.example/1"


@pytest.mark.parametrize(
    "text", ["Nancy", "None of them came.", "N/A-rated", "A \u2013 B", "Nil by mouth", "-5 degrees"]
)
def test_what_only_begins_like_nothing_is_a_text(text: str):
    raw = read({"title": text, "description": text, "text": text})
    assert (raw.headline, raw.description, raw.body) == (text, text, text)


def test_a_paragraph_of_one_dash_stays_among_others():
    assert read({"text": ["One.", "-", "None", "Two."]}).body == "One.\n\n-\n\nNone\n\nTwo."


# Two texts


@pytest.mark.parametrize("order", [("text", "content"), ("content", "text")])
def test_the_longer_of_two_texts_wins_and_the_other_is_kept(order: tuple[str, str]):
    short, long = "A swan was moved.", "A swan was moved. Trams ran again after two hours."
    raw = read(dict(zip(order, (short, long), strict=True)))
    assert raw.body == long
    assert extra(raw) == {order[0]: short}
    assert list(notes(raw)) == ["texts-differ"]


def test_one_text_with_and_without_markup_is_one():
    html = "<p>A swan <b>was</b> moved.</p>"
    raw = read({"text": "A swan was moved.", "content": html})
    assert (raw.body, extra(raw), notes(raw)) == ("A swan was moved.", {"content": html}, {})


@pytest.mark.parametrize("name", ["raw_text", "content_html", "articleBodyHtml"])
def test_a_raw_form_never_wins_over_a_text(name: str):
    raw = read({name: "Menu. A swan was moved. Footer.", "text": "A swan was moved."})
    assert (raw.body, list(extra(raw)), notes(raw)) == ("A swan was moved.", [name], {})
    assert read({name: "A swan was moved.", "text": "nan"}).body == "A swan was moved."


def test_a_name_of_the_users_wins_over_a_longer_text():
    options = ParseOptions(aliases={"articleBody": ["lead_text"]})
    raw = read({"text": "A swan was moved today.", "lead_text": "A swan."}, options)
    assert (raw.body, extra(raw)) == ("A swan.", {"text": "A swan was moved today."})


# Bodies in blocks

BLOCKS: dict[str, tuple[object, str]] = {
    "Arc": (
        [
            {"_id": "A", "type": "text", "content": "<p>One.</p>"},
            {"_id": "B", "type": "image", "url": "https://i.example/a.jpg", "caption": "A swan"},
            {"_id": "C", "type": "custom_embed", "embed": {"id": "7"}},
            {"_id": "D", "type": "header", "level": 2, "content": "More"},
            {"_id": "E", "type": "list", "items": [{"type": "text", "content": "Two."}]},
        ],
        "<p>One.</p>\n\nMore\n\nTwo.",
    ),
    "Editor.js": (
        {
            "time": 1,
            "blocks": [
                {"type": "paragraph", "data": {"text": "Uno."}},
                {"type": "image", "data": {"file": {"url": "x"}, "caption": "Un cisne"}},
                {"type": "list", "data": {"style": "ordered", "items": ["Dos.", "Tres."]}},
            ],
        },
        "Uno.\n\nDos.\n\nTres.",
    ),
    "ProseMirror": (
        {
            "type": "doc",
            "content": [
                {
                    "type": "paragraph",
                    "content": [
                        {"type": "text", "text": "Ein "},
                        {"type": "text", "marks": [{"type": "bold"}], "text": "Schwan"},
                        {"type": "text", "text": "."},
                    ],
                },
                {"type": "embed", "attrs": {"src": "https://v.example"}},
                {"type": "paragraph", "content": [{"type": "text", "text": "Zwei."}]},
                {"type": "paragraph"},
            ],
        },
        "Ein Schwan.\n\nZwei.",
    ),
    "Slate": (
        [
            {"type": "paragraph", "children": [{"text": "Un "}, {"text": "cygne", "bold": True}]},
            {"type": "video", "children": [{"text": ""}]},
            {"children": [{"text": "Deux."}]},
        ],
        "Un cygne\n\nDeux.",
    ),
    "Portable Text": (
        [
            {
                "_type": "block",
                "style": "normal",
                "children": [
                    {"_type": "span", "text": "Лебедь "},
                    {"_type": "span", "text": "ушёл."},
                ],
            },
            {"_type": "image", "asset": {"_ref": "x"}},
        ],
        "Лебедь ушёл.",
    ),
    "Draft.js": (
        {"blocks": [{"text": "一。", "type": "unstyled"}, {"text": " ", "type": "atomic"}],
         "entityMap": {"0": {"type": "IMAGE"}}},
        "一。",
    ),
    "Gutenberg": (
        [
            {"blockName": "core/paragraph", "innerBlocks": [], "innerHTML": "<p>One.</p>"},
            {"blockName": "core/image", "innerBlocks": [], "innerHTML": "<img src=x>"},
            {"blockName": "core/quote", "innerHTML": "<blockquote></blockquote>",
             "innerBlocks": [{"blockName": "core/paragraph", "innerHTML": "<p>Two.</p>"}]},
        ],
        "<p>One.</p>\n\n<p>Two.</p>",
    ),
    "model": (
        {"blocks": [{"type": "paragraph", "model": {"text": "One.", "blocks": []}},
                    {"type": "image", "model": {"caption": "A swan"}}]},
        "One.",
    ),
    "paragraphs": ({"paragraphs": ["One.", "Two."]}, "One.\n\nTwo."),
}  # fmt: skip


@pytest.mark.parametrize("form", BLOCKS)
def test_a_body_in_blocks_is_their_text(form: str):
    body, text = BLOCKS[form]
    raw = read({"title": "Swan", "body": body})
    assert raw.body == text
    if form != "paragraphs":
        assert extra(raw) == {"body": body}


def test_what_is_left_out_of_a_body_is_named():
    raw = read(
        {"text": [{"type": "text", "content": "One."}, {"type": "image"}, {"type": "tweet"}]}
    )
    assert notes(raw) == {"blocks-left-out": "image, tweet"}


def test_blocks_without_any_text_are_no_body():
    arrival = Arrival(ORIGIN, "2026-01-01T00:00:00Z", Format.JSON)
    letter = parse(b'{"text": [{"type": "image", "url": "x"}]}', arrival, ParseOptions())
    assert isinstance(letter, DeadLetter)
    assert letter.reason == "wrong-type"


# A standfirst in parts


def test_a_standfirst_in_a_list_is_read_as_its_paragraphs():
    raw = read({"text": "It rained.", "description": ["Subscribers only", {"text": "The pool."}]})
    assert raw.description == "Subscribers only\n\nThe pool."
    assert notes(raw) == {}


def test_a_standfirst_of_no_texts_is_kept_as_it_came():
    raw = read({"text": "It rained.", "description": ["The pool.", 7]})
    assert raw.description == ""
    assert extra(raw) == {"description": ["The pool.", 7]}
    assert notes(raw) == {"field-wrong-type": "description"}

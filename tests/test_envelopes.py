"""A record is found in every envelope, with all that stands around it; nothing else is opened."""

import base64
import json
from typing import Any

import msgspec
import pytest

from pipeline.article import Arrival, DeadLetter, Format, Origin, RawArticle
from pipeline.parse import ParseOptions, parse, unpack

SWAN = {
    "title": "Swan moved from the tram lines",
    "url": "https://v.example/swan",
    "text": "A swan that had nested on the tram lines was moved on Thursday.",
}
BELL = {"title": "Bell", "url": "https://v.example/bell", "text": "The bell rang by itself."}
FILE = Origin(file="a.jsonl", line=4)
TOPIC = Origin(topic="articles.raw", partition=1, offset=7)
OPTIONS = ParseOptions()


def outcomes(
    value: object,
    form: Format = Format.JSON,
    origin: Origin = FILE,
    options: ParseOptions = OPTIONS,
) -> list[RawArticle | DeadLetter]:
    """What each record of a value becomes; a value that is no bytes is written as JSON."""
    data = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    found: list[RawArticle | DeadLetter] = []
    for item in unpack(data, Arrival(origin, "2026-01-01T00:00:00Z", form), options):
        result = item if isinstance(item, DeadLetter) else parse(*item, options)
        found.append(result if isinstance(result, DeadLetter) else result[0])
    return found


def in_base64(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def articles(value: object, **given: Any) -> list[RawArticle]:
    found = outcomes(value, **given)
    assert all(isinstance(one, RawArticle) for one in found), found
    return [one for one in found if isinstance(one, RawArticle)]


def letter(value: object, **given: Any) -> DeadLetter:
    (found,) = outcomes(value, **given)
    assert isinstance(found, DeadLetter), found
    return found


def said(raw: RawArticle) -> dict[str, str | None]:
    return {"title": raw.headline, "url": raw.url, "text": raw.body}


def extra(raw: RawArticle) -> dict[str, Any]:
    return {name: msgspec.json.decode(value) for name, value in raw.extra.items()}


def notes(raw: RawArticle) -> dict[str, Any]:
    return {finding.rule: finding.value for finding in raw.findings}


# One record

ENVELOPES: dict[str, tuple[object, str, object]] = {
    "Kafka Connect": (
        {"schema": {"type": "struct", "fields": [{"field": "text"}]}, "payload": SWAN},
        "payload",
        {"schema": {"type": "struct", "fields": [{"field": "text"}]}},
    ),
    "Debezium": (
        {
            "schema": {},
            "payload": {"before": BELL, "after": SWAN, "op": "u", "source": {"db": "n"}},
        },
        "payload.after",
        {"schema": {}, "before": BELL, "op": "u", "source": {"db": "n"}},
    ),
    "CloudEvents": (
        {"specversion": "1.0", "id": "e1", "source": "/spider/7", "type": "article", "data": SWAN},
        "data",
        {"specversion": "1.0", "id": "e1", "source": "/spider/7", "type": "article"},
    ),
    "CloudEvents with text": (
        {"specversion": "1.0", "id": "e1", "source": "/s", "type": "a", "data": json.dumps(SWAN)},
        "data",
        {"specversion": "1.0", "id": "e1", "source": "/s", "type": "a"},
    ),
    "CloudEvents in base64": (
        {
            "specversion": "1.0",
            "id": "e1",
            "source": "/s",
            "type": "a",
            "data_base64": in_base64(SWAN),
        },
        "data_base64",
        {"specversion": "1.0", "id": "e1", "source": "/s", "type": "a"},
    ),
    "an event": ({"event": "new", "payload": SWAN, "v": 2}, "payload", {"event": "new", "v": 2}),
    "a message": ({"message": json.dumps(SWAN), "offset": 3}, "message", {"offset": 3}),
    "SNS": (
        {"Type": "Notification", "MessageId": "m1", "Message": json.dumps(SWAN)},
        "Message",
        {"Type": "Notification", "MessageId": "m1"},
    ),
    "EventBridge": (
        {"detail-type": "article", "version": "0", "detail": SWAN},
        "detail",
        {"detail-type": "article", "version": "0"},
    ),
    "Airbyte": (
        {"_airbyte_ab_id": "a1", "_airbyte_data": SWAN},
        "_airbyte_data",
        {"_airbyte_ab_id": "a1"},
    ),
    "Pub/Sub": (
        {"message": {"data": in_base64(SWAN), "messageId": "13"}, "subscription": "s"},
        "message.data",
        {"messageId": "13", "subscription": "s"},
    ),
    "our dead letter": (
        {"stage": "parse", "reason": "no-text-field", "value": json.dumps(SWAN)},
        "value",
        {"stage": "parse", "reason": "no-text-field"},
    ),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_of_a_message_is_kept_around_its_record(name: str):
    value, path, around = ENVELOPES[name]
    (raw,) = articles(value)
    assert said(raw) == SWAN
    assert extra(raw) == {"envelope": around}
    assert notes(raw) == {"record-inside": path}


PARTS: dict[str, tuple[object, str]] = {
    "Elasticsearch": ({"_index": "news", "_id": "x1", "_score": 1.0, "_source": SWAN}, "_source"),
    "JSON in a column": ({"_id": "x1", "crawl": 3, "json": json.dumps(SWAN)}, "json"),
    "JSON as the body": ({"_id": "x1", "crawl": 3, "body": json.dumps(SWAN)}, "body"),
    "JSON as the text": ({"_id": "x1", "text": json.dumps(SWAN, indent=1)}, "text"),
    "JSON in JSON in JSON": ({"_id": "x1", "data": json.dumps(json.dumps(SWAN))}, "data"),
    "JSON:API": ({"data": {"_id": "x1", "type": "news", "attributes": SWAN}}, "data.attributes"),
    "Airtable": ({"_id": "x1", "createdTime": "2024-01-01", "fields": SWAN}, "fields"),
    "GraphQL": ({"data": {"article": {**SWAN, "id": "x1"}}}, "data.article"),
    "an object as the content": ({"_id": "x1", "content": SWAN}, "content"),
}


@pytest.mark.parametrize("name", PARTS)
def test_what_stands_beside_a_part_belongs_to_the_record(name: str):
    value, path = PARTS[name]
    (raw,) = articles(value)
    assert said(raw) == SWAN
    assert raw.id == "x1"
    assert notes(raw)["record-inside"] == path
    assert set(extra(raw)) <= {"_index", "_score", "crawl", "type", "createdTime"}


def test_what_both_say_of_a_record_is_kept_twice():
    (raw,) = articles({"url": "https://m.example/7", "article": SWAN, "depth": 2})
    assert said(raw) == SWAN
    assert extra(raw) == {"depth": 2, "envelope": {"url": "https://m.example/7"}}


def test_an_address_beside_a_record_without_one_is_its_address():
    (raw,) = articles({"url": "https://m.example/7", "article": {"title": "A", "text": "One."}})
    assert (raw.url, extra(raw)) == ("https://m.example/7", {})


def test_the_name_of_the_envelope_gives_way_to_a_field_of_that_name():
    (raw,) = articles({"payload": {**SWAN, "envelope": 5}, "v": 2})
    assert extra(raw) == {"envelope": 5, "envelope2": {"v": 2}}


def test_an_item_of_a_reader_is_read():
    item = {
        "id": "tag:reader/item/5",
        "title": SWAN["title"],
        "canonical": [{"href": SWAN["url"]}],
        "alternate": [{"href": SWAN["url"], "type": "text/html"}],
        "origin": {"streamId": "feed/52", "title": "Tram Post"},
        "summary": {"direction": "ltr", "content": SWAN["text"]},
    }
    (raw,) = articles(item)
    assert (said(raw), raw.source, raw.id) == (SWAN, "Tram Post", "tag:reader/item/5")
    first, second = articles({"id": "reading-list", "items": [item, item]})
    assert said(first) == said(second) == SWAN
    (short,) = articles({**SWAN, "summary": {"content": "In short."}})
    assert said(short) == SWAN


@pytest.mark.parametrize("source", [{"Id": None, "Name": "River Post"}, {"NAME": "River Post"}])
def test_names_in_capitals_are_the_same(source: object):
    (raw,) = articles({"Title": SWAN["title"], "Text": SWAN["text"], "Source": source})
    assert raw.source == "River Post"


# Lists

LISTS: dict[str, tuple[object, str, dict[str, object]]] = {
    "NewsAPI": (
        {"status": "ok", "totalResults": 2, "articles": [SWAN, BELL]},
        "articles[{}]",
        {"status": "ok", "totalResults": 2},
    ),
    "JSON Feed": ({"version": "1.1", "title": "V", "items": [SWAN, BELL]}, "items[{}]",
                  {"version": "1.1", "title": "V"}),
    "Elasticsearch": (
        {"took": 3, "hits": {"total": 2, "hits": [{"_source": SWAN}, {"_source": BELL}]}},
        "hits.hits[{}]._source",
        {"took": 3, "total": 2},
    ),
    "Solr": ({"response": {"numFound": 2, "docs": [SWAN, BELL]}}, "response.docs[{}]",
             {"numFound": 2}),
    "RSS": ({"rss": {"@version": "2.0", "channel": {"item": [SWAN, BELL]}}},
            "rss.channel.item[{}]", {"@version": "2.0"}),
    "Relay": ({"data": {"posts": {"edges": [{"node": SWAN}, {"node": BELL}]}}},
              "data.posts.edges[{}].node", {}),
    "Spring": ({"content": [SWAN, BELL], "totalPages": 1}, "content[{}]", {"totalPages": 1}),
    "JSON in a column": ({"data": json.dumps([SWAN, BELL]), "n": 2}, "data[{}]", {"n": 2}),
    "a list": ([SWAN, BELL], "[{}]", {}),
    "a list of texts": ([json.dumps(SWAN), SWAN, json.dumps(BELL)], "", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in LISTS if name != "a list of texts"])
@pytest.mark.parametrize("form", [Format.JSON, Format.UNKNOWN])
def test_a_list_gives_each_record_with_its_position(name: str, form: Format):
    value, path, around = LISTS[name]
    found = articles(value, form=form)
    assert [said(raw) for raw in found] == [SWAN, BELL]
    assert [notes(raw)["record-inside"] for raw in found] == [path.format(1), path.format(2)]
    assert [extra(raw) for raw in found] == [{"envelope": around} if around else {}] * 2
    data = json.dumps(value).encode()
    places = [
        item.origin if isinstance(item, DeadLetter) else item[1].origin
        for item in unpack(data, Arrival(TOPIC, "", form), OPTIONS)
    ]
    assert [str(place) for place in places] == ["articles.raw[1]@7#1", "articles.raw[1]@7#2"]


def test_an_element_that_is_no_record_is_a_dead_letter_of_its_own():
    found = outcomes({"articles": [SWAN, {"ad": 1}, 5, BELL, [SWAN]]})
    kinds = [one.reason if isinstance(one, DeadLetter) else one.headline for one in found]
    assert kinds == [SWAN["title"], "no-text-field", "not-an-object", "Bell", "not-an-object"]
    assert next(one.value for one in found if isinstance(one, DeadLetter)) == b'{"ad": 1}'


def test_much_around_a_list_is_kept_once():
    found = articles({"dump": "x" * 5000, "articles": [SWAN, BELL]})
    assert [list(extra(raw)) for raw in found] == [["envelope"], []]


def test_a_list_of_too_many_records_is_one_dead_letter():
    found = letter({"articles": [{"text": "One."}] * 10_001})
    assert found.reason == "too-many-records"
    assert "one a line" in found.message
    assert len(articles({"articles": [{"text": "One."}] * 10_000})) == 10_000


# Only what is certain


@pytest.mark.parametrize(
    "record",
    [
        {"title": "A", "comments": [{"text": "Nice."}, {"text": "Bad."}]},
        {"title": "A", "author": {"name": "Ann", "text": "Ann writes."}},
        {"title": "A", "items": [], "data": {}, "payload": None},
        {"articles": [{"title": "A"}, {"title": "B"}]},
    ],
)
def test_texts_of_something_else_are_no_article(record: object):
    assert letter(record).reason == "no-text-field"


@pytest.mark.parametrize(
    "more",
    [
        {"data": {"text": "Another."}},
        {"items": [BELL]},
        {"payload": BELL, "schema": {}},
        {"@graph": [BELL]},
        {"article": json.dumps(BELL)},
    ],
)
def test_a_record_with_a_text_is_not_opened(more: dict[str, object]):
    (raw,) = articles({**SWAN, **more})
    assert said(raw) == SWAN
    assert extra(raw) == more


def test_a_dead_letter_names_what_could_be_meant():
    found = letter({"outer": {"story_page": {"title": "A", "text": "One."}}})
    assert "parse.path: outer.story_page" in found.message
    found = letter({"title": "A", "stuff": [{"text": "One."}]})
    assert "parse.path: stuff" in found.message


# JSON-LD

GRAPH = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebPage", "@id": "https://v.example/swan#page", "url": "https://v.example/swan"},
        {
            "@type": ["NewsArticle", "Thing"],
            "@id": "https://v.example/swan#a",
            "headline": "Swan moved",
            "author": [{"@id": "https://v.example/#/person/1"}],
            "publisher": {"@id": "https://v.example/#org"},
            "mainEntityOfPage": {"@id": "https://v.example/swan#page"},
            "articleBody": "A swan was moved.",
        },
        {"@type": "Person", "@id": "https://v.example/#/person/1", "name": "Dana Ortlieb"},
        {"@type": "Organization", "@id": "https://v.example/#org", "name": "Dorf Blatt"},
    ],
}


def test_the_article_of_a_graph_knows_its_author():
    (raw,) = articles(GRAPH)
    assert (raw.headline, raw.body, raw.authors) == (
        "Swan moved",
        "A swan was moved.",
        ("Dana Ortlieb",),
    )
    assert (raw.source, raw.url) == ("Dorf Blatt", "https://v.example/swan")
    others = [node["@type"] for node in extra(raw)["envelope"]["@graph"]]
    assert others == ["WebPage", "Person", "Organization"]


@pytest.mark.parametrize(
    "place", [{"@type": "WebPage", "@id": "https://v.example/1"}, "https://v.example/1"]
)
def test_the_page_of_an_article_is_its_address(place: object):
    record = {
        "@type": "NewsArticle",
        "headline": "A",
        "articleBody": "One.",
        "mainEntityOfPage": place,
    }
    (raw,) = articles(record)
    assert raw.url == "https://v.example/1"
    (raw,) = articles({**record, "url": "https://v.example/2"})
    assert raw.url == "https://v.example/2"


# JSON behind other things

IN_A_STRING = json.dumps(json.dumps(SWAN, ensure_ascii=False), ensure_ascii=False).encode()


@pytest.mark.parametrize("form", [Format.JSON, Format.UNKNOWN, Format.TEXT])
@pytest.mark.parametrize("origin", [FILE, TOPIC])
def test_json_inside_a_json_string_is_read(form: Format, origin: Origin):
    (raw,) = articles(IN_A_STRING, form=form, origin=origin)
    assert said(raw) == SWAN


@pytest.mark.parametrize("form", [Format.JSON, Format.UNKNOWN, Format.TEXT])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_in_other_encodings_is_json(form: Format, encoding: str):
    value = {"articles": [SWAN, {**BELL, "text": "Die Glocke l\u00e4utete \u2013 von selbst."}]}
    data = json.dumps(value, ensure_ascii=False).encode(encoding)
    assert [raw.headline for raw in articles(data, form=form)] == [SWAN["title"], "Bell"]
    (raw,) = articles(json.dumps(SWAN).encode(encoding), form=form)
    assert said(raw) == SWAN


@pytest.mark.parametrize("form", [Format.JSON, Format.UNKNOWN, Format.TEXT])
def test_what_looks_like_json_is_never_the_text_of_an_article(form: Format):
    for broken in (b'{"title": "A", "text": "On', b'[{"text": "One."}, ', b'"{\\"text\\": \\"On'):
        assert letter(broken, form=form).reason in {"not-json", "not-an-object"}, broken
    assert letter({"title": "A", "text": '{"text": "On'}).reason == "wrong-type"
    assert letter({"title": "A", "text": '{"a": 1}'}).reason == "wrong-type"


@pytest.mark.parametrize(
    "start", ["%PDF-1.7\n%\ufffd\ufffd 1 0 obj", "PK\x03\x04\x14\x00", "\x01\x02\x03\x04 a" * 20]
)
def test_what_is_binary_is_never_the_text_of_an_article(start: str):
    assert letter({"title": "A", "text": start}).reason == "wrong-type"


@pytest.mark.parametrize("between", ["", " ", ",", "\x1e", "\n"])
def test_records_one_after_another_are_read_each(between: str):
    data = between.join(json.dumps(one) for one in (SWAN, BELL, {"payload": SWAN})).encode()
    assert [raw.headline for raw in articles(data)] == [SWAN["title"], "Bell", SWAN["title"]]
    cut = outcomes(data + between.encode() + b'{"text": "On')
    assert [type(one) for one in cut] == [RawArticle, RawArticle, RawArticle, DeadLetter]
    assert isinstance(cut[-1], DeadLetter)
    assert (cut[-1].reason, cut[-1].value) == ("not-json", b'{"text": "On')


@pytest.mark.parametrize("form", [Format.JSON, Format.UNKNOWN])
@pytest.mark.parametrize("schema", [1, 42, 70_000])
def test_the_framing_of_a_schema_registry_is_taken_off(form: Format, schema: int):
    framed = b"\0" + schema.to_bytes(4, "big") + json.dumps({"payload": SWAN, "v": 1}).encode()
    (raw,) = articles(framed, form=form, origin=TOPIC)
    assert said(raw) == SWAN
    assert notes(raw) == {"schema-framed": float(schema), "record-inside": "payload"}


@pytest.mark.parametrize(
    "rest",
    [b"\x0aswan\x06One", b"\x00\x08\x96\x01\x12\x04Swan", b"\x02\x36Swan moved from the tram"],
)
def test_avro_and_protobuf_are_named(rest: bytes):
    found = letter(b"\0\0\0\0\x2a" + rest, form=Format.UNKNOWN, origin=TOPIC)
    assert found.reason == "schema-registry"
    assert "Avro" in found.message
    assert "42" in found.message


# parse.path


def test_a_path_leads_where_nothing_can_be_seen():
    value = {"page": {"blob": json.dumps({"the_list": [SWAN, {"title": "No text"}]})}}
    options = ParseOptions(path="page.blob.the_list")
    found = outcomes(value, options=options)
    assert [type(one) for one in found] == [RawArticle, DeadLetter]
    (raw,) = articles({"page": {"blob": SWAN}}, options=ParseOptions(path="page.blob"))
    assert said(raw) == SWAN


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("pages", "only page, n"),
        ("page.blobs", "under page is only blob"),
        ("page.blob.x", "no object"),
        ("n", "neither an object nor a list"),
    ],
)
def test_a_path_that_leads_to_nothing_says_what_is_there(path: str, says: str):
    found = letter({"page": {"blob": 1}, "n": 2}, options=ParseOptions(path=path))
    assert found.reason == "no-path"
    assert says in found.message

"""The contract of the records: JSON Schemas, AsyncAPI, and what may change in them."""

from __future__ import annotations

import copy
import gzip
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from support.real_articles import SETS, real_records
from typer.testing import CliRunner

from pipeline import Desk
from pipeline.article import Outcome, encode
from pipeline.cli.commands import app
from pipeline.cluster import KafkaOptions
from pipeline.runners.kafka.engine.messages import Received, Writer

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "docs" / "schemas"
CONTRACT = runpy.run_path(str(ROOT / "docs" / "contract.py"))
FEED = ROOT / "examples" / "05-feeds.jsonl"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}-1.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over the examples."""
    out = tmp_path_factory.mktemp("out")
    done = CliRunner().invoke(app, ["run", str(FEED), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("clean", "article"),
        ("duplicates", "article"),
        ("rejected", "article"),
        ("dead-letter", "dead-letter"),
        ("quality", "quality"),
        ("sources", "source-line"),
    ],
)
def test_each_line_of_a_run_keeps_to_its_schema(written: Path, file: str, schema: str):
    lines = (written / f"{file}.jsonl").read_text("utf-8").splitlines()
    assert lines
    check = validator(schema)
    assert [e.message for line in lines for e in check.iter_errors(json.loads(line))] == []


@pytest.mark.parametrize("name", SETS)
def test_records_of_real_articles_keep_to_their_schemas(name: str):
    records = real_records(f"{name}.jsonl.gz")
    article, quality = validator("article"), validator("quality")
    for outcome in Desk().run(records):
        article.validate(outcome.as_dict())
        quality.validate(json.loads(encode(outcome.quality)))


def changed(change: Any) -> list[str]:
    """What a change of the article's schema breaks."""
    old = json.loads((SCHEMAS / "article-1.json").read_text("utf-8"))
    new = copy.deepcopy(old)
    change(new)
    return [*CONTRACT["breaks"](old, new)]


def test_a_field_that_is_gone_or_of_another_type_breaks_the_contract():
    assert changed(lambda new: new["properties"].pop("url")) == ["url is gone"]
    retyped = {"type": "integer"}
    assert changed(lambda new: new["properties"].update(articleBody=retyped)) == [
        "articleBody can be integer now"
    ]
    assert changed(lambda new: new["required"].remove("id")) == ["id may be missing now"]
    note = changed(lambda new: new["$defs"]["QualityNote"]["properties"].pop("verdict"))
    assert note == ["QualityNote.verdict is gone"]


def test_a_field_more_breaks_nothing():
    assert changed(lambda new: new["properties"].update(mood={"type": "string"})) == []


def test_the_asyncapi_document_keeps_to_the_schema_of_asyncapi():
    document = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))
    with gzip.open(ROOT / "tests" / "cases" / "asyncapi-3.0.0.json.gz") as file:
        schema = Draft7Validator(json.load(file))
    assert [error.message for error in schema.iter_errors(document)] == []
    del document["channels"]["raw"]["address"]
    document["operations"]["nothing"] = {"action": "look"}
    assert not schema.is_valid(document)


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    document = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))
    assert document["asyncapi"].startswith("3.")
    found = [*references(document)]
    assert len(found) > 20
    for reference in found:
        file, _, place = reference.partition("#/")
        if file:
            assert (ROOT / "docs" / file).exists(), reference
        part = document
        for name in place.split("/") if place else ():
            part = part[name]
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_records_carry_the_headers_that_the_document_says():
    document = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))
    options = KafkaOptions()
    writer = Writer(options, "desk", "rules")
    received = Received("articles.raw", 0, 7, 0, None, b"{}", [("traceparent", b"00-1-1-01")])
    rejected = Desk().clean({"text": "..."})
    assert rejected.article is not None
    outcome = Outcome(rejected.article, rejected.quality)
    messages = writer.settled(outcome, received, "2026-01-01T00:00:00Z")
    event = Draft202012Validator(document["components"]["schemas"]["cloudEvent"])
    by_address = {one["address"]: one for one in document["channels"].values()}
    for message in messages:
        headers = {name: (value or b"").decode() for name, value in message.headers}
        event.validate(headers)
        own = by_address[message.topic]["messages"]["record"]["headers"]["allOf"][1]
        Draft202012Validator(own).validate(headers)
        assert headers["traceparent"] == "00-1-1-01"

"""Records as the tools of the field write them are read with an unchanged configuration.

`tests/tools/record.py` writes them anew from a page of our own.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.article import Arrival, Format, Origin, Prepared
from pipeline.flow import Stages, prepare_batch
from pipeline.parse import unpack

FOLDER = Path(__file__).parent / "tools"
TOOLS = ("fundus", "goose3", "news-please", "newspaper4k", "trafilatura", "zyte-common-items")
URL = "https://courier.example/news/swan-moved"
STAGES = Stages()


def prepared(tool: str) -> Prepared:
    record: dict[str, Any] = json.loads((FOLDER / f"{tool}.json").read_text(encoding="utf-8"))
    arrival = Arrival(Origin(file=tool, line=1), "2024-10-18T06:00:00Z", Format.JSON)
    items = list(unpack(json.dumps(record["record"]).encode(), arrival, STAGES.parse))
    (ready,) = prepare_batch(items, STAGES)
    assert isinstance(ready, Prepared), ready
    return ready


@pytest.mark.parametrize("tool", TOOLS)
def test_the_record_of_a_tool_is_read(tool: str):
    article = prepared(tool).article
    assert article.headline == "Swan moved from the tram lines"
    assert article.authors == ("Dana Ortlieb",)
    assert (article.date_published or "").startswith("2024-10-17")
    assert article.in_language == "en"
    assert "A swan that had nested on the tram lines in Estmouth" in article.article_body
    assert (
        "Trams ran again after two hours, and the wardens stayed for tea." in article.article_body
    )
    assert "Copyright" not in article.article_body
    assert "Home" not in article.article_body
    if tool != "fundus":  # its records have neither unless they are asked for
        assert article.url == URL
        assert article.source in {"courier.example", "Estmouth Courier"}
    if tool != "zyte-common-items":
        assert "The tram company has put a small fence around the bend." in article.article_body


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_says_where_its_record_came_from(tool: str):
    record = json.loads((FOLDER / f"{tool}.json").read_text(encoding="utf-8"))
    assert record["tool"] == tool
    assert record["version"]


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "newspaper4k"])
def test_the_standfirst_of_a_page_is_the_description(tool: str):
    assert prepared(tool).article.description == "Five eggs and most of the nest went with it."

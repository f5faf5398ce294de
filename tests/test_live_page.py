"""The live page of a real worker on a real broker, over real HTTP."""

from __future__ import annotations

import html
import http.client
import json
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator

import pytest
from support.html import Page
from support.live_site import BAD, HOSTILE, PATIENCE, Running, Site, visited

from pipeline.runners.kafka.web.guard import EMBEDDED, WRONG_NAME


@pytest.fixture(scope="module")
def live(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with visited(bootstrap, tmp_path_factory.mktemp("live")) as running:
        yield running


def figures(text: str) -> dict[str, int]:
    found = re.findall(r"(Came in|Published|Copies|Rejected|Unreadable) ([\d,]+)", text)
    return {name: int(number.replace(",", "")) for name, number in found[:5]}


def test_the_figures_are_those_of_the_topics(live: Running):
    records = live.pipeline.read.to_end().values("quality")
    dead = {"dead-letter"}
    doors = Counter(
        "Unreadable" if {f["rule"] for f in one["findings"]} == dead else one["verdict"]
        for one in records
        if one["id"] != "old-1"
    )
    fed = doors.total()
    shown = figures(live.site.until(f"Came in {fed}").text)
    assert shown == {
        "Came in": fed,
        "Published": doors["publish"],
        "Copies": doors["duplicate"],
        "Rejected": doors["reject"],
        "Unreadable": doors["Unreadable"],
    }
    for name, topic in (("Published", "clean"), ("Copies", "duplicates"), ("Rejected", "rejected")):
        on_topic = [one for one in live.pipeline.read.values(topic) if one["id"] != "old-1"]
        assert shown[name] == len(on_topic) > 0
    assert shown["Unreadable"] == len(live.pipeline.read["dead_letter"]) == len(BAD)


def test_each_minute_shows_what_arrived_in_it(live: Running):
    records = live.pipeline.read.to_end().values("quality")
    live.site.until(f"Came in {len(records) - 1}")
    by_minute = Counter(one["seenAt"][11:16] for one in records if one["id"] != "old-1")
    picture = re.search(r'<svg class="wide".*?</svg>', live.site.get("/").body, re.DOTALL)[0]
    bars = dict(re.findall(r"<title>(\d\d:\d\d): ([\d,]+) articles?,", picture))
    assert {minute: int(n.replace(",", "")) for minute, n in bars.items()} == by_minute


def sources_on(site: Site) -> dict[str, int]:
    row = r'<tr[^>]*><th scope="row"><a[^>]*><bdi>(.*?)</bdi>.*?<td class="n">(.*?)</td>'
    shown = dict(re.findall(row, site.get("/sources").body, re.DOTALL))
    return {html.unescape(name): int(n.replace(",", "")) for name, n in shown.items()}


def test_sources_show_what_their_records_say(live: Running):
    latest = {one.key: one.value for one in live.pipeline.read.to_end()["sources"]}
    records = [json.loads(value) for value in latest.values() if value]
    newest = max(record["at"] for record in records)[:10]
    told = {}
    for record in records:
        [day] = [one for one in record["windows"] if one["window"] == "day"]
        if record["source"] and len(record["source"]) < 60 and day["start"].startswith(newest):
            told[record["source"]] = day["received"]
    deadline = time.monotonic() + PATIENCE
    while not told.items() <= (shown := sources_on(live.site)).items():
        assert time.monotonic() < deadline, (told, shown)
        time.sleep(0.3)
    assert min(told.values()) > 0
    assert len(shown) == len(records) > 10


def test_every_page_forbids_what_is_not_its_own(live: Running):
    for path in ("/", "/sources", "/source", "/article/nobody", "/find?q=nothing"):
        reply = live.site.get(path)
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert Page(reply.body).handlers == []


def test_hostile_names_and_texts_are_text(live: Running):
    id_ = urllib.parse.quote(json.loads(HOSTILE)["id"], safe="")
    path = live.site.get(f"/find?q={id_}").headers["location"]
    assert path.startswith(f"/article/{id_}?at=")
    article = live.site.get(path)
    assert "javascript:alert(4)" in article.text
    assert "javascript:alert(4)" not in Page(article.body).loads
    assert "<script>alert(2)</script>" in article.text
    [source] = [load for load in Page(article.body).loads if load.startswith("/source/evil")]
    assert 'evil"><script>alert(3)</script>' in live.site.get(source).text
    assert article.body.count("<script") == live.site.get("/").body.count("<script") == 1


def test_an_article_shows_its_edits_and_a_copy_its_original(live: Running):
    accounts = live.pipeline.read.values("quality")
    repaired = next(one for one in accounts if one["repairs"] and one["verdict"] == "publish")
    text = live.site.get(f"/article/{repaired['id']}").text
    assert "As it came" in text
    assert repaired["repairs"][0]["rule"] in text
    near = next(one for one in accounts if one["match"] and one["match"]["kind"] == "near")
    reply = live.site.get(f"/article/{near['id']}")
    assert "Seen before" in reply.text
    assert "<mark>" in reply.body
    assert f"/article/{near['match']['of']}" in Page(reply.body).loads
    refused = next(one for one in accounts if one["verdict"] == "reject" and one["measures"])
    assert "Rejected" in live.site.get(f"/article/{refused['id']}").text


def test_what_could_not_be_read_shows_its_first_bytes(live: Running):
    dead = [one for one in live.pipeline.read.values("quality") if one["id"].startswith("dead-")]
    pages = [live.site.get(f"/article/{one['id']}").text for one in dead]
    assert any('{"price": 12}' in page for page in pages)
    assert any(r"\x89PNG" in page for page in pages)


def test_an_article_is_found_by_id_and_by_address(live: Running):
    published = live.pipeline.read.values("clean")
    ids = Counter(one["id"] for one in published)
    addresses = Counter(
        one["canonicalUrl"]
        for name in ("clean", "duplicates", "rejected")
        for one in live.pipeline.read.values(name)
    )
    one = next(
        one
        for one in published
        if ids[one["id"]] == addresses[one["canonicalUrl"]] == 1 and one["id"] != "old-1"
    )
    for query in (one["id"], one["url"] + "?utm_source=feed#top"):
        reply = live.site.get(f"/find?q={urllib.parse.quote(query)}")
        assert reply.status == 303, reply.text
        assert reply.headers["location"].startswith(f"/article/{one['id']}?at=")
        assert html.escape(one["headline"]) in live.site.get(reply.headers["location"]).body


def test_an_address_that_came_more_than_once_lists_all(live: Running):
    came = Counter(
        one["canonicalUrl"]
        for name in ("clean", "duplicates", "rejected")
        for one in live.pipeline.read.values(name)
    )
    [(address, number)] = came.most_common(1)
    assert number > 1
    reply = live.site.get(f"/find?q={urllib.parse.quote(address)}")
    assert len([load for load in Page(reply.body).loads if load.startswith("/article/")]) == number


def test_a_source_is_found_by_its_name(live: Running):
    names = {one["source"] for one in live.pipeline.read.values("clean")}
    name = min(name for name in names if name and name.replace(".", "").isalpha())
    assert live.site.get(f"/find?q={name}").headers["location"] == f"/source/{name}"
    assert live.site.get("/find?q=").headers["location"] == "/"


@pytest.mark.parametrize("query", ["old-1", "http://www.old.example/ferry/?fbclid=1"])
def test_an_article_out_of_memory_is_found_on_its_topic(live: Running, query: str):
    reply = live.site.get(f"/find?q={urllib.parse.quote(query)}")
    assert reply.headers["location"].startswith("/article/old-1?at=")
    text = live.site.get(reply.headers["location"]).text
    assert "An old ferry" in text
    assert "2026-01-01 00:00:00" in text  # of its account, found by its time


def test_another_input_of_the_same_id_is_not_taken_for_the_one_asked_for(live: Running):
    text = live.site.get("/article/old-1?at=gone").text
    assert "An old ferry" in text
    assert "this one came under the same id" in text


def test_what_is_nowhere_says_where_it_was_looked_for(live: Running):
    for path in ("/article/nobody", "/article/dead-0000000000000000", "/find?q=nobody"):
        assert "The topics were searched to their beginning" in live.site.get(path).text
    assert live.site.get("/article/nobody").status == 404
    assert live.site.get("/source/Nobody").status == 404
    assert live.site.get("/article?at=gone").status == 404


def test_a_new_verdict_streams_in(live: Running):
    last = re.search(r'data-last="([\w-]+)"', live.site.get("/").body)[1]
    connection = http.client.HTTPConnection(live.site.host, live.site.port, timeout=PATIENCE)
    connection.request("GET", f"/events?after={last}")
    stream = connection.getresponse()
    assert stream.headers["content-type"] == "text/event-stream"
    live.pipeline.feed([b'{"headline": "<b>Streamed</b>", "articleBody": "Just now."}'])
    names, event = set(), ""
    for line in map(bytes.decode, stream):
        event = line.partition(": ")[2].strip() if line.startswith("event: ") else event
        if line.startswith("data: "):
            names.add(event)
            if event == "verdicts":
                told = json.loads(line.removeprefix("data: "))
                break
    connection.close()
    assert told["rows"] == 1
    assert "&lt;b&gt;Streamed" in told["html"] or "Streamed" in Page(told["html"]).text
    assert names >= {"flow", "sources", "status", "verdicts"}


def test_a_page_of_an_earlier_worker_is_sent_all_that_is_newest(live: Running):
    connection = http.client.HTTPConnection(live.site.host, live.site.port, timeout=PATIENCE)
    connection.request("GET", "/events?after=0123abcd-999999")
    stream = map(bytes.decode, connection.getresponse())
    next(line for line in stream if line == "event: verdicts\n")
    told = json.loads(next(stream).removeprefix("data: "))
    connection.close()
    assert told["rows"] > 1
    assert told["html"].count("<li") > 1


def test_health_and_metrics_stay_where_they_were(live: Running):
    assert live.site.get("/live").body == "live\n"
    assert live.site.get("/ready").status == 200
    assert "copydesk_" in live.site.get("/metrics").body


def test_pages_of_other_sites_may_link_here_and_nothing_else(live: Running):
    foreign = {"Sec_Fetch_Site": "cross-site"}
    assert live.site.get("/", **foreign, Sec_Fetch_Mode="navigate").status == 200
    for mode in ("no-cors", "cors"):
        reply = live.site.get("/find?q=a", **foreign, Sec_Fetch_Mode=mode)
        assert (reply.status, reply.body) == (403, EMBEDDED + "\n")


def test_a_page_by_another_name_is_refused(live: Running):
    for name in ("evil.example", "evil.example:9633", "localhost.evil.example", ""):
        reply = live.site.get("/", Host=name)
        assert (reply.status, reply.body) == (403, WRONG_NAME + "\n")
    for name in ("localhost", "127.0.0.1:1", "[::1]:9633", "LOCALHOST:80"):
        assert live.site.get("/", Host=name).status == 200

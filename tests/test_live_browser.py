"""The live page in a real Chromium: what no parser can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka import KafkaAdminClient, TopicPartition
from support.accessible import violations
from support.browser import Tab, chromium_path, steer
from support.live_records import signal, source
from support.live_site import Running, visited
from support.streams import Pipeline, Producer, configure

from pipeline.article import encode
from pipeline.live.pages import VERDICTS
from pipeline.routing import TOPICS, Role, Topic
from pipeline.sources import SignalName

DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844, "touch": True}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FIRST = "document.querySelector('#verdicts .title').textContent"
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"
OUTLINED = "getComputedStyle(document.activeElement).outlineStyle"


class Visit(NamedTuple):
    live: Running
    folder: Path
    address: str


@pytest.fixture(scope="module")
def visit(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """A page to look at, some of whose sources are in trouble."""
    chromium_path()
    folder = tmp_path_factory.mktemp("live-browser")
    with visited(bootstrap, folder) as live:
        options = live.pipeline.options
        with Producer(options) as producer:
            for one in (
                source("Silent Post", signal(SignalName.SILENT, "nothing came for 9 hours")),
                source("Broken Post", signal(SignalName.EXTRACTOR_BROKE), hours=(4,) * 24),
                source("<img src=x onerror=alert(5)>", signal(SignalName.FLOOD, "<b>many</b>")),
            ):
                key = (one.source or "").encode()
                producer.send(options.topic(Topic.SOURCES), key=key, value=encode(one))
        live.site.until("3 sources of")
        yield Visit(live, folder, f"http://{live.site.host}:{live.site.port}")


def paths_of(visit: Visit) -> dict[str, str]:
    """A page of each kind."""
    accounts = visit.live.pipeline.read.values("quality")
    near = next(one for one in accounts if one["match"] and one["match"]["kind"] == "near")
    mended = next(one for one in accounts if len(one["repairs"]) > 1)
    dead = next(one for one in accounts if one["id"].startswith("dead-"))
    hostile = next(one for one in accounts if one["id"].startswith(".."))
    return {
        "home": "/",
        "sources": "/sources",
        "source": f"/source/{mended['source']}",
        "copy": f"/article/{near['id']}",
        "repaired": f"/article/{mended['id']}",
        "dead": f"/article/{dead['id']}",
        "hostile": f"/article?at={hostile['origin']['topic']}[{hostile['origin']['partition']}]"
        f"@{hostile['origin']['offset']}",
        "found": "/find?q=post",
    }


@pytest.mark.parametrize(("name", "window"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_every_page_fits_its_window_and_runs_without_errors(
    visit: Visit, name: str, window: dict[str, Any], tmp_path: Path
):
    async def look(tab: Tab) -> None:
        for page, path in paths_of(visit).items():
            await tab.open(visit.address + path, **window)
            await tab.run("document.querySelectorAll('details').forEach((d) => (d.open = true))")
            assert await tab.run(OVERFLOW) <= 0, path
            assert await tab.run("document.querySelectorAll('h1').length") == 1
            await tab.shoot(tmp_path / f"{page}-{name}.png")
            assert tab.troubles == [], path

    steer(tmp_path, look)
    assert len(list(tmp_path.glob("*.png"))) == len(paths_of(visit))


def test_the_page_is_dark_for_those_who_prefer_it(visit: Visit, tmp_path: Path):
    async def look(tab: Tab) -> None:
        colours = []
        for scheme in ("light", "dark"):
            await tab.prefer(prefers_color_scheme=scheme)
            await tab.open(visit.address, **DESKTOP)
            colours.append(await tab.run("getComputedStyle(document.body).backgroundColor"))
        assert colours == ["rgb(251, 250, 247)", "rgb(20, 24, 27)"]
        await tab.shoot(tmp_path / "dark.png")

    steer(tmp_path, look)


def test_every_page_can_be_read_without_eyes_and_with_weak_ones(visit: Visit, tmp_path: Path):
    async def look(tab: Tab) -> None:
        for scheme in ("light", "dark"):
            await tab.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            for page, path in paths_of(visit).items():
                await tab.open(visit.address + path, **DESKTOP)
                assert await violations(tab) == [], (scheme, page)

    steer(tmp_path, look)


def test_the_keyboard_reaches_everything_in_the_order_it_is_read(visit: Visit, tmp_path: Path):
    async def walk(tab: Tab) -> None:
        await tab.open(visit.address, **DESKTOP)
        order = []
        for _ in range(8):
            await tab.press("Tab")
            order.append(await tab.run(FOCUSED))
            assert await tab.run(OUTLINED) != "none"
        assert order[:4] == ["Skip to the content", "Copydesk", "q", "Find"]
        assert order[4:6] == ["Silent Post", "Broken Post"]
        reached = "document.activeElement.closest('.verdicts')"
        while not await tab.run(f"Boolean({reached})"):
            order.append(await tab.run(FOCUSED))
            await tab.press("Tab")
        assert order[-2].startswith("All ")
        assert order[-1] == "pause"

    steer(tmp_path, walk)


def test_a_search_from_the_keyboard_leads_to_the_article(visit: Visit, tmp_path: Path):
    one = visit.live.pipeline.read.values("rejected")[0]

    async def search(tab: Tab) -> None:
        await tab.open(visit.address, **DESKTOP)
        await tab.run("document.getElementById('q').focus()")
        await tab.call("Input.insertText", text=one["id"])
        await tab.leave(tab.press("Enter"))
        assert "Rejected" in await tab.run("document.querySelector('main').textContent")
        assert tab.troubles == []

    steer(tmp_path, search)


def test_new_verdicts_come_in_until_they_are_paused(visit: Visit, tmp_path: Path):
    def feed(headline: str) -> None:
        value = {"headline": headline, "articleBody": f"{headline}: just now."}
        visit.live.pipeline.feed([json.dumps(value).encode()])

    async def watch(tab: Tab) -> None:
        await tab.prefer(prefers_reduced_motion="no-preference")
        await tab.open(visit.address, **DESKTOP)
        feed("One streams in")
        await tab.until(f"{FIRST} === 'One streams in'")
        assert await tab.run("document.querySelectorAll('#verdicts li').length") == VERDICTS
        await tab.run("document.getElementById('pause').click()")
        feed("Two waits")
        await tab.until("document.getElementById('pause').textContent === 'Show 1 new'")
        assert await tab.run(FIRST) == "One streams in"
        await tab.run("document.getElementById('pause').click()")
        await tab.until(f"{FIRST} === 'Two waits'")
        assert tab.troubles == []

    steer(tmp_path, watch)


def test_the_figures_follow_without_a_reload(visit: Visit, tmp_path: Path):
    async def watch(tab: Tab) -> None:
        await tab.open(visit.address, **DESKTOP)
        shown = "document.querySelector('#flow strong').textContent"
        before = int((await tab.run(shown)).replace(",", ""))
        visit.live.pipeline.feed([b'{"headline": "Counted", "articleBody": "Counted in."}'])
        await tab.until(f"{shown} === '{before + 1:,}'")
        assert tab.troubles == []

    steer(tmp_path, watch)


def test_nothing_moves_for_those_who_prefer_it_still(visit: Visit, tmp_path: Path):
    async def watch(tab: Tab) -> None:
        await tab.prefer(prefers_reduced_motion="reduce")
        await tab.open(visit.address, **DESKTOP)
        assert await tab.run("document.getElementById('pause').ariaPressed") == "true"
        assert await tab.run("document.getElementById('stream').textContent") == "Paused."

    steer(tmp_path, watch)


def test_whoever_is_in_the_list_does_not_lose_their_place(visit: Visit, tmp_path: Path):
    async def watch(tab: Tab) -> None:
        await tab.open(visit.address, **DESKTOP)
        await tab.run("document.querySelector('#verdicts .title').focus()")
        before = await tab.run(FIRST)
        visit.live.pipeline.feed([b'{"headline": "HeldEntry", "articleBody": "HeldEntry back."}'])
        await tab.until("document.getElementById('stream').textContent.startsWith('1 new')")
        assert await tab.run(FIRST) == before
        await tab.run("document.activeElement.blur()")
        await tab.until(f"{FIRST} === 'HeldEntry'")

    steer(tmp_path, watch)


def test_the_page_is_whole_without_its_script(visit: Visit, tmp_path: Path):
    async def look(tab: Tab) -> None:
        await tab.call("Emulation.setScriptExecutionDisabled", value=True)
        await tab.open(visit.address, **PHONE)
        html = (await tab.call("DOM.getDocument", depth=-1))["root"]
        text = json.dumps(html)
        assert "Reload the page for newer ones." in text
        assert "Silent Post" in text
        assert tab.troubles == []

    steer(tmp_path, look)


def forget_sources(pipeline: Pipeline) -> None:
    """Empties the topic of sources: those that were made up here have no state to go on from."""
    topic = pipeline.options.topic(Topic.SOURCES)
    partitions = range(TOPICS[Topic.SOURCES].partitions)
    configure(pipeline.options, topic, cleanup_policy="delete")  # a compacted one takes no deletion
    admin = KafkaAdminClient(bootstrap_servers=pipeline.options.bootstrap_servers)
    admin.delete_records({TopicPartition(topic, one): -1 for one in partitions})
    admin.close()
    configure(pipeline.options, topic, cleanup_policy="compact")


def test_an_open_page_keeps_what_it_has_while_its_worker_is_gone_and_goes_on_by_itself(
    visit: Visit, tmp_path: Path
):
    """It is the last test of this file: the worker is another one then."""
    status = "document.getElementById('status').textContent"
    lost = json.dumps("The connection to the page's server is lost; it is tried again.")

    async def watch(tab: Tab) -> None:
        await tab.prefer(prefers_reduced_motion="no-preference")
        await tab.open(visit.address, **DESKTOP)
        pipeline = visit.live.pipeline
        worker = pipeline.workers[-1]
        worker.terminate()
        assert worker.wait(30) == 0
        await tab.until(f"{status} === {lost}")
        await tab.shoot(tmp_path / "lost.png")
        assert await tab.run("document.querySelectorAll('#verdicts li').length") == VERDICTS
        forget_sources(pipeline)
        pipeline.environ["COPYDESK_WORKER__SOURCES_PORT"] = str(visit.live.site.port)
        pipeline.start(Role.SOURCES)
        pipeline.feed([b'{"headline": "After the restart", "articleBody": "It goes on."}'])
        await tab.until(f"{FIRST} === 'After the restart'")
        await tab.until(f"!{status}.startsWith('The connection')")
        assert await tab.run("document.querySelectorAll('#verdicts li').length") == VERDICTS
        await tab.shoot(tmp_path / "again.png")
        told = [one for one in tab.troubles if "ERR_CONNECTION" not in one and "503" not in one]
        assert told == []

    steer(tmp_path, watch)

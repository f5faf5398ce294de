"""Who may see the live page, and what it does when the broker goes."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from support.live_site import PATIENCE, Site, address_of
from support.streams import Pipeline, Producer, running

from deploy.kafka.broker import Broker
from pipeline.cluster import KafkaOptions, WorkerOptions
from pipeline.live import PageState
from pipeline.routing import Role, Topic
from pipeline.runners.kafka.admin.provisioning import apply
from pipeline.runners.kafka.web.follower import Follower
from pipeline.runners.kafka.web.guard import COOKIE, NOT_OPEN, Guard
from pipeline.runners.kafka.web.lookup import BusyError, Lookup

TOKEN = "a-token-for-tests-only"  # noqa: S105


def test_without_a_token_an_open_page_shows_nothing(kafka: KafkaOptions, tmp_path: Path):
    with Pipeline(kafka, tmp_path, environ={"COPYDESK_WORKER__HOST": "0.0.0.0"}) as pipeline:  # noqa: S104
        pipeline.start(Role.SOURCES)
        site = Site(address_of(pipeline))
        for path in ("/", "/sources", "/source/x", "/article/x", "/find?q=x", "/events"):
            reply = site.get(path)
            assert (reply.status, reply.body) == (403, NOT_OPEN + "\n")
        assert site.get("/token", "POST", "token=x").status == 403
        assert site.get("/live").status == 200
        assert "copydesk_" in site.get("/metrics").body
        assert pipeline.stop() == [0]


def test_a_token_opens_the_page(kafka: KafkaOptions, tmp_path: Path):
    environ = {"COPYDESK_WORKER__HOST": "0.0.0.0", "COPYDESK_WORKER__PAGE_TOKEN": TOKEN}  # noqa: S104
    with Pipeline(kafka, tmp_path, environ=environ) as pipeline:
        pipeline.start(Role.SOURCES)
        site = Site(address_of(pipeline))
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        refused = [
            site.get("/"),
            site.get("/?token=wrong"),
            site.get("/", Authorization="Bearer wrong"),
            site.get("/", Authorization=b"Bearer \xff\xfe", Cookie=b"\xff=\xff"),
            site.get("/", Cookie=f"{COOKIE}={TOKEN}"),  # what the browser keeps is not the token
            site.get("/events"),
            site.get("/token", "POST", "token=wrong", **form),
        ]
        assert [reply.status for reply in refused] == [401] * len(refused)
        assert 'type="password"' in refused[0].body
        assert site.get("/live").status == site.get("/metrics").status == 200
        assert site.get("/", Authorization=f"Bearer {TOKEN}", Host="desk.example").status == 200
        for reply, path in (
            (site.get(f"/find?q=a&token={TOKEN}"), "/find?q=a"),
            (site.get("/token", "POST", f"token={TOKEN}", **form), "/"),
        ):
            assert (reply.status, reply.headers["location"]) == (303, path)
            cookie = reply.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert TOKEN not in cookie
            assert site.get("/", Cookie=cookie.partition(";")[0]).status == 200
        assert pipeline.stop() == [0]
        assert TOKEN not in pipeline.logs()
    assert TOKEN not in repr(WorkerOptions(page_token=TOKEN))


@pytest.mark.parametrize("shown", ["é", "", "Basic x", "Bearer", f"bearer  {TOKEN} "])
def test_whatever_is_shown_is_no_error(shown: str):
    guard = Guard("10.0.0.1", TOKEN)
    request = make_mocked_request("GET", "/", headers={"Authorization": shown, "Host": "x"})
    assert isinstance(request, web.Request)
    assert guard.refusal(request) is None
    assert guard.admits(request) is (TOKEN in shown)


# A broker that goes.


async def until(done: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def test_a_broker_that_was_never_there_is_said_to_be_lost(caplog: pytest.LogCaptureFixture):
    async def look() -> None:
        follower = Follower(KafkaOptions(bootstrap_servers="127.0.0.1:9", connect_timeout=2.0))
        await follower.visit(PATIENCE)
        assert follower.status.state is PageState.LOST
        assert "127.0.0.1:9" in follower.status.problem
        await asyncio.sleep(2.5)  # it was tried again
        await follower.close()

    asyncio.run(look())
    told = [one for one in caplog.records if one.name.startswith("pipeline")]
    assert [one.levelname for one in told] == ["WARNING"]


def test_a_busy_hour_is_counted_from_where_it_can_be_read(
    kafka: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipeline.runners.kafka.web.follower._MOST_ACCOUNTS", 16)

    async def look() -> None:
        follower = Follower(kafka)
        begun = time.time()
        await follower.visit(PATIENCE)
        assert len(follower.memory.recent._kept) == 16
        assert follower.status.known[0] > begun  # the minute in which it begins is not whole
        await follower.close()

    apply(kafka)
    send(kafka, [account(number) for number in range(400)])
    asyncio.run(look())


def test_what_nobody_looks_at_is_let_go_and_read_again_when_somebody_does(
    kafka: KafkaOptions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pipeline.runners.kafka.web.follower._UNWATCHED", 1.0)

    async def look() -> None:
        follower = Follower(kafka)
        lives = set()
        for _ in range(2):
            await follower.visit(PATIENCE)
            assert len(follower.memory.recent._kept) == 5
            lives.add(follower.life)
            await until(lambda: not len(follower.memory.recent._kept))
        assert len(lives) == 2
        await follower.close()

    apply(kafka)
    send(kafka, [account(number) for number in range(5)])
    asyncio.run(look())


def test_missing_topics_are_named(kafka: KafkaOptions):
    async def look() -> None:
        follower = Follower(kafka)
        await follower.visit(PATIENCE)
        assert "there is no topic" in follower.status.problem
        await follower.close()

    asyncio.run(look())


def test_a_broker_that_comes_back_is_followed_from_where_it_was_left(tmp_path: Path):
    with running(Broker()) as broker:
        options = KafkaOptions(bootstrap_servers=broker.bootstrap, prefix="back-")
        with Pipeline(options, tmp_path) as pipeline:
            told = [account(number) for number in range(6)]
            asyncio.run(lose_and_find(broker, pipeline, told))
            pipeline.read.close()


def account(number: int) -> bytes:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps(
        {
            "id": f"a-{number}",
            "origin": {"topic": "raw", "partition": 0, "offset": number},
            "source": "Harbour Post",
            "verdict": "publish",
            "reasons": [],
            "repairs": [],
            "findings": [],
            "match": None,
            "seenAt": moment,
        }
    ).encode()


def send(options: KafkaOptions, values: list[bytes]) -> None:
    with Producer(options) as producer:
        for number, value in enumerate(values):
            producer.send(options.topic(Topic.QUALITY), value=value, partition=number % 8)


async def lose_and_find(broker: Broker, pipeline: Pipeline, told: list[bytes]) -> None:
    def counted() -> int:
        status = follower.status
        return follower.memory.flow.hour(status.now, status.known).received

    await asyncio.to_thread(send, pipeline.options, told[:2])
    follower = Follower(pipeline.options)
    await follower.visit(PATIENCE)
    await until(lambda: counted() == 2)
    await asyncio.to_thread(broker.stop)
    await until(lambda: follower.status.state is PageState.LOST)
    since, until_when = follower.status.known
    assert since < until_when < time.time()
    assert counted() == 2
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(send, pipeline.options, told[2:])
    await until(lambda: follower.status.state is PageState.FOLLOWING)
    await until(lambda: counted() == 6)
    assert follower.status.problem == ""
    await follower.close()


def test_a_search_for_many_at_once_is_put_off(kafka: KafkaOptions):
    async def look() -> None:
        lookup = Lookup(kafka)
        async with lookup._consumer(), lookup._consumer():
            with pytest.raises(BusyError):
                await lookup.by_id("a")

    asyncio.run(look())

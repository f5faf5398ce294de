"""What is new on the live page, as server-sent events: a few parts of HTML now and then."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

from aiohttp import web

from pipeline.live import Pages
from pipeline.live.pages import VERDICTS
from pipeline.runners.kafka.web.follower import Follower

_TURN = 1.0  # seconds between two looks for new verdicts
_PARTS = 5.0  # seconds between two pictures of the hour and the sources
_MOST = 12  # streams; parts are drawn once for all
_RETRY_MS = 3_000


class Stream:
    """Sends new verdicts to every open page until it is closed."""

    def __init__(self, follower: Follower, pages: Pages) -> None:
        self._follower = follower
        self._pages = pages
        self._open = 0
        self._is_over = asyncio.Event()
        self._parts: dict[str, str] = {}
        self._due = 0.0  # parts are drawn again then (monotonic)

    @property
    def last(self) -> str:
        """Where a page that is drawn now goes on."""
        return f"{self._follower.life}-{self._follower.memory.recent.newest_number}"

    async def close(self) -> None:
        """End every stream."""
        self._is_over.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One stream, from where its page or its last event left off."""
        if self._open >= _MOST:
            return web.Response(
                text=f"{_MOST} pages are open already: reload to see what is new.\n",
                status=503,
                headers={"Retry-After": "60"},
            )
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        self._open += 1
        self._due = 0.0  # nothing older than the page itself is to replace its parts
        try:
            await response.prepare(request)
            await self._send_all(response, self._number(request))
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            self._open -= 1
        return response

    async def _send_all(self, response: web.StreamResponse, number: int) -> None:
        await response.write(f"retry: {_RETRY_MS}\n\n".encode())
        life, sent = self._follower.life, dict[str, str]()
        while not self._is_over.is_set():
            self._follower.touch()
            if self._follower.life != life:  # it was unwatched: all is numbered anew
                life, number = self._follower.life, 0
            number = await self._send_verdicts(response, number)
            for name, html in self._fresh_parts().items():
                if sent.get(name) != html:
                    sent[name] = html
                    await response.write(_event(name, html, self.last))
            with suppress(TimeoutError):
                async with asyncio.timeout(_TURN):
                    await self._is_over.wait()

    async def _send_verdicts(self, response: web.StreamResponse, number: int) -> int:
        """What became complete after a number; the newest number."""
        recent = self._follower.memory.recent
        newest = recent.newest_number
        if newest > number:
            html = self._pages.verdicts_part(recent.since(number, VERDICTS))
            data = {"html": html, "rows": newest - number}
            await response.write(_event("verdicts", data, self.last))
        return newest

    def _fresh_parts(self) -> dict[str, str]:
        """The parts of the page that are replaced as they change, the same for every stream."""
        if time.monotonic() >= self._due:
            memory, status = self._follower.memory, self._follower.status
            self._parts = {
                "flow": self._pages.flow_part(memory, status),
                "sources": self._pages.sources_part(memory),
                "status": self._pages.status_part(status),
            }
            self._due = time.monotonic() + _PARTS
        return self._parts

    def _number(self, request: web.Request) -> int:
        """Where the page left off; one that has seen another life of ours begins anew."""
        told = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        life, _, number = told.partition("-")
        if life == self._follower.life and number.isdecimal():
            return int(number)
        return self._follower.memory.recent.newest_number


def _event(name: str, data: object, last: str) -> bytes:
    """JSON holds no line break, so whatever the data are, they stay one line."""
    return f"id: {last}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()

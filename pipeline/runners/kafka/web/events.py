"""Updates of the live page as server-sent events: parts of its HTML."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

from aiohttp import web

from pipeline.live import Pages
from pipeline.live.pages import VERDICTS
from pipeline.runners.kafka.web.follower import Follower

_TURN = 1.0  # seconds between two checks for new verdicts
_PARTS = 5.0  # seconds between two renderings of the hour and the sources
_MOST = 12  # open streams; parts are rendered once for all of them
_RETRY_MS = 3_000


class EventStream:
    """Sends new verdicts and parts to every open page until it is closed."""

    def __init__(self, follower: Follower, pages: Pages) -> None:
        self._follower = follower
        self._pages = pages
        self._open = 0
        self._is_over = asyncio.Event()
        self._parts: dict[str, str] = {}
        self._due = 0.0  # when parts are rendered again (monotonic)

    @property
    def last(self) -> str:
        """The event id from which a page rendered now should resume."""
        return f"{self._follower.life}-{self._follower.memory.recent.newest_number}"

    async def close(self) -> None:
        """Ends every stream."""
        self._is_over.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serves one stream, resuming at its last event or at the state of its page."""
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
        self._due = 0.0  # so that no part older than the page replaces its own
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
            if self._follower.life != life:  # the follower started over: outcomes are numbered anew
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
        """Sends what became complete after `number`; returns the newest number."""
        recent = self._follower.memory.recent
        newest = recent.newest_number
        if newest > number:
            html = self._pages.verdicts_part(recent.since(number, VERDICTS))
            data = {"html": html, "rows": newest - number}
            await response.write(_event("verdicts", data, self.last))
        return newest

    def _fresh_parts(self) -> dict[str, str]:
        """The parts of the page that are replaced when they change; shared by all streams."""
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
        """The number to resume from; 0 if the id is of an earlier life, the newest without one."""
        last = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        life, _, number = last.partition("-")
        if not number.isdecimal():
            return self._follower.memory.recent.newest_number
        return int(number) if life == self._follower.life else 0


def _event(name: str, data: object, last: str) -> bytes:
    """Encodes an event. JSON contains no line break, so the data are always one line."""
    return f"id: {last}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()

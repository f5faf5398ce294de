"""The live page over HTTP, on the port of a sources worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from pipeline.live import Pages, Shown, story_of
from pipeline.live.pages import POLICY
from pipeline.live.paths import name_in
from pipeline.runners.kafka.web.events import EventStream
from pipeline.runners.kafka.web.finder import TROUBLES, Finder, Missing
from pipeline.runners.kafka.web.follower import Follower
from pipeline.runners.kafka.web.guard import Guard
from pipeline.runners.kafka.web.lookup import BusyError, Lookup
from pipeline.settings import Settings

log = logging.getLogger(__name__)

_FIRST_WAIT = 3.0  # seconds that a visitor waits for the topics to be read
_LONGEST_QUERY = 4_096
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TOKEN = "token"  # noqa: S105 - the name of a field
_WANTED = (
    "This page needs the token set as worker.page_token. Programs send it as Authorization: Bearer."
)
_BUSY = "Others are searching the topics. Try again in some seconds."
_NO_BROKER = "The topics cannot be searched: the broker does not answer. Try again later."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """All routes of the page, for the server that also shows the worker's health."""

    def __init__(self, settings: Settings) -> None:
        self._check = settings.check
        self._follower = Follower(settings.kafka)
        self._finder = Finder(self._follower, Lookup(settings.kafka))
        kafka = settings.kafka
        self._pages = Pages(f"{kafka.prefix}{kafka.group} at {kafka.bootstrap_servers}")
        self._events = EventStream(self._follower, self._pages)
        self._guard = Guard(settings.worker.host, settings.worker.page_token)

    def attach(self, app: web.Application) -> None:
        """Adds the routes, and a shutdown hook."""
        routes: dict[str, Handler] = {
            "/": self._home,
            "/sources": self._sources,
            "/source": self._source,
            "/source/{name:.+}": self._source,
            "/article": self._article,
            "/article/{id:.+}": self._article,
            "/find": self._find,
        }
        app.add_routes([web.get(path, self._guarded(show)) for path, show in routes.items()])
        app.add_routes([web.get("/events", self._guarded(self._events.serve), allow_head=False)])
        app.add_routes([web.post("/token", self._take_token)])
        app.on_shutdown.append(self._end)

    async def _end(self, _: web.Application) -> None:
        await self._events.close()
        await self._follower.close()

    def _guarded(self, show: Handler) -> Handler:
        """Wraps a handler with access control."""

        async def answer(request: web.Request) -> web.StreamResponse:
            refusal = self._guard.refusal(request)
            if refusal:
                return web.Response(text=refusal + "\n", status=403)
            if self._guard.knows(request.query.get(_TOKEN, "")):
                return self._admit(request, str(request.rel_url.without_query_params(_TOKEN)))
            if not self._guard.admits(request):
                return self._ask()
            return await self._try(show, request)

        return answer

    async def _try(self, show: Handler, request: web.Request) -> web.StreamResponse:
        """Runs a handler and turns its errors into pages: they must not end the role."""
        try:
            return await show(request)
        except BusyError:
            return self._problem("Busy", _BUSY, 503)
        except TROUBLES:
            return self._problem("No answer", _NO_BROKER, 503)
        except Exception:
            log.exception("live page: a bug, %r cannot be shown", request.path)
            return self._problem("A bug in Copydesk", "The worker's log has the details.", 500)

    async def _home(self, _: web.Request) -> web.Response:
        await self._follower.visit(_FIRST_WAIT)
        page = self._pages.home(self._follower.memory, self._follower.status, self._events.last)
        return _html(page)

    async def _sources(self, request: web.Request) -> web.Response:
        await self._follower.visit(_FIRST_WAIT)
        number = request.query.get("page", "")
        shown = Shown(
            query=request.query.get("name", "").strip(),
            page=int(number) if number.isdecimal() and len(number) < 9 else 1,
        )
        return _html(self._pages.sources(self._follower.memory, self._follower.status, shown))

    async def _source(self, request: web.Request) -> web.Response:
        await self._follower.visit(_FIRST_WAIT)
        name = name_in(request.rel_url.raw_path, "source")
        name = request.query.get("name") if name is None else name
        page = self._pages.source(self._follower.memory, self._follower.status, name)
        if page is None:
            return self._problem("No such source", "Nothing was counted under this name.", 404)
        return _html(page)

    async def _article(self, request: web.Request) -> web.Response:
        await self._follower.visit(_FIRST_WAIT)
        id_ = name_in(request.rel_url.raw_path, "article")
        found = await self._finder.article(id_, request.query.get("at"))
        if isinstance(found, Missing):
            return self._problem("Article not found", found.note, 404)
        story = await asyncio.to_thread(story_of, found, self._check)
        status = self._follower.status
        return _html(await asyncio.to_thread(self._pages.article, status, story))

    async def _find(self, request: web.Request) -> web.Response:
        await self._follower.visit(_FIRST_WAIT)
        query = request.query.get("q", "").strip()[:_LONGEST_QUERY]
        if not query:
            return _go("/")
        answer = await self._finder.find(query, everywhere="everywhere" in request.query)
        if answer.path:
            return _go(answer.path)
        return _html(self._pages.found(self._follower.memory, self._follower.status, query, answer))

    async def _take_token(self, request: web.Request) -> web.StreamResponse:
        refusal = self._guard.refusal(request)
        if refusal:
            return web.Response(text=refusal + "\n", status=403)
        shown = (await request.post()).get(_TOKEN, "")
        if isinstance(shown, str) and self._guard.knows(shown):
            return self._admit(request, "/")
        return self._ask()

    def _admit(self, request: web.Request, path: str) -> web.Response:
        response = _go(path)
        self._guard.remember(response, is_https=request.secure)
        return response

    def _ask(self) -> web.Response:
        page = self._pages.problem("Locked", _WANTED, asks_token=True)
        return _html(page, 401, {"WWW-Authenticate": "Bearer"})

    def _problem(self, title: str, message: str, status: int) -> web.Response:
        return _html(self._pages.problem(title, message), status)


def _go(path: str) -> web.Response:
    """Redirects to a path, which is already percent-encoded."""
    return web.Response(status=303, headers=_HEADERS | {"Location": path})


def _html(page: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        text=page,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=_HEADERS | (headers or {}),
    )

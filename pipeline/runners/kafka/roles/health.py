"""A worker's health and metrics over HTTP: /live, /ready and /metrics."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from pipeline.errors import WorkFailedError
from pipeline.metrics import Metrics

_FINISH = 0.5  # seconds that a stop waits for responses in progress
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """A small server. `/ready` answers 503 until `is_ready()` is true; `extend` adds routes."""

    def __init__(
        self,
        host: str,
        port: int,
        metrics: Metrics,
        is_ready: Callable[[], bool],
        extend: Callable[[web.Application], None] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._metrics = metrics
        self._is_ready = is_ready
        app = web.Application()
        app.add_routes(
            [
                web.get("/live", self._live),
                web.get("/ready", self._ready),
                web.get("/metrics", self._show),
            ]
        )
        if extend:
            extend(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_FINISH)

    async def start(self) -> str:
        """Starts to listen; returns the address. Raises `WorkFailedError` if the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            raise WorkFailedError(
                f"cannot serve health on {self._host}:{self._port}: {error.strerror}. Set "
                "worker.desk_port, worker.dedup_port or worker.sources_port to another port, 0 for "
                "any free one, or null to serve none."
            ) from error
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stops listening."""
        await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def _ready(self, _: web.Request) -> web.Response:
        if self._is_ready():
            return web.Response(text="ready\n")
        text = "not ready: fencing, replaying or rebalancing, or its topic is gone\n"
        return web.Response(text=text, status=503)

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": _TEXT})

"""A network that can be cut: connections pass through it, are refused, or hang."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto

_HOST = "127.0.0.1"
_PIECE = 1 << 16


class State(Enum):
    OPEN = auto()
    REFUSED = auto()  # connections are reset, new ones too
    SILENT = auto()  # nothing passes; what was sent arrives when it is open again


class Proxy:
    """Forwards each port to another one, in a thread of its own; `state` may be set at any time."""

    def __init__(self, ports: Mapping[int, int]) -> None:
        """`ports`: where it forwards what comes in at which port."""
        self._ports = ports
        self._loop = asyncio.new_event_loop()
        self._passes: asyncio.Event
        self._writers: set[asyncio.StreamWriter] = set()
        self._state = State.OPEN
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        ready.wait()

    def set(self, state: State) -> None:
        """Cuts, or opens again."""
        self._loop.call_soon_threadsafe(self._set, state)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._passes = asyncio.Event()
        self._passes.set()
        for port, target in self._ports.items():

            async def connected(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: int = target
            ) -> None:
                await self._connected(reader, writer, to)

            await asyncio.start_server(connected, _HOST, port)

    def _set(self, state: State) -> None:
        self._state = state
        if state is State.SILENT:
            self._passes.clear()
        else:
            self._passes.set()
        if state is State.REFUSED:
            for writer in self._writers:
                writer.transport.abort()

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: int
    ) -> None:
        if self._state is State.REFUSED:
            writer.transport.abort()
            return
        try:
            await self._passes.wait()
            there, back = await asyncio.open_connection(_HOST, to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        finally:
            self._writers -= {writer, back}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self._passes.wait()
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()

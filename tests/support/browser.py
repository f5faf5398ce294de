"""A real Chromium that tests can steer: pages, keys, screenshots, and whatever it complains of.

Speaks the DevTools protocol by aiohttp, which the worker's server is made of anyway.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from support.optional import missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
_PATIENCE = 60.0  # seconds for the browser to start and for a page to do what is waited for
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
)


def chromium_path() -> str:
    """Where the browser is; without one the test ends (`optional`)."""
    found = next(filter(None, map(shutil.which, (*NAMES, _MAC))), None)
    return found or missing("browser", f"none of {', '.join(NAMES)} is on the path")


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.troubles: list[str] = []  # console errors, exceptions, violations, failed loads
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol."""
        number = len(self._answers) + 1
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(answer, _PATIENCE)

    async def open(self, url: str, *, width: int, height: int = 900, touch: bool = False) -> None:
        """Load a page in a window, or on a phone, of this size."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        await self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.leave(self.call("Page.navigate", url=url))

    async def leave(self, action: Awaitable[Any]) -> None:
        """Do something that leads to another page, and wait until it is there."""
        self._loaded.clear()
        await action
        await asyncio.wait_for(self._loaded.wait(), _PATIENCE)

    async def run(self, script: str) -> Any:
        """The value of an expression on the page."""
        told = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true."""
        look = f"const look = () => ({script}) ? done() : setTimeout(look, 50);"
        await self.run(f"new Promise((done) => {{ {look} look(); }})")

    async def press(self, key: str) -> None:
        """Press and let go of Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                **(text if kind == "keyDown" else {}),
            )

    async def prefer(self, **features: str) -> None:
        """Set what the visitor prefers; `_` stands for `-` in names."""
        told = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        await self.call("Emulation.setEmulatedMedia", features=told)

    async def shoot(self, path: Path) -> None:
        """A picture of the window."""
        told = await self.call("Page.captureScreenshot")
        _save(path, told["data"])

    async def close(self) -> None:
        self._listening.cancel()
        await self._socket.close()

    async def _listen(self) -> None:
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                answer = self._answers[told["id"]]
                if "error" in told:
                    answer.set_exception(RuntimeError(told["error"]["message"]))
                else:
                    answer.set_result(told["result"])
            else:
                self._note(told["method"], told["params"])

    def _note(self, method: str, event: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Page.javascriptDialogOpening":
            self.troubles.append(f"dialog: {event['message']}")
        elif method == "Runtime.exceptionThrown":
            self.troubles.append(event["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in {"error", "warning"}:
            self.troubles.append(event["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and event["type"] in {"error", "warning"}:
            self.troubles.append(str(event["args"]))


def steer(folder: Path, work: Callable[[Tab], Awaitable[None]]) -> None:
    """Do some work in a browser of its own; its profile is in the folder."""
    log = folder / "browser.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [chromium_path(), *_FLAGS, f"--user-data-dir={folder / 'profile'}"],
            stdout=out,
            stderr=out,
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        )
    try:
        asyncio.run(_work(_port(log, process), work))
    finally:
        process.kill()
        process.wait()


async def _work(port: str, work: Callable[[Tab], Awaitable[None]]) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            [page, *_] = [one for one in await answer.json() if one["type"] == "page"]
        tab = Tab(await session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0))
        await work(tab)
        await tab.close()


def _port(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(errors="replace")
        found = re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", said)
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the browser did not start: {log.read_text(errors='replace')}")


def _save(path: Path, picture: str) -> None:
    path.write_bytes(base64.b64decode(picture))

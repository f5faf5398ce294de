"""Pictures of the dashboards in the preview, as Chromium draws them, to be looked at.

    python -m deploy.grafana.preview.shoot FOLDER --to MS [--address http://127.0.0.1:9700]

Prints whatever the pages complain of, and each title that is cut.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from support.browser import Tab, steer

BOARDS = ("overview", "source", "copies", "operations")
_CUT = """[...document.querySelectorAll('h2, h2 *')]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .filter((one) => getComputedStyle(one).overflowX !== 'visible')
  .map((one) => one.textContent)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", required=True, help="end of the time shown, ms since 1970")
    parser.add_argument("--address", default="http://127.0.0.1:9700")
    parser.add_argument("--board", action="append", choices=BOARDS)
    parser.add_argument("--width", action="append", type=int)
    parser.add_argument("--theme", action="append", choices=("dark", "light"))
    parser.add_argument("--height", type=int, default=0, help="0: the whole page")
    parser.add_argument("--source", default="")
    parser.add_argument("--hours", default="6")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    themes = options.theme or ("dark", "light")
    wanted = [*product(options.board or BOARDS, options.width or (1280, 1600), themes)]

    async def work(tab: Tab) -> None:
        for board, width, theme in wanted:
            name = f"{board}-{width}-{theme}"
            chosen = f"&var-source={quote(options.source)}" if options.source else ""
            query = f"theme={theme}&to={options.to}&hours={options.hours}{chosen}"
            url = f"{options.address}/d/copydesk-{board}?{query}"
            await tab.open(url, width=width, height=options.height or 800)
            await tab.until("document.querySelector('main') && !window.waiting")
            await tab.run("new Promise((done) => setTimeout(done, 1500))")
            if not options.height:
                height = await tab.run("document.querySelector('main').offsetHeight + 8")
                await tab.call(
                    "Emulation.setDeviceMetricsOverride",
                    width=width,
                    height=height,
                    deviceScaleFactor=1,
                    mobile=False,
                )
                await tab.run("new Promise((done) => setTimeout(done, 500))")
            await tab.shoot(options.folder / f"{name}.png")
            for cut in await tab.run(_CUT):
                print(f"{name}: the title is cut: {cut}")
            for trouble in dict.fromkeys(tab.troubles):
                print(f"{name}: {trouble[:400]}")
            tab.troubles.clear()

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        steer(Path(folder), work)


if __name__ == "__main__":
    main()

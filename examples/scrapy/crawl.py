"""Crawls a small newspaper that this file serves itself, and prints what Copydesk made of it.

    pip install 'copydesk[scrapy]'
    python examples/scrapy/crawl.py                  cleaned in the spider's own process
    python examples/scrapy/crawl.py localhost:9092   sent to Kafka, to the topic articles.raw,
                                                     or to the one named behind the address

Take the spider for a model: an item needs no more than the names that it likely has already.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

FERRY = (
    "The council of Norden agreed on Monday that the ferry stays until the new bridge opens.",
    "It will run every half hour, also on Sundays, and nobody has to pay for it, the mayor said.",
    "The bridge was to be ready in May. Now the engineers speak of autumn, if the ice allows it.",
)
BELL = (
    "A bell that was thought melted in 1917 has been found in a drawer of the town museum.",
    "It is as small as an egg cup and will be shown from the first of December, behind glass.",
)
PAGES = {
    "/ferry": ("Ferry stays until the bridge opens", [*FERRY, "Share this article"]),
    "/bell": ("Museum finds a lost bell", [*BELL, "Read also: Ferry stays until the bridge opens"]),
    "/print/ferry": ("Ferry stays until the bridge opens", [*FERRY]),
    "/gone": ("Page not found", ["Page not found", "Back to the home page"]),
}


class Newspaper(BaseHTTPRequestHandler):
    """Four pages: two stories, one of them again for printing, and an error page."""

    def do_GET(self) -> None:
        title, lines = PAGES.get(self.path, ("Front page", []))
        links = "".join(f'<a href="{path}">{path}</a>' for path in PAGES)
        body = "".join(f"<p>{line}</p>" for line in lines) or links
        page = f"<html><body><h1>{title}</h1>{body}</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Articles(scrapy.Spider):
    """Takes headline and text of each page that the front page links to."""

    name = "articles"

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        yield from response.follow_all(css="a", callback=self.article)

    def article(self, response: Response) -> Iterator[dict[str, Any]]:
        yield {
            "url": response.url,
            "title": response.css("h1::text").get(),
            "text": "\n\n".join(response.css("p::text").getall()),
        }


class Printer:
    """What comes after Copydesk: prints each item that is published."""

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        repairs = item.get("quality", {}).get("repairs", ())
        print(json.dumps({"title": item["title"], "text": item["text"], "repairs": repairs}))
        return item


def crawl(servers: str | None = None, **settings: Any) -> dict[str, Any]:
    """Crawls the newspaper; returns the spider's stats."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Newspaper)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    process = CrawlerProcess(
        {
            "ITEM_PIPELINES": {"pipeline.feeds.scrapy.CopydeskPipeline": 300, Printer: 400},
            "COPYDESK_BOOTSTRAP_SERVERS": servers,
            "LOG_LEVEL": "WARNING",
            "TELNETCONSOLE_ENABLED": False,
            # One page at a time in the order of the links, so that the story comes before its copy.
            "CONCURRENT_REQUESTS": 1,
            "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
            **settings,
        }
    )
    crawler = process.create_crawler(Articles)
    process.crawl(crawler, start_urls=[f"http://127.0.0.1:{site.server_port}/"])
    process.start()
    site.shutdown()
    stats = crawler.stats.get_stats() if crawler.stats else {}
    return {name: value for name, value in stats.items() if name.startswith("copydesk/")}


if __name__ == "__main__":
    servers, topic = [*sys.argv[1:], None, None][:2]
    counts = crawl(servers, COPYDESK_TOPIC=topic)
    print(json.dumps(counts))

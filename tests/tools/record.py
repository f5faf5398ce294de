"""Writes the records that the tools of the field make of `page.html`, each as that tool writes it.

    python tests/tools/record.py

Run it where they are installed: trafilatura, newspaper4k, goose3, news-please, fundus and
zyte-common-items. What is missing is skipped, and its record stays as it is. Each record is in a
file of the tool's name, with the version that wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
URL = "https://courier.example/news/swan-moved"
HTML = (HERE / "page.html").read_text(encoding="utf-8")
CRAWLED = "2024-10-18 06:00:00"


def trafilatura() -> Any:
    from trafilatura import extract

    found = extract(HTML, url=URL, output_format="json", with_metadata=True, include_comments=False)
    return json.loads(found)


def newspaper4k() -> Any:
    from newspaper import Article

    article = Article(URL)
    article.download(input_html=HTML)
    article.parse()
    return json.loads(article.to_json())


def goose3() -> Any:
    from goose3 import Goose

    found = dict(Goose().extract(raw_html=HTML).infos)
    return {**found, "publish_date": found.get("publish_date")}


def news_please() -> Any:
    from newsplease import NewsPlease

    return NewsPlease.from_html(HTML, url=URL, download_date=CRAWLED).get_serializable_dict()


def fundus() -> Any:
    """The record of an article of Fundus, which reads only publishers that it knows.

    The parser is its own, with selectors for our page.
    """
    from fundus.parser import ArticleBody, BaseParser, ParserProxy, attribute
    from fundus.parser.utility import (
        extract_article_body_with_selector,
        generic_author_parsing,
        generic_date_parsing,
    )
    from fundus.scraping.article import Article
    from fundus.scraping.html import HTML as Page
    from fundus.scraping.html import SourceInfo
    from lxml.cssselect import CSSSelector

    class Parser(ParserProxy):
        class V1(BaseParser):
            @attribute
            def body(self) -> ArticleBody | None:
                return extract_article_body_with_selector(
                    self.precomputed.doc,
                    summary_selector=CSSSelector("p.standfirst"),
                    subheadline_selector=CSSSelector("article h2"),
                    paragraph_selector=CSSSelector("article > p:not([class])"),
                )

            @attribute
            def authors(self) -> list[str]:
                return generic_author_parsing(self.precomputed.ld.bf_search("author"))

            @attribute
            def publishing_date(self) -> datetime | None:
                return generic_date_parsing(self.precomputed.ld.bf_search("datePublished"))

            @attribute
            def title(self) -> str | None:
                return self.precomputed.meta.get("og:title")

    parsed = Parser()().parse(HTML, "raise")
    page = Page(
        requested_url=URL,
        responded_url=URL,
        content=HTML,
        crawl_date=datetime.fromisoformat(CRAWLED),
        source_info=SourceInfo("Courier"),
    )
    article = Article(html=page, **parsed)
    return article.to_json("title", "body", "authors", "publishing_date", "plaintext", "lang")


def zyte_common_items() -> Any:
    from itemadapter import ItemAdapter
    from zyte_common_items import Article, Author, Breadcrumb, Metadata
    from zyte_common_items.adapter import ZyteItemAdapter

    ItemAdapter.ADAPTER_CLASSES.appendleft(ZyteItemAdapter)

    paragraphs = [
        "A swan that had nested on the tram lines in Estmouth was moved on Thursday.",
        "Trams ran again after two hours, and the wardens stayed for tea.",
    ]
    item = Article(
        url=URL,
        headline="Swan moved from the tram lines",
        datePublished="2024-10-17T07:30:00Z",
        datePublishedRaw="17 October 2024",
        dateModified="2024-10-17T10:05:00Z",
        authors=[Author(name="Dana Ortlieb", nameRaw="By Dana Ortlieb")],
        breadcrumbs=[Breadcrumb(name="News", url="https://courier.example/news")],
        inLanguage="en",
        description="Five eggs and most of the nest went with it.",
        articleBody="\n\n".join(paragraphs),
        articleBodyHtml="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        canonicalUrl=URL,
        metadata=Metadata(probability=0.98),
    )
    return ItemAdapter(item).asdict()


TOOLS: dict[str, Callable[[], Any]] = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "goose3": goose3,
    "news-please": news_please,
    "fundus": fundus,
    "zyte-common-items": zyte_common_items,
}


def main() -> None:
    for name, tool in TOOLS.items():
        try:
            record = tool()
        except ImportError as error:
            print(f"{name}: skipped ({error})")
            continue
        whole = {"tool": name, "version": version(name), "record": record}
        text = json.dumps(whole, indent=1, ensure_ascii=False, default=str)
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name} {whole['version']}: {len(text):,} characters")


if __name__ == "__main__":
    main()

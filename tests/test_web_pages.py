"""Web pages in: .html files, WARC files of a real crawler and of none, and pages in fields."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from support.optional import missing

from pipeline.article import Digest, Format, Origin
from pipeline.cli import main
from pipeline.parse import ParseOptions, web_page
from pipeline.runners.inputs import Given, Inputs, Unread, without_pages
from pipeline.runners.web_pages import WarcError, page_of, warc_cuts

STORY = (
    "The harbour council voted on Monday to keep the ferry that crosses the Wend every half hour.",
    "Work on the new bridge will begin in spring, said the mayor, who thanked the engineers.",
    "Until then nobody has to pay on Sundays, and the ferry will go on as it did for years.",
)
OTHER = (
    "A seal was found in the old lock on Tuesday and has not left it since, to all's delight.",
    "The keeper of the lock brings it herring at noon, which the school children come to watch.",
    "It may stay as long as it likes, the port authority said, if it lets the barges pass.",
)
MOST = 1 << 20


def page(title: str, paragraphs: tuple[str, ...], url: str = "", head: str = "") -> str:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    link = f'<link rel="canonical" href="{url}">' if url else ""
    return (
        f'<!doctype html><html lang="en-GB"><head><title>{title} | Harbour Post</title>{link}{head}'
        f'<meta property="og:title" content="{title}"><meta name="author" content="Ana Lima">'
        '<meta property="article:published_time" content="2024-10-15T09:30:00+02:00">'
        '<meta property="og:site_name" content="Harbour Post">'
        f'<meta name="description" content="What the council decided."></head><body>'
        '<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>'
        f"<article><h1>{title}</h1>{body}<p>Share this article</p></article>"
        '<footer><a href="/imprint">Imprint</a></footer></body></html>'
    )


FERRY = page("Ferry stays in service", STORY, "https://harbour.example/ferry")
SEAL = page("Seal moves into the lock", OTHER, "https://harbour.example/seal")


@pytest.fixture(autouse=True)
def trafilatura() -> None:
    if not web_page.is_available():
        missing("pages", "trafilatura reads web pages")


def run(tmp_path: Path, *arguments: str | Path, expect: int = 0) -> dict[str, list[dict[str, Any]]]:
    out = tmp_path / "out"
    assert main(["run", *map(str, arguments), "--out", str(out)]) == expect
    names = ("clean", "duplicates", "rejected", "dead-letter")
    return {
        name: [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()]
        for name in names
    }


def test_a_page_gives_its_text_and_what_it_says_of_itself(tmp_path: Path):
    (tmp_path / "ferry.html").write_text(FERRY, encoding="utf-8")
    (article,) = run(tmp_path, tmp_path / "ferry.html")["clean"]
    assert article["articleBody"] == "\n\n".join(STORY)
    assert article["headline"] == "Ferry stays in service"
    assert article["authors"] == ["Ana Lima"]
    assert article["datePublished"] == "2024-10-15"
    assert article["description"] == "What the council decided."
    assert article["url"] == "https://harbour.example/ferry"
    assert article["source"] == "Harbour Post"
    assert article["inLanguage"] == "en-GB"
    assert article["extra"] == {}
    assert article["quality"]["origin"] == {"file": str(tmp_path / "ferry.html"), "line": 1}


@pytest.mark.parametrize(
    ("encoding", "head"),
    [("utf-8", ""), ("utf-16", ""), ("cp1252", '<meta charset="windows-1252">'), ("koi8-r", "")],
)
def test_a_page_is_read_in_the_encoding_that_it_declares(encoding: str, head: str):
    word = "Паром" if encoding == "koi8-r" else "Fähre"
    html = page(word, STORY, head=head).encode(encoding)
    charset = encoding if encoding == "koi8-r" else ""
    assert word in json.loads(page_of(html, charset=charset))["html"]


class Site(BaseHTTPRequestHandler):
    """A paper of two stories, with a picture, a page that is missing, and one behind gzip."""

    FRONT = (
        '<html><body><a href="/ferry">Ferry</a> <a href="/seal">Seal</a> <a href="/gone">x</a> '
        '<img src="/x.png"></body></html>'
    )
    PAGES: ClassVar[dict[str, tuple[str, bytes]]] = {
        "/": ("text/html", FRONT.encode()),
        "/ferry": ("text/html; charset=utf-8", FERRY.encode()),
        "/seal": ("text/html", SEAL.encode()),
        "/x.png": ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    }

    def do_GET(self) -> None:
        kind, content = self.PAGES.get(self.path, ("text/html", b"<html>nothing here</html>"))
        self.send_response(200 if self.path in self.PAGES else 404)
        self.send_header("Content-Type", kind)
        if self.path == "/seal":
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_the_warc_file_of_a_real_crawl_gives_its_articles(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    if shutil.which("wget") is None:
        missing("pages", "wget writes a WARC file")
    options = ["--quiet", "--recursive", "--page-requisites", "--warc-file=crawl"]
    command = ["wget", *options, "--execute=robots=off", site]
    subprocess.run(command, cwd=tmp_path, check=False)
    found = run(tmp_path, tmp_path / "crawl.warc.gz")
    bodies = {one["url"]: one["articleBody"] for one in found["clean"]}
    assert bodies == {f"{site}ferry": "\n\n".join(STORY), f"{site}seal": "\n\n".join(OTHER)}
    assert all("fetched_at" in one["extra"] for one in found["clean"])
    told = capsys.readouterr().err
    assert "records are no pages (" in told
    assert "image/png" in told
    assert "status 404" in told


def record(kind: str, content: bytes, media: str = "application/http; msgtype=response") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: <https://harbour.example/{kind}>\r\n"
        f"WARC-Date: 2024-10-15T10:00:00Z\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def answer(body: bytes, *fields: str, status: str = "200 OK", media: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    parts = [body[at : at + 700] for at in range(0, len(body), 700)]
    return b"".join(b"%x;ext=1\r\n%b\r\n" % (len(one), one) for one in parts) + b"0\r\n\r\n"


CRAWL = [
    record("warcinfo", b"software: a test\r\n", "application/warc-fields"),
    record("request", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
    record("response", answer(FERRY.encode())),
    record("response", answer(chunked(SEAL.encode()), "Transfer-Encoding: chunked")),
    record("response", answer(SEAL.encode(), "Transfer-Encoding: chunked")),  # but it is not
    record("response", answer(gzip.compress(FERRY.encode()), "Content-Encoding: gzip")),
    record("response", answer(zlib.compress(FERRY.encode()), "Content-Encoding: deflate")),
    record("response", answer(b"?", "Content-Encoding: br")),
    record("response", answer(b"", status="301 Moved")),
    record("response", answer(b"{}", media="application/json")),
    record("resource", FERRY.encode(), "text/html"),
    record("revisit", b""),
]


def cuts(data: bytes, limit: int = MOST) -> tuple[list[Any], Counter[str]]:
    skipped: Counter[str] = Counter()
    return list(warc_cuts(io.BufferedReader(io.BytesIO(data)), limit, skipped)), skipped  # type: ignore[arg-type]


def test_every_kind_of_record_is_a_page_or_is_counted():
    found, skipped = cuts(b"".join(CRAWL))
    assert [cut.line for cut in found] == [3, 4, 5, 6, 7, 11]
    html = [json.loads(cut.value)["html"] for cut in found]
    assert html == [FERRY, SEAL, SEAL, FERRY, FERRY, FERRY]
    assert json.loads(found[0].value)["url"] == "https://harbour.example/response"
    assert json.loads(found[0].value)["fetched_at"] == "2024-10-15T10:00:00Z"
    assert skipped == Counter(
        {
            "warcinfo": 1, "request": 1, "encoded as br": 1, "status 301": 1,
            "application/json": 1, "revisit": 1,
        }
    )  # fmt: skip


def test_a_page_that_unpacks_to_too_much_is_not_kept():
    bomb = gzip.compress(b"<html>" + bytes(40 * MOST))
    found, _ = cuts(record("response", answer(bomb, "Content-Encoding: gzip")) + CRAWL[2])
    assert isinstance(found[0].value, Digest)
    assert MOST < found[0].value.size < 2 * MOST
    assert json.loads(found[1].value)["html"] == FERRY


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_whole_of_a_cut_file_is_read_and_the_rest_named(tmp_path: Path, packed: bool):  # noqa: FBT001
    pack = partial(gzip.compress, mtime=0) if packed else bytes
    data = b"".join(map(pack, CRAWL[:4]))
    path = tmp_path / ("crawl.warc.gz" if packed else "crawl.warc")
    path.write_bytes(data[: -100 if packed else -300])
    found = run(tmp_path, path)
    assert len(found["clean"]) == 1
    (letter,) = found["dead-letter"]
    assert letter["reason"] == "broken-file"
    assert (
        "it ends early, as if cut off after line 3; what came before it was read"
        in (letter["message"])
    )


@pytest.mark.parametrize("at", range(0, 3000, 97))
def test_a_file_cut_anywhere_ends_in_one_error(at: int):
    data = b"".join(CRAWL[:4])
    try:
        found, _ = cuts(data[:at])
    except (EOFError, WarcError):
        return
    assert len(found) <= 2


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"WARC/1.0\r\nA: b\r\n\r\n", b"x" * 200_000])
def test_what_is_no_warc_file_says_so(data: bytes):
    with pytest.raises(WarcError, match="record"):
        cuts(data)


def test_a_page_in_a_field_is_read_where_it_is_named(tmp_path: Path):
    record = {"html": FERRY, "headline": "Our own headline", "url": "https://harbour.example/x"}
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(record) + "\n" + json.dumps({"text": " ".join(OTHER)}) + "\n")
    found = run(tmp_path, path, "--html", "html")["clean"]
    assert found[0]["articleBody"] == "\n\n".join(STORY)
    assert found[0]["headline"] == "Our own headline"
    assert found[0]["url"] == "https://harbour.example/x"
    assert found[0]["authors"] == ["Ana Lima"]
    assert "html" not in found[0]["extra"]
    assert found[1]["articleBody"] == " ".join(OTHER)


@pytest.mark.parametrize("html", ["", "<html></html>", "<p>", "\0", "<" * 50_000, "<b>" * 3000])
def test_a_page_without_an_article_is_a_dead_letter_or_little(tmp_path: Path, html: str):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"page": html}) + "\n")
    found = run(tmp_path, path, "--html", "page")
    assert sum(map(len, found.values())) == 1
    assert not found["clean"]


def test_what_is_fed_to_a_topic_is_the_article_and_not_the_page(tmp_path: Path):
    (tmp_path / "ferry.html").write_text(FERRY, encoding="utf-8")
    (tmp_path / "picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    options = ParseOptions()
    items = list(without_pages(Inputs([tmp_path], options), options))
    fed = items[0]
    assert isinstance(fed, Given)
    assert fed.format is Format.JSON
    members = msgspec.json.decode(fed.value)
    assert members["title"] == "Ferry stays in service"
    assert STORY[0] in members["text"]
    assert "html" not in members
    assert isinstance(items[1], Given)
    assert items[1].format is Format.UNKNOWN
    kept = Unread(Origin(file="x", line=1), "broken-file", "broken")
    assert list(without_pages([kept], options)) == [kept]


def test_without_the_library_a_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("pipeline.parse.web_page.find_spec", lambda _: None)
    path = tmp_path / "ferry.html"
    path.write_text(FERRY, encoding="utf-8")
    for arguments in ([str(path)], [str(path), "--html", "html"]):
        assert main(["run", *arguments, "--out", str(tmp_path / "out")]) == 2
        assert "pip install 'copydesk[html]'" in capsys.readouterr().err
    (tmp_path / "a.txt").write_text(" ".join(OTHER))
    assert main(["run", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert "skipped 1 files (1 .html: reading web pages needs trafilatura" in (
        capsys.readouterr().err
    )
    config = tmp_path / "copydesk.yaml"
    config.write_text("parse: {html_field: html}\n")
    assert main(["config", "check", "--config", str(config)]) == 2
    assert "parse.html_field: reading web pages needs trafilatura" in capsys.readouterr().err


def test_nothing_of_the_library_is_imported_before_a_page_is_read():
    code = "import sys, pipeline.cli.run, pipeline.cli.feed; print('trafilatura' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

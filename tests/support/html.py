"""Pages of HTML as a test reads them, and a text that tries to break out of them."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = (
    "</script></style><script>alert(1)</script><img src=http://evil.example/x.png onerror=alert(2)>"
    "\n\nShare this article\n\n"
    "\N{RIGHT-TO-LEFT OVERRIDE}desrever\N{NUL}\N{BACKSPACE} {{ 7 * 7 }} {% raw %} &amp; \" ' `"
    "\n\n" + "w" * 100_000
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """A page's tags, their balance, its text, and everything in it that could load something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.loads, self.handlers, self.tags, self.parts = [], [], [], [], []
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self.parts).split())  # no-break spaces become plain

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}:
                self.loads.append(value)
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str):
        assert self.open.pop() == tag

    def handle_data(self, data: str):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.parts.append(data)

"""Renders the pages as HTML that loads no other file and contacts no other server.

Any text may be hostile: templates escape everything, the content security policy allows only the
page's own style, script and address, and characters that HTML forbids are replaced. Pages work
without the script, which only adds updates without a reload.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from pipeline.live import last_hour, lists
from pipeline.live.lists import VerdictRow
from pipeline.live.recent import Kept
from pipeline.live.store import Memory
from pipeline.live.story import Story
from pipeline.report.labels import count, in_words, plain, share
from pipeline.routing import DOORS, Door

VERDICTS = 25  # shown in a list, even after hours of streaming
_SOURCES_FIRST, SOURCES_A_PAGE = 25, 200
# Characters that HTML forbids: controls other than tab and line break, and lone surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_PAGES = Environment(
    loader=ChoiceLoader([PackageLoader("pipeline.live"), PackageLoader("pipeline.report")]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters.update(
    share=share, plain=plain, count=count, in_words=in_words, clock=last_hour.to_the_second
)


class PageState(StrEnum):
    """How far the page has followed the topics."""

    READING = "reading"
    FOLLOWING = "following"
    LOST = "lost"


class Status(Struct, frozen=True, kw_only=True):
    """The state of the page itself."""

    state: PageState
    now: float  # seconds since 1970
    known: tuple[float, float]  # everything between these times was counted
    lost_since: str = ""  # UTC
    problem: str = ""
    behind: int = 0  # records not read yet
    foreign: int = 0  # records that are not ours


class Shown(Struct, frozen=True, kw_only=True):
    """Which part of the list of sources to show: a page, and a filter by name."""

    query: str = ""
    page: int = 1


class Answer(Struct, frozen=True, kw_only=True):
    """The result of a search."""

    path: str | None = None  # of the only result
    kept: Sequence[Kept] = ()
    note: str = ""  # what was searched
    everywhere: bool = False  # the topics were searched too


def _asset(name: str) -> str:
    source, _, _ = _PAGES.loader.get_source(_PAGES, name)  # type: ignore[union-attr]
    return source


def _hash(text: str) -> str:
    """The hash of a text for the content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_STYLE = _asset("report.css") + _asset("live.css")
_SCRIPT = _asset("live.js")
POLICY = (
    f"default-src 'none'; style-src '{_hash(_STYLE)}'; script-src '{_hash(_SCRIPT)}'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Pages:
    """Renders every page of the pipeline called `name`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def home(self, memory: Memory, status: Status, last: str) -> str:
        """The last hour, sources in trouble and newest verdicts; `last`: the last event id."""
        return self._render(
            "home.html.j2",
            title="Copydesk live",
            status=status,
            **_flow(memory, status),
            **_standings(memory),
            verdicts=_verdicts(memory.recent.newest(VERDICTS)),
            last=last,
            most=VERDICTS,
        )

    def sources(self, memory: Memory, status: Status, shown: Shown) -> str:
        """All sources, page by page, or those whose names contain a text."""
        roster = memory.roster
        found = roster.named(shown.query) if shown.query else roster.ranked()
        pages = max(1, -(-len(found) // SOURCES_A_PAGE))
        page = min(max(shown.page, 1), pages)
        start = (page - 1) * SOURCES_A_PAGE
        return self._render(
            "sources.html.j2",
            title="Sources",
            status=status,
            name=shown.query,
            page=page,
            pages=pages,
            total=len(found),
            sources=[lists.source_row(one) for one in found[start : start + SOURCES_A_PAGE]],
        )

    def source(self, memory: Memory, status: Status, name: str | None) -> str | None:
        """One source; None if nothing is known about it."""
        standing = memory.roster.standing(name)
        kept = memory.recent.newest(VERDICTS, source=name, every=False)
        if standing is None and not kept:
            return None
        row = lists.source_row(standing) if standing else None
        records = memory.roster.records(name)
        return self._render(
            "source.html.j2",
            title=name or lists.NAMELESS,
            status=status,
            row=row,
            past=[one for record in records for one in lists.past_signals(record)],
            figures=[lists.figures(record) for record in records],
            last_seen=lists.moment(standing.last_seen_at) if standing else "",
            verdicts=_verdicts(kept),
        )

    def article(self, status: Status, story: Story) -> str:
        """One article in full."""
        return self._render("article.html.j2", title=story.headline, status=status, story=story)

    def found(self, memory: Memory, status: Status, query: str, answer: Answer) -> str:
        """The results of a search, unless there is exactly one."""
        roster = memory.roster
        sources = roster.named(query)
        return self._render(
            "found.html.j2",
            title="Search",
            status=status,
            query=query,
            verdicts=_verdicts(answer.kept),
            sources=[lists.source_row(one) for one in sources[:_SOURCES_FIRST]],
            total=len(sources),
            note=answer.note,
            everywhere=answer.everywhere,
        )

    def problem(self, title: str, message: str, *, asks_token: bool = False) -> str:
        """A page that reports a problem."""
        return self._render(
            "problem.html.j2", title=title, status=None, message=message, asks_token=asks_token
        )

    def flow_part(self, memory: Memory, status: Status) -> str:
        """The hour's figures and chart, to replace older ones."""
        return self._render("flow.html.j2", **_flow(memory, status))

    def sources_part(self, memory: Memory) -> str:
        """The sources in most trouble."""
        return self._render("standings.html.j2", **_standings(memory))

    def verdicts_part(self, kept: Sequence[Kept]) -> str:
        """Rows of a list of verdicts."""
        return self._render("verdict_rows.html.j2", verdicts=_verdicts(kept), own=False)

    def status_part(self, status: Status) -> str:
        """The state of the page itself."""
        return self._render("status.html.j2", status=status)

    def _render(self, template: str, **context: Any) -> str:
        page = _PAGES.get_template(template).render(
            pipeline=self._name, style=_STYLE, script=_SCRIPT, **context
        )
        return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", page)


def _flow(memory: Memory, status: Status) -> Mapping[str, object]:
    hour = memory.flow.hour(status.now, status.known)
    return {
        "hour": hour,
        "doors": [(row.tone, row.many, hour.total(door)) for door, row in DOORS.items()],
        "unreadable": hour.total(Door.DEAD_LETTER),
        "pictures": {
            "wide": last_hour.draw(hour, last_hour.WIDE),
            "narrow": last_hour.draw(hour, last_hour.NARROW),
        },
    }


def _standings(memory: Memory) -> Mapping[str, object]:
    ranked = memory.roster.ranked()
    return {
        "sources": [lists.source_row(one) for one in ranked[:_SOURCES_FIRST]],
        "total": len(ranked),
        "troubled": sum(bool(one.signals) for one in ranked),
    }


def _verdicts(kept: Sequence[Kept]) -> list[VerdictRow]:
    return [lists.verdict_row(one) for one in kept]

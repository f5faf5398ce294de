"""Finds what a visitor searches for: in the page's memory, else on the topics."""

from __future__ import annotations

from datetime import UTC, datetime

import xxhash
from aiokafka.errors import KafkaError
from msgspec import Struct
from msgspec.structs import replace

from pipeline.article import Article, Match
from pipeline.errors import CopydeskError
from pipeline.live import Answer, Found, Kept, article_path, source_path
from pipeline.live.wire import leaf_of, record_of
from pipeline.routing import Door
from pipeline.runners.kafka.web.follower import Follower
from pipeline.runners.kafka.web.lookup import BusyError, Hit, Lookup, Search
from pipeline.url import canonical_url

# Errors of the connection to the broker.
TROUBLES = (KafkaError, OSError, CopydeskError, TimeoutError)
_NO_ACCOUNT = "Its quality record was not found, so its edits and measures cannot be shown."
_NO_ORIGINAL = "The earlier article was not found in the time there was."
_ANOTHER = "The one that was asked for was not found: this one came under the same id."
_BUSY = "The earlier article was not looked for: others are searching the topics."
_TROUBLE = "Not all of it could be read from the topics: the broker did not answer."


class Missing(Struct, frozen=True):
    """An article that was not found; `note` says where it was searched."""

    note: str


class Finder:
    """Articles by id, address and origin."""

    def __init__(self, follower: Follower, lookup: Lookup) -> None:
        self._follower = follower
        self._lookup = lookup

    async def find(self, query: str, *, everywhere: bool) -> Answer:
        """Finds articles by id or address, and sources by name. Raises `BusyError`, `TROUBLES`.

        Searches the topics if nothing else was found, or if `everywhere` is set.
        """
        memory = self._follower.memory
        address = canonical_url(query) if "/" in query else None
        names = list(dict.fromkeys(filter(None, (query, address))))
        kept = [] if everywhere else [one for name in names for one in memory.recent.by_name(name)]
        sources = memory.roster.named(query)
        if not kept and not everywhere and any(one.name == query for one in sources):
            return Answer(path=source_path(query))
        note = f"Looked for among the newest {len(memory.recent):,} outcomes."
        everywhere = everywhere or not (kept or sources)
        if everywhere:
            search = await self._search(query, address)
            kept = [_kept(hit) for hit in search.hits]
            note = _reach(search)
        is_one = len(kept) == 1 and (everywhere or not sources)
        path = article_path(kept[0].id, kept[0].origin) if is_one else None
        return Answer(path=path, kept=kept, note=note, everywhere=everywhere)

    async def article(self, id_: str | None, origin: str | None) -> Found | Missing:
        """Returns the records of an outcome. Raises `BusyError` and `TROUBLES`."""
        recent = self._follower.memory.recent
        kept = recent.by_origin(origin) if origin else None
        if kept is None and id_ is not None:
            kept = next(iter(recent.by_name(id_)), None)
            kept = kept if origin is None else None  # another input of the same id
        if kept and kept.number:
            found = await self._from_memory(kept)
        elif id_ is not None:
            search = await self._lookup.by_id(id_)
            if not search.hits:
                return Missing(_reach(search))
            hit = next((one for one in search.hits if one.origin == origin), search.hits[0])
            found = await self._from_topics(hit)
            if origin and hit.origin != origin:
                found = replace(found, notes=(*found.notes, _ANOTHER))
        else:
            return Missing("It is no longer among the newest outcomes, and its link names no id.")
        return await self._with_original(found)

    async def _from_memory(self, kept: Kept) -> Found:
        if kept.door is Door.DEAD_LETTER:
            letter = self._follower.memory.letters.get(kept.id)
            if letter is None:
                hits = (await self._lookup.by_id(kept.id)).hits
                letter = hits[0].letter if hits else None
            return Found(id=kept.id, at=kept.at, quality=kept.quality, letter=letter)
        if kept.article is None or kept.quality is None:  # too large to be kept
            hits = (await self._lookup.by_id(kept.id)).hits
            for hit in hits:
                if hit.origin == kept.origin:
                    return await self._from_topics(hit)
        return Found(id=kept.id, at=kept.at, article=kept.article, quality=kept.quality)

    async def _from_topics(self, hit: Hit) -> Found:
        quality = await self._lookup.account(hit)
        notes = () if quality else (_NO_ACCOUNT,)
        return Found(
            id=hit.id,
            at=hit.at,
            article=hit.article,
            quality=quality,
            letter=hit.letter,
            notes=() if hit.letter else notes,
        )

    async def _with_original(self, found: Found) -> Found:
        """Adds the article that this one matches."""
        article = record_of(found.article, Article)
        note = article.quality if article else None
        if note is None or note.match is None:
            return found
        own = str(note.origin)
        original = self._remembered(note.match, own, found.at)
        if original:
            return replace(found, original=original)
        try:
            original = await self._lookup.original(note.match, own, found.at)
            missing = _NO_ORIGINAL
        except BusyError:
            missing = _BUSY
        except TROUBLES:
            missing = _TROUBLE
        return replace(
            found, original=original, notes=found.notes if original else (*found.notes, missing)
        )

    def _remembered(self, match: Match, own: str, at: int) -> bytes | None:
        """The matched article if it is among the newest; versions of a page share their id."""
        earlier = [
            one
            for one in self._follower.memory.recent.by_name(match.of)
            if one.article and one.origin != own and one.at <= at and one.door is Door.CLEAN
        ]
        exact = [one for one in earlier if one.seen_at == match.of_seen_at]
        return next((one.article for one in exact), None)

    async def _search(self, query: str, address: str | None) -> Search:
        """Searches by id. An address is tried as the id derived from it, then as an address."""
        if address is None:
            return await self._lookup.by_id(query)
        search = await self._lookup.by_id(f"url-{xxhash.xxh3_64_hexdigest(address.encode())}")
        return search if search.hits else await self._lookup.by_address(address)


def _kept(hit: Hit) -> Kept:
    """A hit in the form that lists show."""
    leaf = leaf_of(hit.article) if hit.article else None
    return Kept(
        origin=hit.origin,
        at=hit.at,
        id=hit.id,
        door=hit.door,
        source=hit.source,
        seen_at=datetime.fromtimestamp(hit.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        headline=(leaf.headline or "") if leaf else "",
    )


def _reach(search: Search) -> str:
    if search.back_to is None:
        return "The topics were searched to their beginning."
    return f"The topics were searched back to {search.back_to}; older ones were not looked at."

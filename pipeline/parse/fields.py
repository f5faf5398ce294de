"""The members of a JSON object to a raw article: our names, our types, nothing lost.

For each field the first name in `aliases` order that holds something wins; of texts, the longest. A
loser that says the
same, or nothing, is dropped; one that says something else stays in `extra` under its own name,
as does everything unknown and every known field of a type that cannot be used. A value of which
only a part is used (an author's e-mail address beside the name) also stays there, whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw

from pipeline.article import Finding, Provenance, RawArticle
from pipeline.parse.aliases import NESTED, OTHER_FORMS, Alias, Field, alias_table, squash
from pipeline.parse.date_fields import DateReader, in_utc, text_of
from pipeline.parse.dates import Reading
from pipeline.parse.envelopes import path_to_text
from pipeline.parse.language_tags import read_language
from pipeline.parse.options import DateOrder, ParseOptions
from pipeline.parse.problems import (
    AUTHOR_NO_NAME,
    BLOCKS_LEFT_OUT,
    FIELD_WRONG_TYPE,
    LANGUAGE_UNREADABLE,
    TEXTS_DIFFER,
    Refusal,
)
from pipeline.parse.shapes import OURS
from pipeline.parse.values import (
    Read,
    read_authors,
    read_body,
    read_id,
    read_lines,
    read_moment,
    read_names,
    read_source,
    read_text,
    read_url,
)
from pipeline.url import site_of

_Candidate = tuple[int, str, Raw]  # rank, name, value
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_PROVENANCE = msgspec.json.Decoder(dict[str, Provenance])
_FROM_SOURCE = 1000  # rank of a URL found in the field `source`: after every name of a URL
_NESTED_RANK = 2000  # of a value in an object beside the fields: after every name
_NAMES_SHOWN = 10
_NO_LETTER = re.compile(r"(?:<[^<>]*>|[\W_])+")
_LONGEST_NAME = 100  # characters; names that long are data, and would fill a cache


def read_fields(values: dict[str, Raw], options: ParseOptions) -> RawArticle | Refusal:
    """Returns the article of the members, or the reason why they are none."""
    reader = _Reader(options)
    provenance = reader.sort(values)
    if not reader.candidates.get("articleBody"):
        return _no_text(values)
    # The text of our own records is text, whatever it looks like.
    ours = provenance is not None
    body = (reader.pick("articleBody", read_text) or Read("")) if ours else reader.body()
    if not body.value and reader.wrong_body:
        return Refusal(
            "wrong-type",
            f"field {reader.wrong_body!r} should hold the article's text, but holds something "
            "else; send a string or a list of paragraphs",
        )
    headline = reader.pick("headline", read_text)
    description = reader.pick("description", read_lines)
    standfirst, text = _place_summary(body, description.value if description else "")
    authors = reader.pick("authors", read_names) if ours else reader.authors()
    language = reader.language()
    url = reader.text("url", read_url)
    source = reader.text("source", read_source)
    names = authors.value if authors else ()
    if not ours:
        names = reader.without_source(names, source)
    order = _date_order(options, source, url)
    own_id = reader.text("id", read_id)
    dates = DateReader(order, language, reader.extra, options.arrival_field, (url, own_id))
    published, published_raw = reader.date("datePublished", "datePublishedRaw", dates)
    dates = dates._replace(is_publication=False)
    modified, modified_raw = reader.date("dateModified", "dateModifiedRaw", dates)
    return RawArticle(
        id=own_id,
        url=url,
        headline=headline.value if headline else "",
        description=standfirst,
        body=text,
        authors=names,
        date_published=published,
        date_published_raw=published_raw,
        date_modified=modified,
        date_modified_raw=modified_raw,
        language=language,
        source=source,
        extra={name: on_one_line(raw) for name, raw in reader.extra.items()},
        provenance=provenance or {},
        findings=tuple(reader.findings),
    )


def on_one_line(raw: Raw) -> Raw:
    """Returns a value as it came, but without line breaks, which can only be between its tokens."""
    text = bytes(raw)
    return Raw(msgspec.json.format(text, indent=-1)) if b"\n" in text or b"\r" in text else raw


def _no_text(values: dict[str, Raw]) -> Refusal:
    names = ", ".join(name[:40] for name in list(values)[:_NAMES_SHOWN]) or "none"
    more = f" and {len(values) - _NAMES_SHOWN} more" if len(values) > _NAMES_SHOWN else ""
    path = path_to_text(values)
    remedy = (
        f"if the record is the object there, or one of a list, set parse.path: {path}"
        if path
        else "name the one that does in the config, under parse.aliases: {articleBody: [NAME]}"
    )
    return Refusal(
        "no-text-field",
        f"no field is known to hold the article's text; its fields: {names}{more}; {remedy}",
    )


def _place_summary(body: Read[str], description: str) -> tuple[str, str]:
    """Returns (description, body); the body's own summary is the description if there is none."""
    if not body.summary or body.summary == description:
        return description, body.value
    if not description:
        return body.summary, body.value
    return description, f"{body.summary}\n\n{body.value}"


def _date_order(options: ParseOptions, source: str | None, url: str | None) -> DateOrder | None:
    for name in (source, _host(url), site_of(url)) if options.sources else ():
        if name and (known := options.sources.get(name)) and known.date_order:
            return known.date_order
    return options.date_order


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


class _Reader:
    """Sorts the members of one object by field and reads them; collects findings and extras."""

    def __init__(self, options: ParseOptions) -> None:
        own = tuple((field, tuple(names)) for field, names in options.aliases.items())
        self._table = alias_table(own)
        self._own_texts = len(options.aliases.get("articleBody", ()))
        self.candidates: dict[Field, list[_Candidate]] = {}
        self.extra: dict[str, Raw] = {}
        self.findings: list[Finding] = []
        self.wrong_body: str | None = None

    def sort(self, values: dict[str, Raw]) -> dict[str, Provenance] | None:
        """Puts each member to its field or to `extra`; the provenance if we wrote the record."""
        provenance = _our_provenance(values)
        table = self._table if provenance is None else alias_table()
        for name, raw in values.items():
            if provenance is not None and name in (
                "provenance",
                "extra",
                "canonicalUrl",
                "dateline",
                "quality",
            ):
                continue  # derived again, or handled below
            if name == "quality" and b'"ruleset"' in bytes(raw):
                continue
            alias = table.get(squash(name)) if len(name) <= _LONGEST_NAME else None
            if alias is None:
                self.extra[name] = raw
            else:
                if alias.field == "source" and _is_page(raw):  # as trafilatura writes it
                    alias = Alias("url", _FROM_SOURCE)
                self.candidates.setdefault(alias.field, []).append((alias.rank, name, raw))
            if name in NESTED and provenance is None:
                self._sort_nested(name, raw)
        if provenance is not None:
            self.extra |= _MEMBERS.decode(values["extra"])
        return provenance

    def _sort_nested(self, name: str, raw: Raw) -> None:
        """Puts what an object beside the fields says of the record behind them; it stays whole."""
        if bytes(memoryview(raw)[:1]) == b"{":
            members = _MEMBERS.decode(raw)
            for inner, field in NESTED[name].items():
                if inner in members:
                    candidate = (_NESTED_RANK, f"{name}.{inner}", members[inner])
                    self.candidates.setdefault(field, []).append(candidate)

    def pick(self, field: Field, read: Callable[[Any], Read[Any] | None]) -> Read[Any] | None:
        """Returns the first candidate with a value."""
        candidates = self.candidates.get(field)
        if candidates is None:
            return None
        best: Read[Any] | None = None
        ranked = sorted(candidates, key=_rank) if len(candidates) > 1 else candidates
        for rank, name, raw in ranked:
            value = _decode(raw)
            found = read(value)
            if rank == _NESTED_RANK:
                best = best or (None if found is None or found.is_empty else found)
            elif found is None:
                self._set_aside(field, name, raw, noted=best is None)
            elif found.is_empty or (best and found.value == best.value and found.whole):
                if not found.whole:  # it says something, but nothing of this field
                    self.extra[name] = raw
            elif best is None:
                best = found
                if not found.whole:
                    self.extra[name] = raw
            else:
                self.extra[name] = raw
        return best

    def body(self) -> Read[str]:
        """Returns the longest text; of those under the user's own names, the first.

        A text under one of `OTHER_FORMS` serves only where there is no other.
        """
        candidates = self.candidates.get("articleBody", [])
        if len(candidates) > 1:
            self.candidates["articleBody"] = self._longest_first(candidates)
        found = self.pick("articleBody", read_body) or Read("")
        if found.left_out:
            self.findings.append(BLOCKS_LEFT_OUT.finding(found.left_out[:100]))
        return found

    def _longest_first(self, candidates: list[_Candidate]) -> list[_Candidate]:
        """Returns the candidates with the ranks in which they are to be tried; notes a conflict."""
        texts: list[tuple[int, int, str, _Candidate]] = []
        for rank, name, raw in sorted(candidates, key=_rank):
            found = read_body(_decode(raw))
            letters = _letters(found.value) if found else ""
            tier = 0 if rank < self._own_texts else 1 + (squash(name) in OTHER_FORMS)
            texts.append((tier, -len(letters) if tier else 0, letters, (rank, name, raw)))
        texts.sort(key=itemgetter(0, 1))  # the earlier name first where both agree
        tier, _, best, (_, winner, _) = texts[0]
        for other, _, letters, (_, name, _) in texts[1:]:
            if tier == other == 1 and letters and letters != best:
                self.findings.append(TEXTS_DIFFER.finding(f"{winner}, {name}"[:100]))
                break
        return [(place, name, raw) for place, (*_, (_, name, raw)) in enumerate(texts)]

    def without_source(self, names: tuple[str, ...], source: str | None) -> tuple[str, ...]:
        """Returns the authors without the outlet itself, where it stands beside people."""
        if not source or len(names) < 2:
            return names
        outlet = {squash(source), squash(source.partition(".")[0])}
        people = tuple(name for name in names if squash(name) not in outlet)
        if not people or len(people) == len(names):
            return names
        for _, given, raw in self.candidates.get("authors", ())[:1]:
            self.extra.setdefault(given, raw)
        return people

    def authors(self) -> Read[tuple[str, ...]] | None:
        """Returns the names of the authors; notes what stood there and names nobody."""
        nobody: list[str] = []

        def read(value: Any) -> Read[tuple[str, ...]] | None:
            found = read_authors(value)
            if found and found.left_out:
                nobody.append(found.left_out)
            return found

        found = self.pick("authors", read)
        if nobody:
            self.findings.append(AUTHOR_NO_NAME.finding(nobody[0][:100]))
        return found

    def text(self, field: Field, read: Callable[[Any], Read[str] | None]) -> str | None:
        found = self.pick(field, read)
        return found.value if found else None

    def language(self) -> str | None:
        """Returns the declared language; what names none stays in `extra`."""
        unread: list[str] = []

        def read(value: Any) -> Read[str] | None:
            found = read_source(value)
            tag = read_language(found.value) if found else None
            if found and found.value and tag is None:
                unread.append(found.value)
                return None
            return Read(tag or "", whole=found.whole) if found else None

        before = len(self.findings)
        tag = self.text("inLanguage", read)
        if unread:
            self.findings[before:] = [LANGUAGE_UNREADABLE.finding(unread[0][:100])]
        return tag

    def date(
        self, field: Field, raw_field: Field, dates: DateReader
    ) -> tuple[str | None, str | None]:
        """Returns (ISO 8601 or None, as given or None)."""
        given = self.text(field, read_moment)
        raw = self.text(raw_field, read_moment) or given
        if raw is None:
            return None, None
        reading = dates.read(given or raw)
        if reading.iso is None and raw != given:
            reading = dates.read(raw)
        if reading.iso is None and len(self.candidates.get(field, ())) > 1:
            reading, raw = self._second_date(field, dates) or (reading, raw)
        if reading.problem:
            self.findings.append(reading.problem.finding(raw[:100]))
        if reading.iso is None or "T" not in reading.iso:
            return reading.iso, raw
        return in_utc(reading.iso, self.candidates.get(field, ())), raw

    def _second_date(self, field: Field, dates: DateReader) -> tuple[Reading, str] | None:
        """Returns the first date that can be read, and its text; the one before it goes to extra.

        None where there is no other one.
        """
        unread: tuple[str, Raw] | None = None
        for _, name, raw in sorted(self.candidates.get(field, ()), key=_rank):
            text = text_of(raw)
            if not text:
                continue
            reading = dates.read(text)
            if reading.iso and unread:
                self.extra.pop(name, None)
                self.extra[unread[0]] = unread[1]
                return reading, text
            unread = unread or (name, raw)
        return None

    def _set_aside(self, field: Field, name: str, raw: Raw, *, noted: bool) -> None:
        self.extra[name] = raw
        if noted:  # where another field already said it, this one may mean something else
            self.findings.append(FIELD_WRONG_TYPE.finding(name[:100]))
        if field == "articleBody" and self.wrong_body is None:
            self.wrong_body = name[:100]


def _letters(text: str) -> str:
    """Returns a text without markup, spaces and signs, by which two forms of it are one."""
    return _NO_LETTER.sub("", text)


def _rank(candidate: _Candidate) -> int:
    return candidate[0]


def _decode(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError):  # a number too large for any type
        return NotImplemented


def _our_provenance(values: dict[str, Raw]) -> dict[str, Provenance] | None:
    """Returns the provenance of a record that we wrote, None for any other."""
    if not values.keys() >= OURS:
        return None
    try:
        _MEMBERS.decode(values["extra"])
        return _PROVENANCE.decode(values["provenance"])
    except msgspec.DecodeError:
        return None


def _is_page(raw: Raw) -> bool:
    """Returns whether a raw JSON value is the URL of a page, not of a whole site."""
    text = bytes(raw)
    return (
        text.startswith((b'"http://', b'"https://'))
        and text.strip(b'"').count(b"/", 8) > 0
        and (not text.endswith(b'/"') or text.count(b"/") > 3)
    )


def name_members(pairs: Iterable[tuple[str, object]]) -> dict[str, Raw]:
    """Returns plain values as members, e.g. of the front matter of a Markdown file."""
    return {name: Raw(msgspec.json.encode(value)) for name, value in pairs}

"""Measures of headline, date, address, byline and source. Yes is 1, no is 0."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline import text
from pipeline.check.measure import YES_OR_NO, Measure, Taken
from pipeline.check.subject import Subject

_DAY = 86_400  # seconds
_LONGEST_NAME = 200  # characters; the rest of a longer name is ignored
# The form of nearly all addresses; others are parsed.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[!-~]*)?")


def take(subject: Subject) -> Taken:
    """Returns the measures of this module."""
    url = subject.url
    return {
        "headline_words": len(subject.headline_words),
        "headline_characters": len(subject.headline),
        "headline_is_capitals": headline_is_capitals(subject),
        "headline_is_source": headline_is_source(subject),
        "headline_is_body": headline_is_body(subject),
        "date_given": bool(subject.date_published or subject.date_published_raw),
        "age": age(subject),
        "url_given": bool(url),
        "url_well_formed": is_web_address(url) if url else None,
        "authors": len(subject.authors),
        "source_given": bool(subject.source),
    }


def headline_is_capitals(subject: Subject) -> float:
    """Returns whether a headline of more than one word has capitals only."""
    return subject.headline.isupper() and len(subject.headline_words) > 1


def headline_is_source(subject: Subject) -> float:
    """Returns whether the headline is the source's name or domain, ignoring signs and spaces."""
    if not subject.headline or not subject.source:
        return 0.0
    return "".join(subject.headline_words).casefold() in _names(subject.source[:_LONGEST_NAME])


def headline_is_body(subject: Subject) -> float:
    """Returns whether the body consists of the headline alone."""
    if not subject.headline or len(subject.body) > 2 * len(subject.headline):
        return 0.0
    return bool(subject.reading.words) and text.fold_name(subject.headline) == text.fold_name(
        subject.body
    )


def age(subject: Subject) -> float | None:
    """Returns the days from publication to arrival; None if either time is unknown."""
    published, seen = _moment(subject.date_published), _moment(subject.seen_at)
    if published is None or seen is None:
        return None
    return (seen - published).total_seconds() / _DAY


def is_web_address(url: str) -> bool:
    """Returns whether the address is http(s) with a host name."""
    if _PLAIN_ADDRESS.fullmatch(url):
        return True
    if url.split() != [url]:  # white space inside or around
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and "." in (host or "").strip(".")


@lru_cache(maxsize=256)
def _names(source: str) -> frozenset[str]:
    """Returns the keys of a source's name: of the whole name, and of its second-level domain."""
    name = source.removeprefix("www.")
    domain = name.rpartition(".")[0].rpartition(".")[2]
    return frozenset((text.fold_name(name), text.fold_name(domain))) - {""}


@lru_cache(maxsize=64)  # the articles of a run share a few times of arrival
def _moment(date: str | None) -> datetime | None:
    if not date:
        return None
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


MEASURES = (
    Measure("headline_words", "words", "Words of the headline."),
    Measure("headline_characters", "characters", "Characters of the headline."),
    Measure("headline_is_capitals", YES_OR_NO, "A headline of capitals only."),
    Measure("headline_is_source", YES_OR_NO, "The headline is the source's name."),
    Measure("headline_is_body", YES_OR_NO, "The body is the headline again."),
    Measure("date_given", YES_OR_NO, "A date of publication was given."),
    Measure("age", "days", "From publication to the time it was seen."),
    Measure("url_given", YES_OR_NO, "An address was given."),
    Measure("url_well_formed", YES_OR_NO, "The address is one of a web page."),
    Measure("authors", "authors", "Authors named."),
    Measure("source_given", YES_OR_NO, "A source was given."),
)

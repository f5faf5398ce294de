"""The time of arrival from a field of the input, for files whose articles arrived earlier."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from pipeline.article import Arrival, RawArticle
from pipeline.parse.options import ParseOptions

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def arrived(raw: RawArticle, arrival: Arrival, options: ParseOptions) -> Arrival:
    """Returns the envelope with the time in the field `parse.arrival_field`.

    As it was where that is off, the field is missing or no time in ISO 8601, or lies ahead.
    """
    given = raw.extra.get(options.arrival_field or "")
    if given is None:
        return arrival
    try:
        moment = datetime.fromisoformat(msgspec.json.decode(given, type=str))
    except (ValueError, msgspec.DecodeError):
        return arrival
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        seen_at = zoned.astimezone(UTC).strftime(_TIME)
    except OverflowError:  # within a day of the years 1 and 9999
        return arrival
    return replace(arrival, seen_at=min(seen_at, arrival.seen_at))

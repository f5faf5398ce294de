"""Records of `dedup.index`, without a broker: what is written, and what is read of it."""

import msgspec
import pytest
from msgspec.structs import replace
from support.copies import seen, story

from pipeline.article import Origin, encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import HeldEntry
from pipeline.dedup.fingerprint import SCHEME
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.admin.consumer import Tailed
from pipeline.runners.kafka.admin.rebuilding import Reindexed, renewed, unreadable
from pipeline.runners.kafka.engine.changelog import Changelog, OldHeldEntry

MOMENT = "2026-01-01T00:00:00Z"
SHORT, LONG = story(1, sentences=4), story(1, sentences=60)


def held(body: str) -> HeldEntry:
    return HeldEntry(number=7, seen_at="2026-01-01T00:00:00Z", entry=seen(body))


@pytest.mark.parametrize("body", [SHORT, LONG], ids=["short", "long"])
def test_an_entry_is_read_back_as_it_was(body: str):
    log = Changelog(KafkaOptions(), 0)
    message = log.entry(held(body), MOMENT)
    assert log.parse(message.key or b"", message.value, 0) == (7, held(body))


def test_a_short_text_takes_less_than_its_hashes():
    log, one = Changelog(KafkaOptions(), 0), held(SHORT)
    assert len(log.entry(one, MOMENT).value or b"") < 0.7 * len(encode(one))


def test_an_entry_of_the_version_before_is_read():
    one = held(SHORT)
    before = replace(one.entry.fingerprint, scheme="xxh32-w5-affine32-p128-s1-names", text=None)
    value = encode(replace(one, entry=replace(one.entry, fingerprint=before)))
    _, read = Changelog(KafkaOptions(), 0).parse(b"7", value, 0)
    assert read is not None
    assert read.entry.fingerprint == replace(before, scheme=SCHEME)


def foreign(one: HeldEntry) -> bytes:
    """The record of an entry of another version, whose fingerprint has other fields."""
    fields = msgspec.json.decode(encode(one))
    fields["entry"]["fingerprint"] = {"scheme": "sha1-w3", "bits": 3}
    return msgspec.json.encode(fields)


def test_an_entry_of_another_scheme_is_told_from_one_that_is_broken():
    log = Changelog(KafkaOptions(), 0)
    number, old = log.parse(b"7", foreign(held(SHORT)), 0)
    assert (number, type(old)) == (7, OldHeldEntry)
    strange = replace(held(SHORT).entry.fingerprint, scheme="sha1-w3")
    value = encode(replace(held(SHORT), entry=replace(held(SHORT).entry, fingerprint=strange)))
    assert isinstance(log.parse(b"7", value, 0)[1], OldHeldEntry)
    for broken in (b"{}", b"no JSON", encode(held(SHORT)).replace(b'"words":', b'"wards":')):
        with pytest.raises(WorkFailedError, match=r"not an entry of the index.*kafka\.prefix"):
            log.parse(b"7", broken, 0)


def tailed(value: object, key: str | None = None, offset: int = 0) -> Tailed:
    raw = None if value is None else msgspec.Raw(encode(value))
    return Tailed(topic="t", partition=2, offset=offset, timestamp=0, key=key, value=raw)


def test_an_entry_is_made_anew_from_its_article():
    options, done, one = KafkaOptions(), Reindexed(), held(SHORT)
    records = [
        tailed(msgspec.Raw(foreign(one)), "7"),
        tailed(msgspec.Raw(foreign(replace(one, number=8))), "8"),  # replaced below
        tailed(one, "8"),
        tailed(msgspec.Raw(foreign(replace(one, number=9))), "9"),
        tailed(None, "9"),
        tailed(msgspec.Raw(foreign(gone("x", 10))), "10"),
    ]
    old = unreadable(options, records, done)
    assert set(old) == {(2, 7), (2, 10)}
    quality = {"origin": msgspec.to_builtins(one.entry.origin), "verdict": "publish"}
    articles = [
        tailed({"articleBody": "Another.", "quality": {"origin": {"topic": "raw", "offset": 1}}}),
        tailed({"articleBody": SHORT, "quality": quality}),
        tailed({"no": "article"}),
    ]
    first, second = renewed(options, old, articles, done)
    assert (first.key, first.partition) == (b"7", 2)
    assert Changelog(options, 2).parse(b"7", first.value, 0) == (7, one)
    assert (second.key, second.value) == (b"10", None)
    assert done == Reindexed(readable=1, renewed=1, forgotten=1)


def gone(name: str, number: int) -> HeldEntry:
    """An entry whose article is on no topic any more."""
    origin = Origin(topic="raw", partition=0, offset=77)
    return HeldEntry(number=number, seen_at="2026-01-01T00:00:00Z", entry=seen(name, origin=origin))

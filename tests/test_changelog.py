"""Records of `dedup.index`, without a broker: what is written, and what is read of it."""

import pytest
from msgspec.structs import replace
from support.copies import seen, story

from pipeline.article import encode
from pipeline.cluster import KafkaOptions
from pipeline.dedup import Held
from pipeline.dedup.fingerprint import SCHEME
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.engine.changelog import Changelog

SHORT, LONG = story(1, sentences=4), story(1, sentences=60)


def held(body: str) -> Held:
    return Held(number=7, seen_at="2026-01-01T00:00:00Z", entry=seen(body))


@pytest.mark.parametrize("body", [SHORT, LONG], ids=["short", "long"])
def test_an_entry_is_read_back_as_it_was(body: str):
    log = Changelog(KafkaOptions(), 0)
    message = log.entry(held(body))
    assert log._parse(message.key or b"", message.value, 0) == (7, held(body))


def test_a_short_text_takes_less_than_its_hashes():
    log, one = Changelog(KafkaOptions(), 0), held(SHORT)
    assert len(log.entry(one).value or b"") < 0.7 * len(encode(one))


def test_an_entry_of_the_version_before_is_read():
    one = held(SHORT)
    before = replace(one.entry.fingerprint, scheme="xxh32-w5-affine32-p128-s1-names", text=None)
    value = encode(replace(one, entry=replace(one.entry, fingerprint=before)))
    _, read = Changelog(KafkaOptions(), 0)._parse(b"7", value, 0)
    assert read is not None
    assert read.entry.fingerprint == replace(before, scheme=SCHEME)


def test_an_entry_of_an_unknown_scheme_is_refused_with_what_to_do():
    one = held(SHORT)
    strange = replace(one.entry.fingerprint, scheme="sha1-w3")
    value = encode(replace(one, entry=replace(one.entry, fingerprint=strange)))
    with pytest.raises(WorkFailedError, match=r"sha1-w3.*kafka\.prefix"):
        Changelog(KafkaOptions(), 0)._parse(b"7", value, 0)

"""What the sources role finds on its topic when it starts."""

from __future__ import annotations

import pytest
from aiokafka import ConsumerRecord

from pipeline.article import encode
from pipeline.errors import WorkFailedError
from pipeline.runners.kafka.roles.sources import parse_source
from pipeline.sources.record import SourceRecord

WITHOUT_STATE = SourceRecord(
    source="river.example", at="2024-10-15T08:00:00Z", partition=3, windows=(), hours=(),
    baseline=None, signals=(), raised=(), first_seen_at="", last_seen_at="",
)  # fmt: skip


def found(value: bytes | None) -> ConsumerRecord:
    return ConsumerRecord("quality.sources", 3, 41, 0, 0, b"k", value, None, 0, 0, ())


def test_a_tombstone_is_no_source():
    assert parse_source(found(None)) is None


@pytest.mark.parametrize("value", [b"[1, 2", b"{}", b'"\xff"', encode(WITHOUT_STATE)])
def test_what_is_no_record_of_a_source_is_named_by_its_place(value: bytes):
    with pytest.raises(WorkFailedError, match=r"^quality\.sources\[3\]@41: not the record of"):
        parse_source(found(value))

"""Every input that fuzzing found to fail, and its first inputs, keep to what must hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.targets import TARGETS, seeds
from support.corpus import themes

CASES = Path(__file__).parent / "fuzz" / "cases"


@pytest.mark.parametrize("name", TARGETS)
def test_what_must_hold_for_any_bytes_holds_for_these(name: str):
    found = [path.read_bytes() for path in sorted((CASES / name).glob("*"))]
    records = [sample.record for theme in themes().values() for sample in theme]
    for data in (*found, *seeds(name, records), b"", b"\x00", b"\xff" * 9, b"{" * 300):
        TARGETS[name](data)

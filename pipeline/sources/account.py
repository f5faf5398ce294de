"""What is read of a quality record to count it: a third of the time that all of it takes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from pipeline.article import Origin, Quality, Verdict


class Named(Struct, frozen=True, gc=False):
    """A repair or a finding, by its rule."""

    rule: str


class Measured(Struct, frozen=True, gc=False):
    """Numbers beyond these no article has, and none that tells of a source could hold them."""

    words: Annotated[float, Meta(ge=0, le=1e9)] = 0
    age: Annotated[float, Meta(ge=-3e5, le=3e5)] | None = None  # days, from publication to arrival


class Account(Struct, frozen=True, gc=False, rename="camel"):
    """One input, as far as sources are told from it; the names are those of `Quality`."""

    id: str
    origin: Origin
    source: str | None
    verdict: Verdict
    repairs: tuple[Named, ...]
    findings: tuple[Named, ...]
    measures: Measured
    seen_at: str


read_account = msgspec.json.Decoder(Account).decode


def account_of(quality: Quality) -> Account:
    """The same of a record at hand."""
    return msgspec.convert(quality, Account, from_attributes=True)

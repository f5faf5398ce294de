"""Settings of sources. What is usual for a source needs none: its own past defines it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class SourcesOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many sources are counted individually, which bounds memory and labels."""

    most: Annotated[
        int,
        Meta(
            ge=1,
            description="Sources counted apart, of each partition of quality.articles; those that"
            " come later are counted as `other`. One takes some 10 kB, 60 at most.",
        ),
    ] = 2_000
    shown: Annotated[
        int,
        Meta(ge=0, description="Sources named in Prometheus; the others are summed as `other`."),
    ] = 50

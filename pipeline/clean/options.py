"""The settings of cleaning."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pipeline.clean.learned_lines import LearnedRules

CERTAINTY = 0.86  # by default: chosen on publishers that the model had not seen


class FurnitureOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the line model's probabilities lead to."""

    certainty: Annotated[
        float,
        Meta(
            gt=0.5,
            lt=1,
            description="The probability of furniture from which on the line model's word is "
            "enough to cut a line. Below it, `furniture-suspected` notes the line.",
        ),
    ] = CERTAINTY


class SourceCleaning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings that differ for one source."""

    disabled: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of repairs switched off for this source, besides those switched off "
            "everywhere. `copydesk rules` lists the ids."
        ),
    ] = ()


class CleanOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    disabled: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of repairs switched off for every article. Each only edits what it is "
            "sure of, so none is off by default. `copydesk rules` lists the ids."
        ),
    ] = ()
    observe: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of repairs that edit nothing, as if they were off, while what they "
            "would have edited is counted: `observed` in the quality record."
        ),
    ] = ()
    furniture: FurnitureOptions = FurnitureOptions()
    sources: Annotated[
        dict[str, SourceCleaning],
        Meta(
            description="What is different for single sources, by the article's `source`: its name "
            "or registrable domain, as in the output."
        ),
    ] = {}
    learned: Annotated[
        tuple[str, ...],
        Meta(
            description="Rules files with the lines that are boilerplate in a source, as `copydesk "
            "learn` writes them; a path is taken from the folder of the settings file. Of a line "
            "in several files the last one counts.",
            extra={"single": True},
        ),
    ] = ()
    rules: Annotated[
        LearnedRules,
        Meta(description="What the rules files say, by source.", extra={"internal": True}),
    ] = {}

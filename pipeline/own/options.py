"""The settings of the user's own rules."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class OwnOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    repairs: Annotated[
        tuple[str, ...],
        Meta(
            description="Import paths of repairs, `package.module:NAME`: a `Rule`, or several. They"
            " run after ours. The folder of the settings file is searched last.",
            extra={"single": True},
        ),
    ] = ()
    checks: Annotated[
        tuple[str, ...],
        Meta(
            description="Import paths of checks: a `Check`, a `Limit` on a measure of ours, or "
            "several.",
            extra={"single": True},
        ),
    ] = ()
    languages: Annotated[
        str | None,
        Meta(
            description="A folder of language files (`de.toml`), whose phrases, words and limits "
            "are added to ours; a path is taken from the folder of the settings file."
        ),
    ] = None
    seconds: Annotated[
        float,
        Meta(
            ge=0.1,
            le=60,
            description="How long one of these rules may take for an article; then the article "
            "goes on without it. After three times in a process the rule is off there.",
        ),
    ] = 5.0
    folder: Annotated[
        str, Meta(description="Where imports are searched last.", extra={"internal": True})
    ] = ""
    texts: Annotated[
        dict[str, str],
        Meta(description="The language files, by name.", extra={"internal": True}),
    ] = {}

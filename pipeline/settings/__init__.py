"""Settings: defaults, one YAML file, the environment; the later wins.

Each stage owns its options and says there what each number is and where it comes from; this
only puts them together, refuses what no stage knows, and remembers where each value came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import xxhash
import yaml
from msgspec import Meta, Struct
from msgspec.structs import replace

from pipeline import __version__, lines
from pipeline.check import CheckOptions, prose
from pipeline.clean import REPAIRS
from pipeline.clean.options import CleanOptions
from pipeline.cluster import KafkaOptions, WorkerOptions
from pipeline.dedup.options import DedupOptions
from pipeline.errors import WrongUseError
from pipeline.flow import Stages
from pipeline.identity import code_of, normal_form, rules_hash
from pipeline.own import OwnOptions
from pipeline.parse.options import ParseOptions, SourceParseOptions
from pipeline.parse.web_page import INSTALL, is_available
from pipeline.settings.contradictions import contradictions
from pipeline.settings.describe import rows
from pipeline.settings.fit import fit
from pipeline.settings.own_rules import read_own
from pipeline.settings.rules_file import Lessons, read_rules
from pipeline.settings.source import (
    Problem,
    compose,
    find_file,
    read_environment,
    read_file,
)
from pipeline.sources import SourcesOptions

__all__ = [
    "DEFAULT",
    "Lessons",
    "Loaded",
    "Settings",
    "from_mapping",
    "load",
    "load_defaults",
    "origin",
    "ruleset",
    "with_html",
    "with_rules",
]

DEFAULT = "default"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings of all stages. `config/copydesk.yaml` lists the defaults."""

    parse: Annotated[ParseOptions, Meta(description="Parsing: from bytes to an article.")] = (
        ParseOptions()
    )
    clean: Annotated[
        CleanOptions, Meta(description="Cleaning: the repairs of `copydesk rules`.")
    ] = CleanOptions()
    check: Annotated[
        CheckOptions, Meta(description="Checking: limits and severities of `copydesk rules`.")
    ] = CheckOptions()
    dedup: Annotated[
        DedupOptions, Meta(description="Finding copies: what one is, and what is withheld.")
    ] = DedupOptions()
    own: Annotated[
        OwnOptions, Meta(description="Rules, phrases and languages of your own: docs/extending.md.")
    ] = OwnOptions()
    sources: Annotated[
        SourcesOptions, Meta(description="Sources: how many of them are counted individually.")
    ] = SourcesOptions()
    kafka: Annotated[
        KafkaOptions, Meta(description="The stream: how to reach Kafka, topics, batches.")
    ] = KafkaOptions()
    worker: Annotated[
        WorkerOptions, Meta(description="Worker processes: where their health is served.")
    ] = WorkerOptions()

    def stages(self) -> Stages:
        """Returns the settings of the core, with the name of the ruleset."""
        return Stages(
            parse=self.parse,
            clean=self.clean,
            check=self.check,
            dedup=self.dedup,
            own=self.own,
            ruleset=ruleset(self),
        )


class Loaded(Struct, frozen=True):
    """The effective settings, and where their values came from."""

    settings: Settings
    places: dict[str, str]  # of what was given, by dotted path: "FILE:LINE" or "environment NAME"
    file: Path | None  # the file that was read, None where there is none

    @property
    def provenance(self) -> dict[str, str]:
        """Where the value at each dotted path came from; "default" where it was not given."""
        return {row.path: origin(row.path, self.places) for row in rows(self.settings)}


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Merges defaults, a file and `COPYDESK_SECTION__KEY=value` of the environment, last wins.

    The file is `path`, else the one `COPYDESK_CONFIG` names, else `config/copydesk.yaml` of the
    working folder if there is one. Raises `WrongUseError` that lists everything that is wrong.
    """
    return _loaded(find_file(path, environ), environ)


def load_defaults(environ: Mapping[str, str]) -> Loaded:
    """Does the same without a file, whichever there is."""
    return _loaded(None, environ)


def _loaded(file: Path | None, environ: Mapping[str, str]) -> Loaded:
    node, problems = read_file(file) if file else (None, [])
    layers, more = read_environment(environ, Settings.__struct_fields__)
    return _merged([layer for layer in (node, *layers) if layer], problems + more, file)


def from_mapping(given: Mapping[str, Any]) -> Settings:
    """Returns the settings of a mapping as the YAML file would have it.

    Raises `WrongUseError` that lists everything that is wrong.
    """
    try:
        text = yaml.safe_dump(msgspec.to_builtins(given), allow_unicode=True)
    except (TypeError, yaml.YAMLError) as error:
        raise WrongUseError(f"the settings cannot be used: {error}") from error
    node, problems = compose(text, "settings")
    return _merged([node] if node else [], problems, None).settings


def _merged(layers: list[yaml.Node], problems: list[Problem], file: Path | None) -> Loaded:
    fitted = fit(Settings(), layers)
    problems = problems + fitted.problems
    settings: Settings = fitted.value
    if not problems:
        folder = _folder(file, "own.languages", fitted.places)
        own, found, problems = read_own(settings.own, folder, fitted.places)
        if own != settings.own:
            checks = replace(settings.check, own=found.limits)
            settings = replace(settings, own=own, check=checks)
        if not problems:
            repairs = (*REPAIRS, *found.rules)
            problems = contradictions(settings.clean, settings.check, repairs, fitted.places)
    if not problems and settings.clean.learned:
        place = fitted.places.get("clean.learned", DEFAULT)
        folder = _folder(file, "clean.learned", fitted.places)
        rules, problems = read_rules(settings.clean.learned, folder, place)
        settings = with_rules(settings, rules)
    if settings.parse.html_field and not is_available():
        place = fitted.places.get("parse.html_field", DEFAULT)
        problems = [*problems, Problem(place, f"parse.html_field: {INSTALL}")]
    if problems:
        raise WrongUseError("\n  ".join(["the settings cannot be used:", *map(str, problems)]))
    return Loaded(settings, fitted.places, file)


def _folder(file: Path | None, setting: str, places: Mapping[str, str]) -> Path:
    """Returns where a path in a setting starts: the folder of the file that has it."""
    from_file = file is not None and not places.get(setting, DEFAULT).startswith("environment")
    return file.parent if file is not None and from_file else Path()


def with_rules(settings: Settings, lessons: Lessons) -> Settings:
    """Returns the settings with what was learned: these lines in place of those they had.

    Where the settings themselves give the order of a source's dates, that one counts.
    """
    orders = {
        name: SourceParseOptions(date_order=known.order)
        for name, known in lessons.date_orders.items()
    }
    own = {name: one for name, one in settings.parse.sources.items() if one.date_order}
    return replace(
        settings,
        clean=replace(settings.clean, rules=lessons.lines),
        parse=replace(settings.parse, sources={**settings.parse.sources, **orders, **own}),
    )


def with_html(settings: Settings, field: str | None) -> Settings:
    """Returns the settings with the field that holds web pages. Raises `WrongUseError`."""
    if field is None:
        return settings
    if not is_available():
        raise WrongUseError(f"--html {field}: {INSTALL}")
    return replace(settings, parse=replace(settings.parse, html_field=field))


def origin(path: str, places: Mapping[str, str]) -> str:
    """Where the value at a path came from: its own place, or that of the mapping around it."""
    return places.get(path, DEFAULT)


def ruleset(settings: Settings) -> str:
    """Names what made a verdict, e.g. `0.1.0+3fa9c1d2`: version, hash over rules and settings.

    Only of what the core works by: the same article gets the same verdict on any cluster.
    """
    lines.model()  # if a model cannot be used, nothing begins
    prose.load()
    clean = replace(settings.clean, learned=())  # what the files say counts, not their names
    stages = (settings.parse, clean, settings.check, settings.dedup)
    canonical = msgspec.json.encode(
        (rules_hash(), stages, _own(settings.own)), order="deterministic"
    )
    return f"{__version__}+{xxhash.xxh32_hexdigest(canonical)}"


def _own(own: OwnOptions) -> tuple[object, ...]:
    """Returns what decides of the user's own rules: their code, and what the files say."""
    modules = [path.partition(":")[0] for path in (*own.repairs, *own.checks)]
    code = {module: code_of(module) for module in modules}
    texts = {name: normal_form(".toml", text.encode()) for name, text in own.texts.items()}
    return own.repairs, own.checks, code, texts

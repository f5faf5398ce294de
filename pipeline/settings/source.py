"""Reads settings from a YAML file and the environment, with the place of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from msgspec import Struct

from pipeline.errors import WrongUseError

DEFAULT_FILE = Path("config/copydesk.yaml")
FILE_VARIABLE = "COPYDESK_CONFIG"
PREFIX = "COPYDESK_"
_ENVIRONMENT = "environment "


class Problem(Struct, frozen=True):
    """A mistake that a person has to correct, with its place."""

    where: str  # FILE:LINE, FILE:LINE:COLUMN or "environment NAME"
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def where(node: yaml.Node) -> str:
    """Returns the place of a node: `FILE:LINE` or `environment NAME`."""
    mark = node.start_mark
    return mark.name if mark.name.startswith(_ENVIRONMENT) else f"{mark.name}:{mark.line + 1}"


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Returns the file to read: the given one, `COPYDESK_CONFIG`, or the default if it exists."""
    if path is not None:
        return path
    if environ.get(FILE_VARIABLE):
        return Path(environ[FILE_VARIABLE])
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def read_file(path: Path) -> tuple[yaml.Node | None, list[Problem]]:
    """Returns the file as a node (None when it holds nothing), and what is wrong with its YAML.

    Raises `WrongUseError` when the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise WrongUseError(
            f"{path}: cannot read the settings: {reason}. Name a file that exists with "
            f"--config FILE or {FILE_VARIABLE}."
        ) from error
    return compose(content, str(path))


def read_environment(
    environ: Mapping[str, str], sections: Sequence[str]
) -> tuple[list[yaml.Node], list[Problem]]:
    """Returns one layer for each `COPYDESK_SECTION__KEY=value`, in the order of their names.

    Other names that start with COPYDESK_ are left alone (Kubernetes sets COPYDESK_SERVICE_HOST
    for a service of that name) unless they start with a section and one underscore: that is a
    slip of the pen.
    """
    layers: list[yaml.Node] = []
    problems: list[Problem] = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name == FILE_VARIABLE:
            continue
        section, _, key = name.removeprefix(PREFIX).partition("__")
        if key:
            layer, found = _read_variable(name, environ[name])
            layers += [layer] if layer else []
            problems += found
        elif (single := section.lower().partition("_"))[0] in sections and single[2]:
            meant = f"{PREFIX}{single[0]}__{single[2]}".upper()
            message = f"a section and its key are joined by two underscores; did you mean {meant}?"
            problems.append(Problem(_ENVIRONMENT + name, message))
    return layers, problems


def _read_variable(name: str, value: str) -> tuple[yaml.Node | None, list[Problem]]:
    """Returns `COPYDESK_A__B=value` as the node of `{a: {b: value}}`."""
    place = _ENVIRONMENT + name
    node, problems = compose(value, place)
    if problems:
        return None, problems
    mark = yaml.Mark(place, 0, 0, 0, None, 0)
    node = node or yaml.ScalarNode("tag:yaml.org,2002:null", "", mark, mark)
    for part in reversed(name.removeprefix(PREFIX).lower().split("__")):
        key = yaml.ScalarNode("tag:yaml.org,2002:str", part, mark, mark)
        node = yaml.MappingNode("tag:yaml.org,2002:map", [(key, node)], mark, mark)
    return node, []


def compose(content: bytes | str, name: str) -> tuple[yaml.Node | None, list[Problem]]:
    """Parses YAML to a node with places (None for an empty text), or to the problem."""
    try:
        loader = yaml.SafeLoader(content)
        loader.name = name
        return loader.get_single_node(), []
    except yaml.MarkedYAMLError as error:
        return None, [_explain(error, name)]
    except yaml.reader.ReaderError as error:
        message = f"not YAML: {error.reason} (byte or character {error.position})"
        return None, [Problem(name, message)]
    except RecursionError:
        return None, [Problem(name, "not settings: lists or mappings nested thousands deep")]


def _explain(error: yaml.MarkedYAMLError, name: str) -> Problem:
    if name.startswith(_ENVIRONMENT):  # PyYAML's words may quote the value: it may be a secret
        return Problem(name, "the value is not valid YAML; put it in quotes inside the variable")
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    parts = [part for part in (error.context, error.problem) if part]
    return Problem(place, f"not valid YAML: {', '.join(parts)}")

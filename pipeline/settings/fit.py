"""Fits layers of YAML to a Struct of defaults; records the place of each value and the problems."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import yaml
from msgspec import NODEFAULT, Struct, inspect

from pipeline.settings import schema
from pipeline.settings.source import Problem, where

_TAG = "tag:yaml.org,2002:"
_QUOTES = frozenset({"'", '"', "|", ">"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")  # what 64 bits hold
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,99}\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")  # finite
_BARE_NAME = re.compile(r"[\w-]+")
_SEQUENCES: dict[type, type] = {
    inspect.VarTupleType: tuple,
    inspect.ListType: list,
    inspect.FrozenSetType: frozenset,
    inspect.SetType: set,
}


class Fitted(NamedTuple):
    """The settings, the place of each given one, and the problems."""

    value: Any
    places: dict[str, str]  # dotted path -> FILE:LINE or "environment NAME"
    problems: list[Problem]


class _Notes(NamedTuple):
    places: dict[str, str]
    problems: list[Problem]
    paths: tuple[str, ...]  # every known dotted path, to guess what was meant


class _Slot(NamedTuple):
    """One setting to fill: its dotted path, its type and its default."""

    path: str
    info: inspect.Type
    default: Any


class _Unfit:
    """The content of the node does not fit."""


_UNFIT = _Unfit()


def fit(defaults: Struct, layers: Sequence[yaml.Node]) -> Fitted:
    """Applies the layers over the defaults; a setting that does not fit keeps its default."""
    cls = type(defaults)
    notes = _Notes({}, [], tuple(known_paths(cls)))
    value = _fit(_Slot("", inspect.type_info(cls), defaults), layers, notes)
    return Fitted(value, notes.places, notes.problems)


def join(path: str, key: str) -> str:
    """Returns the dotted path of `key` inside `path`; keys with points in them are quoted."""
    name = key if _BARE_NAME.fullmatch(key) else f'"{key}"'
    return f"{path}.{name}" if path else name


def known_paths(cls: type, path: str = "") -> list[str]:
    """Returns the dotted path of every setting; a name that the user chooses is shown as `*`."""
    found = []
    for field in schema.fields(cls):
        here, info = join(path, field.name), schema.bare(field.type)
        found.append(here)
        if isinstance(info, inspect.DictType):
            here, info = f"{here}.*", schema.bare(info.value_type)
        if isinstance(info, inspect.StructType):
            found += known_paths(info.cls, here)
    return found


def _fit(slot: _Slot, layers: Sequence[yaml.Node], notes: _Notes) -> Any:
    info = schema.bare(slot.info)
    if not layers and slot.default is not NODEFAULT:
        return slot.default
    if layers and schema.is_optional(slot.info) and _is_null(layers[-1]):
        notes.places[slot.path] = where(layers[-1])
        return None
    if isinstance(info, inspect.StructType):
        return _fit_struct(slot, info, layers, notes)
    if isinstance(info, inspect.DictType):
        return _fit_entries(slot, info, layers, notes)
    return _fit_leaf(slot, info, layers[-1], notes)


def _fit_struct(
    slot: _Slot, info: inspect.StructType, layers: Sequence[yaml.Node], notes: _Notes
) -> Any:
    given = _gather(slot, layers, notes)
    fields = {field.name: field for field in schema.fields(info.cls)}
    for key in [key for key in given if key not in fields]:
        for node in given[key]:
            message = _unknown(slot.path, key, list(fields), notes.paths)
            notes.problems.append(Problem(where(node), message))
    values = {}
    for name, field in fields.items():
        default = _default(field, slot.default)
        path = join(slot.path, name)
        if default is NODEFAULT and name not in given:
            place = where(layers[-1]) if layers else "settings"
            notes.problems.append(Problem(place, f"{path}: missing"))
            continue
        values[name] = _fit(_Slot(path, field.type, default), given.get(name, ()), notes)
    if len(values) < len(fields) or _UNFIT in values.values():
        return _UNFIT
    try:
        return info.cls(**values)
    except ValueError as error:  # raised by __post_init__: the values cannot be meant together
        _report_contradiction(slot, str(error), list(fields), notes)
        return _UNFIT if slot.default is NODEFAULT else slot.default


def _report_contradiction(slot: _Slot, message: str, names: list[str], notes: _Notes) -> None:
    """The reason, with the place of each setting it names."""
    named = [join(slot.path, name) for name in names if re.search(rf"\b{name}\b", message)]
    places = [notes.places.get(path, "default") for path in named]
    given = next((place for place in places if place != "default"), "settings")
    if len(named) > 1:
        message += f" ({', '.join(map(': '.join, zip(named, places, strict=True)))})"
    notes.problems.append(Problem(given, f"{slot.path}: {message}"))


def _default(field: inspect.Field, owner: Any) -> Any:
    if isinstance(owner, Struct):
        return getattr(owner, field.name)
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


def _fit_entries(
    slot: _Slot, info: inspect.DictType, layers: Sequence[yaml.Node], notes: _Notes
) -> dict[str, Any]:
    given = _gather(slot, layers, notes)
    entries = dict(slot.default) if isinstance(slot.default, dict) else {}
    for key, nodes in given.items():
        inner = _Slot(join(slot.path, key), info.value_type, entries.get(key, NODEFAULT))
        value = _fit(inner, nodes, notes)
        if value is not _UNFIT:
            entries[key] = value
    if not given and layers:
        notes.places[slot.path] = where(layers[-1])
    return entries


def _gather(slot: _Slot, layers: Sequence[yaml.Node], notes: _Notes) -> dict[str, list[yaml.Node]]:
    """Returns the nodes of each key, lowest layer first; null counts as an empty mapping."""
    given: dict[str, list[yaml.Node]] = {}
    for layer in layers:
        if isinstance(layer, yaml.MappingNode):
            for key, node in _entries(slot.path, layer, notes):
                given.setdefault(key, []).append(node)
        elif not _is_null(layer):
            _refuse(slot, layer, notes)
    return given


def _entries(path: str, layer: yaml.MappingNode, notes: _Notes) -> list[tuple[str, yaml.Node]]:
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, node in layer.value:
        if not isinstance(key, yaml.ScalarNode):
            message = f"{path or 'settings'}: a name is expected here, found {_say(key)}"
            notes.problems.append(Problem(where(key), message))
        elif key.value in found:
            first = where(found[key.value][0])
            message = f"{join(path, key.value)}: given twice, first at {first}; keep one of them"
            notes.problems.append(Problem(where(key), message))
        else:
            found[key.value] = (key, node)
    return [(name, node) for name, (_, node) in found.items()]


def _fit_leaf(slot: _Slot, info: inspect.Type, node: yaml.Node, notes: _Notes) -> Any:
    notes.places[slot.path] = where(node)
    item = schema.element(info)
    if schema.is_single(slot.info) and isinstance(node, yaml.ScalarNode) and not _is_null(node):
        node = yaml.SequenceNode(f"{_TAG}seq", [node], node.start_mark, node.end_mark)
    if item is not None and isinstance(node, yaml.SequenceNode):
        inner = _Notes({}, notes.problems, notes.paths)
        slots = [_Slot(f"{slot.path}[{at}]", item, NODEFAULT) for at in range(len(node.value))]
        values = [_fit(one, [part], inner) for one, part in zip(slots, node.value, strict=True)]
        if _UNFIT in values:
            return slot.default
        value = _SEQUENCES[type(info)](values)
    else:
        value = _read_scalar(info, node) if isinstance(node, yaml.ScalarNode) else _UNFIT
    if value is _UNFIT or not schema.is_within(info, value):
        _refuse(slot, node, notes)
        return _UNFIT if slot.default is NODEFAULT else slot.default
    return value


def _read_scalar(info: inspect.Type, node: yaml.ScalarNode) -> Any:
    """The value, or _UNFIT. Text is taken as written, so `no` stays a language."""
    if isinstance(info, inspect.UnionType):
        read = (_read_scalar(choice, node) for choice in info.types)
        return next((value for value in read if value is not _UNFIT), _UNFIT)
    if isinstance(info, inspect.StrType):
        return _UNFIT if _is_null(node) else node.value
    if isinstance(info, (inspect.LiteralType, inspect.EnumType)):
        return _read_name(info, node.value)
    if isinstance(info, inspect.BoolType) and node.tag == f"{_TAG}bool":
        return node.value.lower() in {"true", "yes", "on"}
    return _UNFIT if node.style in _QUOTES else _read_number(info, node.value)


def _read_number(info: inspect.Type, text: str) -> Any:
    if isinstance(info, inspect.IntType) and _INTEGER.fullmatch(text):
        return int(text)
    if isinstance(info, inspect.FloatType) and _NUMBER.fullmatch(text):
        return float(text)
    return _UNFIT


def _read_name(info: inspect.LiteralType | inspect.EnumType, text: str) -> Any:
    values = info.values if isinstance(info, inspect.LiteralType) else tuple(info.cls)
    by_name = dict(zip(schema.names(info), values, strict=True))
    return by_name.get(text, _UNFIT)


def _refuse(slot: _Slot, node: yaml.Node, notes: _Notes) -> None:
    found = "something else" if schema.is_secret(slot.info) else _say(node)
    default = NODEFAULT if isinstance(slot.default, (Struct, dict)) else slot.default
    message = f"{slot.path or 'settings'}: expected {schema.name(slot.info)}; found {found}"
    if not isinstance(schema.bare(slot.info), (inspect.StructType, inspect.DictType)):
        shown = schema.example(slot.info, NODEFAULT if schema.is_secret(slot.info) else default)
        name, item, _ = slot.path.rpartition(".")[2].partition("[")
        message += f". Example: {name}: {f'[{shown}]' if item else shown}"
    notes.problems.append(Problem(where(node), message))


def guess(name: str, known: Sequence[str], path: str = "") -> str:
    """Returns `; did you mean ...?` with the nearest names known at a path, else a list of them."""
    near = get_close_matches(name, known) or get_close_matches(name.replace("-", "_"), known)
    if near:
        return f"; did you mean {' or '.join(join(path, one) for one in near)}?"
    return f"; known here: {', '.join(known)}"


def _unknown(path: str, key: str, names: list[str], paths: tuple[str, ...]) -> str:
    elsewhere = [known for known in paths if known.rpartition(".")[2] == key]
    if elsewhere:
        return f"{join(path, key)}: unknown setting; did you mean {' or '.join(elsewhere)}?"
    return f"{join(path, key)}: unknown setting{guess(key, names, path)}"


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_TAG}null")


def _say(node: yaml.Node) -> str:
    """Describes the content of a node."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if _is_null(node):
        return "nothing (null)"
    kind = "the text " if node.tag == f"{_TAG}str" else ""
    value = node.value if len(node.value) <= 40 else f"{node.value[:40]}\u2026"
    return f"{kind}{value!r}" if kind else str(value)

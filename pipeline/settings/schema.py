"""What a setting may contain, by its annotation: type, bounds and description.

Settings are Structs of Structs. A leaf is a truth value, a number, text, one of some names, or
a list of these; a mapping has names that the user chooses (sources, languages).
"""

from __future__ import annotations

import json
import re
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

# Text that YAML reads back as the same text without quotes.
_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
# Characters that YAML refuses, or takes for a line break, unless they are escaped.
# A text, not a pattern: only `config show` and the documentation need it compiled.
_UNWRITTEN = "[^ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_NUMBER = (inspect.IntType, inspect.FloatType)
_LIST = (inspect.VarTupleType, inspect.ListType, inspect.FrozenSetType, inspect.SetType)


@cache  # reading annotations takes a quarter of a millisecond a class
def fields(cls: type) -> tuple[inspect.Field, ...]:
    """Returns the fields of a Struct that can be set, with what their annotations say."""
    info = inspect.type_info(cls)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{cls} is no Struct")
    return tuple(field for field in info.fields if not _is_marked(field.type, "internal"))


def bare(info: inspect.Type) -> inspect.Type:
    """Returns the type itself, without its description and without `| None`."""
    options = [option for option in _options(info) if not isinstance(option, inspect.NoneType)]
    return options[0] if len(options) == 1 else inspect.UnionType(tuple(options))


def is_optional(info: inspect.Type) -> bool:
    """Returns whether `null` is allowed; it is the only way to say "off"."""
    return any(isinstance(option, inspect.NoneType) for option in _options(info))


def description(info: inspect.Type) -> str:
    """Returns the description in the annotation; empty without one."""
    return next((text for meta in _metadata(info) if (text := _described(meta))), "")


def is_secret(info: inspect.Type) -> bool:
    """Returns whether the value must never be shown."""
    return _is_marked(info, "secret")


def is_single(info: inspect.Type) -> bool:
    """Returns whether a single value may be given for a list of one."""
    return _is_marked(info, "single")


def element(info: inspect.Type) -> inspect.Type | None:
    """Returns the type of a list's elements; None if the type is no list."""
    return info.item_type if isinstance(info, _LIST) else None


def is_within(info: inspect.Type, value: Any) -> bool:
    """Returns whether a value of the right kind keeps the bounds of its annotation."""
    if isinstance(info, _NUMBER):
        return (
            (info.ge is None or value >= info.ge)
            and (info.gt is None or value > info.gt)
            and (info.le is None or value <= info.le)
            and (info.lt is None or value < info.lt)
        )
    if isinstance(info, inspect.StrType):
        fits = info.pattern is None or re.search(info.pattern, value) is not None
        return fits and len(value) >= (info.min_length or 0)
    if isinstance(info, _LIST):
        return len(value) >= (info.min_length or 0)
    return True


def name(info: inspect.Type) -> str:
    """Returns the type and its bounds for people, e.g. "a whole number, at least 1, or null"."""
    text = " or ".join(_name_one(bare(option)) for option in _choices(bare(info)))
    if is_single(info) and isinstance(one := bare(info), _LIST):
        text = f"{_name_one(bare(one.item_type))}, or {text}"
    return f"{text}, or null" if is_optional(info) else text


def as_yaml(value: Any) -> str:
    """Returns a value on one line, as it is written in a settings file."""
    plain = msgspec.to_builtins(value, order="sorted")
    if isinstance(plain, (list, tuple)):
        return f"[{', '.join(as_yaml(item) for item in plain)}]"
    if isinstance(plain, dict):
        return f"{{{', '.join(f'{as_yaml(k)}: {as_yaml(v)}' for k, v in plain.items())}}}"
    if isinstance(plain, str) and _PLAIN.fullmatch(plain) and plain.lower() not in _NOT_TEXT:
        return plain
    return re.sub(_UNWRITTEN, _escape, json.dumps(plain, ensure_ascii=False))


def example(info: inspect.Type, default: Any) -> str:
    """Returns a value that would be accepted, as it is written in a settings file."""
    if default is not msgspec.NODEFAULT and default not in (None, ()):
        return as_yaml(default)
    kind = _choices(bare(info))[0]
    if isinstance(kind, _NUMBER):
        return as_yaml(next((b for b in (kind.ge, kind.le) if b is not None), 1))
    if isinstance(kind, (inspect.LiteralType, inspect.EnumType)):
        return as_yaml(names(kind)[0])
    if isinstance(kind, _LIST):
        return f"[{example(kind.item_type, msgspec.NODEFAULT)}]"
    if isinstance(kind, inspect.BoolType):
        return "true"
    return "name" if isinstance(kind, inspect.StrType) else "{}"


def names(info: inspect.LiteralType | inspect.EnumType) -> list[str]:
    """Returns the names that are allowed as the value."""
    if isinstance(info, inspect.EnumType):
        return [str(member.value) for member in info.cls]
    return [str(value.value if isinstance(value, Enum) else value) for value in info.values]


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _options(info: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(info, inspect.Metadata):
        return _options(info.type)
    if isinstance(info, inspect.UnionType):
        return tuple(option for part in info.types for option in _options(part))
    return (info,)


def _choices(info: inspect.Type) -> tuple[inspect.Type, ...]:
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _is_marked(info: inspect.Type, mark: str) -> bool:
    return any((meta.extra or {}).get(mark) is True for meta in _metadata(info))


def _metadata(info: inspect.Type) -> list[inspect.Metadata]:
    if isinstance(info, inspect.Metadata):
        return [info, *_metadata(info.type)]
    if isinstance(info, inspect.UnionType):
        return [meta for part in info.types for meta in _metadata(part)]
    return []


def _described(meta: inspect.Metadata) -> str:
    return str((meta.extra_json_schema or {}).get("description", ""))


def _name_one(info: inspect.Type) -> str:
    if isinstance(info, _NUMBER):
        noun = "a whole number" if isinstance(info, inspect.IntType) else "a number"
        return noun + _name_bounds(info)
    if isinstance(info, inspect.StrType):
        return f"text like {info.pattern}" if info.pattern else "text"
    if isinstance(info, (inspect.LiteralType, inspect.EnumType)):
        return f"one of {', '.join(names(info))}"
    if isinstance(info, _LIST):
        many = "a list of at least one, each" if info.min_length else "a list, each"
        return f"{many} {_name_one(bare(info.item_type))}"
    if isinstance(info, inspect.DictType):
        return f"a mapping, each name to {_name_one(bare(info.value_type))}"
    return "true or false" if isinstance(info, inspect.BoolType) else "a mapping of settings"


def _name_bounds(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge:g} to {info.le:g}"
    bounds = (
        ("at least", info.ge),
        ("more than", info.gt),
        ("at most", info.le),
        ("less than", info.lt),
    )
    said = [f"{words} {bound:g}" for words, bound in bounds if bound is not None]
    return f", {' and '.join(said)}" if said else ""

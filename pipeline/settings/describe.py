"""Describes settings for people: effective values, a settings file, a page of documentation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, inspect

from pipeline.settings import schema
from pipeline.settings.fit import join

SECRET = "***"  # noqa: S105  # what is shown in place of one
_WIDTH = 100


class Row(NamedTuple):
    """One setting; `value` consists of lists, mappings and scalars, `***` in place of a secret."""

    path: str
    type: str
    value: Any
    description: str

    @property
    def text(self) -> str:
        """The value as it is written in a settings file."""
        return SECRET if self.value == SECRET else schema.as_yaml(self.value)


def rows(settings: Struct) -> list[Row]:
    """Returns every single setting in order, each entry of a mapping on a row of its own."""
    return list(_rows("", settings))


def reference(cls: type, path: str = "") -> list[Row]:
    """Returns every possible setting with its default; `*` for names that the user chooses."""
    found: list[Row] = []
    for field in schema.fields(cls):
        here, info = join(path, field.name), schema.bare(field.type)
        default = _default_of(field)
        if not isinstance(info, inspect.StructType):
            found.append(_row(here, field.type, default))
        if isinstance(info, inspect.DictType):
            here, info = f"{here}.*", schema.bare(info.value_type)
        if isinstance(info, inspect.StructType):
            found += reference(info.cls, here)
    return found


def as_file(settings: Struct, heading: str) -> str:
    """Returns a complete settings file: every setting under its description, with its value."""
    lines = [*_comment(heading, 0), *_block(settings, 0)]
    return "\n".join(lines) + "\n"


def as_markdown(cls: type) -> str:
    """Tables of every setting, one for each section."""
    parts = []
    for section in schema.fields(cls):
        info = schema.bare(section.type)
        if not isinstance(info, inspect.StructType):
            continue
        parts += [f"## {section.name}", "", "| setting | type | default | what it is |"]
        parts.append("|---|---|---|---|")
        parts += [_markdown_row(row) for row in reference(info.cls, section.name)]
        parts.append("")
    return "\n".join(parts)


def _markdown_row(row: Row) -> str:
    default = _shorten(row.text)
    return f"| `{row.path}` | {cell(row.type)} | `{cell(default)}` | {cell(row.description)} |"


def _shorten(value: str) -> str:
    limit = 120  # characters of a default in a table; the settings file has it in full
    return value if len(value) <= limit else f"{value[:limit]} \u2026"


def cell(text: str) -> str:
    """Escapes text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _rows(path: str, value: Struct) -> Iterator[Row]:
    for field in schema.fields(type(value)):
        yield from _rows_of(join(path, field.name), field.type, getattr(value, field.name))


def _rows_of(path: str, info: inspect.Type, value: Any) -> Iterator[Row]:
    core = schema.bare(info)
    if isinstance(value, Struct):
        yield from _rows(path, value)
    elif isinstance(core, inspect.DictType) and value:
        for key, item in value.items():
            yield from _rows_of(join(path, key), core.value_type, item)
    else:
        yield _row(path, info, value)


def _row(path: str, info: inspect.Type, value: Any) -> Row:
    shown = "required" if value is msgspec.NODEFAULT else msgspec.to_builtins(value, order="sorted")
    if schema.is_secret(info):
        shown = SECRET
    return Row(path, schema.name(info), shown, schema.description(info))


def _default_of(field: inspect.Field) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _block(value: Struct, indent: int) -> list[str]:
    lines: list[str] = []
    for field in schema.fields(type(value)):
        about = schema.description(field.type)
        item = getattr(value, field.name)
        if not isinstance(item, Struct):
            about = f"{about} ({schema.name(field.type)})"
        lines += ["", *_comment(about, indent)] if about else [""]
        lines += _entry(field.name, item, indent)
    return lines


def _entry(key: str, item: Any, indent: int) -> list[str]:
    pad, name = " " * indent, schema.as_yaml(key)
    if isinstance(item, Struct):
        return [f"{pad}{name}:", *_block(item, indent + 2)[1:]]
    if isinstance(item, dict) and item:
        inner = [_inner(str(one), part, indent + 2) for one, part in item.items()]
        return [f"{pad}{name}:", *(line for lines in inner for line in lines)]
    line = f"{pad}{name}: {schema.as_yaml(item)}"
    if isinstance(item, (tuple, list)) and len(line) > _WIDTH:
        return [f"{pad}{name}:", *(f"{pad}  - {schema.as_yaml(one)}" for one in item)]
    return [line]


def _inner(key: str, item: Any, indent: int) -> list[str]:
    """Returns an entry of a mapping; of a Struct, only what differs from its defaults."""
    if not isinstance(item, Struct):
        return _entry(key, item, indent)
    changed = [
        (field.name, getattr(item, field.name))
        for field in schema.fields(type(item))
        if getattr(item, field.name) != _default_of(field)
    ]
    if not changed:
        return [f"{' ' * indent}{schema.as_yaml(key)}: {{}}"]
    lines = [line for name, part in changed for line in _inner(name, part, indent + 2)]
    return [f"{' ' * indent}{schema.as_yaml(key)}:", *lines]


def _comment(text: str, indent: int) -> list[str]:
    pad = " " * indent + "# "
    wrapped = (textwrap.wrap(part, _WIDTH - len(pad)) or [""] for part in text.split("\n"))
    return [f"{pad}{line}".rstrip() for lines in wrapped for line in lines]

"""Joins the text of a body that came in parts: paragraphs, blocks of an editor, nested nodes.

Which members hold what is in `aliases`: `INSIDE`, `KINDS`, `INLINE` and `MEDIA`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pipeline.parse.aliases import INLINE, INSIDE, KINDS, MEDIA

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

_MOST_PARTS = 50_000  # of one list; a longer one is no article, and would take much memory


class Blocks(NamedTuple):
    """The text of a body; `whole` is False where its parts say more than that."""

    text: str
    whole: bool = True
    left_out: tuple[str, ...] = ()  # the kinds of the parts without text, as they are named


_NOTHING = Blocks("")


def join_blocks(value: list[Any] | dict[str, Any]) -> Blocks | None:
    """Returns the paragraphs, separated by blank lines.

    None where a part is no text at all, or there are more parts than any article has.

    >>> join_blocks([{"type": "text", "content": "One."}, {"type": "image", "caption": "A"}])
    Blocks(text='One.', whole=False, left_out=('image',))
    """
    found = _all(value, "\n\n") if isinstance(value, list) else _node(value)
    return found and found._replace(text=found.text.strip())


def _all(items: list[Any], between: str) -> Blocks | None:
    if len(items) > _MOST_PARTS:
        return None
    read = [_part(item, stripped=between != "") for item in items]
    parts = [part for part in read if part is not None]
    if len(parts) < len(read):
        return None
    return Blocks(
        between.join(part.text for part in parts if part.text),
        whole=all(part.whole for part in parts),
        left_out=tuple(dict.fromkeys(kind for part in parts for kind in part.left_out)),
    )


def _part(item: Any, *, stripped: bool) -> Blocks | None:
    if isinstance(item, str):
        return Blocks(item.strip() if stripped else item)
    if item is None:
        return _NOTHING
    if isinstance(item, list):
        return _all(item, "\n\n")
    if isinstance(item, dict):
        node = _node(item)
        return node and (node._replace(text=node.text.strip()) if stripped else node)
    return None


def _node(node: dict[str, Any]) -> Blocks | None:
    """Returns the text of one block or node: its own, else that of its parts."""
    kind = next((node[name] for name in KINDS if isinstance(node.get(name), str)), "")
    if any(word.lower() in MEDIA for word in _WORD.findall(kind)):
        return Blocks("", whole=False, left_out=(kind,))
    for name in INSIDE:
        inside = node.get(name)
        if isinstance(inside, str) and inside.strip():
            return Blocks(inside, whole=not _says_more(node, name))
        if inside and isinstance(inside, (dict, list)):
            found = _node(inside) if isinstance(inside, dict) else _all(inside, _between(inside))
            if found is None or found.text or found.left_out:
                return found and found._replace(whole=found.whole and not _says_more(node, name))
    return Blocks("", whole=False, left_out=(kind or "?",)) if _says_more(node, "") else _NOTHING


def _between(parts: list[Any]) -> str:
    """Returns what stands between nodes: nothing where all are pieces of one line."""
    return "" if all(map(_is_inline, parts)) else "\n\n"


def _is_inline(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    kinds = [part[name] for name in KINDS if isinstance(part.get(name), str)]
    return kinds[0].lower() in INLINE if kinds else isinstance(part.get("text"), str)


def _says_more(node: dict[str, Any], read: str) -> bool:
    return any(value for name, value in node.items() if name != read and name not in KINDS)

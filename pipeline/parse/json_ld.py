"""Reads the graphs of JSON-LD: nodes that refer to one another by their `@id`."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Raw

from pipeline.parse.shapes import ARTICLE_TYPES, REFERENCES

Node = dict[str, Raw]

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])


class Graph(NamedTuple):
    """The articles of a graph, with the nodes that they refer to, and all other nodes."""

    articles: list[Node]
    others: list[Node]


def graph(nodes: list[Node]) -> Graph:
    """Parts the nodes of a graph."""
    by_id = {bytes(node["@id"]): node for node in nodes if "@id" in node}
    articles = [_resolved(node, by_id) for node in nodes if _is_article(node)]
    return Graph(articles, [node for node in nodes if not _is_article(node)])


def _is_article(node: Node) -> bool:
    kinds = msgspec.json.decode(node["@type"])
    named: list[object] = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.lower() in ARTICLE_TYPES for kind in named)


def _resolved(node: Node, by_id: dict[bytes, Node]) -> Node:
    """Returns a node with the nodes in the place of references to them."""
    return {name: _refer(raw, by_id) if name in REFERENCES else raw for name, raw in node.items()}


def _refer(raw: Raw, by_id: dict[bytes, Node]) -> Raw:
    start = bytes(memoryview(raw)[:1])
    if start == b"[":
        return Raw(msgspec.json.encode([_refer(one, by_id) for one in _LIST.decode(raw)]))
    if start != b"{":
        return raw
    node = _OBJECT.decode(raw)
    other = by_id.get(bytes(node["@id"])) if "@id" in node else None
    return Raw(msgspec.json.encode({**other, **node})) if other and "name" not in node else raw

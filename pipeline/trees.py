"""Packs a LightGBM model of boosted trees for `pipeline.native.Trees`, which scores rows by it.

Where the model is trained: `blob = pack(booster.dump_model())`. Where it is used, without LightGBM:
`scores = Trees(blob).score(array("f", numbers))`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

from pipeline.native.twins.trees import MAGIC


def pack(dump: Mapping[str, Any], slope: float = 1.0, offset: float = 0.0) -> bytes:
    """Returns the packed form of what `Booster.dump_model()` returns.

    The packed model's score is `slope` times LightGBM's raw score plus `offset`, but for the
    rounding of leaves to 32 bits.
    Train with `use_missing=False` and without categorical features; raises ValueError for a model
    that has either, of several classes, or of averaged trees.
    """
    if dump["num_class"] != 1 or dump["average_output"]:
        raise ValueError("a model of one class whose trees are added up can be packed")
    roots: list[int] = []
    nodes: list[tuple[int, int, float, float]] = []
    for tree in dump["tree_info"]:
        roots.append(len(nodes))
        _add(tree["tree_structure"], nodes)
    first = roots[1] if len(roots) > 1 else len(nodes)
    nodes = [
        (child, feature, threshold, value * slope + (offset if i < first else 0.0))
        for i, (child, feature, threshold, value) in enumerate(nodes)
    ]
    head = struct.pack("<8s3I", MAGIC, dump["max_feature_idx"] + 1, len(roots), len(nodes))
    table = b"".join(struct.pack("<IIff", *node) for node in nodes)
    return head + struct.pack(f"<{len(roots)}I", *roots) + table


def _add(tree: Mapping[str, Any], nodes: list[tuple[int, int, float, float]]) -> None:
    """Adds the nodes of a tree, level by level, so that siblings are neighbours."""
    level = [tree]
    end = len(nodes) + 1  # the number of the next child
    while level:
        children: list[Mapping[str, Any]] = []
        for node in level:
            if "leaf_value" in node:
                nodes.append((0, 0, 0.0, node["leaf_value"]))
                continue
            if node["decision_type"] != "<=" or node["missing_type"] != "None":
                raise ValueError("splits of categories or of missing values cannot be packed")
            threshold = _rounded_down(node["threshold"])
            nodes.append((end, node["split_feature"], threshold, node["internal_value"]))
            children += (node["left_child"], node["right_child"])
            end += 2
        level = children


def _rounded_down(threshold: float) -> float:
    """Returns the largest number of 32 bits that is no larger: for numbers of 32 bits the same."""
    (rounded,) = struct.unpack("<f", struct.pack("<f", threshold))
    if rounded <= threshold:
        return float(rounded)
    (bits,) = struct.unpack("<i", struct.pack("<f", rounded))
    if rounded == 0.0:
        return -math.ldexp(1.0, -149)
    (below,) = struct.unpack("<f", struct.pack("<i", bits + (1 if bits < 0 else -1)))
    return float(below)

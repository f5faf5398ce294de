"""Small pictures of benchmarks, in SVG, without a library."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_WIDTH, _ROW, _LABEL = 760, 24, 240
_OURS, _THEIRS = "#1d6f42", "#9aa5b1"


def bars(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Bars of microseconds an article, group by group, each group to a scale of its own."""
    lines: list[str] = []
    top = 10
    for title, values in groups.items():
        lines.append(f'<text x="10" y="{top + 16}" font-weight="bold">{escape(title)}, us</text>')
        top += _ROW
        scale = (_WIDTH - _LABEL - 90) / max(values.values())
        for name, value in values.items():
            fill = _OURS if name.startswith("ours") else _THEIRS
            length = max(2.0, value * scale)
            bar = f'<rect x="{_LABEL}" y="{top + 4}" width="{length:.1f}" height="16"'
            lines += [
                f'<text x="{_LABEL - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>',
                f'{bar} fill="{fill}"/>',
                f'<text x="{_LABEL + length + 6:.1f}" y="{top + 16}">{value:,.0f}</text>',
            ]
            top += _ROW
        top += 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}"'
    style = ' font-family="sans-serif" font-size="13">'
    return "\n".join(
        [head + style, '<rect width="100%" height="100%" fill="white"/>', *lines, "</svg>\n"]
    )

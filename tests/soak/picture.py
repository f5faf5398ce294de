"""Lines over time in SVG, one small picture under the other, without a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _GAP = 760, 110, 70, 34
_COLOURS = ("#12706a", "#cf5a20", "#6f8fd0", "#b98300")
_STYLE = """\
<style>
text { fill: #1d2327; font: 13px system-ui, sans-serif } .quiet { fill: #59626a; font-size: 11px }
.paper { fill: #fbfaf7 } .line { stroke: #dcd8cf } .fault { stroke: #dcd8cf; stroke-dasharray: 2 3 }
polyline { fill: none; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e7e5df } .quiet { fill: #a2abb1 } .paper { fill: #14181b }
.line, .fault { stroke: #333b41 }
}
</style>"""

Series = Mapping[str, Sequence[tuple[float, float]]]  # by name: minutes, value


def lines(pictures: Mapping[str, Series], faults: Mapping[float, str]) -> str:
    """Each picture has a scale of its own, from 0; `faults`: what was done at which minute."""
    minutes = [at for series in pictures.values() for points in series.values() for at, _ in points]
    last = max(minutes, default=1.0)
    drawn, top = [], 0
    for title, series in pictures.items():
        drawn += _picture(title, series, [*faults], last, top + _GAP)
        top += _GAP + _HEIGHT
    drawn.append(
        f'<text x="{_LEFT}" y="{top + 30}" class="quiet">minutes; broken lines: faults</text>'
    )
    box = f'viewBox="0 0 {_WIDTH} {top + 44}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
    paper = '<rect width="100%" height="100%" class="paper"/>'
    return "\n".join([head, _STYLE, paper, *drawn, "</svg>\n"])


def _picture(
    title: str, series: Series, faults: Sequence[float], last: float, top: int
) -> list[str]:
    most = max((value for points in series.values() for _, value in points), default=0) or 1
    bottom, right = top + _HEIGHT - 20, _WIDTH - 12

    def x(minute: float) -> float:
        return _LEFT + minute / last * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - value / most * (_HEIGHT - 24)

    drawn = [
        f'<line x1="{x(at):.0f}" x2="{x(at):.0f}" y1="{top}" y2="{bottom}" class="fault"/>'
        for at in faults
    ]
    drawn += [
        f'<line x1="{_LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}" class="line"/>',
        f'<text x="{_LEFT - 8}" y="{top + 8}" text-anchor="end" class="quiet">{most:,.4g}</text>',
        f'<text x="{_LEFT - 8}" y="{bottom}" text-anchor="end" class="quiet">0</text>',
        f'<text x="{_LEFT}" y="{bottom + 14}" class="quiet">0</text>',
        f'<text x="{right}" y="{bottom + 14}" text-anchor="end" class="quiet">{last:.0f}</text>',
        f'<text x="{_LEFT}" y="{top - 8}">{escape(title)}</text>',
    ]
    for number, (name, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        way = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        drawn.append(f'<polyline points="{way}" stroke="{colour}"/>')
        if len(series) > 1:
            place = f'x="{right - 70 * (len(series) - 1 - number)}" y="{top - 8}"'
            drawn.append(f'<text {place} text-anchor="end" style="fill: {colour}">{name}</text>')
    return drawn

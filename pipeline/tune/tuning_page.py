"""Renders a tuning as one self-contained page in the style of the report."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pipeline.report.axes import Frame, Tick
from pipeline.report.templating import draw
from pipeline.tune.tuning import Curve, Tuning

_FRAME = Frame(width=460, height=240, left=44, right=20, top=10, bottom=42)
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_TITLES = {
    "near_jaccard": ("Near copies", "least Jaccard similarity"),
    "containment": ("Excerpts", "least part of the shorter text"),
    "story_score": ("Second look", "least score"),
    "withhold_novelty": ("Withheld", "most novelty of what is withheld"),
}


class Line(Struct, frozen=True):
    tone: str
    name: str
    path: str  # points of an SVG polyline


class CurveDrawing(Struct, frozen=True):
    """The drawing of one curve."""

    title: str
    about: str  # the same in a sentence, for those who don't see it
    x_title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    in_force: float  # x of the value in force
    frame: Frame = _FRAME


def render(tuning: Tuning, yaml: str, precise: float) -> str:
    """Returns the page as HTML; `yaml`: the settings to paste, empty where there are none."""
    shown = [*tuning.curves, *([tuning.withheld.curve] if tuning.withheld else [])]
    return draw(
        "pipeline.tune",
        "tune.html.j2",
        tuning=tuning,
        yaml=yaml,
        precise=precise,
        curves=shown,
        pictures=[picture(curve) for curve in shown],
    )


def picture(curve: Curve) -> CurveDrawing:
    """Draws precision and recall over the values of a setting."""
    title, x_title = _TITLES[curve.setting]
    values = [point.value for point in curve.points]
    low, high = values[0], values[-1]

    def x(value: float) -> float:
        return _FRAME.left + _FRAME.slot(1) * (min(max(value, low), high) - low) / (high - low)

    precisions = [point.precision for point in curve.points]
    recalls = [point.recall for point in curve.points]
    return CurveDrawing(
        title=f"{title}: {curve.setting}",
        about=f"Precision {_range(precisions)} and recall {_range(recalls)} as"
        f" {curve.setting} goes from {low:g} to {high:g}; in force is {curve.in_force:g}.",
        x_title=x_title,
        lines=(
            Line("published", "Precision", _path([x(value) for value in values], precisions)),
            Line("rejected", "Recall", _path([x(value) for value in values], recalls)),
        ),
        x_ticks=tuple(Tick(x(value), f"{value:g}") for value in values[:: len(values) // 6]),
        y_ticks=tuple(Tick(_FRAME.y(part, 1), f"{part:g}") for part in _TICKS),
        in_force=x(curve.in_force),
    )


def _path(places: Sequence[float], parts: Sequence[float]) -> str:
    return " ".join(
        f"{place:.1f},{_FRAME.y(part, 1):.1f}" for place, part in zip(places, parts, strict=True)
    )


def _range(parts: Sequence[float]) -> str:
    return f"{parts[0]:.2f} to {parts[-1]:.2f}"

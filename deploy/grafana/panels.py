"""What Grafana's dashboards are built of: functions that return its JSON as dictionaries.

Queries are given as `{legend: PromQL}`. Functions that take a panel change it and give it back.
Whatever can be left to Grafana's defaults is left to them. `preview/` draws the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Queries = Mapping[str, str]

TAG = "copydesk"  # that the dashboards find each other by
_SCHEMA = 39  # of Grafana 11; later ones read it too
_COLUMNS = 24
_WIDE = 12  # columns from which on there is room for a legend beside a graph
_BESIDE: Json = {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull", "max"]}
# By the variable `datasource`, so that any Prometheus can be chosen.
_DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
_DASHED: Json = {"fill": "dash", "dash": [8, 6]}
_USUAL = "/^usual/"  # legends of what a source is compared with

GOOD, FAIR, BAD = "green", "orange", "red"
COUNT = "locale"  # whole numbers: 12,345
_NEUTRAL = {"mode": "fixed", "fixedColor": "text"}  # Grafana's default is red from 80 on
# Nothing known is neither good nor bad.
_UNKNOWN: Json = {
    "type": "special",
    "options": {"match": "null", "result": {"color": "text", "index": 0}},
}


def graph(title: str, about: str, unit: str, queries: Queries) -> Json:
    """Lines over time, from zero on; those whose legend begins with `usual` are dashed."""
    made = _panel("timeseries", title, about, unit)
    made["targets"] = _targets(queries)
    made["options"] = {
        "legend": {
            "showLegend": True,
            "displayMode": "list",
            "placement": "bottom",
            "calcs": ["lastNotNull"],
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    made["fieldConfig"]["defaults"] |= {
        "min": 0,
        "color": {"mode": "palette-classic"},
        "custom": {
            "drawStyle": "line",
            "lineWidth": 1,
            "spanNulls": False,
        },
    }
    if any(legend.startswith("usual") for legend in queries):
        _override(made, "byRegexp", _USUAL, _property("custom.lineStyle", _DASHED))
    return made


def known(expr: str) -> str:
    """A query without its NaN (0 of 0): one of them, and Grafana draws nothing of a graph."""
    return f"{expr} >= 0"


def quantiles(buckets: str, before: str = "") -> Queries:
    """The median and the slowest in a hundred of a histogram's buckets."""
    return {
        f"{before}p50": known(f"histogram_quantile(0.5, {buckets})"),
        f"{before}p99": known(f"histogram_quantile(0.99, {buckets})"),
    }


def durations(title: str, about: str, histogram: str, by: str = "") -> Json:
    """A graph of how long something takes, by a histogram and perhaps one of its labels."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate({histogram}_bucket[$__rate_interval]))"
    lines = quantiles(buckets, f"{{{{{by}}}}} " if by else "")
    # With a few records a minute, the slowest in a hundred leaps from bucket to bucket.
    return every(graph(title, about, "s", lines), "5m")


def stacked(made: Json) -> Json:
    """Stacks the lines of a graph."""
    made["fieldConfig"]["defaults"]["custom"] |= {
        "fillOpacity": 60,
        "stacking": {"mode": "normal", "group": "A"},
    }
    return made


def coloured(made: Json, colours: Mapping[str, str]) -> Json:
    """A graph in which what has a legend named here has its colour."""
    for legend, colour in colours.items():
        fixed = _property("color", {"mode": "fixed", "fixedColor": colour})
        _override(made, "byName", legend, fixed)
    return made


def shaded(made: Json, colours: Mapping[str, str]) -> Json:
    """A graph in which all whose legend begins like this have shades of a colour."""
    for beginning, colour in colours.items():
        shades = _property("color", {"mode": "shades", "fixedColor": colour})
        _override(made, "byRegexp", f"/^{beginning}/", shades)
    return made


def worst(made: Json) -> Json:
    """A graph whose legend says the highest values: of what is rare, the newest are all zero."""
    made["options"]["legend"]["calcs"] = ["max"]
    return made


def every(made: Json, least: str) -> Json:
    """A graph with no more than a point in this time: rates of what is rare are only noise."""
    made["interval"] = least
    return made


def number(title: str, about: str, unit: str, expr: str) -> Json:
    """One number as it is now, in no colour (`limited` gives it one)."""
    made = _panel("stat", title, about, unit)
    made["targets"] = _targets({"": expr})
    made["options"] = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",  # at this height a line would cross the number
        "textMode": "value",
    }
    made["fieldConfig"]["defaults"] |= {"color": _NEUTRAL, "mappings": [_UNKNOWN]}
    return made


def ranking(title: str, about: str, unit: str, queries: Queries) -> Json:
    """Bars, the longest first as the query sorts them: what there is now."""
    made = _panel("bargauge", title, about, unit)
    made["targets"] = _targets(queries, instant=True)
    made["options"] = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "horizontal",
        "displayMode": "basic",
        "valueMode": "text",
        "namePlacement": "top",  # beside its bar, a long name is cut
        "text": {"titleSize": 12, "valueSize": 14},
        "sizing": "manual",  # a single bar does not fill the panel
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 40,
    }
    made["fieldConfig"]["defaults"] |= {"min": 0}
    return limited(made, {0.0: "blue"})


def states(title: str, about: str, queries: Queries) -> Json:
    """A band for each series: its colour at each moment tells its state (`named`)."""
    made = _panel("state-timeline", title, about, "short")
    made["targets"] = _targets(queries)
    made["options"] = {
        "showValue": "auto",
        "mergeValues": True,
        "rowHeight": 0.8,
        "legend": {
            "showLegend": False,
            "displayMode": "list",
            "placement": "bottom",
            "calcs": [],
        },
        "tooltip": {"mode": "single", "sort": "none"},
    }
    made["fieldConfig"]["defaults"]["custom"] = {"fillOpacity": 80, "lineWidth": 0}
    return made


def table(
    title: str, about: str, exprs: Sequence[str], columns: Mapping[str, str], sort: str = ""
) -> Json:
    """A table with a row for each series, those of several queries joined by their labels.

    `columns`: heading by label, or by `Value` of the only query, `Value #A` of several' first.
    `sort`: the column that the rows are sorted by, the largest first; it need not be shown.
    """
    made = _panel("table", title, about, COUNT)
    made["targets"] = _targets({str(place): expr for place, expr in enumerate(exprs)}, instant=True)
    for target in made["targets"]:
        target |= {"format": "table", "legendFormat": ""}
    made["options"] = {"showHeader": True, "cellHeight": "sm"}
    values = [f"Value #{one['refId']}" for one in made["targets"]] if len(exprs) > 1 else ["Value"]
    hidden = {name: True for name in ("Time", *values) if name not in columns}
    order = {name: place for place, name in enumerate(columns)}
    arranged = {"excludeByName": hidden, "indexByName": order, "renameByName": dict(columns)}
    made["transformations"] = [
        *([{"id": "merge", "options": {}}] if len(exprs) > 1 else []),
        *(
            [{"id": "sortBy", "options": {"fields": {}, "sort": [{"field": sort, "desc": True}]}}]
            if sort
            else []
        ),
        {"id": "organize", "options": arranged},
    ]
    return made


def column(made: Json, heading: str, **properties: Any) -> Json:
    """A table in which one column is shown in a way of its own; `_` stands for `.` in names."""
    shown = [_property(name.replace("_", "."), value) for name, value in properties.items()]
    _override(made, "byName", heading, *shown)
    return made


def link(title: str, url: str) -> list[Json]:
    """Where a value leads to, as the property `links` of a column or a number."""
    return [{"title": title, "url": url, "targetBlank": False}]


def leads(made: Json, title: str, url: str) -> Json:
    """A number that leads somewhere."""
    made["fieldConfig"]["defaults"]["links"] = link(title, url)
    return made


def limited(made: Json, steps: Mapping[float, str], *, line: bool = False) -> Json:
    """A panel whose colour tells good from bad: from each number on, its colour."""
    first, *rest = sorted(steps.items())
    made["fieldConfig"]["defaults"]["thresholds"] = {
        "mode": "absolute",
        "steps": [
            {"color": first[1], "value": None},  # from minus infinity on
            *({"color": colour, "value": value} for value, colour in rest),
        ],
    }
    if line:
        made["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] = {"mode": "dashed"}
    else:
        made["fieldConfig"]["defaults"]["color"] = {"mode": "thresholds"}
    return made


def named(made: Json, names: Mapping[float, tuple[str, str]]) -> Json:
    """A panel that says a word, in a colour, where the value is one of these."""
    made["fieldConfig"]["defaults"]["mappings"] = mapped(names)
    return made


def mapped(names: Mapping[float | str, tuple[str, str]]) -> list[Json]:
    """Words and colours for values, as the property `mappings`."""
    exact = {
        str(value): {"text": text, "color": colour, "index": place}
        for place, (value, (text, colour)) in enumerate(names.items())
    }
    return [{"type": "value", "options": exact}]


def none_says(made: Json, text: str) -> Json:
    """A panel that says this where there is nothing to show."""
    made["fieldConfig"]["defaults"]["noValue"] = text
    return made


def note(title: str, about: str, markdown: str) -> Json:
    """A text in Markdown, with variables in it."""
    return {
        "type": "text",
        "title": title,
        "description": about,
        "datasource": _DATASOURCE,
        "options": {"mode": "markdown", "content": markdown},
    }


def dashboard(name: str, about: str, rows: Sequence[tuple[int, Sequence[Json]]]) -> Json:
    """A dashboard of rows, each of a height and of panels that share its width."""
    return {
        "uid": uid_of(name),
        "title": f"Copydesk / {name}",
        "description": about,
        "tags": [TAG],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "graphTooltip": 1,  # one crosshair through all graphs
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [_to_the_others()],
        "templating": {"list": [_datasource_variable()]},
        "annotations": {"list": []},
        "panels": _placed(rows),
    }


def with_variables(made: Json, *variables: Json) -> Json:
    """A dashboard with more to choose by."""
    made["templating"]["list"] += variables
    return made


def result_variable(name: str, label: str, expr: str) -> Json:
    """The values that a label has in what a query gives now, in its order: the first is chosen.

    `label_values` would ask for those in the time shown only, and sort them by name.
    """
    query = f"query_result({expr})"
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": _DATASOURCE,
        "query": {"qryType": 3, "query": query, "refId": "values"},
        "regex": f'/^\\{{{name}="(.*)"\\}} /',  # greedy: a value may hold quotes
        "refresh": 2,  # whenever the time range changes
        "sort": 0,
        "includeAll": False,
        "multi": False,
    }


def text_variable(name: str, label: str, value: str) -> Json:
    """A text to type in."""
    chosen = {"text": value, "value": value}
    return {
        "type": "textbox",
        "name": name,
        "label": label,
        "query": value,
        "current": chosen,
        "options": [chosen | {"selected": True}],
    }


def uid_of(name: str) -> str:
    """The fixed id of a dashboard, which links rest on."""
    return f"{TAG}-{name.lower()}"


def link_to(name: str, **variables: str) -> str:
    """The address of a dashboard with the present source of data, times and these variables."""
    chosen = "".join(f"&var-{key}={value}" for key, value in variables.items())
    return f"/d/{uid_of(name)}?${{__url_time_range}}&var-datasource=${{datasource}}{chosen}"


def _panel(kind: str, title: str, about: str, unit: str) -> Json:
    whole = {"decimals": 0} if unit == COUNT else {}
    return {
        "type": kind,
        "title": title,
        "description": about,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": unit} | whole, "overrides": []},
    }


def _targets(queries: Queries, *, instant: bool = False) -> list[Json]:
    return [
        {
            "refId": chr(ord("A") + place),
            "datasource": _DATASOURCE,
            "editorMode": "code",
            "expr": expr,
            "legendFormat": legend,
            "instant": instant,
            "range": not instant,
        }
        for place, (legend, expr) in enumerate(queries.items())
    ]


def _property(name: str, value: Any) -> Json:
    return {"id": name, "value": value}


def _override(made: Json, matcher: str, what: str, *properties: Json) -> None:
    made["fieldConfig"]["overrides"].append(
        {"matcher": {"id": matcher, "options": what}, "properties": list(properties)}
    )


def _placed(rows: Sequence[tuple[int, Sequence[Json]]]) -> list[Json]:
    placed: list[Json] = []
    top = 0
    for height, panels in rows:
        width = _COLUMNS // len(panels)
        for place, made in enumerate(panels):
            position = {"x": place * width, "y": top, "w": width, "h": height}
            if made["type"] == "timeseries" and width >= _WIDE:
                made["options"]["legend"] |= _BESIDE
            placed.append({"id": len(placed) + 1, "gridPos": position, **made})
        top += height
    return placed


def _to_the_others() -> Json:
    return {
        "type": "dashboards",
        "title": "Copydesk",
        "icon": "external link",
        "tooltip": "",
        "tags": [TAG],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
    }


def _datasource_variable() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "current": {"text": "Prometheus", "value": "prometheus"},
        "refresh": 1,
        "includeAll": False,
        "multi": False,
    }

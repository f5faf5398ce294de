"""Grafana's dashboards: they are what the code says, whole, and ask for what there is."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

import jsonschema
import pytest
import yaml
from support.prometheus import all_metrics, metrics_of
from support.streams import ROOT

from deploy.grafana.dashboards import FOLDER, dashboards, pages
from deploy.grafana.overview import ALERTING, OUTCOMES
from deploy.grafana.panels import link_to, result_variable, table
from pipeline.routing import Door
from pipeline.sources import SignalName

ALL = dashboards()
PANELS = [(name, panel) for name, made in ALL.items() for panel in made["panels"]]
# What Grafana takes without a word where it does not know it: types, units, transformations.
KNOWN = json.loads((ROOT / "deploy" / "grafana" / "known.json").read_text(encoding="utf-8"))
BOARD = jsonschema.Draft7Validator(KNOWN["schema"])
WITH_A_FORMAT = re.compile(
    "(time|prefix|suffix|si|count|currency|bool):.+"
)  # any unit of one's own
# On a laptop's screen: 1280 px less the page's edges; beside a title are its help and its menu.
COLUMN, GAP, BESIDE_TITLE, LETTER = (1280 - 32 + 8) / 24, 8, 64, 6.9
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
each_panel = pytest.mark.parametrize(
    "panel", [pytest.param(panel, id=f"{name}: {panel['title']}") for name, panel in PANELS]
)
each_dashboard = pytest.mark.parametrize("name", ALL)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_the_files_are_what_the_code_says():
    files = {path.relative_to(ROOT): path.read_text() for path in (ROOT / FOLDER).iterdir()}
    assert files == pages()


def test_no_two_dashboards_share_an_id_or_a_title():
    assert len({made["uid"] for made in ALL.values()}) == len(ALL)
    assert len({made["title"] for made in ALL.values()}) == len(ALL)


@each_dashboard
def test_a_dashboard_can_be_provisioned(name: str):
    made = ALL[name]
    assert made["schemaVersion"] >= 39
    assert not {"__inputs", "__requires", "id"} & made.keys()
    assert (made["refresh"], made["time"]) == ("30s", {"from": "now-6h", "to": "now"})
    first = made["templating"]["list"][0]
    assert (first["name"], first["query"]) == ("datasource", "prometheus")
    sources = ROOT / "deploy" / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    provided = yaml.safe_load(sources.read_text(encoding="utf-8"))["datasources"]
    assert first["current"]["value"] in {one["uid"] for one in provided}


@each_dashboard
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: str):
    panels = ALL[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


@each_panel
def test_a_panel_says_what_it_shows_in_which_unit_and_from_where(panel: dict[str, Any]):
    assert len(panel["description"]) > 20
    assert panel["datasource"] == DATASOURCE
    if panel["type"] != "text":
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]
        assert all(target["datasource"] == DATASOURCE for target in panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@each_dashboard
def test_a_dashboard_is_of_grafanas_types(name: str):
    assert [*complaints(ALL[name])] == []


@each_panel
def test_what_is_overridden_is_of_grafanas_types_too(panel: dict[str, Any]):
    for rule in panel.get("fieldConfig", {}).get("overrides", ()):
        changed = copy.deepcopy(panel)
        for one in rule["properties"]:
            *parents, last = one["id"].split(".")
            place = changed["fieldConfig"]["defaults"]
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = one["value"]
        assert [*complaints(ALL["overview"] | {"panels": [changed]})] == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("timeseries", "options.legend.placment", "bottom"),
        ("timeseries", "fieldConfig.defaults.custom.lineWidth", "thin"),
        ("stat", "options.graphMode", "sparkline"),
        ("stat", "fieldConfig.defaults.custom", {"drawStyle": "line"}),
        ("table", "options.cellHeight", "tiny"),
    ],
)
def test_a_misspelt_option_would_be_found(kind: str, path: str, value: object):
    panel = copy.deepcopy(next(panel for _, panel in PANELS if panel["type"] == kind))
    *parents, last = path.split(".")
    place = panel
    for parent in parents:
        place = place[parent]
    place[last] = value
    assert [*complaints(ALL["overview"] | {"panels": [panel]})]


@each_panel
def test_a_panel_asks_for_units_and_transformations_that_grafana_knows(panel: dict[str, Any]):
    if panel["type"] != "text":
        config = panel["fieldConfig"]
        overrides = [one for rule in config["overrides"] for one in rule["properties"]]
        units = {one["value"] for one in overrides if one["id"] == "unit"}
        units |= {config["defaults"]["unit"]}
        assert all(unit in KNOWN["units"] or WITH_A_FORMAT.fullmatch(unit) for unit in units)
    assert {one["id"] for one in panel.get("transformations", ())} <= {*KNOWN["transformations"]}
    assert all(target["expr"].strip() for target in panel.get("targets", ()))


def complaints(board: dict[str, Any]) -> Iterator[str]:
    """Yields what is wrong with a dashboard; with a panel, what is by the types of its kind."""
    for error in BOARD.iter_errors(board):
        of_kinds: dict[Any, list[jsonschema.ValidationError]] = {}
        for one in error.context or ():
            of_kinds.setdefault(one.schema_path[0], []).append(one)
        its_own = [found for found in of_kinds.values() if not any(map(is_of_another, found))]
        for one in (*chain(*its_own),) or (error,):
            yield f"{'/'.join(map(str, one.absolute_path))}: {one.message}"


def is_of_another(error: jsonschema.ValidationError) -> bool:
    return error.absolute_path[-1] == "type" and len(error.absolute_path) == len(
        ["panels", 0, "type"]
    )


@each_panel
def test_a_title_is_not_cut_on_a_laptop(panel: dict[str, Any]):
    width = panel["gridPos"]["w"] * COLUMN - GAP
    assert len(panel["title"]) * LETTER + BESIDE_TITLE <= width


@each_panel
def test_a_number_is_coloured_on_purpose_and_crossed_by_no_line(panel: dict[str, Any]):
    if panel["type"] == "stat":
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["options"]["graphMode"] == "none"
        # Without thresholds of its own, Grafana makes a number red from 80 on.
        assert (defaults["color"]["mode"] == "thresholds") == ("thresholds" in defaults)


@each_panel
def test_all_bars_of_a_ranking_are_seen(panel: dict[str, Any]):
    if panel["type"] == "bargauge":
        (bars,) = re.findall(r"topk\((\d+),", panel["targets"][0]["expr"])
        assert int(bars) * 38 <= panel["gridPos"]["h"] * 38 - 56  # px: a name above each, the title


@each_panel
def test_a_legend_says_values(panel: dict[str, Any]):
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["calcs"]


def test_the_first_screen_answers_who_is_on_call():
    panels = ALL["overview"]["panels"]
    first = {panel["title"]: panel for panel in panels if panel["gridPos"]["y"] < 9}
    assert {"Changed sources", "Workers down", "Sources with signals"} <= first.keys()
    headings = first["Sources with signals"]["transformations"][-1]["options"]["renameByName"]
    assert {"source", "signal", "since", "last article", "24 h"} <= set(headings.values())
    places = {panel["title"]: panel["gridPos"]["y"] for panel in panels}
    assert max(places["Dead letters, by reason"], places["Errors"]) < places["Top repairs"]


def test_signals_that_raise_alerts_are_red():
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules/copydesk.yml").read_text("utf-8"))
    asked = " ".join(rule["expr"] for group in rules["groups"] for rule in group["rules"])
    found = re.findall(r'copydesk_source_signal\{signal=~?"([^"]+)"', asked)
    assert {SignalName(name) for names in found for name in names.split("|")} == set(ALERTING)


@pytest.mark.parametrize("name", ["post.example", 'la "tribuna" / norte', "صحيفة", 'a"} 1 2'])
def test_any_source_can_be_chosen(name: str):
    """Grafana makes such a line of each series, without escaping the label's value."""
    pattern = result_variable("source", "Source", "x")["regex"].strip("/")
    found = re.match(pattern, f'{{source="{name}"}} 3.18 1796053800000')
    assert found
    assert found[1] == name


@each_panel
def test_a_share_of_nothing_is_no_number(panel: dict[str, Any]):
    """Grafana draws nothing of a graph with a NaN in it."""
    for target in panel.get("targets", ()):
        if " / sum" in target["expr"] or "histogram_quantile" in target["expr"]:
            assert target["expr"].endswith(" >= 0")


@each_panel
def test_a_panel_asks_for_metrics_that_there_are(panel: dict[str, Any]):
    for target in panel.get("targets", ()):
        asked = metrics_of(target["expr"])
        assert asked
        assert asked <= all_metrics()


def test_the_names_of_metrics_are_found_in_a_query():
    query = 'sum by (up) (rate(copydesk_a_total{process_b="up"}[5m])) / on (up) process_c_bytes'
    assert metrics_of(query) == {"copydesk_a_total", "process_c_bytes"}


@each_dashboard
def test_variables_are_declared_where_they_are_used(name: str):
    declared = {variable["name"] for variable in ALL[name]["templating"]["list"]}
    used = {found for text in texts(ALL[name]) for found in re.findall(r"\$\{?([a-z_]\w*)", text)}
    assert {one for one in used if not one.startswith("__")} == declared


def test_each_dashboard_leads_to_the_others():
    for made in ALL.values():
        (link,) = made["links"]
        assert all(set(link["tags"]) <= set(other["tags"]) for other in ALL.values())


def test_links_between_dashboards_lead_somewhere():
    uids = {made["uid"]: made for made in ALL.values()}
    links = [text for text in texts(ALL) if "/d/" in text]
    assert links
    for link in links:
        (uid,) = re.findall(r"/d/([\w-]+)\?", link)
        given = re.findall(r"var-(\w+)=", link)
        assert set(given) == {one["name"] for one in uids[uid]["templating"]["list"]} - {"page"}


def test_every_door_has_a_colour():
    assert set(OUTCOMES) == set(Door)


def test_the_runbook_names_panels_that_there_are():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = {" ".join(one.split()) for one in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)}
    assert len(named) > 5
    assert named <= {panel["title"] for _, panel in PANELS}


def test_a_table_without_values_hides_them():
    made = table("Versions", "What runs.", ["copydesk_build_info"], {"version": "Version"})
    (step,) = made["transformations"]
    assert step["options"]["excludeByName"] == {"Time": True, "Value": True}


def test_a_link_takes_times_and_data_source_along():
    link = link_to("Source", source="x")
    assert (
        link == "/d/copydesk-source?${__url_time_range}&var-datasource=${datasource}&var-source=x"
    )

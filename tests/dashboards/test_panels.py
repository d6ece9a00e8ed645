"""Dashboards are valid, readable and stable."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.exported import exported, names_in, recorded
from tests.dashboards.generate import DASHBOARDS, path_of
from tests.dashboards.panels import Dashboard, text_of

_EACH = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.title)
_GRAFANA = {
    "$__rate_interval": "5m",
    "$__range_s": "21600",
    "$__range": "6h",
    '"$namespace"': '".+"',
    '"$workload"': '".+"',
    '"$job"': '".+"',
    '"$instance"': '".+"',
}
_UNITS = {"s", "h", "short", "percentunit", "hertz", "bool_yes_no"}


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    yield from (each for each in json.loads(text_of(dashboard))["panels"] if each["type"] != "row")


def _expressions(dashboard: Dashboard) -> Iterator[str]:
    for panel in _panels(dashboard):
        yield from (target["expr"] for target in panel["targets"])


@_EACH
def test_file_is_current(dashboard: Dashboard) -> None:
    """When this fails: make update."""
    assert path_of(dashboard).read_text(encoding="utf-8") == text_of(dashboard)


def test_no_file_is_left_over() -> None:
    """A dashboard that was renamed takes its file along."""
    assert {path_of(each) for each in DASHBOARDS} == set(path_of(DASHBOARDS[0]).parent.glob("*.json"))


@_EACH
def test_every_metric_exists(dashboard: Dashboard) -> None:
    """Exported by a process or made by a recording rule."""
    used = set().union(*map(names_in, _expressions(dashboard)))

    assert used
    assert used - exported() - recorded() == set()


def test_prometheus_accepts_every_expression(tmp_path: Path) -> None:
    """With Grafana's variables filled in."""
    filled = []
    for expression in (each for dashboard in DASHBOARDS for each in _expressions(dashboard)):
        for variable, value in _GRAFANA.items():
            expression = expression.replace(variable, value)
        filled.append({"record": f"a:b{len(filled)}", "expr": expression})
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": filled}]}))

    outcome = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert not any("$" in each["expr"] for each in filled)


@_EACH
def test_every_panel_can_be_read(dashboard: Dashboard) -> None:
    """A title, a sentence, a unit, and a name for every line; at most twelve of them."""
    panels = list(_panels(dashboard))

    assert len(panels) <= 12
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in _UNITS
        assert all(target["legendFormat"] for target in panel["targets"])


@_EACH
def test_panels_do_not_overlap(dashboard: Dashboard) -> None:
    """Every cell of the grid belongs to one panel at most, and none sticks out."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(text_of(dashboard))["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + column, place["y"] + line) for column in range(place["w"]) for line in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


@_EACH
def test_nothing_is_tied_to_an_installation(dashboard: Dashboard) -> None:
    """The data source is chosen, rates follow the resolution, and only panels of Grafana's core are used."""
    text = text_of(dashboard)
    windows = re.findall(r"rate\([^\[]*\[([^\]]*)\]", text)

    assert {panel["datasource"]["uid"] for panel in _panels(dashboard)} == {"${datasource}"}
    assert set(windows) <= {"$__rate_interval"}
    assert {panel["type"] for panel in _panels(dashboard)} <= {"timeseries", "stat"}
    assert json.loads(text)["editable"] is False

"""What a Grafana dashboard of ours is made of, and its JSON.

A dashboard answers one question, in rows from general to specific. Its JSON is stable: fixed uid, sorted keys, nothing
but panels of Grafana's core. Source of the model: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_WIDTH: Final = 24
_HEIGHT: Final = 8
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression and what its lines are called."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A chart, or a number."""

    title: str
    description: str
    unit: str
    """Grafana's name of the unit, such as `s` or `percentunit`."""
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    width: int = 12
    """Of 24."""
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels that answer one part of the question."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A variable that a reader chooses from the values of a label."""

    name: str
    query: str
    several: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One question and its rows."""

    uid: str
    title: str
    question: str
    choices: tuple[Choice, ...]
    rows: tuple[Row, ...]


INSTANCES: Final = (
    Choice(name="job", query="label_values(scaleahead_build_info, job)"),
    Choice(name="instance", query='label_values(scaleahead_build_info{job=~"$job"}, instance)'),
)
"""For questions about processes."""

WORKLOADS: Final = (
    Choice(name="namespace", query="label_values(scaleahead_gpus_per_replica, namespace)"),
    Choice(name="workload", query='label_values(scaleahead_gpus_per_replica{namespace=~"$namespace"}, workload)'),
)
"""For questions about workloads."""

ONE_WORKLOAD: Final = (
    WORKLOADS[0],
    Choice(name="workload", query=WORKLOADS[1].query, several=False),
)
"""For questions about a single workload."""


def text_of(dashboard: Dashboard) -> str:
    """Return the JSON of a dashboard, as it lies in git."""
    return json.dumps(_document(dashboard), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _document(dashboard: Dashboard) -> dict[str, Any]:
    return {
        "annotations": {"list": []},
        "description": dashboard.question,
        "editable": False,
        "graphTooltip": 1,
        "panels": list(_placed(dashboard.rows)),
        "refresh": "30s",
        "schemaVersion": 38,
        "tags": ["scaleahead"],
        "templating": {"list": [_datasource(), *(_variable(choice) for choice in dashboard.choices)]},
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "title": f"scaleahead / {dashboard.title}",
        "uid": dashboard.uid,
    }


def _datasource() -> dict[str, Any]:
    return {"label": "Data source", "name": "datasource", "query": "prometheus", "type": "datasource"}


def _variable(choice: Choice) -> dict[str, Any]:
    several: dict[str, Any] = {"allValue": ".+", "includeAll": True, "multi": True, "current": {"value": "$__all"}}
    return {
        "datasource": _DATASOURCE,
        "definition": choice.query,
        "label": choice.name.capitalize(),
        "name": choice.name,
        "query": {"query": choice.query, "refId": choice.name},
        "refresh": 2,
        "sort": 1,
        "type": "query",
        **(several if choice.several else {}),
    }


def _placed(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    """Yield rows and panels with ids and places, from left to right and top to bottom."""
    number, top = 0, 0
    for row in rows:
        number, left = number + 1, 0
        yield {"collapsed": False, "gridPos": _place(0, top, _WIDTH, 1), "id": number, "panels": [], "title": row.title,
               "type": "row"}  # fmt: skip
        top += 1
        for panel in row.panels:
            if left + panel.width > _WIDTH:
                left, top = 0, top + _HEIGHT
            number += 1
            yield {**_panel(panel), "gridPos": _place(left, top, panel.width, _HEIGHT), "id": number}
            left += panel.width
        top += _HEIGHT


def _place(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"h": height, "w": width, "x": left, "y": top}


def _panel(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit}
    if panel.decimals is not None:
        defaults["decimals"] = panel.decimals
    options: dict[str, Any] = {"tooltip": {"mode": "multi", "sort": "desc"}, "legend": {"showLegend": True}}
    if panel.kind == "stat":
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "auto"}
    return {
        "datasource": _DATASOURCE,
        "description": panel.description,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [_target(query, chr(ord("A") + index)) for index, query in enumerate(panel.queries)],
        "title": panel.title,
        "type": panel.kind,
    }


def _target(query: Query, ref: str) -> dict[str, Any]:
    return {"datasource": _DATASOURCE, "expr": query.expr, "legendFormat": query.legend, "refId": ref}

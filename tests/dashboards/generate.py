"""Write the dashboards' JSON: `python -m tests.dashboards.generate`."""

from pathlib import Path
from typing import Final

from tests.dashboards.adapter_health import ADAPTER_HEALTH
from tests.dashboards.fleet_cost import FLEET_COST
from tests.dashboards.forecast_quality import FORECAST_QUALITY
from tests.dashboards.panels import Dashboard, text_of
from tests.dashboards.workload_sizing import WORKLOAD_SIZING
from tests.docs.pages import ROOT

DASHBOARDS: Final = (ADAPTER_HEALTH, WORKLOAD_SIZING, FORECAST_QUALITY, FLEET_COST)


def path_of(dashboard: Dashboard) -> Path:
    """Return where the JSON of a dashboard lies."""
    return ROOT / "dashboards" / f"{dashboard.uid.removeprefix('scaleahead-')}.json"


if __name__ == "__main__":
    for dashboard in DASHBOARDS:
        path_of(dashboard).write_text(text_of(dashboard), encoding="utf-8")

"""How panels pick their series: those of the chosen processes, and those of the chosen workloads, once each."""

from typing import Final

from tests.dashboards.panels import Panel, Query

OWN: Final = '{job=~"$job", instance=~"$instance"}'
OF: Final = '{namespace=~"$namespace", workload=~"$workload"}'
NAME: Final = "{{namespace}}/{{workload}}"


def own(metric: str) -> str:
    """Return a metric of the chosen processes; its name may be followed by conditions in braces."""
    return _narrowed(metric, OWN)


def of(metric: str, *, labels: str = "", how: str = "max") -> str:
    """Return a metric of the chosen workloads, once for all processes that report it.

    Args:
        metric: its name, which may be followed by conditions in braces.
        labels: what to keep besides namespace and workload.
        how: aggregation over processes, which should agree.
    """
    kept = f", {labels}" if labels else ""
    return f"{how} by (namespace, workload{kept}) ({_narrowed(metric, OF)})"


def _narrowed(metric: str, chosen: str) -> str:
    name, _, conditions = metric.partition("{")
    return f"{name}{chosen[:-1]}, {conditions}" if conditions else f"{name}{chosen}"


def stat(title: str, description: str, *, unit: str, query: Query) -> Panel:
    """Return a panel with one number."""
    return Panel(title=title, description=description, unit=unit, queries=(query,), kind="stat", width=6)

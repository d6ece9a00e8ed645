"""The dashboard of what a fleet costs."""

from typing import Final

from tests.dashboards.panels import WORKLOADS, Dashboard, Panel, Query, Row
from tests.dashboards.selectors import NAME, OF, of, stat

_EXISTING: Final = f"namespace_workload:scaleahead_existing_gpus:max{OF}"
_PLANNED: Final = of("scaleahead_planned_replicas")
_CUT: Final = of('scaleahead_step_change_replicas{step=~"bounds|budget"}', labels="step", how="min")
_GPUS: Final = of("scaleahead_gpus_per_replica")

FLEET_COST: Final = Dashboard(
    uid="scaleahead-fleet-cost",
    title="fleet cost",
    question="What does the fleet cost, and what would plain reactive sizing ask for at this moment?",
    choices=WORKLOADS,
    rows=(
        Row(
            title="What is there?",
            panels=(
                stat(
                    "GPUs in existence",
                    "Existing replicas times GPUs of a replica, summed.",
                    unit="short",
                    query=Query(expr=f"sum({_EXISTING})", legend="GPUs"),
                ),
                stat(
                    "GPU-hours of the chosen time",
                    "Average of the GPUs in existence times the length of the time that is shown.",
                    unit="h",
                    query=Query(
                        expr=f"sum(avg_over_time({_EXISTING}[$__range])) * $__range_s / 3600",
                        legend="GPU-hours",
                    ),
                ),
                stat(
                    "Workloads asleep",
                    "Workloads with no replica planned.",
                    unit="short",
                    query=Query(
                        expr=f"count({_PLANNED} == 0) or 0 * count({_PLANNED})",
                        legend="asleep",
                    ),
                ),
                stat(
                    "Cut by limits",
                    "GPUs that are wanted and not given, because of bounds or budgets.",
                    unit="short",
                    query=Query(
                        expr=f"sum(clamp_min(-{_CUT}, 0) * on (namespace, workload) group_left () {_GPUS})",
                        legend="GPUs",
                    ),
                ),
            ),
        ),
        Row(
            title="Where do GPUs go?",
            panels=(
                Panel(
                    title="GPUs by namespace",
                    description="GPUs of existing replicas, starting and ending ones included.",
                    unit="short",
                    queries=(
                        Query(
                            expr=f"sum by (namespace) ({_EXISTING})",
                            legend="{{namespace}}",
                        ),
                    ),
                ),
                Panel(
                    title="Largest workloads",
                    description="The ten workloads with the most GPUs.",
                    unit="short",
                    queries=(Query(expr=f"topk(10, {_EXISTING})", legend=NAME),),
                ),
                Panel(
                    title="Planned ahead and plain reactive",
                    description="GPUs planned, GPUs for the load measured now by the same sizing without a forecast, "
                    "and GPUs in existence.",
                    unit="short",
                    queries=(
                        Query(expr=f"sum(namespace_workload:scaleahead_planned_gpus:max{OF})", legend="planned"),
                        Query(expr=f"sum(namespace_workload:scaleahead_reactive_gpus:max{OF})", legend="reactive"),
                        Query(expr=f"sum({_EXISTING})", legend="in existence"),
                    ),
                ),
                Panel(
                    title="Starting",
                    description="GPUs of replicas that exist and are not ready: paid for, and not serving yet.",
                    unit="short",
                    queries=(
                        Query(
                            expr=f"sum({_GPUS} * "
                            f"({of('scaleahead_status_replicas')} - {of('scaleahead_ready_replicas')}))",
                            legend="starting",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

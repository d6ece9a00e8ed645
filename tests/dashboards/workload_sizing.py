"""The dashboard of one workload."""

from typing import Final

from tests.dashboards.panels import ONE_WORKLOAD, Dashboard, Panel, Query, Row
from tests.dashboards.selectors import of

_READY: Final = of("scaleahead_ready_replicas")

WORKLOAD_SIZING: Final = Dashboard(
    uid="scaleahead-workload-sizing",
    title="workload sizing",
    question="Is this workload sized right? Demand against capacity, what is planned and why, and what is there.",
    choices=ONE_WORKLOAD,
    rows=(
        Row(
            title="Is it sized right?",
            panels=(
                Panel(
                    title="Replicas",
                    description="Planned, requested and ready. What is planned runs ahead of what is ready by the lead "
                    "time.",
                    unit="short",
                    decimals=0,
                    width=24,
                    queries=(
                        Query(expr=of("scaleahead_planned_replicas"), legend="planned"),
                        Query(expr=of("scaleahead_requested_replicas"), legend="requested"),
                        Query(expr=_READY, legend="ready"),
                        Query(expr=of("scaleahead_reactive_replicas"), legend="for the load now"),
                        Query(expr=of("scaleahead_predictive_replicas"), legend="for the forecast"),
                    ),
                ),
                Panel(
                    title="Work and what is ready to do it",
                    description="Demand in engine-seconds per second, and capacity times ready replicas. Empty where "
                    "demand is counted "
                    "in requests in flight.",
                    unit="short",
                    queries=(
                        Query(expr=of("scaleahead_demand_engine_seconds_per_second", labels="part"), legend="{{part}}"),
                        Query(
                            expr=f"{of('scaleahead_capacity_engine_seconds_per_second')} * {_READY}",
                            legend="capacity of ready replicas",
                        ),
                    ),
                ),
                Panel(
                    title="Requests in flight and what is ready to serve them",
                    description="Demand in requests in flight, where no token capacity is known, and capacity times "
                    "ready replicas.",
                    unit="short",
                    queries=(
                        Query(expr=of("scaleahead_demand_requests", labels="part"), legend="{{part}}"),
                        Query(
                            expr=f"{of('scaleahead_capacity_requests')} * {_READY}",
                            legend="capacity of ready replicas",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            title="Why this many?",
            panels=(
                Panel(
                    title="What each step changed",
                    description="Replicas that each step of the decision added or took away. Read from the forecast to "
                    "the limits.",
                    unit="short",
                    decimals=0,
                    queries=(Query(expr=of("scaleahead_step_change_replicas", labels="step"), legend="{{step}}"),),
                ),
                Panel(
                    title="On hold",
                    description="1 while nothing may be concluded and replicas stay as they are.",
                    unit="bool_yes_no",
                    queries=(Query(expr=of('scaleahead_decision_outcome{outcome="hold"}', how="min"), legend="hold"),),
                ),
                Panel(
                    title="Lead time",
                    description="Time from asking for a replica to its serving: the median, what decisions look ahead, "
                    "and the tail.",
                    unit="s",
                    queries=(
                        Query(
                            expr=of("scaleahead_lead_time_quantile_seconds", labels="quantile"),
                            legend="quantile {{quantile}}",
                        ),
                    ),
                ),
                Panel(
                    title="Margin",
                    description="Factor on demand, as regulated on the share of requests that met their objective.",
                    unit="short",
                    decimals=2,
                    queries=(Query(expr=of("scaleahead_margin_ratio"), legend="margin"),),
                ),
            ),
        ),
        Row(
            title="Do requests meet their objective, and is the load seen?",
            panels=(
                Panel(
                    title="Objective met",
                    description="Share of the requests of three days that met their objective, and the goal.",
                    unit="percentunit",
                    queries=(
                        Query(expr=of("scaleahead_attained_ratio"), legend="attained"),
                        Query(expr=of("scaleahead_attainment_goal_ratio"), legend="goal"),
                    ),
                ),
                Panel(
                    title="Age of signals",
                    description="Age of the newest sample of each signal. Beyond the workload's freshness it is stale, "
                    "and nothing scales in.",
                    unit="s",
                    queries=(Query(expr=of("scaleahead_signal_age_seconds", labels="signal"), legend="{{signal}}"),),
                ),
            ),
        ),
    ),
)

"""The dashboard of the adapter itself."""

from typing import Final

from tests.dashboards.panels import INSTANCES, Dashboard, Panel, Query, Row
from tests.dashboards.selectors import own, stat

_STATES: Final = f"max by (namespace, workload, signal) ({own('scaleahead_signal_state')})"
_HOLDS: Final = own('scaleahead_decision_outcome{outcome="hold"}')

ADAPTER_HEALTH: Final = Dashboard(
    uid="scaleahead-adapter-health",
    title="adapter health",
    question="Is the adapter healthy? Ticks, what it reads, and how old its answers are.",
    choices=INSTANCES,
    rows=(
        Row(
            title="Does it decide?",
            panels=(
                stat(
                    "Age of decisions",
                    "Age of the decisions that are served. Above the allowed age consumers get errors and "
                    "keep what is there.",
                    unit="s",
                    query=Query(expr=f"max({own('scaleahead_snapshot_age_seconds')})", legend="oldest"),
                ),
                stat(
                    "Allowed age",
                    "Age above which decisions are not served any more.",
                    unit="s",
                    query=Query(expr=f"min({own('scaleahead_snapshot_max_age_seconds')})", legend="allowed"),
                ),
                stat(
                    "Workloads",
                    "Workloads decided on.",
                    unit="short",
                    query=Query(expr=f"max({own('scaleahead_workloads')})", legend="workloads"),
                ),
                stat(
                    "Tuning in force is the newest",
                    "1 when the newest tuning document was accepted, 0 when the last good one is in force.",
                    unit="bool_yes_no",
                    query=Query(expr=f"min({own('scaleahead_tuning_valid')})", legend="valid"),
                ),
            ),
        ),
        Row(
            title="How do ticks go?",
            panels=(
                Panel(
                    title="Ticks",
                    description="Ticks per second that published decisions; one per interval is right.",
                    unit="hertz",
                    queries=(
                        Query(expr=f"rate({own('scaleahead_ticks_total')}[$__rate_interval])", legend="{{instance}}"),
                    ),
                ),
                Panel(
                    title="Failed ticks",
                    description="Ticks per second that ended in an unexpected error. The decisions before them stay in "
                    "force.",
                    unit="hertz",
                    queries=(
                        Query(
                            expr=f"rate({own('scaleahead_tick_failures_total')}[$__rate_interval])",
                            legend="{{instance}}",
                        ),
                    ),
                ),
                Panel(
                    title="Duration of the steps of a tick",
                    description="Wall time of each step of the last tick, the slowest process. The sum must stay below "
                    "the interval.",
                    unit="s",
                    queries=(
                        Query(expr=f"max by (step) ({own('scaleahead_tick_step_seconds')})", legend="{{step}}"),
                        Query(expr=f"min({own('scaleahead_tick_interval_seconds')})", legend="interval"),
                    ),
                ),
                Panel(
                    title="Start of the last tick",
                    description="Time since the last tick started. It grows when the loop is stuck.",
                    unit="s",
                    queries=(
                        Query(
                            expr=f"time() - {own('scaleahead_last_tick_start_timestamp_seconds')}",
                            legend="{{instance}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            title="Does it see?",
            panels=(
                Panel(
                    title="Queries with problems",
                    description="Queries of the last tick that failed or whose answer cannot be believed. The API and "
                    "the log name them.",
                    unit="short",
                    queries=(Query(expr=own("scaleahead_signal_problems"), legend="{{instance}}"),),
                ),
                Panel(
                    title="Signals by state",
                    description="Signals of all workloads by how well they are known: 0 fresh, 1 partial, 2 stale, 3 "
                    "absent, 4 malformed, "
                    "5 unavailable. Absent is normal for what is not installed.",
                    unit="short",
                    queries=(
                        Query(
                            expr=f'count_values("state", {_STATES})',
                            legend="state {{state}}",
                        ),
                    ),
                ),
                Panel(
                    title="Rejected tuning documents",
                    description="Tuning documents that were rejected, in the last hour.",
                    unit="short",
                    queries=(
                        Query(expr=f"increase({own('scaleahead_tuning_rejections_total')}[1h])", legend="{{instance}}"),
                    ),
                ),
                Panel(
                    title="Workloads on hold",
                    description="Workloads about which nothing may be concluded; their replicas stay as they are.",
                    unit="short",
                    queries=(
                        Query(
                            expr=f"sum by (instance) ({_HOLDS})",
                            legend="{{instance}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

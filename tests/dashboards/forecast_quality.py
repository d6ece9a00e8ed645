"""The dashboard of all forecasts."""

from typing import Final

from tests.dashboards.panels import WORKLOADS, Dashboard, Panel, Query, Row
from tests.dashboards.selectors import NAME, of, stat

_QUANTILE: Final = of("scaleahead_quantile_ratio")
_AHEAD: Final = of('scaleahead_demand_engine_seconds_per_second{part="at_lead_time"}')
_NOW: Final = of('scaleahead_demand_engine_seconds_per_second{part="arriving"}')

FORECAST_QUALITY: Final = Dashboard(
    uid="scaleahead-forecast-quality",
    title="forecast quality",
    question="Are the forecasts good? Skill against the naive forecast, coverage, and who has lost the vote.",
    choices=WORKLOADS,
    rows=(
        Row(
            title="Are they any good?",
            panels=(
                stat(
                    "With a vote",
                    "Share of workloads whose forecast has earned its vote. The others are decided on the "
                    "last value and its past errors.",
                    unit="percentunit",
                    query=Query(expr=f"avg({of('scaleahead_forecast_trusted')})", legend="trusted"),
                ),
                stat(
                    "Median skill",
                    "1 - own loss / loss of the naive forecast, median over workloads. Above 0 is better than naive.",
                    unit="percentunit",
                    query=Query(expr=f"quantile(0.5, {of('scaleahead_forecast_skill_ratio')})", legend="median"),
                ),
                stat(
                    "Median coverage",
                    "Share of past peaks that the chosen quantile covered, median over workloads.",
                    unit="percentunit",
                    query=Query(expr=f"quantile(0.5, {of('scaleahead_forecast_coverage_ratio')})", legend="median"),
                ),
                stat(
                    "Oldest forecast",
                    "Time since the newest sample that a forecast used.",
                    unit="s",
                    query=Query(
                        expr=f"time() - min({of('scaleahead_forecast_origin_timestamp_seconds')})", legend="oldest"
                    ),
                ),
            ),
        ),
        Row(
            title="Which are not?",
            panels=(
                Panel(
                    title="Worst skill",
                    description="The ten workloads that do worst against the naive forecast.",
                    unit="percentunit",
                    queries=(Query(expr=f"bottomk(10, {of('scaleahead_forecast_skill_ratio')})", legend=NAME),),
                ),
                Panel(
                    title="Coverage short of the quantile",
                    description="Chosen quantile minus the share of peaks it covered, the ten largest. Above 0.1 load "
                    "has changed.",
                    unit="percentunit",
                    queries=(
                        Query(
                            expr=f"topk(10, {_QUANTILE} - {of('scaleahead_forecast_coverage_ratio')})",
                            legend=NAME,
                        ),
                    ),
                ),
                Panel(
                    title="Without a vote",
                    description="Workloads whose forecast has lost its vote, as long as they are without it.",
                    unit="short",
                    queries=(Query(expr=f"{of('scaleahead_forecast_trusted')} == 0", legend=NAME),),
                ),
                Panel(
                    title="Forecast against load",
                    description="Demand expected at the lead time over demand now, the ten largest. 1: no change.",
                    unit="short",
                    queries=(
                        Query(
                            expr=f"topk(10, {_AHEAD} / ({_NOW} > 0))",
                            legend=NAME,
                        ),
                    ),
                ),
            ),
        ),
    ),
)

"""Our own metrics."""

import re

import pytest
from prometheus_client import CollectorRegistry

from adapter.core.signal import SignalProblem
from adapter.core.workload import WorkloadId
from adapter.telemetry.families import FAMILIES
from adapter.telemetry.metrics import build_registry
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot

LLAMA_LABELS = {"namespace": "prod", "workload": "llama"}


@pytest.fixture
def board() -> Board:
    """A plan, a hold, one problem and one timed step."""
    problem = SignalProblem(signal="ttft", query="q", message="slow")
    decisions = (decision(), hold(WorkloadId("prod", "qwen")))
    return Board(snapshot=snapshot(*decisions, problems=(problem,), step_seconds={"read": 0.25}))


@pytest.fixture
def registry(board: Board) -> CollectorRegistry:
    """The metrics of the board, 20 s after its tick."""
    return build_registry(board, board, FixedClock(TICK + 20), version="1.2.3")


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("scaleahead_planned_replicas", {}, 6),
        ("scaleahead_served_replicas", {}, 6),
        ("scaleahead_reactive_replicas", {}, 4),
        ("scaleahead_predictive_replicas", {}, 8),
        ("scaleahead_landing_replicas", {}, 6),
        ("scaleahead_requested_replicas", {}, 4),
        ("scaleahead_ready_replicas", {}, 3),
        ("scaleahead_active", {}, 1),
        ("scaleahead_step_change_replicas", {"step": "predictive"}, 4),
        ("scaleahead_step_change_replicas", {"step": "bounds"}, -2),
        ("scaleahead_step_change_replicas", {"step": "reactive"}, None),
        ("scaleahead_gpus_per_replica", {}, 1),
        ("scaleahead_attainment_goal_ratio", {}, 0.98),
        ("scaleahead_lead_time_seconds", {}, 180),
        ("scaleahead_lead_time_quantile_seconds", {"quantile": "0.5"}, 150),
        ("scaleahead_lead_time_quantile_seconds", {"quantile": "0.8"}, 180),
        ("scaleahead_lead_time_quantile_seconds", {"quantile": "0.95"}, 240),
        ("scaleahead_lead_time_samples", {"source": "learnt"}, 9),
        ("scaleahead_lead_time_confidence_ratio", {}, 0.75),
        ("scaleahead_quantile_ratio", {}, 0.9),
        ("scaleahead_decision_outcome", {"outcome": "plan"}, 1),
        ("scaleahead_decision_outcome", {"outcome": "hold"}, 0),
        ("scaleahead_mode", {"mode": "act"}, 1),
        ("scaleahead_demand_engine_seconds_per_second", {"part": "at_lead_time"}, 7.2),
        ("scaleahead_capacity_engine_seconds_per_second", {"source": "learnt"}, 0.9),
        ("scaleahead_signal_state", {"signal": "queue_depth"}, 0),
        ("scaleahead_signal_state", {"signal": "kv_cache_usage"}, 2),
        ("scaleahead_signal_state", {"signal": "gpu_utilization"}, 3),
        ("scaleahead_signal_age_seconds", {"signal": "kv_cache_usage"}, 95),
        ("scaleahead_signal_coverage_ratio", {"signal": "queue_depth"}, 1),
    ],
)
def test_decision_is_exported(
    registry: CollectorRegistry, name: str, labels: dict[str, str], value: float | None
) -> None:
    """Every number of the decision, under its workload; a step from nothing is no change."""
    assert registry.get_sample_value(name, {**LLAMA_LABELS, **labels}) == value


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("scaleahead_build_info", {"version": "1.2.3"}, 1),
        ("scaleahead_ticks_total", {}, 4),
        ("scaleahead_tick_failures_total", {}, 0),
        ("scaleahead_tuning_valid", {}, 1),
        ("scaleahead_tuning_info", {"digest": "sha256:abc"}, 1),
        ("scaleahead_snapshot_age_seconds", {}, 20),
        ("scaleahead_snapshot_max_age_seconds", {}, 45),
        ("scaleahead_workloads", {}, 2),
        ("scaleahead_signal_problems", {}, 1),
        ("scaleahead_tick_step_seconds", {"step": "read"}, 0.25),
        ("scaleahead_last_tick_start_timestamp_seconds", {}, TICK),
    ],
)
def test_loop_is_exported(registry: CollectorRegistry, name: str, labels: dict[str, str], value: float) -> None:
    """What the loop and the snapshot say about themselves."""
    assert registry.get_sample_value(name, labels) == value


@pytest.mark.parametrize(
    "name",
    [
        "scaleahead_planned_replicas",
        "scaleahead_served_replicas",
        "scaleahead_active",
        "scaleahead_landing_replicas",
        "scaleahead_forecast_skill_ratio",
    ],
)
def test_what_is_not_known_has_no_sample(registry: CollectorRegistry, name: str) -> None:
    """A hold has no plan; 0 would be a lie that an alert could act on."""
    qwen = {"namespace": "prod", "workload": "qwen"}
    assert registry.get_sample_value(name, qwen) is None
    assert registry.get_sample_value("scaleahead_decision_outcome", {**qwen, "outcome": "hold"}) == 1


def test_number_that_is_nan_has_no_sample(registry: CollectorRegistry) -> None:
    """NaN means unknown here."""
    unknown = {**LLAMA_LABELS, "part": "beyond_lead_time"}
    assert registry.get_sample_value("scaleahead_demand_engine_seconds_per_second", unknown) is None
    assert (
        registry.get_sample_value("scaleahead_signal_age_seconds", {**LLAMA_LABELS, "signal": "gpu_utilization"})
        is None
    )


def test_before_the_first_tick_only_the_loop_is_exported(board: Board, registry: CollectorRegistry) -> None:
    """There is nothing to say about workloads yet."""
    board.snapshot = None
    names = {family.name for family in registry.collect()}
    assert "scaleahead_ticks" in names
    assert not names & {"scaleahead_workloads", "scaleahead_planned_replicas"}


def test_names_follow_the_naming_rules(registry: CollectorRegistry) -> None:
    """Prefix, lower case, help text, each name once; the unit is the last word where there is one."""
    families = list(registry.collect())
    assert len({family.name for family in families}) == len(families)
    assert all(re.fullmatch(r"scaleahead(_[a-z]+)+", family.name) and family.documentation for family in families)
    assert not any(family.name.endswith("_total") for family in FAMILIES)


def test_labels_are_bounded(registry: CollectorRegistry) -> None:
    """Reasons, queries and messages never become labels."""
    labels = {label for family in registry.collect() for sample in family.samples for label in sample.labels}
    words = {"signal", "part", "source", "quantile", "outcome", "mode", "step"}
    assert labels <= {"namespace", "workload", "version", "digest", *words}

"""scalerMetadata becomes a trigger, or a list of everything wrong with it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.metric import FORECAST_SIGNALS, RAW_SIGNALS, Metric
from adapter.core.tuning import WorkloadTuning
from adapter.core.workload import WorkloadId
from adapter.keda.metadata import InvalidMetadata, Trigger, parse_trigger

_ASKER = WorkloadId("prod", "llama-scaler")


def _parse(metadata: dict[str, str], asker: WorkloadId = _ASKER) -> Trigger:
    return parse_trigger(asker, metadata, defaults=WorkloadTuning(), presets=["vllm"])


def _problems(metadata: dict[str, str], asker: WorkloadId = _ASKER) -> tuple[str, ...]:
    with pytest.raises(InvalidMetadata) as caught:
        _parse(metadata, asker)
    return caught.value.problems


def test_no_keys_refer_to_the_workload_named_like_the_scaled_object() -> None:
    """The planned replicas are what is asked for."""
    trigger = _parse({})
    assert (trigger.workload, trigger.metric, trigger.target) == (_ASKER, Metric.REPLICAS, None)


def test_a_reference_may_name_another_workload_of_its_namespace() -> None:
    """The ScaledObject and the workload need not share a name."""
    assert _parse({"workload": "llama"}).workload == WorkloadId("prod", "llama")


def test_a_preset_makes_it_an_inline_definition() -> None:
    """It has the ScaledObject's name, or the one it gives."""
    for metadata, name in (({"preset": "vllm"}, "llama-scaler"), ({"preset": "vllm", "workload": "chat"}, "chat")):
        definition = _parse(metadata).definition
        assert definition is not None
        assert definition.workload.id == WorkloadId("prod", name)


def test_inline_keys_without_a_preset_are_refused() -> None:
    """In a reference they would silently do nothing."""
    assert _problems({"minReplicas": "2"}) == (
        "minReplicas: belongs to an inline definition; add `preset`, or configure the workload (given: '2')",
    )


@pytest.mark.parametrize("metric", [*RAW_SIGNALS, *FORECAST_SIGNALS])
def test_signal_metrics_need_a_target(metric: Metric) -> None:
    """Only the user knows what one replica may have of it."""
    assert _problems({"metric": metric}) == (
        f"target: required with metric {metric}: the value per replica, in the metric's unit",
    )
    trigger = _parse({"metric": metric.upper(), "target": "2.5", "activationThreshold": "1"})
    assert (trigger.metric, trigger.target, trigger.activation_threshold) == (metric, 2.5, 1.0)


@pytest.mark.parametrize("metric", [Metric.REPLICAS, Metric.DEMAND])
@pytest.mark.parametrize("key", ["target", "activationThreshold"])
def test_planned_metrics_bring_their_own_target_and_activation(metric: Metric, key: str) -> None:
    """A second one would contradict the plan."""
    (problem,) = _problems({"metric": metric, key: "1"})
    assert problem.startswith(f"{key}: means nothing with metric {metric}")


@pytest.mark.parametrize("text", ["0", "-1", "0.0004", "1e10", "nan", "inf", "many", ""])
def test_targets_that_would_break_the_hpa_are_refused(text: str) -> None:
    """Zero makes the API server reject the whole HPA, and three decimals make zero of anything small."""
    (problem,) = _problems({"metric": "scaleahead-queue-depth", "target": text})
    assert problem == f"target: must be a number from 0.001 to 1e+09 (given: {text!r})"


def test_an_unknown_metric_is_answered_with_those_there_are() -> None:
    """Nothing else is said about keys that depend on it."""
    (problem,) = _problems({"metric": "queue", "target": "1"})
    assert problem.startswith("metric: no such metric; there are: scaleahead-replicas, scaleahead-demand,")


@pytest.mark.parametrize("asker", [WorkloadId("", "llama"), WorkloadId("prod", ""), WorkloadId("Prod!", "a")])
def test_a_caller_that_is_no_kubernetes_object_is_refused(asker: WorkloadId) -> None:
    """Anything can connect to the port."""
    assert "must be a Kubernetes name" in _problems({}, asker)[0]


@pytest.mark.parametrize("name", ["Llama", "other/llama", "../llama", "a\n"])
def test_a_workload_is_one_name(name: str) -> None:
    """No path leads into another namespace."""
    problems = [] if name.strip() == "a" else _problems({"workload": name})
    assert all(each.startswith("workload: must be a Kubernetes name") for each in problems)


def test_problems_from_everywhere_come_together() -> None:
    """Keys, references, numbers and definitions in one answer, which is what KEDA shows."""
    problems = _problems({"preset": "vllm", "margn": "2", "metric": "x", "target": "0", "minReplicas": "-1"})
    assert [each.split(":")[0] for each in problems] == ["margn", "metric", "target", "minReplicas"]


def test_endless_problems_are_cut() -> None:
    """The text travels in a header."""
    error = InvalidMetadata(tuple(f"key{i}: wrong" for i in range(50)))
    assert str(error).endswith("; and 30 more")


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5))
def test_any_metadata_is_either_read_or_refused_with_reasons(metadata: dict[str, str]) -> None:
    """Never another exception, and never another namespace."""
    with suppress(InvalidMetadata):
        assert _parse(metadata).workload.namespace == "prod"

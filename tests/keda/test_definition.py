"""Inline definitions go through the models of the tuning document."""

import pytest

from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.workload import Bounds, Matcher, TargetKind, WorkloadId
from adapter.keda.definition import define, parse_match
from adapter.keda.keys import Entry

_ID = WorkloadId("prod", "llama")
_DEFAULTS = WorkloadTuning()


def _define(defaults: WorkloadTuning = _DEFAULTS, **keys: str) -> tuple[TunedWorkload | None, tuple[str, ...]]:
    entries = {key: Entry(key=key, text=text) for key, text in {"preset": "vllm", **keys}.items()}
    return define(_ID, entries, defaults=defaults, presets=["vllm", "sglang"])


def test_every_key_arrives_where_it_belongs() -> None:
    """All keys at once, each read back from the workload."""
    tuned, problems = _define(
        preset="sglang",
        match="app=chat,pod=~chat-.+",
        scaleTargetName="chat",
        scaleTargetKind="StatefulSet",
        minReplicas="0",
        maxReplicas="24",
        leadTime="4m30s",
        quantile="0.95",
        margin="1.3",
        promptTokensPerSecond="21000",
        generationTokensPerSecond="1900.5",
        maxConcurrency="256",
        concurrency="32",
        mode="advise",
    )
    assert problems == ()
    assert tuned is not None
    workload, tuning = tuned.workload, tuned.tuning
    assert (workload.id, workload.preset, workload.bounds) == (_ID, "sglang", Bounds(min=0, max=24))
    assert (workload.target.kind, workload.target.name) == (TargetKind.STATEFUL_SET, "chat")
    assert set(workload.matchers) == {
        Matcher(label="namespace", value="prod"),
        Matcher(label="app", value="chat"),
        Matcher(label="pod", value="chat-.+", regex=True),
    }
    assert (tuning.lead_time, tuning.forecast.quantile, tuning.margin, tuning.mode) == (270.0, 0.95, 1.3, "advise")
    assert (tuning.capacity.prompt_tokens_per_second, tuning.capacity.generation_tokens_per_second) == (21000, 1900.5)
    assert (tuning.capacity.max_concurrency, tuning.targets.concurrency) == (256, 32)


def test_a_preset_alone_is_enough() -> None:
    """Namespace and pod names of the scale target are matched."""
    tuned, problems = _define()
    assert problems == ()
    assert tuned is not None
    assert [each.label for each in tuned.workload.matchers] == ["namespace", "pod"]


def test_defaults_hold_where_no_key_is_given() -> None:
    """A single key of a section leaves the rest of the section alone."""
    defaults = WorkloadTuning.model_validate({"replicas": {"min": 2, "max": 7}, "margin": 1.5})
    tuned, problems = _define(defaults, maxReplicas="9")
    assert problems == ()
    assert tuned is not None
    assert (tuned.workload.bounds, tuned.tuning.margin) == (Bounds(min=2, max=9), 1.5)


def test_a_quantile_replaces_prices_of_the_defaults() -> None:
    """The two exclude each other; the nearer one counts."""
    defaults = WorkloadTuning.model_validate({"forecast": {"price": {"sloMinute": 9, "gpuMinute": 1}}})
    tuned, problems = _define(defaults, quantile="0.8")
    assert problems == ()
    assert tuned is not None
    assert (tuned.tuning.forecast.quantile, tuned.tuning.forecast.price) == (0.8, None)


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("preset", "vlm", "there are: sglang, vllm"),
        ("scaleTargetKind", "DaemonSet", "must be one of Deployment, StatefulSet, LeaderWorkerSet"),
        ("scaleTargetName", "Llama!", "must be a Kubernetes name"),
        ("minReplicas", "-1", "must be a whole number from 0 to 10000"),
        ("minReplicas", "two", "must be a whole number from 0 to 10000"),
        ("maxReplicas", "0", "must be a whole number from 1 to 10000"),
        ("leadTime", "soon", "must be a duration such as 30s"),
        ("leadTime", "2h", "must be a duration from 0s to 1h"),
        ("quantile", "0.999", "must be a number from 0.5 to 0.99"),
        ("quantile", "nan", "must be a number from 0.5 to 0.99"),
        ("margin", "0.5", "must be a number from 1 to 5"),
        ("maxConcurrency", "0", "must be a number above 0 and at most 100000"),
        ("concurrency", "inf", "must be a number above 0 and at most 100000"),
        ("mode", "watch", "must be one of advise, act"),
        ("match", "app", "allowed are label=value and label=~regex"),
        ("match", "pod=~(", "must be a regular expression"),
        ("match", "pod=~a(?=b)", "as Prometheus knows it"),
    ],
)
def test_a_bad_value_is_named_with_its_key_and_what_is_allowed(key: str, text: str, allowed: str) -> None:
    """Exactly one problem, and no workload."""
    tuned, problems = _define(**{key: text})
    assert tuned is None
    assert len(problems) == 1
    assert problems[0].startswith(f"{key}: ")
    assert allowed in problems[0]
    assert f"(given: {text!r})" in problems[0]


def test_keys_that_contradict_each_other_are_both_named() -> None:
    """Min above max, and half of a pair."""
    assert _define(minReplicas="5", maxReplicas="3")[1] == (
        "minReplicas, maxReplicas: min (5) must not exceed max (3)",
    )
    assert "must be set together" in _define(promptTokensPerSecond="100")[1][0]


def test_all_problems_are_reported_at_once() -> None:
    """Nobody wants to find them one by one."""
    _, problems = _define(preset="x", match="?", margin="9", mode="z")
    assert sorted(each.split(":")[0] for each in problems) == ["margin", "match", "mode", "preset"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("namespace=other", "always the ScaledObject's own"),
        ("app=a,namespace=~.*", "always the ScaledObject's own"),
        ("app=a,app=b", "two conditions"),
        ("app!=a", "is no condition"),
        ("pod=~" + "a" * 201, "longer than 200"),
        ("", "is no condition"),
        ("pod=~(a+)+b", "at most 3 of"),
        ("pod=~(a|a)*b", "at most 3 of"),
        ("pod=~(?:a|a){9,99}b", "at most 3 of"),
        ("pod=~a?a?a?a?aaaa", "at most 3 of"),
        ("pod=~.*.*.*.*b", "at most 3 of"),
    ],
)
def test_bad_label_conditions_are_refused(text: str, complaint: str) -> None:
    """Another namespace above all."""
    with pytest.raises(ValueError, match=complaint):
        parse_match(text)


@pytest.mark.parametrize("pattern", [".*.*.*b", "a*a*a*b", "(?:a|aa)?a*a*b", "a{0,99}a{0,99}a{0,99}b"])
def test_no_pattern_that_passes_can_be_made_slow(pattern: str) -> None:
    """The worst text there is; a pattern that backtracks without limit would hit the time-out."""
    (condition,) = parse_match(f"pod=~{pattern}").values()
    assert isinstance(condition, dict)
    matcher = Matcher(label="pod", value=condition["regex"], regex=True)
    assert not matcher.accepts("a" * 253)


def test_label_values_may_be_quoted_as_in_promql() -> None:
    """People copy selectors from queries."""
    assert parse_match('app="chat" , pod=~"chat-.*"') == {"app": "chat", "pod": {"regex": "chat-.*"}}

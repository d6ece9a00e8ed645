import numpy as np
import pytest

from adapter.core.settled import NOTED, settled_by_means, settled_engines
from adapter.core.signal import FloatArray, Signal

BUSY = {
    "prompt_tokens_rate": 4000.0,
    "prefix_cache_hit_ratio": 0.25,
    "generation_tokens_rate": 1000.0,
    "requests_running_averaged": 40.0,
    "queue_depth_averaged": 0.0,
    "requests_running": 50.0,
    "kv_cache_usage": 0.5,
    "replicas_requested": 2.0,
    "replicas_ready": 2.0,
    "replicas_ready_averaged": 2.0,
}


def noted(**changes: float) -> dict[Signal, float]:
    """Return what one engine did in one stretch."""
    values: dict[Signal, FloatArray] = {
        Signal(name): np.array([[value]]) for name, value in {**BUSY, **changes}.items()
    }
    return {signal: each.item() for signal, each in settled_engines(values).items()}


def test_an_engine_did_its_share_of_what_was_not_cached() -> None:
    """Two replicas; a quarter of the prompts is cached; 25 requests an engine hold half of its KV cache just now."""
    assert noted() == {
        Signal.PROMPT_TOKENS_RATE: 1500.0,
        Signal.GENERATION_TOKENS_RATE: 500.0,
        Signal.REQUESTS_RUNNING: 20.0,
        Signal.KV_CACHE_USAGE: 0.02,
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"replicas_requested": 3.0}, id="one more is asked for"),
        pytest.param({"replicas_ready_averaged": 1.9}, id="one came on the way"),
        pytest.param({"replicas_ready": 0.0, "replicas_ready_averaged": 0.0, "replicas_requested": 0.0}, id="asleep"),
        pytest.param({"queue_depth_averaged": 3.0}, id="requests wait"),
        pytest.param({"replicas_outdated": 1.0}, id="a rollout"),
        pytest.param({"replicas_crashing": 1.0}, id="a crash loop"),
        pytest.param({"preemptions": 0.1}, id="preemptions"),
        pytest.param({"requests_running_averaged": 0.8}, id="hardly any request"),
        pytest.param({"generation_tokens_rate": 0.0}, id="nothing generated"),
    ],
)
def test_what_is_not_settled_teaches_nothing(changes: dict[str, float]) -> None:
    """Starts, drains, rollouts, crashes, saturation and idleness are no evidence of speed."""
    assert all(np.isnan(value) for value in noted(**changes).values())


@pytest.mark.parametrize(
    "name",
    [
        "prompt_tokens_rate",
        "generation_tokens_rate",
        "requests_running_averaged",
        "queue_depth_averaged",
        "replicas_requested",
        "replicas_ready",
        "replicas_ready_averaged",
    ],
)
def test_what_must_be_known_and_is_not_teaches_nothing(name: str) -> None:
    """Missing is never zero."""
    assert all(np.isnan(value) for value in noted(**{name: np.nan}).values())


@pytest.mark.parametrize("name", ["replicas_outdated", "replicas_crashing", "preemptions", "prefix_cache_hit_ratio"])
def test_what_many_do_not_export_may_be_unknown(name: str) -> None:
    """Engines without a prefix cache, clusters without these series."""
    assert noted(**{name: np.nan})[Signal.GENERATION_TOKENS_RATE] == 500.0


def test_the_kv_cache_may_be_unknown_alone() -> None:
    """The rest is evidence all the same."""
    seen = noted(kv_cache_usage=np.nan)
    assert np.isnan(seen[Signal.KV_CACHE_USAGE])
    assert seen[Signal.PROMPT_TOKENS_RATE] == 1500.0


def test_means_of_what_was_watched_stand_for_the_gauges() -> None:
    """Ready replicas that were 2 all the time are 2 on average; 1.9 says that one came on the way."""
    watched = {name: value for name, value in BUSY.items() if not name.endswith("_averaged")} | {"queue_depth": 0.0}
    means = {Signal(name): np.array([[value]]) for name, value in watched.items()}
    assert settled_by_means(means)[Signal.REQUESTS_RUNNING].item() == 25.0
    changed = settled_by_means(means | {Signal.REPLICAS_READY: np.array([[1.9]])})
    assert np.isnan(changed[Signal.REQUESTS_RUNNING].item())


def test_nothing_read_is_nothing_noted() -> None:
    """Another serving system, for example."""
    assert {signal: each.shape for signal, each in settled_engines({}).items()} == dict.fromkeys(NOTED, (1, 1))

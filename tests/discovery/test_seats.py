"""Twin of adapter/discovery/seats.py."""

import pytest

from adapter.core.workload import TargetKind
from adapter.discovery.evidence import Evidence, Target
from adapter.discovery.seats import seats, target_of

_DEPLOYMENT, _STATEFUL_SET, _GROUPS = TargetKind.DEPLOYMENT, TargetKind.STATEFUL_SET, TargetKind.LEADER_WORKER_SET


@pytest.mark.parametrize(
    ("pod", "known", "target"),
    [
        ("llama-7c9f8d6b5-x2x7k", (), Target("llm", _DEPLOYMENT, "llama")),
        ("llama-3", (), Target("llm", _STATEFUL_SET, "llama")),
        ("llama-3", (Target("llm", _GROUPS, "llama"),), Target("llm", _GROUPS, "llama")),
        ("a-b-12345", (Target("llm", _STATEFUL_SET, "a-b"),), Target("llm", _STATEFUL_SET, "a-b")),
        ("a-b-12345", (Target("llm", _DEPLOYMENT, "a"),), Target("llm", _DEPLOYMENT, "a")),
        ("llama", (), None),
    ],
)
def test_target_of_a_pod_is_one_that_is_known_or_what_its_name_says(
    pod: str, known: tuple[Target, ...], target: Target | None
) -> None:
    """What kube-state-metrics knows comes before the looks of a name."""
    assert target_of({"namespace": "llm", "pod": pod}, known) == target


def _series(*pods: str) -> tuple[dict[str, str], ...]:
    return tuple({"namespace": "llm", "pod": f"a-7c9f8d6b5-{pod}", "model_name": "m"} for pod in pods)


def test_preset_that_shows_most_pods_of_a_target_is_its_preset() -> None:
    """A sidecar that exports an engine's series in one of two pods does not hide the other."""
    both = Evidence(series={"vllm": _series("aaaaa"), "aibrix": _series("aaaaa", "bbbbb")}, targets={})
    equal = Evidence(series={"vllm": _series("aaaaa"), "aibrix": _series("aaaaa")}, targets={})

    assert [(seat.preset, seat.known, seat.models) for seat in seats(both)] == [("aibrix", False, ("m",))]
    assert [seat.preset for seat in seats(equal)] == ["vllm"]

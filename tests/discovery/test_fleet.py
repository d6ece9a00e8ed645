"""Twin of adapter/discovery/fleet.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from adapter.core.errors import SignalUnavailable
from adapter.core.tuning import PrometheusTuning, TunedWorkload, Tuning, WorkloadTuning, parse_tuning, resolve_workload
from adapter.core.workload import TargetKind, WorkloadId
from adapter.discovery.evidence import Evidence, Target
from adapter.discovery.fleet import FoundWorkloads, JoinedWorkloads
from adapter.prometheus.preset import preset_names
from tests.factories import FixedClock

_TEXT = "apiVersion: scaleahead/v1alpha1\nprometheus: {{url: 'http://p:9090'}}\ndiscover: [{rule}]\n"


@dataclass
class _Document:
    """A tuning document that the test changes."""

    rule: str = "{namespaces: llm}"

    def current(self) -> Tuning:
        """Return the tuning that the text describes."""
        return parse_tuning(_TEXT.format(rule=self.rule), file="x", presets=preset_names())


@dataclass
class _Cluster:
    """What a Prometheus shows: pods of engines, and targets that exist."""

    engines: Sequence[str] = ("a",)
    targets: Sequence[str] = ("a", "b")
    answers: bool = True
    backs: list[float] = field(default_factory=list)

    def look(self, _tuning: PrometheusTuning, _at: float, back_s: float) -> Evidence:
        """Return it, or fail."""
        self.backs.append(back_s)
        if not self.answers:
            raise SignalUnavailable("connection refused")
        pods = tuple({"namespace": "llm", "pod": f"{name}-7c9f8d6b5-x2x7k"} for name in self.engines)
        series = {name: pods if name == "vllm" else () for name in preset_names()}
        return Evidence(series=series, targets={Target("llm", TargetKind.DEPLOYMENT, name): 1 for name in self.targets})


def _names(found: FoundWorkloads) -> list[str]:
    return [each.workload.id.name for each in found.workloads(now=0.0)]


async def test_workload_that_sleeps_stays_until_its_target_is_gone() -> None:
    """At zero replicas there is no engine to be found by."""
    document, cluster = _Document(), _Cluster()
    found = FoundWorkloads(document, FixedClock(), look=cluster.look)
    await found.refresh()
    cluster.engines = ("b",)
    await found.refresh()
    both = _names(found)
    cluster.targets = ("b",)
    await found.refresh()

    assert (both, _names(found)) == (["a", "b"], ["b"])


async def test_first_look_goes_back_and_later_ones_do_not() -> None:
    """A process that starts while workloads sleep finds them by their past; so does one whose rules have changed."""
    document, cluster = _Document(), _Cluster()
    found = FoundWorkloads(document, FixedClock(), look=cluster.look)
    await found.refresh()
    await found.refresh()
    document.rule = "{namespaces: llm, names: b}"
    before = _names(found)
    await found.refresh()

    assert cluster.backs == [86_400.0, 0.0, 86_400.0]
    assert (before, _names(found)) == ([], [])  # what old rules found is not served under new ones


async def test_look_that_fails_changes_nothing_and_without_rules_nobody_looks() -> None:
    """An outage of Prometheus is no reason to forget a fleet."""
    document, cluster = _Document(), _Cluster()
    found = FoundWorkloads(document, FixedClock(), look=cluster.look)
    await found.refresh()
    cluster.answers = False
    with pytest.raises(SignalUnavailable):
        await found.refresh()
    kept = _names(found)
    document.rule = ""
    await found.refresh()

    assert (kept, _names(found), len(cluster.backs)) == (["a"], [], 2)


@dataclass
class _Listed:
    """Workloads by lead time."""

    lead_times: dict[str, float]

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:  # noqa: ARG002 - the port's signature
        """Return them."""
        return [
            resolve_workload(WorkloadId("llm", name), WorkloadTuning(lead_time=seconds))
            for name, seconds in self.lead_times.items()
        ]


def test_workload_of_two_sources_is_the_first_ones() -> None:
    """What a scaler says of its own workload wins over a rule."""
    joined = JoinedWorkloads(_Listed({"a": 1.0}), _Listed({"a": 2.0, "b": 3.0})).workloads(now=0.0)

    assert [(each.workload.id.name, each.tuning.lead_time) for each in joined] == [("a", 1.0), ("b", 3.0)]

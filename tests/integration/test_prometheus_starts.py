"""Lead times and stuck starts, from kube-state-metrics history written into a real Prometheus sample by sample."""

import asyncio
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from adapter.core.certainty import certain
from adapter.core.lead_time import learn_lead_time
from adapter.core.signal import FleetReadings, FloatArray, Grid, Reading, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.signals import PrometheusSignalSource
from tests.fakes import tuned
from tests.openmetrics import Track, as_openmetrics
from tests.prometheus_server import PrometheusServer

pytestmark = pytest.mark.integration

_STEP_S, _MARK_S = 15.0, 600.0
_SPAN_S = 4 * 3600.0
_START = float(int(time.time() / 7200) * 7200) - _SPAN_S - 7200.0
_MARKS = Grid(start=_START + _MARK_S - 5.0, step_s=_MARK_S, count=int(_SPAN_S / _MARK_S))
_NAMESPACES = (
    "cold",
    "flaps",
    "restarts",
    "rolls",
    "never",
    "stuck",
    "served",
    "ended",
    "hours",
    "sets",
    "spot",
    "drains",
)
_KINDS = {"sets": ("group", "StatefulSet")}
_FLEET = [
    tuned(name, namespace=namespace, scale_target={"kind": kind})
    for namespace in _NAMESPACES
    for name, kind in [_KINDS.get(namespace, ("m", "Deployment"))]
]


Value = Callable[[float], float | None]


def _between(value: float, begin: float, end: float) -> Value:
    return lambda since: value if begin <= since <= end else None


class _Pods:
    """Writes down the life of pods as one kube-state-metrics shows it; times are seconds since the start."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._count = 0

    def add(
        self,
        namespace: str,
        *,
        created: float,
        ready: dict[float, float] | None = None,
        until: float = _SPAN_S,
        name: str = "",
        **more: dict[str, str],
    ) -> None:
        """Add a pod; `ready` maps the times at which it becomes ready to those at which it is no more.

        Further metrics are 1 while it exists, with more labels.
        """
        self._count += 1
        spells = ready or {}
        labels = {"namespace": namespace, "pod": name or f"m-7c9f8d6b5-x2x{self._count:02d}", "uid": f"u{self._count}"}

        def ready_since(since: float) -> float | None:
            return next((_START + begin for begin, end in spells.items() if begin <= since <= end), None)

        def not_ready(since: float) -> float | None:
            return float(ready_since(since) is None) if created <= since <= until else None

        self._put("kube_pod_created", labels, _between(_START + created, created, until))
        self._put("kube_pod_status_ready", labels | {"condition": "false"}, not_ready)
        if spells:
            self._put("kube_pod_status_ready_time", labels, ready_since)
        for metric, extra in more.items():
            self._put(metric, labels | extra, _between(1.0, created, until))

    def terminating(self, namespace: str, *, created: float, ready: float, deleted: float, until: float) -> None:
        """Add a pod that served, and that takes its time to end once it is deleted."""
        self.add(namespace, created=created, ready={ready: deleted}, until=until)
        labels = {"namespace": namespace, "pod": f"m-7c9f8d6b5-x2x{self._count:02d}", "uid": f"u{self._count}"}
        self._put("kube_pod_deletion_timestamp", labels, _between(_START + deleted, deleted, until))

    def target(self, namespace: str, kind: str, name: str, *, rolls: tuple[float, float] = (-1.0, -1.0)) -> None:
        """Add a Deployment or StatefulSet; within `rolls` one of its replicas is of an older revision."""
        labels = {"namespace": namespace, kind: name}
        spec = "replicas" if kind == "statefulset" else "spec_replicas"
        for metric in (spec, "status_replicas"):
            self._put(f"kube_{kind}_{metric}", labels, lambda _: 3.0)
        updated = f"kube_{kind}_status_replicas_updated"
        self._put(updated, labels, lambda since: 2.0 if rolls[0] <= since < rolls[1] else 3.0)

    def _put(self, name: str, labels: dict[str, str], value: Value) -> None:
        self.tracks.append(Track(name=name, labels=labels | {"job": "state", "instance": "ksm:8080"}, value=value))


def _tracks() -> list[Track]:
    pods = _Pods()
    for namespace in _NAMESPACES:
        pods.target(namespace, "deployment", "m", rolls=(3600.0, 4800.0) if namespace == "rolls" else (-1.0, -1.0))
    pods.target("sets", "statefulset", "group")
    # Two asked for together take 120 s and 200 s; the slower one is deleted soon after. Much later one takes 300 s.
    pods.add("cold", created=1200, ready={1320: _SPAN_S})
    pods.add("cold", created=1200, ready={1400: 1500}, until=1500)
    pods.add("cold", created=9000, ready={9300: _SPAN_S})
    pods.add("flaps", created=600, ready={700: 2000, 4000: 7000, 7100: _SPAN_S})
    restarted = {"container": "vllm"}
    pods.add("restarts", created=600, ready={1700: _SPAN_S}, kube_pod_container_status_restarts_total=restarted)
    pods.add("rolls", created=3700, ready={4500: _SPAN_S})
    pods.add("rolls", created=7000, ready={7150: _SPAN_S})
    pods.add("never", created=600)
    pods.add("hours", created=600, ready={5000: _SPAN_S})
    pods.add("stuck", created=12000, kube_pod_status_unschedulable={})
    pods.add(
        "stuck",
        created=13800,
        kube_pod_container_status_waiting_reason={"container": "vllm", "reason": "ImagePullBackOff"},
    )
    pods.add(
        "stuck",
        created=13900,
        kube_pod_init_container_status_waiting_reason={"container": "fetch", "reason": "CrashLoopBackOff"},
    )
    pods.add("served", created=600, ready={700: 13000})
    pods.add("ended", created=13000, kube_pod_status_phase={"phase": "Failed"})
    pods.add("ended", created=13000, kube_pod_deletion_timestamp={})
    pods.add("sets", created=1300, ready={1350: _SPAN_S}, name="group-0")
    pods.add("sets", created=1300, ready={1390: _SPAN_S}, name="group-0-1")  # a worker of the group of the first
    # A node is taken away with a pod that serves, and later with one that starts; each is replaced at once.
    pods.add("spot", created=600, ready={720: 3000}, until=3000)
    pods.add("spot", created=3015, ready={3215: _SPAN_S})
    pods.add("spot", created=6000, until=6100)
    pods.add("spot", created=6115, ready={6255: _SPAN_S})
    # Five pods are deleted and drain for ten minutes; the last one still does at the end.
    for deleted in (2000.0, 4000.0, 6000.0, 8000.0, _SPAN_S - 300.0):
        pods.terminating("drains", created=600.0, ready=700.0, deleted=deleted, until=min(deleted + 600.0, _SPAN_S))
    return pods.tracks


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetReadings]:
    """Four hours of all the above, read at the ten-minute marks."""
    server = PrometheusServer(tmp_path_factory.mktemp("starts"))
    server.backfill(as_openmetrics(_tracks(), start=_START, step_s=_STEP_S, count=int(_SPAN_S / _STEP_S) + 1))
    with server, PrometheusSignalSource(PrometheusTuning.model_validate({"url": server.url})) as source:
        yield asyncio.run(source.read([each.workload for each in _FLEET], grid=_MARKS, window_s=_MARK_S))


def _starts(fleet: FleetReadings, namespace: str) -> FloatArray:
    row: FloatArray = certain(fleet, _FLEET, [Signal.START_SECONDS])[Signal.START_SECONDS][_NAMESPACES.index(namespace)]
    return row


def _now(fleet: FleetReadings, namespace: str, signal: Signal) -> Reading:
    return fleet.readings[signal].cell(_NAMESPACES.index(namespace), -1)


def test_every_query_is_understood(fleet: FleetReadings) -> None:
    """No query failed, and none was complained about."""
    assert (fleet.failed, fleet.problems) == (frozenset(), ())


def test_the_lead_time_is_what_hand_arithmetic_gives(fleet: FleetReadings) -> None:
    """A pair that took 120 s and 200 s is one start of 200 s, at the mark after it; then one of 300 s."""
    starts = _starts(fleet, "cold")
    seen = {(index + 1) * _MARK_S: value for index, value in enumerate(starts.tolist()) if not np.isnan(value)}
    lead = learn_lead_time(starts, prior_s=180.0)

    assert seen == {1800.0: 200.0, 9600.0: 300.0}
    assert lead.samples == 2
    assert lead.seconds == pytest.approx(180 + 0.4 * (280 - 180))  # two starts against a prior of three: 2 / 5
    assert lead.median_s == pytest.approx(180 + 0.4 * (250 - 180))


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("flaps", [100.0]),  # ready again after minutes or half an hour is no start
        ("restarts", []),
        ("rolls", [150.0]),  # not the start of 800 s within the rollout
        ("never", []),
        ("sets", [50.0]),
        ("spot", [120.0, 200.0, 140.0]),  # what was lost while it started is none; its replacement counts once
        ("drains", [100.0]),  # ending takes ten minutes, and is no start
        ("hours", []),  # a start of more than an hour is no lead time but an accident
    ],
)
def test_what_is_no_cold_start_is_not_taken_for_one(
    fleet: FleetReadings, namespace: str, expected: list[float]
) -> None:
    """Every start counts once, and nothing else does."""
    starts = _starts(fleet, namespace)

    assert starts[~np.isnan(starts)].tolist() == expected


@pytest.mark.parametrize(
    ("namespace", "signal", "value"),
    [
        ("stuck", Signal.STARTING_SECONDS, _SPAN_S - 12000 - 5.0),
        ("stuck", Signal.REPLICAS_UNSCHEDULABLE, 1.0),
        ("stuck", Signal.REPLICAS_IMAGE_ERROR, 1.0),
        ("stuck", Signal.REPLICAS_CRASHING, 1.0),
        ("never", Signal.STARTING_SECONDS, _SPAN_S - 600 - 5.0),
    ],
)
def test_stuck_starts_are_seen(fleet: FleetReadings, namespace: str, signal: Signal, value: float) -> None:
    """The oldest pod that was never ready, and what blocks how many."""
    cell = _now(fleet, namespace, signal)

    assert (cell.state, cell.value) == (State.FRESH, value)


@pytest.mark.parametrize("namespace", ["cold", "served", "ended", "spot", "drains"])
def test_pods_that_served_or_end_are_not_starting(fleet: FleetReadings, namespace: str) -> None:
    """Ready, not ready any more, failed, or being deleted: none of them is waited for."""
    assert _now(fleet, namespace, Signal.STARTING_SECONDS).state is State.ABSENT
    assert _now(fleet, namespace, Signal.REPLICAS_IMAGE_ERROR).state is State.ABSENT


@pytest.mark.parametrize(("since", "outdated"), [(3000.0, 0.0), (4200.0, 1.0), (5400.0, 0.0)])
def test_a_rollout_is_seen_while_it_lasts(fleet: FleetReadings, since: float, outdated: float) -> None:
    """From 3600 s to 4800 s one of three replicas is of an older revision."""
    cell = fleet.readings[Signal.REPLICAS_OUTDATED].cell(_NAMESPACES.index("rolls"), round(since / _MARK_S) - 1)

    assert (cell.state, cell.value) == (State.FRESH, outdated)

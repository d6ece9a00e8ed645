"""The simulated fleet, recorded into a real Prometheus and read back: both sides of the border agree on every name."""

import asyncio
import time
from collections import defaultdict
from pathlib import Path

import pytest

from adapter.core.signal import FleetReadings, Grid, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.simulation.exports import Exporter
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from tests.fleets import make_workload
from tests.prometheus_server import PrometheusServer
from tests.simulation.workloads import fleet, random_requests

pytestmark = pytest.mark.integration

_STEP_S = 5.0
_SCRAPES = 25  # two minutes
_RATE = 30.0
_OF_STARTS = (
    Signal.REPLICAS_UNSCHEDULABLE,
    Signal.REPLICAS_IMAGE_ERROR,
    Signal.REPLICAS_CRASHING,
    Signal.STARTING_SECONDS,
    Signal.START_SECONDS,
)


def _record(served: Fleet, identity: Identity) -> str:
    """Run the fleet and return what a Prometheus would have stored, as OpenMetrics text."""
    exporter = Exporter(served, identity)
    samples: dict[tuple[str, str], list[str]] = defaultdict(list)
    for scrape in range(_SCRAPES):
        served.advance(scrape * _STEP_S)
        at = f"{identity.started_at + scrape * _STEP_S:.3f}"
        for target in exporter.scrape():
            samples["up", _braces(dict(target.target))].append(f"{float(target.is_up)} {at}")
            for sample in (sample for family in target.families for sample in family.samples):
                labels = _braces(dict(target.target) | dict(sample.labels))
                samples[sample.name, labels].append(f"{sample.value!r} {at}")
    lines = [f"{name}{labels} {line}" for (name, labels), all_of_it in sorted(samples.items()) for line in all_of_it]
    return "\n".join([*lines, "# EOF\n"])


def _braces(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _read(url: str, identity: Identity, at: float) -> FleetReadings:
    workload = make_workload(identity.workload, namespace=identity.namespace)
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url})) as source:
        return asyncio.run(source.read([workload], grid=Grid(start=at, step_s=_STEP_S), window_s=60.0))


def test_every_signal_of_a_simulated_fleet_is_read_back_fresh_and_right(tmp_path: Path) -> None:
    """All are there but those of starts, as none starts; what can be told from the fleet itself has its values."""
    identity = Identity(started_at=float(int(time.time()) - 3600))
    served = fleet(random_requests(1, rate=_RATE, seconds=300), replicas=3)
    server = PrometheusServer(tmp_path)
    server.backfill(_record(served, identity))
    with server:
        readings = _read(server.url, identity, identity.started_at + (_SCRAPES - 1) * _STEP_S)
    values = {signal: each.cell(0, 0) for signal, each in readings.readings.items()}

    states = dict.fromkeys(Signal, State.FRESH) | dict.fromkeys(_OF_STARTS, State.ABSENT)
    assert {signal: cell.state for signal, cell in values.items()} == states
    assert readings.problems == ()
    assert values[Signal.REPLICAS_READY].value == 3.0
    assert values[Signal.ARRIVAL_RATE].value == pytest.approx(_RATE, rel=0.15)
    assert values[Signal.PROMPT_TOKENS_PER_REQUEST].value == pytest.approx(300, rel=0.15)
    assert values[Signal.GENERATION_TOKENS_PER_REQUEST].value == pytest.approx(40, rel=0.15)
    assert values[Signal.GENERATION_TOKENS_RATE].value == pytest.approx(_RATE * 40, rel=0.2)
    assert 0.0 < values[Signal.TTFT].value < values[Signal.E2E_LATENCY].value

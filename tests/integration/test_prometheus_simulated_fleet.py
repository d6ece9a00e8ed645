"""The simulated fleet, recorded into a real Prometheus and read back: both sides of the border agree on every name."""

import asyncio
import time
from pathlib import Path

import pytest

from adapter.core.signal import FleetReadings, Grid, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.simulation.identity import Identity
from tests.fleets import SIGNALS_AT_TICKS, make_workload
from tests.prometheus_server import PrometheusServer
from tests.recording import record_fleet
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
_OF_HARDWARE = (Signal.GPU_MEMORY,)
"""What a simulated GPU does not have."""


def _read(url: str, identity: Identity, at: float) -> FleetReadings:
    workload = make_workload(identity.workload, namespace=identity.namespace)
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url})) as source:
        return asyncio.run(source.read([workload], grid=Grid(start=at, step_s=_STEP_S), window_s=60.0))


def test_every_signal_of_a_simulated_fleet_is_read_back_fresh_and_right(tmp_path: Path) -> None:
    """All are there but those of starts and of GPU memory; what can be told from the fleet itself has its values."""
    identity = Identity(started_at=float(int(time.time()) - 3600))
    served = fleet(random_requests(1, rate=_RATE, seconds=300), replicas=3)
    server = PrometheusServer(tmp_path)
    server.backfill(record_fleet(served, identity, step_s=_STEP_S, scrapes=_SCRAPES))
    with server:
        readings = _read(server.url, identity, identity.started_at + (_SCRAPES - 1) * _STEP_S)
    values = {signal: each.cell(0, 0) for signal, each in readings.readings.items()}

    states = dict.fromkeys(SIGNALS_AT_TICKS, State.FRESH) | dict.fromkeys((*_OF_STARTS, *_OF_HARDWARE), State.ABSENT)
    assert {signal: cell.state for signal, cell in values.items()} == states
    assert readings.problems == ()
    assert values[Signal.REPLICAS_READY].value == 3.0
    assert values[Signal.ARRIVAL_RATE].value == pytest.approx(_RATE, rel=0.15)
    assert values[Signal.PROMPT_TOKENS_PER_REQUEST].value == pytest.approx(300, rel=0.15)
    assert values[Signal.GENERATION_TOKENS_PER_REQUEST].value == pytest.approx(40, rel=0.15)
    assert values[Signal.GENERATION_TOKENS_RATE].value == pytest.approx(_RATE * 40, rel=0.2)
    assert 0.0 < values[Signal.TTFT].value < values[Signal.E2E_LATENCY].value

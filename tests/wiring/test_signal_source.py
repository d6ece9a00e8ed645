"""Twin of adapter/wiring/signal_source.py."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adapter.core.signal import FleetReadings, Grid
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.wiring.signal_source import CurrentSource
from tests.fakes import StaticTuning, tuning_of

_GRID = Grid(start=0.0, step_s=15.0)


@dataclass
class GatedSource:
    """A source of one Prometheus that answers once the gate is open."""

    tuning: PrometheusTuning
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:  # noqa: ARG002 - the port's
        """Wait, then answer nothing."""
        await self.gate.wait()
        return FleetReadings(ids=(), grid=grid, readings={})

    def close(self) -> None:
        """Note it."""
        self.closed = True


async def test_another_prometheus_is_asked_at_once_and_the_old_one_closed_after_its_last_read() -> None:
    """A read under way ends where it began."""
    tuning = StaticTuning(tuning_of())
    made: list[GatedSource] = []

    def connect(section: PrometheusTuning) -> GatedSource:
        made.append(GatedSource(section))
        return made[-1]

    source = CurrentSource(tuning, connect)
    under_way = asyncio.create_task(source.read([], grid=_GRID, window_s=60.0))
    await asyncio.sleep(0)
    tuning.tuning = replace(tuning.tuning, prometheus=PrometheusTuning.model_validate({"url": "http://other:9090"}))
    later = asyncio.create_task(source.read([], grid=_GRID, window_s=60.0))
    await asyncio.sleep(0)
    first, second = made
    assert str(second.tuning.url) == "http://other:9090/"
    assert not first.closed

    first.gate.set()
    await under_way
    assert (first.closed, second.closed) == (True, False)

    second.gate.set()
    await later
    source.close()
    assert second.closed


async def test_an_edit_elsewhere_in_the_document_keeps_the_connections() -> None:
    """Connections cost, and their plans are warm."""
    tuning = StaticTuning(tuning_of())
    made: list[GatedSource] = []

    def connect(section: PrometheusTuning) -> GatedSource:
        made.append(GatedSource(section))
        made[-1].gate.set()
        return made[-1]

    source = CurrentSource(tuning, connect)
    tuning.tuning = replace(tuning.tuning, digest="another")
    await source.read([], grid=_GRID, window_s=60.0)
    assert len(made) == 1

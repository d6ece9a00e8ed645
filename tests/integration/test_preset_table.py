"""The preset table against a real Prometheus that holds every system at once: what hand arithmetic gives comes out."""

import asyncio
from contextlib import ExitStack

import pytest

from adapter.core.signal import FleetReadings, Grid
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.preset import load_preset
from adapter.prometheus.signals import PrometheusSignalSource
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.presets import CASES
from tests.presets.case import Case
from tests.presets.systems import AT, ENDPOINTS, WORKLOADS
from tests.prometheus_server import PrometheusServer, ScrapeJob, Series, Target
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_WINDOW_S = 600.0


@pytest.fixture(scope="module")
def fleet(every_system: PrometheusServer) -> FleetReadings:
    """All workloads, read at once."""
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": every_system.url})) as source:
        grid = Grid(start=AT, step_s=1.0)
        return asyncio.run(source.read(tuple(WORKLOADS.values()), grid=grid, window_s=_WINDOW_S))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_signal_is_what_hand_arithmetic_gives(fleet: FleetReadings, case: Case) -> None:
    """Fresh and right, or absent."""
    cell = fleet.readings[case.signal].cell(list(WORKLOADS).index(case.workload), 0)

    assert (cell.state, cell.value) == (case.state, pytest.approx(case.value_or_nan, nan_ok=True))


def test_real_prometheus_answers_every_query(fleet: FleetReadings) -> None:
    """No query failed, and none was complained about."""
    assert fleet.failed == frozenset()
    assert fleet.problems == ()


def test_past_has_the_labels_that_a_scrape_gives(every_system: PrometheusServer) -> None:
    """What is backfilled is what Prometheus itself makes of the expositions, `job` and `instance` aside."""
    everything = '{__name__=~".+",__name__!~"scrape_.+"}'
    with ExitStack() as stack:
        jobs = []
        for name, endpoint in ENDPOINTS.items():
            exposition = load_exposition(*endpoint.files)
            address = stack.enter_context(Exporter(exposition.text)).address
            target = Target(address=address, labels=exposition.labels)
            jobs.append(ScrapeJob(name=name, targets=[target], honor_labels=endpoint.honor_labels))
        every_system.set_jobs(jobs)
        wait_until(lambda: len(every_system.query("up == 1")) == len(ENDPOINTS))
        scraped, past = every_system.query(everything), every_system.query(everything, at=AT)

    assert sorted(map(_bare, scraped)) == sorted(map(_bare, past))


def _bare(series: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in series.labels.items() if key not in ("job", "instance")))


def test_every_case_comes_from_the_preset_that_it_names() -> None:
    """The table does not claim a signal for a preset that has none of it."""
    claimed = [case for case in CASES if case.value is not None]

    assert [str(case) for case in claimed if case.signal not in load_preset(case.preset).signals] == []

"""When metrics go wrong, a signal is right or not believed: never a fresh wrong number."""

import asyncio
import math
from collections.abc import Iterator

import pytest

from adapter.core.signal import FleetReadings, Grid, Reading, State
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.preset import load_preset
from adapter.prometheus.signals import PrometheusSignalSource
from tests.expositions import load_exposition
from tests.openmetrics import as_openmetrics
from tests.presets import CASES
from tests.presets.case import Case
from tests.presets.mutations import MUTATIONS, WORLD, worlds
from tests.presets.systems import AT, ENDPOINTS, WORKLOADS
from tests.prometheus_server import PrometheusServer
from tests.stored import stored

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

_STEP_S = 60.0
_PAST_S = 660.0
_WINDOW_S = 600.0
_LOST = _STEP_S / _WINDOW_S
"""Share of a rate that a restart can hide: what was counted between the last sample and the restart."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """All worlds in one server."""
    series = []
    for name, endpoint in ENDPOINTS.items():
        exposition = load_exposition(*endpoint.files)
        series += stored(exposition, address=f"{name}:80", honor_labels=endpoint.honor_labels)
    server = PrometheusServer(tmp_path_factory.mktemp("worlds"))
    tracks = worlds(series, past_s=_PAST_S)
    server.backfill(as_openmetrics(tracks, start=AT - _PAST_S, step_s=_STEP_S, count=int(_PAST_S / _STEP_S) + 1))
    with server:
        yield server


def _read(prometheus: PrometheusServer, world: str) -> FleetReadings:
    tuning = PrometheusTuning.model_validate({"url": prometheus.url, "match": {WORLD: world}})
    with PrometheusSignalSource(tuning) as source:
        grid = Grid(start=AT, step_s=1.0)
        return asyncio.run(source.read(tuple(WORKLOADS.values()), grid=grid, window_s=_WINDOW_S))


def _cells(fleet: FleetReadings) -> list[tuple[Case, Reading]]:
    rows = {name: row for row, name in enumerate(WORKLOADS)}
    return [(case, fleet.readings[case.signal].cell(rows[case.workload], 0)) for case in CASES]


def _shown(cells: list[tuple[Case, Reading]]) -> list[str]:
    return [f"{case}: {cell.state.name} {cell.value:g}, right is {case.value}" for case, cell in cells]


@pytest.mark.parametrize("world", MUTATIONS)
def test_no_mutation_makes_a_fresh_number_that_is_wrong(prometheus: PrometheusServer, world: str) -> None:
    """Right, a little less after a restart, or not fresh."""
    cells = _cells(_read(prometheus, world))
    fresh = [(case, cell) for case, cell in cells if cell.state is State.FRESH]
    wrong = [(case, cell) for case, cell in fresh if not _is_right(cell.value, case.value_or_nan, world)]

    assert _shown(wrong) == []


def _is_right(value: float, right: float, world: str) -> bool:
    close = math.isclose(value, right, rel_tol=1e-6, abs_tol=1e-9)
    return close or (world == "restarted" and right * (1 - _LOST) - 1e-9 <= value <= right * (1 + 1e-9))


@pytest.mark.parametrize("world", ["renamed", "gone"])
def test_what_is_not_there_any_more_is_absent(prometheus: PrometheusServer, world: str) -> None:
    """Although rates still see the samples of targets that are gone."""
    cells = _cells(_read(prometheus, world))

    assert _shown([(case, cell) for case, cell in cells if cell.state is not State.ABSENT]) == []


def test_series_without_a_namespace_are_nobodys(prometheus: PrometheusServer) -> None:
    """Unless the preset finds workloads by names that are unique in the cluster."""
    cells = _cells(_read(prometheus, "without namespace"))
    known = [(case, cell) for case, cell in cells if cell.state is not State.ABSENT]
    namespaced = [(case, cell) for case, cell in known if case.value is not None and _is_found_by_namespace(case)]

    assert _shown(namespaced) == []
    assert known != []


def _is_found_by_namespace(case: Case) -> bool:
    adopted = load_preset(case.preset).anchor.adopt.get("namespace", "exported_namespace")
    return load_preset(case.preset).namespaced and adopted == "exported_namespace"


def test_restart_leaves_every_signal_known(prometheus: PrometheusServer) -> None:
    """A counter that begins anew is no gap."""
    cells = _cells(_read(prometheus, "restarted"))

    assert _shown([(case, cell) for case, cell in cells if cell.state is not case.state]) == []


def test_gauges_that_are_no_numbers_are_malformed_where_they_are_read(prometheus: PrometheusServer) -> None:
    """NaN is not taken for absence of load."""
    cells = _cells(_read(prometheus, "no numbers"))
    states = {str(case): cell.state for case, cell in cells}

    assert states["vllm-llama-queue_depth"] is State.MALFORMED
    assert states["sglang-sglang-kv_cache_usage"] is State.MALFORMED
    assert states["llm-d-epp-at zero-demand_at_zero"] is State.MALFORMED
    assert states["vllm-llama-generation_tokens_rate"] is State.FRESH

"""One Prometheus that holds every system at once, for all tests that read it at a time in the past."""

from collections.abc import Iterator

import pytest

from tests.expositions import load_exposition
from tests.openmetrics import as_openmetrics
from tests.presets.systems import AT, ENDPOINTS
from tests.prometheus_server import PrometheusServer
from tests.stored import stored, tracks

_STEP_S = 15.0
_PAST_S = 660.0


@pytest.fixture(scope="session")
def every_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """All expositions as they were in the eleven minutes up to `AT`."""
    series = []
    for name, endpoint in ENDPOINTS.items():
        exposition = load_exposition(*endpoint.files)
        series += stored(exposition, address=f"{name}:80", honor_labels=endpoint.honor_labels)
    server = PrometheusServer(tmp_path_factory.mktemp("every-system"))
    past = tracks(series, past_s=_PAST_S)
    server.backfill(as_openmetrics(past, start=AT - _PAST_S, step_s=_STEP_S, count=int(_PAST_S / _STEP_S) + 1))
    with server:
        yield server

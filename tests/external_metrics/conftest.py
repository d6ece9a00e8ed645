"""The aggregated API over HTTPS on a real socket; tests change what the board shows."""

import ssl
from collections.abc import Iterator

import httpx
import pytest

from adapter.certificate_files import CertificateFiles as ServingFiles
from adapter.external_metrics.app import build_aggregated_app
from adapter.probes import build_probes
from adapter.server import HttpServer, Listener
from tests.certificates import CertificateFiles, make_certificate
from tests.factories import Board, FixedClock, decision, snapshot
from tests.serving import served


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """A serving certificate for 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def shared_board() -> Board:
    """The one board behind the session's server."""
    return Board()


@pytest.fixture(scope="session")
def shared_clock() -> FixedClock:
    """The one clock of the session's server."""
    return FixedClock()


@pytest.fixture(scope="session")
def https_url(certificate: CertificateFiles, shared_board: Board, shared_clock: FixedClock) -> Iterator[str]:
    """URL of the running server."""
    probes = build_probes(shared_board, shared_board, shared_clock)
    app = build_aggregated_app(shared_board, shared_clock, version="1.2.3", probes=probes)
    tls = ServingFiles(certificate=str(certificate.certificate), key=str(certificate.key)).tls()
    with served(HttpServer(app, Listener(name="external metrics", port=0, tls=tls))) as url:
        yield url


@pytest.fixture(autouse=True)
def board(shared_board: Board) -> Board:
    """The board, showing one plan for prod/llama."""
    fresh = Board(snapshot=snapshot(decision()))
    shared_board.snapshot, shared_board.loop = fresh.snapshot, fresh.loop
    return shared_board


@pytest.fixture(autouse=True)
def clock(shared_clock: FixedClock) -> FixedClock:
    """The clock, put to the tick."""
    shared_clock.at = FixedClock().at
    return shared_clock


@pytest.fixture
def client(https_url: str, certificate: CertificateFiles) -> Iterator[httpx.Client]:
    """An HTTPS client that follows no redirect and sends no header of its own."""
    context = ssl.create_default_context(cafile=str(certificate.certificate))
    with httpx.Client(base_url=https_url, verify=context) as session:
        session.headers.clear()
        yield session

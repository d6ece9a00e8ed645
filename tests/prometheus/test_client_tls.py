"""The client over TLS: whom it trusts, who it says it is, and that deadlines hold there too."""

import json
import ssl
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from adapter.core.errors import SignalUnavailable
from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.client import Answer, PrometheusClient
from tests.certificates import CertificateFiles, make_certificate
from tests.scripted_server import Received, Reply, ScriptedServer

_EMPTY = json.dumps({"status": "success", "data": {"result": []}}).encode()


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    """A certificate that server and client may use, and that signs itself."""
    return make_certificate(tmp_path)


def _context(files: CertificateFiles, *, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files.certificate)
    return context


def _succeed(_: Received) -> Reply:
    return Reply(body=_EMPTY)


def _ask(server: ScriptedServer, auth: dict[str, Any], *, timeout: float = 5.0) -> Answer:
    tuning = {"url": server.url, "timeout": timeout, "auth": auth}
    client = PrometheusClient(PrometheusTuning.model_validate(tuning))
    try:
        return client.query("up", Grid(start=0.0, step_s=1.0))
    finally:
        client.close()


def test_server_is_trusted_through_the_configured_authority(files: CertificateFiles) -> None:
    """`caFile` is all that a private authority takes."""
    with ScriptedServer(_succeed, tls=_context(files)) as server:
        assert _ask(server, {"caFile": str(files.certificate)}).result == []


def test_server_of_an_unknown_authority_is_refused_and_the_setting_named(files: CertificateFiles) -> None:
    """Nothing is sent to a server that cannot prove who it is."""
    with ScriptedServer(_succeed, tls=_context(files)) as server:
        with pytest.raises(SignalUnavailable, match=r"TLS failed .* see prometheus\.auth\.caFile"):
            _ask(server, {})
        assert server.received == []


def test_client_certificate_is_presented(files: CertificateFiles) -> None:
    """A server that demands one accepts us with it, and not without."""
    trust = {"caFile": str(files.certificate)}
    mine = {"clientCertificate": {"certFile": str(files.certificate), "keyFile": str(files.key)}}
    with ScriptedServer(_succeed, tls=_context(files, wants_client=True)) as server:
        assert _ask(server, trust | mine).result == []
        with pytest.raises(SignalUnavailable):
            _ask(server, trust)


def test_key_that_is_no_key_is_a_clear_error(files: CertificateFiles, tmp_path: Path) -> None:
    """Files that were swapped or cut off do not end in a traceback."""
    wrong = tmp_path / "wrong.key"
    wrong.write_text("not a key")
    mine = {"certFile": str(files.certificate), "keyFile": str(wrong)}
    said = pytest.raises(SignalUnavailable, match=r"TLS failed .* see prometheus\.auth")
    with ScriptedServer(_succeed, tls=_context(files)) as server, said:
        _ask(server, {"caFile": str(files.certificate), "clientCertificate": mine})


@pytest.mark.parametrize("missing", ["caFile", "clientCertificate"])
def test_missing_file_is_named(files: CertificateFiles, missing: str) -> None:
    """A path that leads nowhere is a clear error, not a traceback."""
    nowhere = {
        "caFile": {"caFile": "/nowhere/ca.pem"},
        "clientCertificate": {
            "caFile": str(files.certificate),
            "clientCertificate": {"certFile": "/nowhere/tls.crt", "keyFile": "/nowhere/tls.key"},
        },
    }
    said = pytest.raises(SignalUnavailable, match=r"certificate file /nowhere/.* cannot be read \(No such file")
    with ScriptedServer(_succeed, tls=_context(files)) as server, said:
        _ask(server, nowhere[missing])


def test_dripping_server_is_left_at_the_deadline(files: CertificateFiles) -> None:
    """Cutting works below the encryption."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(200):
            handler.wfile.write(b"H")
            time.sleep(0.05)

    with ScriptedServer(lambda _: Reply(write=drip), tls=_context(files)) as server:
        started = time.monotonic()
        with pytest.raises(SignalUnavailable, match=r"no complete answer within 0\.5 s"):
            _ask(server, {"caFile": str(files.certificate)}, timeout=0.5)

    assert time.monotonic() - started < 4.0

"""The gRPC server around the scaler: listener, TLS, connection ages, health and reflection.

Connections are closed by age, because KEDA keeps one connection for ever and looks addresses up only after it drops:
without that, a replica added later would never be asked. Pings of clients are tolerated generously.
Listeners bind to loopback unless told otherwise, because nobody is authenticated unless a client CA is given.
"""

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from adapter.keda.deadline import UnaryDeadline
from adapter.keda.service import KedaScaler
from adapter.loopback import is_loopback

_log = logging.getLogger(__name__)
SERVICE = pb.DESCRIPTOR.services_by_name["ExternalScaler"].full_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """PEM files for TLS; with a client CA only clients that it signed get in (mutual TLS)."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """Return the credentials for gRPC.

        Raises:
            ValueError: a file cannot be read, or certificate and key do not belong together; the text names them.
        """
        pem = self.read()
        return grpc.dynamic_ssl_server_credentials(
            pem.configuration(),
            _Renewal(self, pem).fetch,  # type: ignore[arg-type]  # None is allowed, which the stubs do not know
            require_client_authentication=pem.client_ca is not None,
        )

    def read(self) -> "_Pem":
        """Return what the files hold.

        Raises:
            ValueError: as above.
        """
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert_file, self.key_file)
            if self.client_ca_file is not None:
                ssl.create_default_context(cafile=self.client_ca_file)
            client_ca = None if self.client_ca_file is None else self.client_ca_file.read_bytes()
            return _Pem(key=self.key_file.read_bytes(), certificate=self.cert_file.read_bytes(), client_ca=client_ca)
        except OSError as error:  # ssl.SSLError is one, too
            files = [str(each) for each in (self.cert_file, self.key_file, self.client_ca_file) if each is not None]
            raise ValueError(f"TLS of the KEDA scaler: cannot use {', '.join(files)}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pem:
    """What the files of `ServerTls` hold."""

    key: bytes = field(repr=False)
    certificate: bytes
    client_ca: bytes | None

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(self.key, self.certificate)], root_certificates=self.client_ca
        )


class _Renewal:
    """Reads the files again at each handshake, which a thread of gRPC asks for; what cannot be used changes nothing."""

    def __init__(self, tls: ServerTls, pem: _Pem) -> None:
        self._tls = tls
        self._pem = pem
        self._told = ""

    def fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the newest certificates, None while they are those in use."""
        try:
            newest = self._tls.read()
        except ValueError as error:
            if str(error) != self._told:
                _log.error("the certificate in use stays: %s", error)
                self._told = str(error)
            return None
        self._told = ""
        if newest == self._pem:
            return None
        self._pem = newest
        _log.info("certificate renewed from %s", self._tls.cert_file)
        return newest.configuration()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits of the server, in seconds."""

    unary_s: float = 1.0
    """Longest unary rpc; KEDA polls without a deadline."""
    connection_age_s: float = 300.0
    """Age at which a connection is closed, so that replicas added later get traffic."""
    connection_grace_s: float = 300.0
    """Time that open streams then have to end; longer than their lifetime."""


class KedaServer:
    """The listener: `run` in a task group, or `start`, `wait` and `stop` one by one.

    Args:
        scaler: answers the rpcs.
        host: address to bind to.
        port: TCP port; 0 picks a free one, which `start` returns.
        tls: certificates; None serves plain text.
        limits: time limits.
    """

    def __init__(
        self,
        scaler: KedaScaler,
        *,
        host: str = "127.0.0.1",
        port: int = 9090,
        tls: ServerTls | None = None,
        limits: Limits = Limits(),
    ) -> None:
        self._scaler = scaler
        self._host = host
        self._port = port
        self._tls = tls
        self._limits = limits
        self._server: grpc.aio.Server | None = None
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs lack the asyncio half

    async def start(self) -> int:
        """Begin to listen and return the port.

        Raises:
            OSError: the address cannot be bound.
            ValueError: the TLS files cannot be used.
        """
        self._server = self._build()
        await self._health.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
        address = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        try:
            if self._tls is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, self._tls.credentials())
        except RuntimeError as error:
            raise OSError(f"the KEDA scaler cannot listen on {address}: {error}") from error
        await self._server.start()
        self._announce(port)
        return port

    async def run(self, grace_s: float = 5.0) -> None:
        """Serve until cancelled; then end streams with OK and give running rpcs `grace_s` seconds.

        Raises:
            OSError: the address cannot be bound.
            ValueError: the TLS files cannot be used.
        """
        if self._server is None:
            await self.start()
        try:
            await self.wait()
        finally:
            await self.stop(grace_s)

    async def wait(self) -> None:
        """Return once the server has stopped."""
        if self._server is not None:
            await self._server.wait_for_termination()

    async def stop(self, grace_s: float = 5.0) -> None:
        """End streams with OK, refuse new rpcs, give running ones `grace_s` seconds, then close."""
        self._scaler.finish_streams()
        await self._health.enter_graceful_shutdown()
        if self._server is not None:
            await self._server.stop(grace_s)

    def _build(self) -> grpc.aio.Server:
        options = [
            ("grpc.max_connection_age_ms", int(self._limits.connection_age_s * 1000)),
            ("grpc.max_connection_age_grace_ms", int(self._limits.connection_grace_s * 1000)),
            ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.so_reuseport", 0),  # a second process on the port must fail, not take half of the rpcs
        ]
        server = grpc.aio.server(interceptors=[UnaryDeadline(self._limits.unary_s)], options=options)
        pb_grpc.add_ExternalScalerServicer_to_server(self._scaler, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        return server

    def _announce(self, port: int) -> None:
        checked = self._tls is not None and self._tls.client_ca_file is not None
        protection = "plain text" if self._tls is None else "mutual TLS" if checked else "TLS"
        loopback = is_loopback(self._host)
        reach = ", from this machine only" if loopback else ""
        _log.info("serving the KEDA scaler on %s port %d, %s%s", self._host, port, protection, reach)
        if not loopback and not checked:
            _log.warning("the KEDA scaler does not check who asks: everyone who reaches port %d is answered", port)

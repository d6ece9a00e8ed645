"""The server around the scaler: generic clients, TLS modes, connection ages, health."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from adapter.keda.server import KedaServer, Limits, ServerTls
from adapter.keda.service import StreamTiming
from tests.factories import snapshot
from tests.keda.authority import Authority, Issued
from tests.keda.world import World, plan, ref


@pytest.fixture
def world() -> World:
    """A workload with a plan of 2."""
    world = World(timing=StreamTiming(lifetime_s=0.5))
    world.feed.publish(snapshot(plan(2)))
    return world


@asynccontextmanager
async def _served(world: World, **options: object) -> AsyncIterator[str]:
    server = KedaServer(world.scaler, port=0, **options)
    port = await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0.5)


async def _is_active(address: str, credentials: grpc.ChannelCredentials) -> bool:
    async with grpc.aio.secure_channel(address, credentials) as channel:
        return bool((await pb_grpc.ExternalScalerStub(channel).IsActive(ref(), timeout=3)).result)


async def test_paths_are_those_of_the_contract(world: World) -> None:
    """Asked without generated stubs, as any gRPC library would."""
    async with _served(world) as address, grpc.aio.insecure_channel(address) as channel:
        asked = channel.unary_unary(
            "/externalscaler.ExternalScaler/IsActive", request_serializer=pb.ScaledObjectRef.SerializeToString
        )
        assert await asked(ref()) == b"\x08\x01"


async def test_stream_metric_spec_is_not_implemented(world: World) -> None:
    """No release of KEDA has it; this answer makes KEDA stop asking."""
    async with _served(world) as address, grpc.aio.insecure_channel(address) as channel:
        stream = channel.unary_stream("/externalscaler.ExternalScaler/StreamMetricSpec")(b"")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_the_contract_can_be_read_from_the_server(world: World) -> None:
    """So grpcurl works without the proto file."""
    async with _served(world) as address, grpc.aio.insecure_channel(address) as channel:
        question = reflection_pb2.ServerReflectionRequest(file_containing_symbol="externalscaler.ExternalScaler")
        stream = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([question]))
        answer = await stream.read()
    (raw,) = answer.file_descriptor_response.file_descriptor_proto
    (service,) = FileDescriptorProto.FromString(raw).service
    assert [each.name for each in service.method] == ["IsActive", "StreamIsActive", "GetMetricSpec", "GetMetrics"]


@pytest.mark.parametrize("name", ["", "externalscaler.ExternalScaler"])
async def test_health_is_answered_for_probes(world: World, name: str) -> None:
    """For the server and for the service."""
    async with _served(world) as address, grpc.aio.insecure_channel(address) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=name))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    ("host", "word"), [("127.0.0.1", "from this machine only"), ("0.0.0.0", "does not check who asks")]
)
async def test_who_can_reach_it_is_said(host: str, word: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should wonder why KEDA cannot connect, or who else can."""
    with caplog.at_level(logging.INFO, logger="adapter.keda.server"):
        async with _served(world, host=host):
            pass
    assert "plain text" in caplog.messages[0]
    assert word in " ".join(caplog.messages)


async def test_run_serves_until_cancelled(world: World) -> None:
    """As a task group ends its members; the stream that is open then ends with OK."""
    server = KedaServer(world.scaler, port=0)
    address = f"127.0.0.1:{await server.start()}"
    running = asyncio.create_task(server.run())
    async with grpc.aio.insecure_channel(address) as channel:
        stream = pb_grpc.ExternalScalerStub(channel).StreamIsActive(ref())
        await stream.read()
        running.cancel()
        assert await stream.read() is grpc.aio.EOF
        assert await stream.code() is grpc.StatusCode.OK
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await pb_grpc.ExternalScalerStub(channel).IsActive(ref())
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_server_tls_lets_in_who_trusts_its_authority(world: World, tmp_path: Path) -> None:
    """KEDA's `caCert`; without it the handshake fails."""
    authority = Authority.make("cluster")
    tls = _tls(tmp_path, authority.issue("server"))
    async with _served(world, tls=tls) as address:
        assert await _is_active(address, grpc.ssl_channel_credentials(authority.pem))
        for stranger in (grpc.ssl_channel_credentials(Authority.make("other").pem), None):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await (_is_active(address, stranger) if stranger else _plain(address))
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_mutual_tls_lets_in_who_has_a_certificate(world: World, tmp_path: Path) -> None:
    """KEDA's `caCert`, `tlsClientCert` and `tlsClientKey`; one of another authority, or none, is refused."""
    authority, clients, other = (Authority.make(name) for name in ("cluster", "clients", "other"))
    tls = _tls(tmp_path, authority.issue("server"), client_authority=clients)
    keda, stranger = clients.issue("keda"), other.issue("keda")
    async with _served(world, tls=tls) as address:
        assert await _is_active(address, grpc.ssl_channel_credentials(authority.pem, keda.key, keda.certificate))
        for refused in (
            grpc.ssl_channel_credentials(authority.pem),
            grpc.ssl_channel_credentials(authority.pem, stranger.key, stranger.certificate),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await _is_active(address, refused)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_new_certificates_and_client_cas_count_from_the_next_handshake(world: World, tmp_path: Path) -> None:
    """Without a restart; half a pair changes nothing."""
    authority, old, new = (Authority.make(name) for name in ("cluster", "old", "new"))
    tls = _tls(tmp_path, authority.issue("server"), client_authority=old)
    after, joe = Authority.make("cluster 2"), new.issue("joe")
    renewed = after.issue("server")
    async with _served(world, tls=tls) as address:
        keda = old.issue("keda")
        tls.key_file.write_bytes(renewed.key)
        assert await _is_active(address, grpc.ssl_channel_credentials(authority.pem, keda.key, keda.certificate))
        tls.cert_file.write_bytes(renewed.certificate)
        assert tls.client_ca_file is not None
        tls.client_ca_file.write_bytes(new.pem)
        assert await _is_active(address, grpc.ssl_channel_credentials(after.pem, joe.key, joe.certificate))
        with pytest.raises(grpc.aio.AioRpcError):
            await _is_active(address, grpc.ssl_channel_credentials(after.pem, keda.key, keda.certificate))


async def test_unusable_tls_files_are_named(world: World, tmp_path: Path) -> None:
    """A missing file, and a key that does not belong to the certificate."""
    authority = Authority.make("cluster")
    good = _tls(tmp_path, authority.issue("server"))
    odd = tmp_path / "odd.key"
    odd.write_bytes(authority.issue("other").key)
    for tls in (
        ServerTls(cert_file=tmp_path / "none.crt", key_file=good.key_file),
        ServerTls(cert_file=good.cert_file, key_file=odd),
        ServerTls(cert_file=good.cert_file, key_file=good.key_file, client_ca_file=tmp_path / "none.crt"),
    ):
        with pytest.raises(ValueError, match=r"none\.crt|odd\.key"):
            await KedaServer(world.scaler, port=0, tls=tls).start()


async def test_a_taken_port_is_an_error(world: World) -> None:
    """Two processes on one port would each get half of the rpcs."""
    async with _served(world) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            await KedaServer(world.scaler, port=port).start()


async def test_connections_are_closed_by_age_and_streams_still_end_with_ok(world: World) -> None:
    """So that a replica added later gets traffic, without KEDA seeing a failure."""
    limits = Limits(connection_age_s=0.2, connection_grace_s=10.0)
    async with _served(world, limits=limits) as address, grpc.aio.insecure_channel(address) as channel:
        client = pb_grpc.ExternalScalerStub(channel)
        stream = client.StreamIsActive(ref())
        assert (await stream.read()).result is True
        async with asyncio.timeout(5):
            await channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
        assert await stream.read() is grpc.aio.EOF
        assert await stream.code() is grpc.StatusCode.OK
        assert (await client.IsActive(ref())).result is True


def test_streams_end_before_their_connection_is_broken() -> None:
    """One that is opened just before the connection comes of age still has its whole lifetime."""
    assert StreamTiming().lifetime_s < Limits().connection_grace_s


async def test_stopping_ends_streams_with_ok(world: World) -> None:
    """And `wait`, on which a task group waits, returns."""
    world = World()
    world.feed.publish(snapshot(plan(2)))
    server = KedaServer(world.scaler, port=0)
    address = f"127.0.0.1:{await server.start()}"
    waiting = asyncio.create_task(server.wait())
    async with grpc.aio.insecure_channel(address) as channel:
        stream = pb_grpc.ExternalScalerStub(channel).StreamIsActive(ref())
        await stream.read()
        await server.stop(5.0)
        assert await stream.read() is grpc.aio.EOF
        assert await stream.code() is grpc.StatusCode.OK
    await waiting


async def _plain(address: str) -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        return bool((await pb_grpc.ExternalScalerStub(channel).IsActive(ref(), timeout=3)).result)


def _tls(folder: Path, server: Issued, *, client_authority: Authority | None = None) -> ServerTls:
    (folder / "tls.crt").write_bytes(server.certificate)
    (folder / "tls.key").write_bytes(server.key)
    if client_authority is None:
        return ServerTls(cert_file=folder / "tls.crt", key_file=folder / "tls.key")
    (folder / "clients.crt").write_bytes(client_authority.pem)
    return ServerTls(cert_file=folder / "tls.crt", key_file=folder / "tls.key", client_ca_file=folder / "clients.crt")

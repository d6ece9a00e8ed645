"""Unary rpcs end in time, whatever hangs; streams may be long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from adapter.keda.deadline import UnaryDeadline


async def _hang(_request: bytes, _context: object) -> bytes:
    await asyncio.sleep(60)
    return b"late"


async def _trickle(_request: bytes, _context: object) -> AsyncIterator[bytes]:
    await asyncio.sleep(0.3)
    yield b"worth waiting for"


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    """A server with one rpc that hangs and one slow stream, under a limit of 0.1 s."""
    handlers: dict[str, Any] = {
        "Hang": grpc.unary_unary_rpc_method_handler(_hang),
        "Trickle": grpc.unary_stream_rpc_method_handler(_trickle),
    }
    server = grpc.aio.server(interceptors=[UnaryDeadline(0.1)])
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Slow", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(0)


async def test_an_rpc_that_hangs_is_ended(channel: grpc.aio.Channel) -> None:
    """Without a deadline of the caller, as KEDA polls; 5 s here only keep a broken test short."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Slow/Hang")(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details() == "no answer within 0.1 s; nothing may be concluded from that"


async def test_streams_are_not_bounded(channel: grpc.aio.Channel) -> None:
    """They wait for news for minutes."""
    assert [each async for each in channel.unary_stream("/test.Slow/Trickle")(b"")] == [b"worth waiting for"]


async def test_an_unknown_rpc_stays_unknown(channel: grpc.aio.Channel) -> None:
    """There is no handler to bound."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/test.Slow/Other")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED

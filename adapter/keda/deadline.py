"""A time limit on every unary rpc.

Why it exists: KEDA polls without a deadline and with a lock held, so an rpc that hangs stops the ScaledObject for ever.
Streams are long on purpose and exempt.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc

_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in the stubs only


class UnaryDeadline(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Ends unary rpcs that take longer than `limit_s` with DEADLINE_EXCEEDED."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """Return the handler of the rpc, bounded in time when it is unary."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self._bounded(handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _bounded(self, behaviour: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def bounded(request: object, context: grpc.aio.ServicerContext[Any, Any]) -> object:
            try:
                async with asyncio.timeout(self._limit_s):
                    return await behaviour(request, context)
            except TimeoutError:
                text = f"no answer within {self._limit_s:g} s; nothing may be concluded from that"
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, text)

        return bounded

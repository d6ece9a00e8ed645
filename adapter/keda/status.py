"""Errors -> gRPC status: the one table of this shell.

KEDA treats all codes alike (it holds); they are for people, and for other clients. The text lands in KEDA's events.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from adapter.core.errors import CannotDecide, ScaleaheadError, SnapshotStale, WorkloadNotFound
from adapter.keda.inline import TooManyInlineWorkloads
from adapter.keda.metadata import InvalidMetadata

CODES = {
    InvalidMetadata: grpc.StatusCode.INVALID_ARGUMENT,
    WorkloadNotFound: grpc.StatusCode.NOT_FOUND,
    TooManyInlineWorkloads: grpc.StatusCode.RESOURCE_EXHAUSTED,
    CannotDecide: grpc.StatusCode.UNAVAILABLE,
    SnapshotStale: grpc.StatusCode.UNAVAILABLE,
}
_LONGEST_TEXT = 4000  # status text travels in a header, of which clients accept about 8 KiB


def code_of(error: ScaleaheadError) -> grpc.StatusCode:
    """Return the status code of an error; the tuning and signal errors never get this far."""
    return CODES.get(type(error), grpc.StatusCode.INTERNAL)


@asynccontextmanager
async def status_for(context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """End the rpc with the status of an error that is raised inside."""
    try:
        yield
    except ScaleaheadError as error:
        await context.abort(code_of(error), str(error)[:_LONGEST_TEXT])

"""Asking an application without a socket, for tests that are about answers and not about transport."""

import asyncio

import httpx
from fastapi import FastAPI


def ask(app: FastAPI, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
    """Return the application's answer to one request; an exception inside becomes the answer it gives then."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://scaleahead") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(request())

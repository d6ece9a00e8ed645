"""A server that speaks the Kubernetes API, and a client of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.cluster.api import KubernetesClient, connect
from tests.kube_api import KubeApiServer


@pytest.fixture
def kube() -> Iterator[KubeApiServer]:
    """The server, with nothing in it."""
    with KubeApiServer().running() as server:
        yield server


@pytest_asyncio.fixture
async def api(kube: KubeApiServer, tmp_path: Path) -> AsyncIterator[KubernetesClient]:
    """A client with a token."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kube.kubeconfig())
    async with await connect(str(kubeconfig)) as client:
        yield client

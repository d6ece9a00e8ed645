"""Twin of adapter/cluster/serving_authority.py, over a socket."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from adapter.cluster.api import Json, KubernetesClient
from adapter.cluster.api_service import NAME, Owner, Ownership
from adapter.cluster.authority_secret import Authorities, read_authorities
from adapter.cluster.lease import Alone
from adapter.cluster.serving_authority import ServingAuthority, ServingNames
from tests.kube_api import KubeApiServer

_SECRETS = "/api/v1/namespaces/llm/secrets"
_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_NAMES = ServingNames(namespace="llm", secret="ca", service="scaleahead")
_DAY_S = 86_400


class _Process:
    """One process with its clock; what it was told of the APIService."""

    def __init__(self, api: KubernetesClient, *, leading: bool) -> None:
        self.now = 1787220000.0
        self.owners: list[Owner] = []
        leadership = Alone(leading=leading)
        self.kept = ServingAuthority(api, leadership, _NAMES, now=lambda: self.now, on_owner=self._told)
        self._task = asyncio.create_task(self.kept.run())

    def _told(self, ownership: Ownership, _found: Json | None) -> None:
        self.owners.append(ownership.owner)

    def stop(self) -> None:
        self._task.cancel()


@pytest_asyncio.fixture
async def leader(kube: KubeApiServer, api: KubernetesClient) -> AsyncIterator[_Process]:
    """A leader, with the objects of the manifests: an empty Secret and an APIService without a CA."""
    kube.put(_SECRETS, "ca")
    _register(kube, "llm", "scaleahead")
    process = _Process(api, leading=True)
    yield process
    process.stop()


def _register(kube: KubeApiServer, namespace: str, service: str, bundle: bytes = b"") -> None:
    spec = {"service": {"namespace": namespace, "name": service}, "caBundle": base64.b64encode(bundle).decode()}
    kube.put(_API_SERVICES, NAME, spec=spec)


def _bundle(kube: KubeApiServer) -> bytes:
    found = kube.get(_API_SERVICES, NAME)
    assert found is not None
    return base64.b64decode(found["spec"].get("caBundle", ""))


def _stored(kube: KubeApiServer) -> Authorities | None:
    return read_authorities(kube.get(_SECRETS, "ca"))


async def _until(ask: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not ask():  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.02)


async def test_the_leader_makes_a_ca_and_registers_it_before_it_is_used(kube: KubeApiServer, leader: _Process) -> None:
    """kube-apiserver must believe it before anybody serves with it."""
    await _until(lambda: leader.kept.serving)
    stored = _stored(kube)
    assert stored is not None
    assert _bundle(kube) == stored.current.pem
    written = [path for method, path, _ in kube.received if method in ("PATCH", "PUT")]
    assert written == [f"{_API_SERVICES}/{NAME}", f"{_SECRETS}/ca"]
    assert leader.owners == [Owner.OURS]


async def test_a_follower_serves_with_the_ca_of_the_leader_and_writes_nothing(
    kube: KubeApiServer, api: KubernetesClient, leader: _Process
) -> None:
    """Every process signs for itself, and no key of a listener is ever stored."""
    await _until(lambda: leader.kept.serving)
    follower = _Process(api, leading=False)
    await _until(lambda: follower.kept.serving)
    written = len([method for method, _, _ in kube.received if method in ("PATCH", "PUT", "POST")])
    await follower.kept.keep()
    assert len([method for method, _, _ in kube.received if method in ("PATCH", "PUT", "POST")]) == written
    follower.stop()


async def test_a_ca_is_replaced_in_time_and_the_one_before_is_believed_for_a_while(
    kube: KubeApiServer, leader: _Process
) -> None:
    """Both are registered, then the new one alone signs, and the old one goes when its time is over."""
    await _until(lambda: leader.kept.serving)
    old = _stored(kube)
    assert old is not None
    leader.now += 300 * _DAY_S
    await leader.kept.keep()
    new = _stored(kube)
    assert new is not None
    assert new.current.pem != old.current.pem
    assert _bundle(kube) == new.current.pem + old.current.pem
    leader.now += 66 * _DAY_S
    await _until(lambda: leader.kept.serving)
    await asyncio.sleep(0.2)
    await leader.kept.keep()
    assert _bundle(kube) == new.current.pem


async def test_a_bundle_that_somebody_changes_is_put_right(kube: KubeApiServer, leader: _Process) -> None:
    """KEDA's certificate rotator writes into the APIService by name."""
    await _until(lambda: leader.kept.serving)
    right = _bundle(kube)
    _register(kube, "llm", "scaleahead", b"somebody else's")
    await asyncio.sleep(0.2)
    await leader.kept.keep()
    assert _bundle(kube) == right


async def test_an_api_service_of_somebody_else_is_told_and_left_alone(kube: KubeApiServer, leader: _Process) -> None:
    """Also if it is taken over while we run."""
    await _until(lambda: leader.kept.serving)
    _register(kube, "keda", "keda-metrics-apiserver", b"theirs")
    await _until(lambda: leader.owners[-1] is Owner.OTHER)
    await leader.kept.keep()
    assert _bundle(kube) == b"theirs"
    kube.delete(_API_SERVICES, NAME)
    await _until(lambda: leader.owners == [Owner.OURS, Owner.OTHER, Owner.NOBODY])

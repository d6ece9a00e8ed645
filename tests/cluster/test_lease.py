"""Twin of adapter/cluster/lease.py, over a socket."""

import asyncio
from dataclasses import dataclass

from adapter.cluster.api import KubernetesClient
from adapter.cluster.lease import Candidate, LeaseElection
from tests.kube_api import KubeApiServer

_LEASES = "/apis/coordination.k8s.io/v1/namespaces/llm/leases"


@dataclass
class _Steady:
    """A clock that stands where it is put."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


def _elections(api: KubernetesClient, clock: _Steady) -> tuple[LeaseElection, LeaseElection]:
    first, second = (Candidate(namespace="llm", lease="l", identity=name) for name in ("a", "b"))
    return LeaseElection(api, first, steady=clock), LeaseElection(api, second, steady=clock)


async def test_the_first_leads_and_the_next_after_its_time(kube: KubeApiServer, api: KubernetesClient) -> None:
    """As if the first had been killed: fifteen seconds and one try later."""
    clock = _Steady()
    first, second = _elections(api, clock)
    await first.attempt()
    await second.attempt()
    assert (first.leading, second.leading) == (True, False)
    clock.at += 14.0
    await second.attempt()
    assert second.leading is False
    clock.at += 2.0
    await second.attempt()
    assert (first.leading, second.leading) == (False, True)
    lease = kube.get(_LEASES, "l")
    assert lease is not None
    assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseTransitions"]) == ("b", 1)


async def test_who_cannot_renew_for_ten_seconds_stops(kube: KubeApiServer, api: KubernetesClient) -> None:
    """Before anybody else may start; when the API is back it goes on."""
    clock = _Steady()
    election, _ = _elections(api, clock)
    await election.attempt()
    kube.down = True
    clock.at += 9.0
    await election.attempt()
    assert election.leading
    clock.at += 1.1
    assert not election.leading
    kube.down = False
    await election.attempt()
    assert election.leading


async def test_of_two_that_write_at_once_one_wins(kube: KubeApiServer, api: KubernetesClient) -> None:
    """The version of what was read decides."""
    elections = _elections(api, _Steady())
    kube.put(_LEASES, "l")
    await asyncio.gather(*(election.attempt() for election in elections))
    assert sorted(election.leading for election in elections) == [False, True]


async def test_who_is_stopped_hands_over_at_once(kube: KubeApiServer, api: KubernetesClient) -> None:
    """The next try of the other one succeeds."""
    clock = _Steady()
    first, second = _elections(api, clock)
    running = asyncio.create_task(first.run())
    while not first.leading:  # noqa: ASYNC110 - a clock tells, and nobody else
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await second.attempt()
    assert (first.leading, second.leading) == (False, True)
    assert kube.get(_LEASES, "l") is not None

"""Measures reads of the aggregated API: TLS, a client certificate, authorisation from memory, a thousand workloads.

    python -m tests.benchmarks.serving [--requests 20000] [--connections 8]

One process serves and another asks; it prints requests per second, the percentiles of one read's time, and the CPU time
that serving takes, without and with TLS and authorisation.
"""

import argparse
import asyncio
import multiprocessing
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from adapter.access.authentication import Authenticator
from adapter.access.authorization import Authorizer
from adapter.access.guard import Guard
from adapter.access.identity import Identity
from adapter.access.reviews import Answer, Question
from adapter.access.trust import FrontProxy, Trust
from adapter.clock import SystemClock
from adapter.core.workload import WorkloadId
from adapter.external_metrics.app import build_aggregated_app
from adapter.probes import build_probes
from adapter.server import HttpServer, Listener
from adapter.serving_tls import KeyPair, ServingTls
from tests.certificates import Authority, Signed
from tests.factories import Board, decision, snapshot
from tests.serving import served

_WORKLOADS = 1000
_PATH = "/apis/external.metrics.k8s.io/v1beta1/namespaces/prod/scaleahead-replicas?labelSelector=workload%3Dw"


@dataclass
class _Cluster:
    """Trusts one front proxy, and lets everybody read."""

    trust: Trust
    asked: int = 0

    def current(self) -> Trust:
        return self.trust

    async def review_token(self, _token: str) -> Identity | None:
        return None

    async def review_access(self, _question: Question) -> Answer:
        self.asked += 1
        return Answer(allowed=True)


@contextmanager
def _serving(*, guarded: bool, ca: Authority, proxies: Authority) -> Iterator[str]:
    board, clock = Board(), SystemClock()
    ids = [WorkloadId("prod", f"w{index}") for index in range(_WORKLOADS)]
    board.snapshot = snapshot(*(decision(each) for each in ids), at=clock.now(), interval_s=3600.0)
    front = FrontProxy(
        cas=(proxies.certificate,), username_headers=("X-Remote-User",), group_headers=("X-Remote-Group",)
    )
    cluster = _Cluster(Trust(front_proxy=front))
    guard = Guard(authenticator=Authenticator(cluster, cluster, clock), gate=Authorizer(cluster, clock), trust=cluster)
    probes = build_probes(board, board, clock)
    app = build_aggregated_app(board, clock, version="0", probes=probes, guard=guard if guarded else None)
    signed = ca.sign("localhost")
    pair = KeyPair(certificate=signed.pem.encode(), key=signed.key_pem)
    tls = ServingTls(pair, client_cas=cluster.trust.pem) if guarded else None
    with served(HttpServer(app, Listener(name="benchmark", port=0, tls=tls))) as url:
        yield url


def _ask(url: str, ca_pem: str, proxy: Signed, requests: int, connections: int) -> None:
    """Ask from a process of its own, and print what it took."""
    context = ssl.create_default_context(cadata=ca_pem)
    with tempfile.TemporaryDirectory() as folder:
        files = proxy.write(Path(folder))
        context.load_cert_chain(files.certificate, files.key)
    took = asyncio.run(_reads(url, context, requests, connections))
    p50, p99 = np.percentile(took.times, [50, 99]) * 1000
    print(f"{url.partition(':')[0]:5}  {requests / took.total_s:7.0f} requests/s   p50 {p50:.2f} ms   p99 {p99:.2f} ms")  # noqa: T201 - its output


@dataclass(frozen=True)
class _Took:
    times: list[float]
    total_s: float


async def _reads(url: str, context: object, requests: int, connections: int) -> _Took:
    times: list[float] = []
    headers = {"X-Remote-User": "system:serviceaccount:kube-system:horizontal-pod-autoscaler", "X-Remote-Group": "a"}

    async def one_connection(index: int) -> None:
        async with httpx.AsyncClient(verify=context, base_url=url, headers=headers) as client:  # type: ignore[arg-type]
            for number in range(requests // connections):
                began = time.perf_counter()
                answer = await client.get(f"{_PATH}{(number * connections + index) % _WORKLOADS}")
                times.append(time.perf_counter() - began)
                answer.raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection(index) for index in range(connections)))
    return _Took(times, time.perf_counter() - began)


def main() -> None:
    """Measure both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    ca, proxies = Authority.make("serving"), Authority.make("proxies")
    for guarded in (False, True):
        with _serving(guarded=guarded, ca=ca, proxies=proxies) as url:
            proxy = proxies.sign("front-proxy-client")
            asking = multiprocessing.get_context("fork").Process(
                target=_ask, args=(url, ca.pem, proxy, given.requests, given.connections)
            )
            began = time.process_time()
            asking.start()
            asking.join()
            used_ms = (time.process_time() - began) * 1000 / given.requests
            print(f"       {used_ms:.2f} ms of CPU per read in the serving process")  # noqa: T201 - its output


if __name__ == "__main__":
    main()

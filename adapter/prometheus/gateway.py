"""Demand at zero replicas, read from the gateways themselves; implements the port `DemandSource`.

A scrape every 15 s and more is too slow for a request that waits at zero replicas. So the metrics pages of gateways
that operators name (`gateway.url`) are read while their workloads sleep, one request per page. Redirects are not
followed, bodies and times are bounded, and a page that cannot be read is a problem with a name, never a zero.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import requests
import urllib3.exceptions

from adapter.core.errors import SignalError, SignalMalformed
from adapter.core.signal import Signal, SignalProblem
from adapter.core.tuning import GatewayTuning, TunedWorkload
from adapter.core.workload import Workload, WorkloadId
from adapter.ports import Glimpse
from adapter.prometheus.credentials import Credentials, secure
from adapter.prometheus.exposition import waiting_on
from adapter.prometheus.failures import AnswerRefused, AnswerUnreadable, Party, public_url, translate
from adapter.prometheus.transport import BoundedAdapter, BoundedSession

_MOST_AT_ONCE = 8
_ACCEPT = "text/plain;version=0.0.4"
_GATEWAY = Party(
    name="the gateway",
    offer="metrics page",
    section="gateway",
    meanwhile="nothing is taken for zero, it is asked again at once, and ticks go by Prometheus",
)


class GatewaySource:
    """Reads the metrics pages of gateways; call `close` in the end."""

    def __init__(self) -> None:
        """Prepare; nothing is sent before the first look."""
        self._threads = ThreadPoolExecutor(max_workers=_MOST_AT_ONCE, thread_name_prefix="gateway")
        self._pages: dict[GatewayTuning, _Page] = {}

    async def look(self, workloads: Sequence[TunedWorkload], *, now: float) -> Glimpse:  # noqa: ARG002 - pages are read as they are
        """Return what waits for workloads whose gateway is named; see `ports.DemandSource`."""
        groups: dict[GatewayTuning, list[Workload]] = {}
        for each in workloads:
            if each.tuning.gateway.url is not None:
                groups.setdefault(each.tuning.gateway, []).append(each.workload)
        self._keep(groups)
        loop = asyncio.get_running_loop()
        looks = [
            loop.run_in_executor(self._threads, partial(_look, self._pages[gateway], members))
            for gateway, members in groups.items()
        ]
        return _joined(await asyncio.gather(*looks))

    def close(self) -> None:
        """Close connections and let the threads go; a look under way ends at once."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._keep({})

    def _keep(self, wanted: Mapping[GatewayTuning, Sequence[Workload]]) -> None:
        """Have one page per gateway that is wanted, and none else."""
        for gateway in self._pages.keys() - wanted.keys():
            self._pages.pop(gateway).close()
        for gateway in wanted.keys() - self._pages.keys():
            self._pages[gateway] = _Page(gateway)


class _Page:
    """The metrics page of one gateway."""

    def __init__(self, tuning: GatewayTuning) -> None:
        self.url = str(tuning.url)
        self._timeout_s = tuning.timeout
        self._credentials = Credentials(tuning.auth)
        self._session = BoundedSession(max_body_bytes=tuning.max_body_bytes, inspect=_inspect)
        self._session.mount(self.url, BoundedAdapter(connections=1))
        secure(self._session, tuning.auth)

    def text(self) -> str:
        """Return the page as it is now.

        Raises:
            SignalError: it cannot be read; says why.
        """
        try:
            answer = self._session.request(
                "GET", self.url, headers={"Accept": _ACCEPT}, auth=self._credentials, timeout=self._timeout_s
            )
            return answer.content.decode()
        except UnicodeDecodeError as error:
            raise self.failure(AnswerUnreadable("the page is no UTF-8 text")) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self.failure(error) from error

    def failure(self, error: Exception) -> SignalError:
        """Return our error for a foreign one."""
        return translate(error, url=self.url, query=self.url, party=_GATEWAY)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def _inspect(response: requests.Response) -> None:
    if response.status_code != 200:
        raise AnswerRefused(response.status_code, kind="", words=response.reason or "")


def _look(page: _Page, workloads: Sequence[Workload]) -> Glimpse:
    try:
        seen = waiting_on(page.text(), workloads)
        if seen.strange:
            raise SignalMalformed(f"the gateway at {public_url(page.url)}: {seen.strange}")
    except SignalError as error:
        return _glimpse({}, str(error), page=page)
    except ValueError:
        unreadable = AnswerUnreadable("the page is not in Prometheus' exposition format")
        return _glimpse({}, str(page.failure(unreadable)), page=page)
    return _glimpse(seen.waiting, "", page=page)


def _glimpse(waiting: Mapping[WorkloadId, float], complaint: str, *, page: _Page) -> Glimpse:
    problem = SignalProblem(signal=Signal.DEMAND_AT_ZERO, query=public_url(page.url), message=complaint)
    return Glimpse(
        waiting=waiting, where=f"the gateway at {public_url(page.url)}", problems=(problem,) * bool(complaint)
    )


def _joined(glimpses: Sequence[Glimpse]) -> Glimpse:
    waiting = {key: value for each in glimpses for key, value in each.waiting.items()}
    places = " and ".join(dict.fromkeys(each.where for each in glimpses if each.waiting))
    return Glimpse(waiting=waiting, where=places, problems=tuple(one for each in glimpses for one in each.problems))

"""A Prometheus that is asked for instant vectors and matrices, on top of `prometheus-api-client`.

The library retries, reads bodies of any size, has a time-out per socket operation only and drops `warnings`. So it gets
a session of ours (`transport`) that does none of that, sends POST, and looks at each answer before the library does.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import requests
import urllib3.exceptions
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException

from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.credentials import Credentials, secure
from adapter.prometheus.failures import AnswerRefused, AnswerUnreadable, translate
from adapter.prometheus.transport import BoundedAdapter, BoundedSession

CONNECTIONS = 8
"""Queries in flight at a time, and connections kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Prometheus said to one query."""

    result: list[dict[str, Any]]
    """`data.result`: an instant vector or a matrix."""
    warnings: tuple[str, ...] = ()
    """Why the result may be incomplete; usually empty. `infos` are remarks on style and do not count."""


class PrometheusClient:
    """Sends queries to one Prometheus; safe to use from several threads at a time."""

    def __init__(self, tuning: PrometheusTuning) -> None:
        """Prepare; nothing is sent, and no file is read, before the first query."""
        self._url = str(tuning.url).rstrip("/")
        self._timeout_s = tuning.timeout
        self._seen = threading.local()
        self._session = BoundedSession(max_body_bytes=tuning.max_body_bytes, inspect=self._inspect)
        secure(self._session, tuning.auth)
        self._library = PrometheusConnect(
            self._url,
            headers=dict(tuning.headers),
            auth=Credentials(tuning.auth),
            session=self._session,
            timeout=tuning.timeout,
            method="POST",
        )
        # The library has mounted its own adapter for the address; replace it.
        self._session.mount(self._url, BoundedAdapter(connections=CONNECTIONS))

    def query(self, promql: str, grid: Grid) -> Answer:
        """Return the answer at the times of a grid: instant for one time, otherwise range.

        Raises:
            SignalUnavailable: no answer, or an answer that says that there is none.
            SignalMalformed: the query was rejected, or the answer is no Prometheus answer.
        """
        try:
            result = self._ask(promql, grid)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise translate(error, url=self._url, query=promql) from error
        except (PrometheusApiClientException, LookupError, TypeError) as error:
            unreadable = AnswerUnreadable("the answer has no data.result")
            raise translate(unreadable, url=self._url, query=promql) from error
        if not isinstance(result, list):
            single = AnswerUnreadable("the answer is a single number, expected are series")
            raise translate(single, url=self._url, query=promql)
        return Answer(result=result, warnings=self._seen.warnings)

    def _ask(self, promql: str, grid: Grid) -> object:
        limit = {"timeout": f"{self._timeout_s:g}s"}
        if grid.count == 1:
            return self._library.custom_query(promql, params=limit | {"time": f"{grid.start:.3f}"})
        # The library rounds times to seconds; `params` come last and are exact.
        times = {"start": f"{grid.start:.3f}", "end": f"{grid.end:.3f}", "step": f"{grid.step_s:.3f}"}
        start, end = (datetime.fromtimestamp(at, tz=UTC) for at in (grid.start, grid.end))
        return self._library.custom_query_range(promql, start, end, times["step"], params=limit | times)

    def _inspect(self, response: requests.Response) -> None:
        body = _parse(response)
        if response.status_code != 200 or body.get("status") != "success":
            raise AnswerRefused(
                response.status_code,
                kind=str(body.get("errorType", "")),
                words=str(body.get("error", response.reason or "")),
            )
        self._seen.warnings = tuple(str(warning) for warning in body.get("warnings") or ())
        # Parsed once, by the faster parser, for the library too.
        response.json = lambda **_: body  # type: ignore[method-assign]  # the library calls it right afterwards

    def close(self) -> None:
        """Close all connections; queries under way fail."""
        self._session.close()


def _parse(response: requests.Response) -> Mapping[str, Any]:
    kind = response.headers.get("Content-Type", "")
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        if response.status_code != 200:
            return {}
        what = "an HTML page, perhaps a login" if "html" in kind.lower() else "no valid JSON"
        raise AnswerUnreadable(f"the answer is {what} (Content-Type {kind or 'missing'})") from error
    if not isinstance(body, dict):
        raise AnswerUnreadable("the answer is JSON, but no object")
    return body

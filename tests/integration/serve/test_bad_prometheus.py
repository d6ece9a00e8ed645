"""A Prometheus that refuses, hangs, hangs up or answers with a web page, at the start and later."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from tests.prometheus_server import PrometheusServer
from tests.scripted_server import Received, Reply, ScriptedServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_WORDS = {
    "refuses": "it refused our credentials",
    "hangs": "before the next tick was due",
    "hangs up": "Prometheus at http://127.0.0.1",
    "answers with a page": "an HTML page, perhaps a login",
}


class Gateway:
    """What stands before the real Prometheus and ails at times."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.ailment = ""

    def answer(self, received: Received) -> Reply:
        """Pass the question on, or ail."""
        match self.ailment:
            case "refuses":
                return Reply(status=401, body=b"who are you", headers={"Content-Type": "text/plain"})
            case "answers with a page":
                return Reply(body=b"<html>Log in</html>", headers={"Content-Type": "text/html"})
            case "hangs":
                return Reply(write=self._hang)
            case "hangs up":
                return Reply(write=lambda _handler: None)
        answer = requests.post(f"{self._url}{received.path}", data=received.form, timeout=10)
        return Reply(status=answer.status_code, body=answer.content)

    def _hang(self, _handler: BaseHTTPRequestHandler) -> None:
        while self.ailment == "hangs":
            time.sleep(0.1)


@pytest.fixture
def gateway(prometheus: PrometheusServer) -> Iterator[Gateway]:
    """Healthy unless told otherwise."""
    made = Gateway(prometheus.url)
    yield made
    made.ailment = ""


def _problems(serve: ServeProcess) -> list[str]:
    return [each["message"] for each in serve.get("api", "/api/v1/workloads").json().get("problems", [])]


@pytest.mark.parametrize("ailment", list(_WORDS))
def test_at_the_start_it_holds_says_why_and_recovers_by_itself(ailment: str, gateway: Gateway, tmp_path: Path) -> None:
    """Alive and ready to answer, but never with a number it does not have."""
    gateway.ailment = ailment
    with (
        ScriptedServer(gateway.answer) as server,
        ServeProcess(tmp_path, write_tuning(tmp_path, server.url, timeout="10s")) as serve,
    ):
        held = wait_until(
            lambda: serve.metric("scaleahead-replicas"),
            accept=lambda answer: "no decision yet" not in answer.text,
            limit_s=15,
        )
        assert held.status_code == 503
        assert "unavailable" in held.json()["message"]
        assert any(_WORDS[ailment] in each for each in _problems(serve)), _problems(serve)
        assert serve.get("ops", "/livez").ok
        assert serve.get("ops", "/readyz").ok
        gateway.ailment = ""
        recovered = wait_until(lambda: serve.metric("scaleahead-replicas"), accept=lambda answer: answer.ok)
        assert recovered.json()["items"][0]["value"] == "6000m"


def test_in_the_middle_the_last_values_are_bridged_then_held_and_it_recovers_by_itself(
    gateway: Gateway, tmp_path: Path
) -> None:
    """One after the other; liveness never fails, and no answer is zero."""
    with (
        ScriptedServer(gateway.answer) as server,
        ServeProcess(tmp_path, write_tuning(tmp_path, server.url, hold_after="25s")) as serve,  # a busy machine is slow
    ):
        wait_until(lambda: serve.metric("scaleahead-replicas").ok and serve.events("history read back"))
        for ailment, words in _WORDS.items():
            gateway.ailment = ailment
            wait_until(lambda words=words: any(words in each for each in _problems(serve)))
            bridged = serve.metric("scaleahead-replicas")
            assert bridged.ok, (ailment, bridged.text)
            assert bridged.json()["items"][0]["value"] == "6000m"
            assert serve.get("ops", "/livez").ok
            if ailment == "hangs":
                held = wait_until(
                    lambda: serve.metric("scaleahead-replicas"), accept=lambda answer: not answer.ok, limit_s=45
                )
                assert (held.status_code, held.json()["reason"]) == (503, "ServiceUnavailable")
                assert "unavailable" in held.json()["message"]
                assert serve.get("ops", "/livez").ok
                assert serve.get("ops", "/readyz").ok
            gateway.ailment = ""
            wait_until(lambda: serve.metric("scaleahead-replicas").ok and not _problems(serve))
        assert serve.own_metric("scaleahead_tick_failures_total") == 0
        assert all("traceback" not in line for line in serve.log())

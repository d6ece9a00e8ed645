"""Same inputs, same bytes: processes that start at different times decide the same from one Prometheus."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.exporter import Exporter
from tests.integration.serve.conftest import Scraped
from tests.serve_process import NAMESPACE, WORKLOAD, ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_WAITING = 'vllm:num_requests_waiting{engine="0",model_name="meta-llama/Llama-3.1-70B-Instruct"}'


def _set_queue(engines: Exporter, waiting: int) -> None:
    pattern = re.escape(_WAITING) + r" \d+\.0"
    assert len(re.findall(pattern, engines.text)) == 1
    engines.set_text(re.sub(pattern, f"{_WAITING} {waiting}.0", engines.text))


def _asked_by_load(process: ServeProcess) -> int | None:
    steps = {step["name"]: step["after"] for step in process.explain().json()["steps"]}
    return steps["reactive"]


def _same_tick(first: ServeProcess, second: ServeProcess, *, after: float) -> tuple[requests.Response, ...]:
    """Return what both explain about one tick, and what they serve then."""
    path = f"/api/v1/targets/{NAMESPACE}/{WORKLOAD}"

    def asked() -> tuple[requests.Response, ...]:
        return first.explain(), second.explain(), first.get("api", path), second.get("api", path)

    def agree_on_the_tick(answers: tuple[requests.Response, ...]) -> bool:
        ticks = {each.json().get("at") for each in answers if each.ok}
        return all(each.ok for each in answers) and len(ticks) == 1 and min(ticks) > after

    return wait_until(asked, accept=agree_on_the_tick, limit_s=20, pause_s=0.2)


def test_a_killed_process_comes_back_with_the_same_decisions_to_the_byte(scraped: Scraped, tmp_path: Path) -> None:
    """Although what it decides hangs on a peak that only its predecessor has seen."""
    with ExitStack() as stack:
        processes = []
        for name in ("watching", "killed"):
            (tmp_path / name).mkdir()
            config = write_tuning(tmp_path / name, scraped.prometheus.url)
            processes.append(stack.enter_context(ServeProcess(tmp_path / name, config)))
        watching, killed = processes
        _set_queue(scraped.engines, 33)  # (31 + 33) x 1.1 / 8 = 8.8
        wait_until(lambda: [each.explain().json().get("planned") for each in processes] == [9, 9])
        _set_queue(scraped.engines, 9)
        killed.kill()
        wait_until(lambda: _asked_by_load(watching) == 6)
        killed.start()
        wait_until(lambda: killed.get("ops", "/readyz").ok)

        at = 0.0
        for _ in range(3):
            first, second, first_target, second_target = _same_tick(watching, killed, after=at)
            assert first.content == second.content
            assert first_target.content == second_target.content
            assert first.json()["planned"] == 9
            assert "9 was planned within" in first.json()["why"]
            at = first.json()["at"]

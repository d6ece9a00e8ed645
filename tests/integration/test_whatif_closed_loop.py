"""`whatif` on a simulated fleet that a real Prometheus remembers: the answer is known, because the fleet is ours."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from adapter.cli import main
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from adapter.simulation.profiles import LLAMA_8B_H100
from tests.prometheus_server import PrometheusServer
from tests.recording import record_fleet
from tests.simulation.test_engine_fit import swelling
from tests.simulation.test_results import SCHEMA

pytestmark = pytest.mark.integration

_MINUTES, _STEP_S = 180, 30.0
_START = float(int(time.time() / 600) * 600 - 7200 - _MINUTES * 60)
_UNREAD = ("queue_time", "tokens_bucket", "inter_token", "DCGM")
_CONFIG = """
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 2m}}
tick: {{interval: 30s}}
workloads:
  - {{name: llama-8b, namespace: llm, leadTime: 90s, replicas: {{min: 1, max: {most}}}}}
  - {{name: idle, namespace: llm}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened."""

    url: str
    requests: int
    gpu_hours: float


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    """Three hours of an 8B model on two or three replicas."""
    requests = swelling(_MINUTES, peak=32.0)
    served = Fleet(profile=LLAMA_8B_H100, requests=requests, cold_start=lambda: 75.0, replicas=2)

    def act(fleet: Fleet) -> None:
        fleet.scale_to(3 if 3600 <= fleet.now_s < 7200 else 2)

    text = record_fleet(
        served,
        Identity(started_at=_START),
        step_s=_STEP_S,
        scrapes=round(_MINUTES * 60 / _STEP_S) + 1,
        act=act,
        keep=lambda name: not any(each in name for each in _UNREAD),
    )
    server = PrometheusServer(tmp_path_factory.mktemp("fleet"))
    server.backfill(text)
    with server:
        yield Truth(url=server.url, requests=len(requests), gpu_hours=served.gpu_hours())


def _whatif(folder: Path, truth: Truth, *more: str, most: int = 4) -> tuple[int, str, str]:
    config = folder / "current.yaml"
    config.write_text(_CONFIG.format(url=truth.url, most=most))
    until = str(_START + _MINUTES * 60)
    asked = ["whatif", "--config", str(config), "--days", "0.125", "--until", until, "--policy", "concurrency", *more]
    result = CliRunner().invoke(main, asked)
    return result.exit_code, result.stdout, result.stderr


def test_the_recorded_period_is_simulated_as_it_was_and_a_worse_candidate_fails(tmp_path: Path, truth: Truth) -> None:
    """Requests within 2 %, GPU-hours within 3 %, in flight within 5 %; engine and starts learnt; exit code 1."""
    candidate, page = tmp_path / "candidate.yaml", tmp_path / "report.html"
    candidate.write_text(_CONFIG.format(url=truth.url, most=1))
    gates = ("--fail-on", "attainment<0.98", "--fail-on", "gpu_hours>+5%")
    told = ("--html", str(page), "--gpu-hour-price", "2", "--json")
    code, out, err = _whatif(tmp_path, truth, "--candidate", str(candidate), *gates, *told)
    assert code == 1, err
    made = json.loads(out.splitlines()[-1])
    jsonschema.validate(made, SCHEMA)
    by_policy = {each["policy"]: each for each in made["comparison"]}
    ground = made["simulation"]["llm/llama-8b"]
    errors = {each["measure"]: each["error"] for each in ground["errors"]}

    assert (made["result"]["policy"], list(by_policy)) == ("candidate", ["current", "recorded", "concurrency"])
    assert made["workloads"][0]["requests"] == pytest.approx(truth.requests, rel=0.02)
    assert by_policy["recorded"]["gpu_hours"] == pytest.approx(truth.gpu_hours, rel=0.03)
    assert by_policy["recorded"]["cost"] == pytest.approx(2 * by_policy["recorded"]["gpu_hours"])
    assert abs(errors["requests in flight"]) < 0.05
    assert abs(errors["whole answer, P95 of a minute"]) < 0.2
    assert ground["engine"]["source"] == "learnt"
    assert ground["cold_start_s"] == pytest.approx(75.0, abs=1)
    assert [text.partition(":")[0] for text in made["failures"]] == ["attainment<0.98"]
    assert "failed: attainment<0.98: slo_attainment is 0." in err
    assert "llm/idle had no recorded arrivals and is left out." in err
    assert "llm/llama-8b" in page.read_text()


def test_a_time_without_a_record_is_an_error(tmp_path: Path, truth: Truth) -> None:
    """Exit code 2, and where to look."""
    code, _, err = _whatif(tmp_path, truth, "--until", str(_START - 864_000))
    assert code == 2
    assert "no arrivals of any workload are recorded in this time" in err

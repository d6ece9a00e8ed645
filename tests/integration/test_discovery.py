"""Discovery and diagnosis against real Prometheus servers: everything at once, and a small one that is scraped."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main
from adapter.core.signal import Grid, Signal, State
from adapter.core.tuning import PrometheusTuning, TunedWorkload, Tuning, parse_tuning
from adapter.discovery.diagnosis import Finding, Weight, diagnose
from adapter.discovery.document import as_document
from adapter.discovery.evidence import gather
from adapter.discovery.fleet import FoundWorkloads
from adapter.discovery.proposals import Proposal, propose, unpaired
from adapter.prometheus.client import PrometheusClient
from adapter.prometheus.preset import preset_names
from adapter.prometheus.signals import PrometheusSignalSource
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.factories import FixedClock
from tests.presets.systems import AT
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_Everything = tuple[tuple[Proposal, ...], tuple[str, ...]]

_EXPECTED = {
    # workload: preset, kind of target, labels, demand at zero, confidence
    "dynamo/qwen3-decode": ("vllm", "Deployment", {"model_name": "Qwen/Qwen3-32B"}, "dynamo lost", "likely"),
    "llm/deepseek-llm-7b-chat": ("aibrix", "Deployment", {}, "aibrix-gateway in_flight", "likely"),
    "llm/deepseek-r1-decode": ("sglang", "StatefulSet", {}, None, "likely"),
    "llm/legacy-vllm": ("vllm", "Deployment", {}, "keda-http-add-on in_flight", "sure"),
    "llm/llama-70b-vllm": (
        "vllm",
        "Deployment",
        {"model_name": "meta-llama/Llama-3.1-70B-Instruct"},  # without it the pool has another name
        "llm-d-epp held",
        "sure",
    ),
    "llm/llama33-trtllm": ("trtllm", "Deployment", {}, None, "likely"),
    "llm/mistral-24b": ("vllm", "Deployment", {}, "llm-d-epp held", "guess"),
    "llm/mistral-tgi": ("tgi", "Deployment", {}, None, "sure"),
    "llm/modelmesh-serving-triton-2.x": ("modelmesh", "Deployment", {}, None, "likely"),
    "llm/prompt-worker": ("dapr", "Deployment", {}, None, "likely"),
    "llm/qwen3-30b-vllm-dp2": ("vllm", "Deployment", {}, None, "likely"),
    "llm/qwen3-32b-sglang": ("sglang", "Deployment", {}, None, "likely"),
    "llm/sentiment-predictor": ("kserve", "Deployment", {}, "knative-activator held", "likely"),
    "llm/sentiment-predictor-00002-deployment": ("knative", "Deployment", {}, "knative-activator held", "likely"),
    "llm/triton-trtllm": ("triton", "Deployment", {}, None, "likely"),
    "ray/qwen3-32b": (
        "ray-serve",
        None,
        {"application": "llm", "deployment": "LLMServer:qwen3-32b"},
        "ray-serve held",
        "sure",
    ),
}


@pytest.fixture(scope="module")
def everything(every_system: PrometheusServer) -> _Everything:
    """What is proposed where every system reports at once."""
    tuning = PrometheusTuning.model_validate({"url": every_system.url})
    client = PrometheusClient(tuning)
    evidence = gather(client.query, tuning, at=AT)
    client.close()
    return propose(evidence), tuple(unpaired(evidence))


def _told(proposal: Proposal) -> tuple[object, ...]:
    demand = None if proposal.demand is None else f"{proposal.demand.preset} {proposal.demand.kind}"
    kind = None if proposal.target is None else str(proposal.target.kind)
    return (proposal.preset, kind, dict(proposal.match), demand, str(proposal.confidence))


def test_every_workload_is_found_with_the_right_preset_and_paired_with_its_own_gateway_only(
    everything: _Everything,
) -> None:
    """And nothing is made up."""
    assert {f"{each.namespace}/{each.name}": _told(each) for each in everything[0]} == _EXPECTED


def test_what_is_missing_is_said_with_its_consequence(
    everything: _Everything,
) -> None:
    """Nothing at zero replicas means no waking; a gateway that holds nothing loses the first requests."""
    missing = {each.name: " ".join(each.missing) for each in everything[0]}

    assert missing["llama-70b-vllm"] == ""
    assert "waking will not work" in missing["mistral-tgi"]
    assert "the first requests are refused" in missing["qwen3-decode"]
    assert "no replica counts" in missing["llama33-trtllm"]
    assert "which system serves is a guess" in missing["mistral-24b"]


def test_queues_are_named_with_the_labels_that_pair_them(
    everything: _Everything,
) -> None:
    """Only the user knows whose they are."""
    assert any("{preset: kafka, match: {consumergroup: llm-workers, topic: prompts}}" in line for line in everything[1])


def _tuned(everything: _Everything) -> tuple[TunedWorkload, ...]:
    text = as_document(everything[0], url="http://p:9090")
    return parse_tuning(text, file="proposed", presets=preset_names()).workloads


def test_proposed_document_is_valid_and_reads_what_was_promised(
    everything: _Everything, every_system: PrometheusServer
) -> None:
    """Engine signals of every workload that runs, and demand at zero wherever it was proposed."""
    found = _diagnosed(every_system, _tuned(everything))
    demand = {
        key.rpartition(" ")[0] for key, each in found.items() if each.signal is Signal.DEMAND_AT_ZERO and each.series
    }
    queues = {
        key.rpartition(" ")[0] for key, each in found.items() if each.signal is Signal.QUEUE_DEPTH and each.series
    }

    assert demand == {name for name, told in _EXPECTED.items() if told[3] is not None}
    assert queues == set(_EXPECTED) - {"llm/mistral-24b"}


def _diagnosed(server: PrometheusServer, tuned: tuple[TunedWorkload, ...]) -> dict[str, Finding]:
    tuning = PrometheusTuning.model_validate({"url": server.url})
    client = PrometheusClient(tuning)
    findings, problems = diagnose(client.query, tuned, tuning, at=AT)
    client.close()
    assert problems == ()
    return {f"{each.workload} {each.signal}": each for each in findings}


def test_diagnosis_tells_what_hurts_from_what_is_merely_not_there(
    everything: _Everything, every_system: PrometheusServer
) -> None:
    """A workload at zero has no engine to report; a target that nobody knows stops every decision."""
    found = _diagnosed(every_system, _tuned(everything))
    running = found["llm/llama-70b-vllm queue_depth"]
    asleep = found["llm/mistral-24b queue_depth"]
    unknown = found["llm/llama33-trtllm replicas_ready"]

    assert (running.reading.value, running.series, running.problem, running.preset) == (9.0, 1, "", "vllm")
    assert (asleep.reading.state, asleep.problem) == (State.ABSENT, "")
    assert (unknown.weight, unknown.series) == (Weight.NEEDED, 0)
    assert "kube-state-metrics has no Deployment llm/llama33-trtllm" in unknown.problem
    assert "scaleTarget" in unknown.fix


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A small cluster that is scraped now: vLLM, kube-state-metrics, and an endpoint picker."""
    with ExitStack() as stack:
        jobs = []
        for name in ("vllm", "kube-state-metrics", "llm-d-epp"):
            exposition = load_exposition(name)
            address = stack.enter_context(Exporter(exposition.text)).address
            target = Target(address=address, labels=exposition.labels)
            jobs.append(ScrapeJob(name=name, targets=[target], honor_labels=name == "kube-state-metrics"))
        server = stack.enter_context(PrometheusServer(tmp_path_factory.mktemp("scraped"), jobs))
        wait_until(lambda: len(server.query("count_over_time(up[20s]) >= 2")) == len(jobs))
        yield server


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_discovered_document_passes_the_doctor(scraped: PrometheusServer, tmp_path: Path) -> None:
    """The whole way of a new user: discover, write, check, doctor."""
    discovered = _run("discover", "--prometheus", scraped.url, "--namespace", "llm")
    file = tmp_path / "config.yaml"
    file.write_text(discovered.stdout)
    checked, examined = _run("check", str(file)), _run("doctor", str(file), "--workload", "llm/llama-70b-vllm")

    assert (discovered.exit_code, checked.exit_code, examined.exit_code) == (0, 0, 0)
    assert "llm-d-epp (held)" in discovered.stderr
    assert "no GPU utilisation" in discovered.stderr
    assert "no GPU of its pods reports" in examined.stdout


def test_both_commands_speak_json_and_say_in_their_exit_code_how_it_went(
    scraped: PrometheusServer, tmp_path: Path
) -> None:
    """Nothing found is 1, a signal that is needed and missing is 1, no answer is 2."""
    found = json.loads(_run("discover", "--prometheus", scraped.url, "--json").stdout)
    nothing = _run("discover", "--prometheus", scraped.url, "--namespace", "elsewhere")
    file = tmp_path / "config.yaml"
    file.write_text(
        "apiVersion: scaleahead/v1alpha1\n"
        f"prometheus: {{url: '{scraped.url}'}}\n"
        "workloads: [{namespace: llm, name: nobody}]\n"
    )
    ill = _run("doctor", str(file), "--json")
    silent = _run("doctor", str(file), "--prometheus", "http://127.0.0.1:9")

    assert [each["entry"]["name"] for each in found["workloads"]] == ["llama-70b-vllm"]
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert ill.exit_code == 1
    assert {each["state"] for each in json.loads(ill.stdout)["findings"]} == {"absent"}
    assert silent.exit_code == 1  # every signal is unavailable, which is what it says
    assert _run("discover", "--prometheus", "http://127.0.0.1:9").exit_code == 2
    assert _run("doctor", str(file), "--workload", "llm/other").exit_code == 2


async def test_one_rule_covers_what_a_fleet_runs_and_reads_it_right(every_system: PrometheusServer) -> None:
    """Found when all of them report: those that kube-state-metrics knows, by the names of their targets."""
    text = (
        "apiVersion: scaleahead/v1alpha1\n"
        f"prometheus: {{url: '{every_system.url}'}}\n"
        "tick: {settlingDelay: 0s}\n"
        "discover:\n"
        "- {namespaces: llm, models: {regex: meta-llama/.+}, slo: {ttft: 1s}}\n"
        "- {namespaces: {regex: ll.}}\n"
    )
    tuning = parse_tuning(text, file="rules", presets=preset_names())
    found = FoundWorkloads(_Fixed(tuning), FixedClock(AT))
    await found.refresh()
    by_name = {each.workload.id.name: each for each in found.workloads(now=AT)}
    with PrometheusSignalSource(tuning.prometheus) as source:
        fleet = await source.read(
            [each.workload for each in by_name.values()], grid=Grid(start=AT, step_s=1.0), window_s=60.0
        )
    queues = dict(zip(by_name, fleet.readings[Signal.QUEUE_DEPTH].value[:, 0].tolist(), strict=True))

    assert queues == {"legacy-vllm": 0.0, "llama-70b-vllm": 9.0, "mistral-tgi": 7.0}
    assert {name: each.tuning.slo.ttft for name, each in by_name.items()} == {
        "legacy-vllm": 2.0,
        "llama-70b-vllm": 1.0,
        "mistral-tgi": 2.0,
    }


@dataclass
class _Fixed:
    """A tuning document that stays."""

    tuning: Tuning

    def current(self) -> Tuning:
        """Return it."""
        return self.tuning

"""Editing the ConfigMap of a running process through the API: the log, the metrics and `scaleahead check` agree."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from adapter.cli import main
from tests.kube_api import KubeApiServer
from tests.prometheus_server import PrometheusServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_MAPS = "/api/v1/namespaces/llm/configmaps"
_NAME = "ConfigMap llm/tuning"

BAD_EDITS = {
    "unknown key": ("margin: 1.1", "margn: 1.1"),
    "unknown nested key": ("staleAfter: 5s", "staleAftr: 5s"),
    "unknown section": ("workloads:", "extras: {}\nworkloads:"),
    "wrong type": ("concurrency: 8", "concurrency: many"),
    "negative number": ("concurrency: 8", "concurrency: -8"),
    "zero where none may be": ("concurrency: 8", "concurrency: 0"),
    "duration without a unit": ("staleAfter: 5s", "staleAfter: soon"),
    "duration out of range": ("settlingDelay: 2s", "settlingDelay: 2h"),
    "interval that divides no minute": ("interval: 2s", "interval: 7s"),
    "no URL": ("prometheus: {", "prometheus: {url: nowhere, x"),
    "wrong version": ("v1alpha1", "v9"),
    "no version": ("apiVersion: scaleahead/v1alpha1\n", ""),
    "key set twice": ("margin: 1.1", "margin: 1.1\n  margin: 1.2"),
    "unclosed bracket": ("workloads: [", "workloads: [["),
    "tab for indentation": ("  margin: 1.1", "\tmargin: 1.1"),
    "unknown preset": ("name: llama-70b-vllm", "name: llama-70b-vllm, preset: vlm"),
    "bounds crossed": ("name: llama-70b-vllm", "name: llama-70b-vllm, replicas: {min: 5, max: 2}"),
    "no Kubernetes name": ("name: llama-70b-vllm", "name: Llama_70B"),
    "workload listed twice": (
        "[{namespace: llm, name: llama-70b-vllm}]",
        "[{namespace: llm, name: llama-70b-vllm}, {namespace: llm, name: llama-70b-vllm}]",
    ),
    "invalid regular expression": ("name: llama-70b-vllm", "name: llama-70b-vllm, match: {pod: {regex: '('}}"),
}
"""Twenty mistakes, as what is replaced by what."""


@dataclass
class _World:
    """The API, the process, and the document that it started with."""

    kube: KubeApiServer
    serve: ServeProcess
    good: str

    def edit(self, text: str) -> None:
        """Apply another document."""
        self.kube.put(_MAPS, "tuning", data={"config.yaml": text})

    def standing(self) -> dict[str, Any]:
        """Return how the JSON API says that the document stands."""
        return dict(self.serve.get("api", "/api/v1/tuning", headers={"Authorization": "Bearer t"}).json())

    def decided(self) -> tuple[str, str]:
        """Return the tuning that the newest decision was made with, and what an HPA reads."""
        read = self.serve.metric("scaleahead-replicas", headers={"Authorization": "Bearer t"})
        return self.standing()["digest"], str(read.json()["items"][0]["value"]) if read.ok else ""

    def rejections(self) -> int:
        """Return how many documents were rejected."""
        return int(self.serve.own_metric("scaleahead_tuning_rejections_total"))


@pytest.fixture(scope="module")
def world(prometheus: PrometheusServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    """A process that reads its document from a ConfigMap, and has decided; one for all tests of this file."""
    folder = tmp_path_factory.mktemp("config-map")
    good = write_tuning(folder, prometheus.url).read_text()
    with KubeApiServer().running() as kube:
        kube.tokens, kube.allows = {"t": {"username": "tester"}}, lambda _spec: True
        kube.put(_MAPS, "tuning", data={"config.yaml": good})
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(kube.kubeconfig())
        flags = ("--kubeconfig", str(kubeconfig), "--namespace", "llm", "--config-map", "tuning")
        with ServeProcess(folder, None, *flags) as serve:
            yield _World(kube, serve, good)


@pytest.fixture(autouse=True)
def decided(world: _World) -> None:
    """The good document is in force, and a decision was made with it."""
    world.edit(world.good)
    wait_until(lambda: world.standing()["valid"] and world.decided()[1] == "6000m", limit_s=90)


def _checked(text: str) -> list[str]:
    """Return the problems that `scaleahead check` finds, as the log would tell them."""
    result = CliRunner().invoke(main, ["check", "-", "--json"], input=text)
    assert result.exit_code == 2
    problems = json.loads(result.output)["problems"]
    return [f"{each['line']}|{each['path']}|{each['message']}" for each in problems]


def test_twenty_bad_edits_change_nothing_and_each_is_told_once_as_check_tells_it(world: _World) -> None:
    """Line, key and message are the same, and a good edit is in force at once."""
    before, already = world.decided(), world.rejections()
    for count, (mistake, (old, new)) in enumerate(BAD_EDITS.items(), start=already + 1):
        assert old in world.good, mistake
        text = world.good.replace(old, new, 1)
        world.edit(text)
        wait_until(lambda count=count: world.rejections() == count, limit_s=5, pause_s=0.02)
        standing = world.standing()
        told = [f"{each['line']}|{each['path']}|{each['message']}" for each in standing["problems"]]
        assert (standing["valid"], told) == (False, _checked(text)), mistake
        assert all(each["file"] == _NAME and each["line"] > 0 for each in standing["problems"])
        assert world.decided() == before
    assert len(world.serve.events("tuning rejected")) == already + len(BAD_EDITS)

    accepted = len(world.serve.events("tuning accepted again"))
    world.edit(world.good.replace("margin: 1.1", "margin: 2"))  # (31 + 9) x 2 / 8 = 10
    wait_until(lambda: world.standing()["valid"], limit_s=5, pause_s=0.02)
    wait_until(lambda: world.decided()[1] == "10000m", limit_s=90)
    assert len(world.serve.events("tuning accepted again")) == accepted + 1


def test_a_config_map_that_is_deleted_and_made_again_takes_effect(world: _World) -> None:
    """In between, the last good tuning stays in force and the standing says why."""
    before, already = world.decided(), world.rejections()
    world.kube.delete(_MAPS, "tuning")
    wait_until(lambda: world.rejections() == already + 1)
    assert [each["message"] for each in world.standing()["problems"]] == ["does not exist"]
    assert world.decided() == before
    world.edit(world.good.replace("margin: 1.1", "margin: 1.2"))
    wait_until(lambda: world.standing()["valid"])
    assert world.standing()["digest"] != before[0]


def test_the_api_may_be_away_for_a_while(world: _World) -> None:
    """What changed meanwhile is seen afterwards; who is remembered goes on reading."""
    before = world.standing()["digest"]
    world.kube.down = True
    wait_until(lambda: any("cannot be followed" in line["event"] for line in world.serve.log()))
    world.edit(world.good.replace("margin: 1.1", "margin: 1.3"))
    world.kube.down = False
    wait_until(lambda: world.serve.get("api", "/api/v1/tuning", headers={"Authorization": "Bearer t"}).ok)
    wait_until(lambda: world.standing()["digest"] != before)

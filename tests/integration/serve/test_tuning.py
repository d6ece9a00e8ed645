"""Editing the tuning document of a running process: a good edit takes effect, a bad one cannot hurt."""

from pathlib import Path

import pytest

from tests.prometheus_server import PrometheusServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


def _replicas(serve: ServeProcess) -> str:
    """Return the value that an HPA reads; empty while its history is read back anew."""
    answer = serve.metric("scaleahead-replicas")
    return str(answer.json()["items"][0]["value"]) if answer.ok else ""


def test_a_bad_edit_is_told_once_and_changes_nothing_and_a_good_one_takes_effect(
    serve: ServeProcess, tmp_path: Path
) -> None:
    """In the log and in the metrics; the last good tuning goes on deciding."""
    config = tmp_path / "tuning.yaml"
    good = config.read_text()
    config.write_text(good.replace("margin: 1.1", "margn: 1.1\n  targts: {}"))
    wait_until(lambda: serve.own_metric("scaleahead_tuning_valid") == 0)
    at = serve.explain().json()["at"]
    wait_until(lambda: serve.explain().json()["at"] > at + 4)
    assert serve.metric("scaleahead-replicas").json()["items"][0]["value"] == "6000m"
    assert serve.own_metric("scaleahead_tuning_rejections_total") == 1
    assert len(serve.events("tuning rejected")) == 1
    told = [line["event"] for line in serve.events("tuning problem")]
    assert len(told) == 2
    assert f"{config}:6: defaults.margn" in told[0]

    config.write_text(good.replace("margin: 1.1", "margin: 2"))  # (31 + 9) x 2 / 8 = 10
    wait_until(lambda: _replicas(serve) == "10000m")
    assert serve.own_metric("scaleahead_tuning_valid") == 1
    assert len(serve.events("tuning accepted again")) == 1


def test_another_prometheus_is_asked_once_the_document_names_it(prometheus: PrometheusServer, tmp_path: Path) -> None:
    """Without a restart."""
    config = write_tuning(tmp_path, "http://127.0.0.1:9")
    with ServeProcess(tmp_path, config) as serve:
        wait_until(lambda: serve.explain().json().get("outcome") == "hold")
        write_tuning(tmp_path, prometheus.url)
        wait_until(lambda: serve.metric("scaleahead-replicas").ok)

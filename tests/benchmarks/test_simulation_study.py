"""The study on a small subset, and its arithmetic."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.simulation_study import Line, Plan, best_peer, done, ratio, report, study
from tests.simulation.test_scenario import load


def line(**policies: list[tuple[float, float]]) -> Line:
    """Return the line of a scenario, (attainment, GPU-hours) of each setting."""
    named = {
        name: [{"attainment": attainment, "gpu_hours": hours, "knob": None} for attainment, hours in points]
        for name, points in policies.items()
    }
    return {"key": "a 180s 8b", "series": "a", "intermittent": False, "policies": named}


def test_the_best_peer_is_read_at_our_attainment() -> None:
    """At 98 % concurrency would need 12 h, KV usage 11 h, fixed never gets there."""
    made = line(
        scaleahead=[(0.98, 10.0)],
        concurrency=[(0.97, 11.0), (0.99, 13.0)],
        kv=[(0.985, 11.0)],
        fixed=[(0.9, 1.0)],
        clairvoyant=[(0.98, 8.0)],
    )
    assert best_peer(made) == ("kv", 11.0)
    assert ratio(made) == pytest.approx(1.25)
    assert "steady: geometric mean 1.25 x clairvoyant, 1 of 1 attain 98%" in report({"a": made})


def test_what_is_in_the_results_is_not_played_again(tmp_path: Path) -> None:
    """A line cut off by an interruption is played again, a whole one is not."""
    results = tmp_path / "study.jsonl"
    loads = [load(np.full(3, 20), step_s=60.0)]
    plan = Plan(models=("8b",), cold_starts_s=(60.0,), policies=("scaleahead", "fixed"))
    first = list(study(loads, results, plan))
    assert [each["key"] for each in first] == ["x 60s 8b"]
    assert list(study(loads, results, plan)) == []
    whole = results.read_text()
    results.write_text(whole[: len(whole) // 2])
    assert done(results) == {}
    again = list(study(loads, results, plan))
    assert json.dumps(again) == json.dumps(first)

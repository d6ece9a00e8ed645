"""Sums over workloads, and the JSON that carries them."""

import json
import math

import jsonschema
import pytest

from adapter.simulation.contest import OURS, Outcome
from adapter.simulation.results import Contest, summary, total
from adapter.simulation.score import Score

FIGURES = {
    "slo_attainment": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "gpu_hours": {"type": "number", "minimum": 0},
    "failed_requests": {"type": "integer", "minimum": 0},
    "scale_flaps": {"type": "integer", "minimum": 0},
}
RESULT = {"type": "object", "properties": FIGURES, "required": list(FIGURES)}
ENTRY = {**RESULT, "properties": {**FIGURES, "policy": {"type": "string"}}, "required": [*FIGURES, "policy"]}
SCHEMA = {
    "type": "object",
    "properties": {"result": RESULT, "comparison": {"type": "array", "items": ENTRY}},
    "required": ["result", "comparison", "workloads"],
}


def score(*, attainment: float, gpu_hours: float, requests: int = 100, failed: int = 0, flaps: int = 0) -> Score:
    """Return a score."""
    blank = dict.fromkeys(("ttft_attainment", "itl_attainment", "ttft_p50_s", "ttft_p95_s", "ttft_p99_s"), math.nan)
    counts = {"requests": requests, "failed": failed, "cold_hits": 0, "wakeups": 0, "flaps": flaps}
    return Score(attainment=attainment, gpu_hours=gpu_hours, **blank, **counts)  # type: ignore[arg-type]  # by name


def contest(name: str, **outcomes: list[Score]) -> Contest:
    """Return a contest of policies by name."""
    named = {
        policy.replace("_", "-"): tuple(
            Outcome(policy=policy, knob=float(index), score=each) for index, each in enumerate(scores)
        )
        for policy, scores in outcomes.items()
    }
    return Contest(workload=name, intermittent=False, requests=100, outcomes=named)


def test_shares_are_weighted_by_requests() -> None:
    """100 requests at 90 % and 300 at 98 %: 384 of 400."""
    totals = total(
        [score(attainment=0.9, gpu_hours=1.0, failed=2), score(attainment=0.98, gpu_hours=2.0, requests=300, flaps=3)]
    )
    assert totals.slo_attainment == pytest.approx(0.96)
    assert (totals.gpu_hours, totals.failed_requests, totals.scale_flaps) == (3.0, 2, 3)


def test_the_summary_keeps_its_schema_and_is_plain_json() -> None:
    """Result and comparison have the same figures; NaN is null."""
    made = summary(
        [
            contest(
                "a", scaleahead=[score(attainment=0.99, gpu_hours=5.0)], fixed=[score(attainment=0.5, gpu_hours=1.0)]
            ),
            contest(
                "b", scaleahead=[score(attainment=0.97, gpu_hours=3.0)], fixed=[score(attainment=1.0, gpu_hours=9.0)]
            ),
        ]
    )
    read = json.loads(json.dumps(made, allow_nan=False))
    jsonschema.validate(read, SCHEMA)
    assert read["result"]["gpu_hours"] == 8.0
    assert [entry["policy"] for entry in read["comparison"]] == ["fixed"]
    assert read["comparison"][0]["gpu_hours_at_equal_attainment"] is None
    assert [each["workload"] for each in read["workloads"]] == ["a", "b"]


def test_equal_attainment_is_read_at_ours() -> None:
    """Ours attains 98 %: half way between two settings of the other."""
    made = contest(
        "a",
        **{OURS: [score(attainment=0.98, gpu_hours=5.0)]},
        concurrency=[score(attainment=0.97, gpu_hours=6.0), score(attainment=0.99, gpu_hours=8.0)],
    )
    assert made.hours_at_our_attainment("concurrency") == pytest.approx(7.0)

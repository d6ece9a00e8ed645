"""All policies on one small scenario."""

import math

import numpy as np
import pytest

from adapter.simulation.contest import OURS, POLICIES, Outcome, best_of, knobs_of, play, settings_tried
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.simulation.scenario import Scenario, Terms, build_scenario
from tests.simulation.test_results import score
from tests.simulation.test_scenario import load


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Twenty minutes of a load that needs a few replicas."""
    made = build_scenario(load(np.full(20, 600)), Terms(profile=LLAMA_8B_H100, cold_start_s=60.0, rescale=False))
    assert made is not None
    return made


@pytest.mark.parametrize("policy", [each for each in POLICIES if each != "clairvoyant"])
def test_every_policy_serves_every_request_or_fails_it(scenario: Scenario, policy: str) -> None:
    """What arrived is scored once, whoever sizes."""
    knobs = knobs_of(scenario, policy)
    outcome = play(scenario, policy, knobs[0])
    assert outcome.score.requests == len(scenario.requests)
    assert 0 < outcome.score.gpu_hours < 20
    assert outcome.score.attainment > 0.9


def test_comparisons_have_five_settings_and_ours_has_one(scenario: Scenario) -> None:
    """Where sizes coincide on a small fleet, fixed has fewer."""
    counts = {policy: len(knobs_of(scenario, policy)) for policy in POLICIES}
    assert counts[OURS] == counts["clairvoyant"] == 1
    assert all(counts[each] >= 5 for each in ("concurrency", "queue", "kv-usage", "knative", "holt-winters"))


def test_clairvoyant_attains_the_objective(scenario: Scenario) -> None:
    """At least 98 %, verified by simulation."""
    assert play(scenario, "clairvoyant", math.nan).score.attainment >= 0.98


def test_the_best_is_the_cheapest_that_attains() -> None:
    """Else the one that attains most."""
    made = [
        Outcome(policy="p", knob=float(index), score=score(attainment=attainment, gpu_hours=hours))
        for index, (attainment, hours) in enumerate(((0.99, 9.0), (0.985, 7.0), (0.9, 1.0)))
    ]
    assert best_of(made).knob == 1.0
    assert best_of(made[2:]).knob == 2.0


def test_an_unknown_policy_is_refused(scenario: Scenario) -> None:
    """By its name."""
    with pytest.raises(KeyError, match="oracle"):
        settings_tried(scenario, "oracle")

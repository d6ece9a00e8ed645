"""Plans that know the future, by hand and by simulation."""

import numpy as np
import pytest

from adapter.simulation.clairvoyant import Plan, Scheduled, Variant, load_in_replicas, plan_for, search
from adapter.simulation.closed_loop import Run, close_loop
from adapter.simulation.profiles import RequestShape
from tests.simulation.workloads import TOY, fleet, random_requests, requests


def test_a_replica_is_asked_for_one_cold_start_ahead() -> None:
    """Needed from step 5 to 7, two steps to start: asked for from step 3."""
    load = np.array([0, 0, 0, 0, 0, 1, 1, 0, 0.0])
    assert plan_for(load, utilisation=1.0, lead_steps=2).sizes.tolist() == [0, 0, 0, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(("pause", "sizes"), [(2, [1, 1, 1, 1]), (3, [1, 0, 1, 1, 1])])
def test_a_pause_is_bridged_when_a_restart_costs_as_much(pause: int, sizes: list[int]) -> None:
    """With a start of two steps, two idle steps are kept and three are not."""
    load = np.array([1.0, *[0.0] * pause, 1.0])
    assert plan_for(load, utilisation=1.0, lead_steps=2).sizes.tolist() == sizes


def test_a_lower_utilisation_asks_for_more() -> None:
    """One replica's worth at one half needs two."""
    assert plan_for(np.array([1.0]), utilisation=0.5, lead_steps=0).sizes.tolist() == [2]


def test_what_serves_least_for_its_cost_is_left_out_first() -> None:
    """A lonely tenth of a step goes, a full stretch stays."""
    load = np.array([0, 0.1, 0, 0, 0, 0, 0, 1, 1, 1.0])
    plan = plan_for(load, utilisation=1.0, lead_steps=2, missed=0.05)
    assert plan.sizes.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]


def test_load_is_work_over_what_a_replica_sustains() -> None:
    """At the sustainable rate of two replicas each step holds two, within the noise of arrivals."""
    shape = RequestShape(prompt_tokens=300, output_tokens=40)
    trace = random_requests(1, rate=2 * TOY.sustainable_requests_per_s(shape), seconds=600)
    assert load_in_replicas(trace, TOY, shape, end_s=600.0).mean() == pytest.approx(2.0, rel=0.05)


def test_the_work_of_all_requests_is_in_the_load() -> None:
    """Nothing is lost at the end, however the last arrival falls."""
    shape = RequestShape(prompt_tokens=100, output_tokens=10)
    load = load_in_replicas(requests([0.0, 14.99, 15.0, 59.99]), TOY, shape, end_s=60.0)
    assert load.tolist() == pytest.approx([2 * load[1], load[1], 0.0, load[1]])


def test_the_search_finds_a_cheap_schedule_that_attains() -> None:
    """On a square wave it attains 98 % for less than the fixed size that does."""
    parts = [random_requests(seed, rate=rate, seconds=600) for seed, rate in enumerate((10, 120, 10))]
    arrivals = [float(at + 600 * part) for part, each in enumerate(parts) for at in each.arrival_s]
    trace = requests(arrivals, prompt_tokens=300, output_tokens=40)
    shape = trace.shape()

    def simulate(plan: Plan) -> Run:
        return close_loop(fleet(trace, replicas=1), Scheduled(plan, max_replicas=20), end_s=1800.0)

    load = load_in_replicas(trace, TOY, shape, end_s=1800.0)
    best = search(load, simulate, lead_steps=2, variants=(Variant(window_s=15.0),))
    peak = int(np.ceil(load.max()))
    assert best.score.attainment >= 0.98
    assert best.score.gpu_hours < 0.75 * peak * TOY.gpus * 0.5

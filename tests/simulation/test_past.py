"""What is remembered before second 0."""

import numpy as np
import pytest

from adapter.core.tuning import TunedWorkload
from adapter.simulation.contest import tuning_of
from adapter.simulation.own import EPOCH
from adapter.simulation.past import history_of, mean_in_flight
from adapter.simulation.scenario import Scenario
from tests.simulation.test_scenario import built, load


@pytest.fixture
def scenario() -> Scenario:
    """Ten hours, of which five are history."""
    return built(load(np.full(600, 300)), rescale=0)


def test_remembered_demand_is_the_work_that_arrived(scenario: Scenario) -> None:
    """5 requests/s over what a replica sustains, in each minute and each ten minutes up to second 0."""
    tuned: TunedWorkload = tuning_of(scenario)
    history = history_of(scenario, tuned)
    expected = 5.0 / scenario.profile.sustainable_requests_per_s(scenario.shape)
    assert history.minute.end == history.coarse.end == EPOCH
    assert history.minute.values[0, -300:] == pytest.approx(expected, rel=1e-5)
    assert history.coarse.values[0, -30:] == pytest.approx(expected, rel=1e-5)
    assert np.isnan(history.minute.values[0, :-300]).all()


def test_concurrency_follows_the_rate(scenario: Scenario) -> None:
    """One value every ten minutes, more in flight than requests/s times the bare time of an answer."""
    means = mean_in_flight(scenario, bin_s=600.0)
    assert len(means) == 30
    assert means == pytest.approx(means[0])
    assert means[0] > 5.0 * scenario.shape.output_tokens * scenario.profile.base_s

"""Cold starts to draw from."""

import math

import numpy as np
import pytest

from adapter.simulation.cold_start import constant, lognormal
from adapter.simulation.fleet import Fleet
from tests.simulation.workloads import TOY, requests


def test_drawn_cold_starts_have_the_median_asked_for() -> None:
    """2000 draws around 90 s; one in forty is over 90 e^(1.96 * 0.2)."""
    draw = lognormal(90.0, 0.2, rng=np.random.default_rng(1))
    drawn = np.array([draw() for _ in range(2000)])
    assert np.median(drawn) == pytest.approx(90.0, rel=0.02)
    assert np.mean(drawn > 90.0 * math.exp(1.96 * 0.2)) == pytest.approx(0.025, abs=0.01)


def test_each_pod_draws_once_in_order_of_creation() -> None:
    """The ready times of three pods are the first three draws."""
    draws = lognormal(60.0, 0.3, rng=np.random.default_rng(5))
    expected = [draws() for _ in range(3)]
    fleet = Fleet(
        profile=TOY,
        requests=requests([]),
        cold_start=lognormal(60.0, 0.3, rng=np.random.default_rng(5)),
        replicas=0,
    )
    fleet.scale_to(3)
    assert [pod.ready_s for pod in fleet.pods] == expected


def test_a_constant_is_constant() -> None:
    """Always the same seconds."""
    draw = constant(45.0)
    assert [draw(), draw()] == [45.0, 45.0]


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
def test_impossible_cold_starts_are_refused(seconds: float) -> None:
    """Negative, unknown and endless ones, with the value."""
    with pytest.raises(ValueError, match=f"must be finite and >= 0 s, got {seconds}"):
        constant(seconds)
    with pytest.raises(ValueError, match="need median_s > 0 s"):
        lognormal(seconds, 0.1, rng=np.random.default_rng(0))

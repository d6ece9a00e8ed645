"""Loads cut and scaled into scenarios."""

import numpy as np
import pytest

from adapter.simulation.arrays import Ints
from adapter.simulation.load_files import Load
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.simulation.scenario import (
    STEADY_PEAK,
    Scenario,
    Terms,
    build_scenario,
    idle_share,
    per_minute,
    scale_counts,
)
from adapter.simulation.traces import peak_replicas

HOUR = 60


def load(counts: Ints, *, step_s: float = 60.0, known: Ints | None = None) -> Load:
    """Return a load of 1000 prompt and 200 output tokens a request."""
    return Load(
        name="x",
        step_s=step_s,
        counts=counts,
        known=np.ones(len(counts), dtype=np.bool_) if known is None else known.astype(np.bool_),
        prompt_tokens=np.full(len(counts), 1000.0),
        output_tokens=np.full(len(counts), 200.0),
    )


def built(source: Load, **terms: float) -> Scenario:
    """Return the scenario of a load of which something arrives."""
    scenario = build_scenario(source, Terms(profile=LLAMA_8B_H100, **terms))  # type: ignore[arg-type]  # only numbers
    assert scenario is not None
    return scenario


def test_the_busiest_ten_minutes_need_the_replicas_that_are_asked_for() -> None:
    """Ten, within the noise of random lengths."""
    counts = 50 + (30 * np.sin(np.arange(5 * HOUR) / 40)).astype(np.int64)
    scenario = built(load(counts))
    assert peak_replicas(scenario.requests, LLAMA_8B_H100) == pytest.approx(STEADY_PEAK, rel=0.1)
    assert not scenario.may_sleep


def test_history_is_scaled_as_the_scored_time_is() -> None:
    """A load twice as high before second 0 is twice as high in the memory."""
    counts = np.r_[np.full(150, 200), np.full(150, 100)]
    scenario = built(load(counts))
    assert len(scenario.past_rate) == 150
    assert np.mean(scenario.past_rate) == pytest.approx(2 * len(scenario.requests) / scenario.end_s, rel=0.02)


def test_gaps_stay_gaps_in_the_history() -> None:
    """NaN where the file says so, a number elsewhere."""
    known = np.ones(300, dtype=np.int64)
    known[10:20] = 0
    past = built(load(np.full(300, 30), known=known)).past_rate
    assert np.isnan(past[10:20]).all()
    assert np.isfinite(np.delete(past, np.arange(10, 20))).all()


def test_a_load_of_too_many_requests_is_cut_in_time() -> None:
    """With room for a thousand requests at 200 a minute, five minutes are scored."""
    scenario = built(load(np.full(100, 200)), rescale=0, most_requests=1000)
    assert (scenario.end_s, len(scenario.requests)) == (300.0, 1000)


def test_a_mostly_idle_load_may_sleep_and_starts_asleep() -> None:
    """One burst in five hours."""
    counts = np.zeros(300, dtype=np.int64)
    counts[250:260] = 40
    scenario = built(load(counts))
    assert (scenario.may_sleep, scenario.initial, scenario.min_replicas) == (True, 0, 0)


def test_a_load_that_is_empty_when_it_is_scored_is_no_scenario() -> None:
    """All requests are in the first half, which is history."""
    counts = np.r_[np.full(150, 10), np.zeros(150, dtype=np.int64)]
    assert build_scenario(load(counts), Terms(profile=LLAMA_8B_H100)) is None


def test_counts_of_ten_minutes_are_dealt_out_to_minutes_without_loss() -> None:
    """600 requests in ten minutes stay 600, and a gap is a gap in each of its minutes."""
    dealt = per_minute(np.array([600.0, np.nan]), 600.0, rng=np.random.default_rng(1))
    assert dealt[:10].sum() == 600
    assert np.isnan(dealt[10:]).all()
    assert len(dealt) == 20


def test_scaling_counts_keeps_the_mean() -> None:
    """A factor of 2.5 on 10,000 requests, within three standard deviations."""
    scaled = scale_counts(np.full(100, 100), 2.5, rng=np.random.default_rng(2))
    assert scaled.sum() == pytest.approx(25_000, abs=3 * 50)


def test_idle_windows_are_ten_minutes_long() -> None:
    """One request in the first of three windows: two thirds are idle."""
    counts = np.zeros(30, dtype=np.int64)
    counts[5] = 1
    assert idle_share(counts, 60.0) == pytest.approx(2 / 3)


def test_the_same_seed_builds_the_same_requests() -> None:
    """And another one does not."""
    first, again, other = (built(load(np.full(300, 30)), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.requests.arrival_s, again.requests.arrival_s)
    assert not np.array_equal(first.requests.arrival_s[:50], other.requests.arrival_s[:50])

"""Rates and slopes as Prometheus computes them."""

import numpy as np
import pytest

from adapter.simulation.arrays import POD
from adapter.simulation.closed_loop import Observation
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.scrapes import ScrapeMemory


def scrape(at_s: float, tokens: dict[int, int], *, waiting: int = 0) -> Observation:
    """Return a scrape of pods with so many generated tokens each."""
    rows = np.zeros(len(tokens), dtype=POD)
    rows["generation_tokens"] = list(tokens.values())
    rows["waiting"] = waiting
    rows["prefilling"] = -1
    return Observation(
        at_s=at_s,
        running=0,
        waiting=waiting,
        held=0,
        engines=len(tokens),
        kv_usage=0.0,
        scale=Scale(replicas=1, status_replicas=1, ready_replicas=1),
        serials=tuple(tokens),
        rows=rows,
    )


def remember(*scrapes: Observation) -> ScrapeMemory:
    """Return a memory of scrapes."""
    memory = ScrapeMemory()
    for each in scrapes:
        memory.record(each)
    return memory


def test_a_steady_counter_is_extrapolated_to_the_edges_of_the_window() -> None:
    """150 tokens every 15 s are 10 a second, although four samples span 45 s of the window's 60."""
    memory = remember(*(scrape(15.0 * step, {1: 3000 + 150 * step}) for step in range(5)))
    rates = memory.rates(at_s=62.5, window_s=60.0)
    assert rates is not None
    assert rates.rate("generation_tokens") == pytest.approx(10.0)


def test_a_counter_that_begins_anew_goes_on_counting() -> None:
    """The container restarts at 3300, 150 tokens after which it has 150: still ten a second, as in Prometheus."""
    memory = remember(*(scrape(15.0 * step, {1: tokens}) for step, tokens in enumerate((3000, 3150, 3300, 150, 300))))
    rates = memory.rates(at_s=62.5, window_s=60.0)
    assert rates is not None
    assert rates.rate("generation_tokens") == pytest.approx(10.0)


def test_a_new_pod_counts_from_its_second_sample_and_not_before_zero() -> None:
    """From 0 at 45 s to 150 at 60 s in a window up to 65 s: nothing is added before the zero, 5 s after the end."""
    memory = remember(scrape(45.0, {1: 0}), scrape(60.0, {1: 150}))
    rates = memory.rates(at_s=65.0, window_s=60.0)
    assert rates is not None
    assert rates.rate("generation_tokens") == pytest.approx(150 * (15 + 5) / 15 / 60)


def test_a_pod_that_has_gone_still_counts_within_the_window() -> None:
    """A sum of rates keeps what a removed pod has done, half an interval beyond its last sample."""
    memory = remember(scrape(15.0, {1: 150}), scrape(30.0, {1: 300, 2: 0}), scrape(45.0, {2: 0}), scrape(60.0, {2: 0}))
    rates = memory.rates(at_s=60.0, window_s=60.0)
    assert rates is not None
    assert rates.rate("generation_tokens") == pytest.approx(150 * (15 + 15 + 7.5) / 15 / 60)


def test_one_sample_is_no_rate() -> None:
    """As in Prometheus, a window with a single sample of each pod says nothing."""
    assert remember(scrape(0.0, {1: 5})).rates(at_s=1.0, window_s=60.0) is None


def test_the_slope_of_a_gauge_is_that_of_least_squares() -> None:
    """0, 4, 2, 6 waiting at 15 s steps: the line rises by 1.6 a step."""
    memory = remember(*(scrape(15.0 * n, {1: 0}, waiting=each) for n, each in enumerate((0, 4, 2, 6))))
    rates = memory.rates(at_s=45.0, window_s=60.0)
    assert rates is not None
    assert rates.deriv("waiting") == pytest.approx(1.6 / 15)


def test_old_scrapes_are_forgotten() -> None:
    """Beyond the span nothing is kept."""
    memory = ScrapeMemory(span_s=60.0)
    for step in range(100):
        memory.record(scrape(15.0 * step, {1: 10 * step}))
    assert memory.rates(at_s=1000.0, window_s=300.0) is None

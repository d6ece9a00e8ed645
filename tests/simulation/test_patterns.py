"""Twin of adapter/simulation/patterns.py."""

import numpy as np
import pytest

from adapter.simulation.patterns import PATTERNS, make_load
from adapter.simulation.scenario import IDLE_SHARE, idle_share


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_repeats_with_its_seed_and_lasts_as_long_as_asked(pattern: str) -> None:
    """Another seed is another load; something arrives every day."""
    load = make_load(pattern, days=3, seed=1)
    assert load.duration_s == 3 * 86_400
    assert np.array_equal(load.counts, make_load(pattern, days=3, seed=1).counts)
    assert not np.array_equal(load.counts, make_load(pattern, days=3, seed=2).counts)
    assert load.counts.reshape(3, -1).sum(axis=1).min() > 0


def test_patterns_differ_in_what_they_are_named_for() -> None:
    """Idle or not, with a day's rhythm or without, with bursts or without."""
    counts = {pattern: make_load(pattern, days=7, seed=0).counts for pattern in PATTERNS}
    intermittent = {pattern for pattern, each in counts.items() if idle_share(each, 60.0) >= IDLE_SHARE}
    assert intermittent == {"sparse", "batch"}
    days = counts["diurnal"].reshape(7, 24, 60).sum(axis=2)
    assert days[:5, 12].min() > 3 * days[:5, 0].max()
    assert counts["bursty"].max() > 5 * np.median(counts["bursty"])
    crowd = counts["flash-crowd"].reshape(7, -1)
    assert (crowd.max(axis=1) > 5 * np.median(crowd, axis=1)).all()
    hours = counts["step"].reshape(-1, 60).mean(axis=1)
    assert np.median(np.abs(np.diff(hours))) < 0.1 * hours.mean() < np.abs(np.diff(hours)).max()

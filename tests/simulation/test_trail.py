"""Twin of adapter/simulation/trail.py."""

import numpy as np

from adapter.simulation.trail import thin


def test_a_long_run_is_thinned_to_means_over_equal_pieces() -> None:
    """The sum over time stays what it is, up to the last piece."""
    rows = [(15.0 * index, float(index % 4), 1.0, float(index)) for index in range(1000)]
    trail = thin(rows, points=250)
    assert len(trail.at_s) == 250
    assert np.all(trail.spec == 1.5)
    assert np.all(np.diff(trail.at_s) == 60.0)


def test_a_short_run_is_kept_and_none_is_none() -> None:
    """Nothing to thin, nothing to show."""
    assert thin([(15.0, 2, 1, 7)]).in_flight.tolist() == [7.0]
    assert len(thin([]).at_s) == 0

"""What the fluid engine is told about the load."""

import numpy as np
import pytest

from adapter.simulation.fluid_state import load_of
from tests.simulation.workloads import random_requests, requests


def test_every_request_and_token_is_in_one_step() -> None:
    """Sums over steps are sums over requests, and the load lasts as long as asked."""
    trace = random_requests(1, rate=5, seconds=100)
    load = load_of(trace, end_s=200.0, judged_from=8)
    assert len(load.requests) == 200
    assert load.requests.sum() == len(trace)
    assert load.prompt_tokens.sum() == trace.prompt_tokens.sum()
    assert load.output_tokens.sum() == trace.output_tokens.sum()


def test_equal_lengths_have_no_spread() -> None:
    """One length: every class is that length; outputs of 7 tokens are not judged for their gaps."""
    load = load_of(requests([0.0, 5.5], prompt_tokens=100, output_tokens=7), end_s=1.0, judged_from=8)
    assert set(load.prompt_classes) == {100.0}
    assert (load.prompt_spread, load.output_spread, load.judged_share) == (1.0, 1.0, 0.0)
    assert len(load.requests) == 6


def test_the_spread_of_exponential_lengths_is_two() -> None:
    """Geometric lengths have a mean square of nearly twice their squared mean."""
    load = load_of(random_requests(2, rate=500, seconds=100), end_s=100.0, judged_from=8)
    assert load.prompt_spread == pytest.approx(2.0, rel=0.03)
    assert np.mean(load.prompt_classes) == pytest.approx(300, rel=0.05)

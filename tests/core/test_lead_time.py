import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.lead_time import HORIZON_LADDER_S, NEWEST_STARTS, configured, learn_lead_time, rung

SECONDS = st.floats(min_value=0.0, max_value=3600.0)


@pytest.mark.parametrize(("lead_s", "horizon_s"), [(0, 60), (60, 60), (61, 120), (3600, 3600), (99_999, 7200)])
def test_lead_times_are_read_at_the_next_rung_up(lead_s: float, horizon_s: float) -> None:
    """Rounding up errs on the side of capacity; beyond the ladder its last rung counts."""
    assert HORIZON_LADDER_S[rung(lead_s, HORIZON_LADDER_S)] == horizon_s


def test_the_ladder_lies_on_the_minute_grid() -> None:
    """Horizons are whole minutes, rising."""
    assert all(each % 60 == 0 for each in HORIZON_LADDER_S)
    assert list(HORIZON_LADDER_S) == sorted(set(HORIZON_LADDER_S))


def test_without_a_start_the_configured_lead_time_is_the_answer() -> None:
    """Gaps are no starts of zero seconds."""
    lead = learn_lead_time(np.full(9, np.nan), prior_s=240.0)
    assert lead == configured(240.0)
    assert (lead.seconds, lead.median_s, lead.tail_s, lead.origin) == (240.0, 240.0, 240.0, "configured")
    assert (lead.samples, lead.confidence) == (0, 0.0)


def test_quantiles_come_from_starts_and_prior_by_weight() -> None:
    """One start of 400 s weighs a quarter against 200 s; six of them two thirds."""
    one, six = (learn_lead_time(np.full(count, 400.0), prior_s=200.0) for count in (1, 6))
    assert (one.seconds, one.confidence, one.origin) == (250.0, 0.25, "learnt from 1 start")
    assert (six.seconds, six.samples, six.origin) == (pytest.approx(200 + 200 * 2 / 3), 6, "learnt from 6 starts")


@given(st.lists(SECONDS | st.just(math.nan), max_size=80), SECONDS)
def test_a_learnt_lead_time_lies_between_prior_and_starts(starts: list[float], prior_s: float) -> None:
    """Whatever was seen, in order: median, look-ahead and tail."""
    lead = learn_lead_time(np.array(starts, dtype=np.float64), prior_s=prior_s)
    known = [*(each for each in starts if not math.isnan(each)), prior_s]
    slack = 1e-6
    assert min(known) - slack <= lead.median_s <= lead.seconds + slack
    assert lead.seconds <= lead.tail_s + slack <= max(known) + 2 * slack


@given(st.lists(SECONDS, max_size=20), st.lists(SECONDS, min_size=NEWEST_STARTS, max_size=NEWEST_STARTS))
def test_old_starts_are_forgotten(old: list[float], new: list[float]) -> None:
    """Only the newest fifty count, and gaps between them do not."""
    spread = [value for each in new for value in (math.nan, each)]
    assert learn_lead_time(np.array([*old, *spread]), prior_s=180.0) == learn_lead_time(np.array(new), prior_s=180.0)


def test_a_changed_lead_time_is_learnt() -> None:
    """A new image that takes 600 s instead of 120 s: after 15 starts the horizon has moved there."""
    before = [120.0] * 35
    seconds = [learn_lead_time(np.array([*before, *[600.0] * count]), prior_s=120.0).seconds for count in (0, 8, 15)]
    assert seconds[0] == pytest.approx(120.0)
    assert seconds[0] < seconds[1] + 1e-9 <= seconds[2]
    assert seconds[2] > 550.0

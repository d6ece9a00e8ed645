"""One pod, and the gateway before it, as a fluid: checked by closed forms."""

import numpy as np
import pytest

from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_kernels import water_level
from adapter.simulation.fluid_state import FLUID_POD, READY, STARTING, Load
from tests.simulation.workloads import TOY


def _constant(rate: float, *, seconds: int, prompt: float = 300, output: float = 60) -> Load:
    requests = np.full(seconds, rate)
    return Load(
        requests=requests,
        prompt_tokens=requests * prompt,
        output_tokens=requests * output,
        prompt_classes=np.full(32, prompt),
        output_classes=np.full(4, output),
        judged_share=1.0,
        prompt_spread=1.0,
        output_spread=1.0,
    )


def _served(load: Load, *, replicas: int = 1) -> FluidFleet:
    fleet = FluidFleet(profile=TOY, load=load, cold_start=lambda: 30.0, replicas=replicas)
    fleet.advance(float(len(load.requests)))
    return fleet


def test_water_fills_the_emptiest_pods() -> None:
    """Pods with 1 and 3 requests get four: both have four then; one with 9, or one that starts, gets none."""
    pods = np.zeros(4, dtype=FLUID_POD)
    pods["decoding"] = [1, 3, 9, 0]
    pods["phase"] = [READY, READY, READY, STARTING]
    assert water_level(pods, 4, 4.0) == pytest.approx(4.0)
    assert water_level(pods, 4, 1.0) == pytest.approx(2.0)


def test_an_iteration_grows_with_load_as_the_closed_form_says() -> None:
    """With 30 % of the time in prefill, 10 ms become 10 / 0.7 ms; Little's law gives the requests in the batch."""
    fleet = _served(_constant(10.0, seconds=300))
    row = fleet.engine_rows(fleet.pods)[0]
    iteration_s = TOY.base_s / 0.7
    assert row["decoding"] == pytest.approx(10 * 59 * iteration_s, abs=0.6)
    assert row["waiting"] == 0


def test_a_full_batch_serves_what_little_s_law_allows() -> None:
    """32 slots, 59 iterations of 10 / (1 - 0.03 r) ms each: r (0.59 / (1 - 0.03 r)) = 32 at 20.67 requests/s."""
    fleet = _served(_constant(40.0, seconds=200))
    row = fleet.engine_rows(fleet.pods)[0]
    assert row["succeeded"] / 200 == pytest.approx(20.67, rel=0.02)
    assert row["decoding"] == 32


def test_waiting_requests_grow_by_what_is_not_served() -> None:
    """Arrived = succeeded + in the pod, at any time."""
    fleet = _served(_constant(40.0, seconds=100))
    row = fleet.engine_rows(fleet.pods)[0]
    assert row["succeeded"] + row["waiting"] + row["decoding"] == pytest.approx(4000, abs=2)


def test_who_would_wait_longer_than_the_time_out_fails() -> None:
    """At twice the capacity the wait grows by half a second a second, until it is 300 s."""
    fleet = _served(_constant(42.0, seconds=1200))
    failed = fleet.score(1200, (), gpu_hours=1.0, objective=fleet.objective).failed
    assert failed == pytest.approx(42 * 1200 - 20.67 * (1200 + 300) - 32, rel=0.05)

"""Hypothesis strategies for domain values: everything that may reach a decision, also what should not."""

from typing import Any

from hypothesis import strategies as st

from adapter.core.decision import WorkloadForecast
from adapter.core.lead_time import HORIZON_LADDER_S
from adapter.core.policy_state import PolicyState
from adapter.core.signal import Observed, Reading, Signal, State
from adapter.core.tuning import TunedWorkload
from tests.factories import TICK
from tests.fakes import tuned

QUANTILES = (0.5, 0.9, 0.99)
RATIOS = frozenset({Signal.PREFIX_CACHE_HIT_RATIO, Signal.KV_CACHE_USAGE, Signal.GPU_UTILIZATION})
COUNTS = frozenset({Signal.REPLICAS_REQUESTED, Signal.REPLICAS_STATUS, Signal.REPLICAS_READY})


_LOADS = (0.0, 0.0, 0.25, 1.0, 3.0, 16.0, 40.0, 250.0, 3000.0, 1e5)
_SHARES = (0.0, 0.0, 0.1, 0.5, 0.9, 0.97, 1.0)
_VALUELESS = tuple(Reading(state=state) for state in (State.ABSENT, State.MALFORMED, State.UNAVAILABLE))
_NAN = float("nan")


def _certain(value: float) -> Reading:
    return Reading(state=State.FRESH, value=value, age_s=3.0, coverage=1.0)


def _pool(signal: Signal) -> tuple[float, ...]:
    if signal in COUNTS:
        return (0.0, 1.0, 2.0, 3.0, 7.0, 20.0)
    return _SHARES if signal in RATIOS else _LOADS


def _doubtful(value: float) -> tuple[Reading, ...]:
    return (
        Reading(state=State.PARTIAL, value=value, age_s=3.0, coverage=0.5),
        Reading(state=State.PARTIAL, value=value, age_s=_NAN, coverage=_NAN),
        Reading(state=State.STALE, value=value, age_s=95.0, coverage=1.0),
        Reading(state=State.STALE, value=value, age_s=_NAN, coverage=_NAN),
    )


# Pools, not floats: with eighteen signals a draw from a list is what keeps a property fast; so does making them once.
_FRESH = {signal: st.sampled_from([_certain(value) for value in _pool(signal)]) for signal in Signal}
_KNOWN = {signal: st.sampled_from([each for value in _pool(signal) for each in _doubtful(value)]) for signal in Signal}
_MISSING = st.sampled_from(_VALUELESS)
_UNCERTAIN = {signal: _KNOWN[signal] | _MISSING for signal in Signal}
_ANY = {signal: _FRESH[signal] | _UNCERTAIN[signal] for signal in Signal}


def missing() -> st.SearchStrategy[Reading]:
    """Readings without a value."""
    return _MISSING


def uncertain(signal: Signal) -> st.SearchStrategy[Reading]:
    """Readings of which something is missing: part of the targets, the present, or everything."""
    return _UNCERTAIN[signal]


def observations(*, certain: bool = False, **fixed: float | None) -> st.SearchStrategy[Observed]:
    """Everything seen of a workload; `fixed` names signals with their fresh value, None for absent ones."""
    given = {
        Signal(name): st.just(Reading(state=State.ABSENT) if value is None else _certain(value))
        for name, value in fixed.items()
    }
    return st.fixed_dictionaries({**(_FRESH if certain else _ANY), **given}).map(
        lambda readings: Observed(at=TICK, readings=readings)
    )


@st.composite
def workloads(draw: st.DrawFn, **fixed: Any) -> TunedWorkload:
    """A workload with tuning that a document could contain; `fixed` keys are as given."""
    fewest = draw(st.integers(0, 3))
    rate = st.none() | st.floats(100, 10_000)
    prompt = draw(rate)
    entry = {
        "replicas": {"min": fewest, "max": draw(st.integers(max(fewest, 1), 20))},
        "capacity": {
            "prompt_tokens_per_second": prompt,
            "generation_tokens_per_second": None if prompt is None else draw(st.floats(100, 10_000)),
            "max_concurrency": draw(st.none() | st.integers(1, 256)),
        },
        "targets": {"concurrency": draw(st.integers(1, 64)), "gpu_utilization": draw(st.none() | st.just(0.8))},
        "margin": draw(st.sampled_from((1.0, 1.15, 2.0))),
        "hold": {"scale_in": draw(st.sampled_from((0, 60, 180))), "idle": draw(st.sampled_from((0, 60, 300)))},
        "mode": draw(st.sampled_from(("act", "advise"))),
        "forecast": {"enabled": draw(st.booleans())},
    }
    return tuned("llama", **{**entry, **fixed})


@st.composite
def forecasts(draw: st.DrawFn) -> WorkloadForecast:
    """A forecast as the forecaster makes them: no crossing quantiles, no falling peaks."""
    base = draw(st.floats(0, 100))
    rise = draw(st.floats(0, 2))
    chance = draw(st.floats(0, 1))
    return WorkloadForecast(
        origin=TICK - draw(st.sampled_from((0.0, 30.0, 60.0))),
        horizons_s=HORIZON_LADDER_S,
        quantiles=QUANTILES,
        peak=tuple(
            tuple(base * (1 + quantile + rise * at) for at in range(len(HORIZON_LADDER_S))) for quantile in QUANTILES
        ),
        arrival_probability=(chance,) * len(HORIZON_LADDER_S),
        skill=draw(st.floats(-1, 1)),
        coverage=0.9,
        trusted=draw(st.booleans()),
    )


@st.composite
def states(draw: st.DrawFn) -> PolicyState:
    """What an earlier decision may have left."""
    falling = sorted(draw(st.sets(st.integers(0, 20), max_size=3)), reverse=True)
    plans = tuple((TICK - 15.0 * (len(falling) - index), plan) for index, plan in enumerate(falling))
    return PolicyState(plans=plans, reactive=plans, quiet_since=draw(st.none() | st.floats(TICK - 300, TICK - 15)))

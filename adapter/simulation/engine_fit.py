"""The speed of a workload's engines, learnt from what they showed, or taken from what is configured.

A decoding sequence makes one token an iteration, so its tokens per second are `generation_rate / running`, summed over
the engines: one over the length of an iteration. That length is `base / (1 - u)` with u the work arriving at an engine
in engine-seconds per second (see `profiles`), so that

    tokens per second of a sequence = (1 - slowness * u) / base

with u at the costs of the named model and the workload's own context length. By Little's law, how much of the work is
prefill cannot be told from such a record, so the model's proportion is kept and two numbers are learnt, by least
squares over stretches of five minutes that were busy and did not wait. Both sides are counters but for `running`, which
is read once a minute. The size of the KV cache follows from its use and the tokens in it.

What the record does not bear out is not claimed: with too few or too uniform stretches the configured capacities are
taken, and without those a named model as it is. Must not know what is decided with it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from adapter.core.signal import Signal
from adapter.simulation.arrays import Floats
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.recorded import Record, filled

Source = Literal["learnt", "configured", "model"]

_STRETCH_MIN: Final = 5
_FEWEST: Final = 24
"""Busy stretches of five minutes, two hours in all."""
_LEAST_RUNNING: Final = 2.0
"""Requests in an engine on average: with fewer, a gauge that is read once a minute is mostly chance."""
_LEAST_SPREAD: Final = 1.3
"""90th percentile of the load of an engine over its 10th: below, base and slope cannot be told apart."""
_MOST_WAITING: Final = 0.05
"""Requests that wait, as a share of those that run: more is saturation, which teaches no slope."""
_WORST_ERROR: Final = 0.25
"""Median relative error of the length of iterations that is still called a fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedEngine:
    """An engine, and how it is known."""

    profile: EngineProfile
    source: Source
    stretches: int = 0
    """Stretches of five minutes that it was learnt from."""
    error: float = math.nan
    """Median relative error of the length of iterations over them; NaN where nothing was learnt."""
    why: str = ""
    """Why nothing was learnt, where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stretches:
    """Per stretch, shape (n,)."""

    work: Floats
    """Work arriving at an engine, at the model's costs, engine-seconds/s."""
    pace: Floats
    """Tokens per second of a sequence."""


def fit_engine(
    record: Record, model: EngineProfile, shape: RequestShape, *, capacity: tuple[float, float] | None = None
) -> FittedEngine:
    """Return the engine behind a record.

    Args:
        record: what was seen.
        model: gives what is not learnt: sizes of batches, GPUs, and everything where nothing is.
        shape: mean lengths of requests, uncached prompt tokens only.
        capacity: configured prompt and generation tokens/s of one replica; None without.
    """
    seen = _stretches(record, model, shape)
    if why := _unfit(seen):
        return _configured(model, capacity, why=why)
    (level, slope), *_ = np.linalg.lstsq(np.column_stack([np.ones(len(seen.work)), seen.work]), seen.pace)
    base_s, slowness = float(1 / level), float(-slope / level)
    error = float(np.median(np.abs(level + slope * seen.work - seen.pace) / seen.pace))
    if not error <= _WORST_ERROR or not 0 < base_s < model.itl_limit_s or not slowness > 0:
        return _configured(model, capacity, why=f"iterations do not follow the load (off by {error:.0%} at the median)")
    profile = replace(
        model,
        name=f"learnt, else {model.name}",
        base_s=base_s,
        per_sequence_s=model.per_sequence_s * slowness,
        per_kv_token_s=model.per_kv_token_s * slowness,
        per_prefill_token_s=model.per_prefill_token_s * slowness,
        kv_capacity_tokens=_kv_capacity(record, shape) or model.kv_capacity_tokens,
    )
    return FittedEngine(profile=profile, source="learnt", stretches=len(seen.work), error=error)


def _stretches(record: Record, model: EngineProfile, shape: RequestShape) -> _Stretches:
    """Return the stretches in which engines were busy, hardly anything waited, and everything is known."""
    uncached = record[Signal.PROMPT_TOKENS_RATE] * (1 - np.nan_to_num(record[Signal.PREFIX_CACHE_HIT_RATIO]))
    work = uncached * model.per_prefill_token_s + record[Signal.GENERATION_TOKENS_RATE] * model.token_cost_s(shape)
    waiting, engines = np.nan_to_num(record[Signal.QUEUE_DEPTH]), filled(record[Signal.REPLICAS_READY])
    columns = (record[Signal.REQUESTS_RUNNING], record[Signal.GENERATION_TOKENS_RATE], work, waiting, engines)
    running, generated, arriving, queued, count = (_means(each) for each in columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace, each = generated / running, running / count
    fit = np.isfinite(pace) & np.isfinite(arriving) & (each >= _LEAST_RUNNING) & (queued < _MOST_WAITING * running)
    return _Stretches(work=arriving[fit] / count[fit], pace=pace[fit])


def _means(values: Floats) -> Floats:
    """Return means of five minutes, NaN where a minute is not known."""
    whole = len(values) // _STRETCH_MIN * _STRETCH_MIN
    means: Floats = values[:whole].reshape(-1, _STRETCH_MIN).mean(axis=1)
    return means


def _unfit(seen: _Stretches) -> str:
    count = len(seen.work)
    if count < _FEWEST:
        return f"{count * _STRETCH_MIN} busy minutes are too few to learn from, {_FEWEST * _STRETCH_MIN} are needed"
    low, high = np.quantile(seen.work, (0.1, 0.9))
    if high < _LEAST_SPREAD * low:
        return f"the load of an engine hardly changes ({low:.2f} to {high:.2f} of its time), which teaches no slope"
    return ""


def _configured(model: EngineProfile, capacity: tuple[float, float] | None, *, why: str) -> FittedEngine:
    """Return the model with the configured capacities, if there are any.

    At its capacity an engine's iterations reach the longest gap that users accept, see `profiles`.
    """
    if capacity is None:
        return FittedEngine(profile=model, source="model", why=why)
    work = 1 - model.base_s / model.itl_limit_s
    profile = replace(
        model,
        name=f"as configured, else {model.name}",
        per_prefill_token_s=work / capacity[0],
        per_sequence_s=work / capacity[1],
        per_kv_token_s=0.0,
    )
    return FittedEngine(profile=profile, source="configured", why=why)


def _kv_capacity(record: Record, shape: RequestShape) -> int | None:
    """Return the tokens that an engine's KV cache holds, from its use; None where that is not known well."""
    used = record[Signal.KV_CACHE_USAGE] * filled(record[Signal.REPLICAS_READY])
    held = record[Signal.REQUESTS_RUNNING] * (shape.prompt_tokens + shape.output_tokens / 2)
    known = np.isfinite(used) & np.isfinite(held) & (used > 0.02)
    if np.count_nonzero(known) < _FEWEST * _STRETCH_MIN:
        return None
    return max(round(float(held[known].sum() / used[known].sum())), 1)

"""The recent past of many series at one origin each, prepared once for all experts.

Why: experts share rolling means, forward maxima and a scale. Everything is divided by the series' own scale, so
that nothing after this module can tell requests from tokens. Must not know: what the experts do with it.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import BoolArray, FloatArray
from forecasting.ranks import Float32Array, grid_quantiles, zero_for_nan
from forecasting.targets import last_known

WINDOW = 960
"""Steps before an origin that its forecast may look at (16 hours of minutes)."""

_DUST = 1e-9

COARSE_WINDOW = 1152
"""Steps of the coarse history that a forecast may look at (8 days of ten minutes)."""

MEAN_SPANS = (2, 4, 8, 16, 32, 64, 256)
"""Steps over which rolling means are kept."""

WHOLE_SPANS = (4, 8, 16, 256)
"""Those that are needed at every step of the window; of the others the end is enough."""

TAIL = 128
"""Steps at the end of a window for which the other means are kept."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """n windows of `WINDOW` steps, right-aligned: the last column is the step before the forecast starts."""

    step_s: float
    """Length of a step in seconds."""
    scale: FloatArray
    """What each series was divided by, shape (n,), > 0."""
    known: Float32Array
    """Load / scale, NaN = gap, saturated or before the start, shape (n, w); what errors are measured with."""
    level: Float32Array
    """Load / scale with gaps filled by what came before, 0 before the start, shape (n, w)."""
    started: Float32Array
    """As `level`, but NaN before the start, shape (n, w): what errors are measured from."""
    bases: Float32Array
    """As `started`, but NaN where the last known step was saturated: what came after it tells nothing of rises to come,
    so no error of the last value is measured from there, shape (n, w)."""
    means: dict[int, Float32Array]
    """Mean of the known steps among the last 2, 4, ... steps, NaN before the start, right-aligned: those of
    `WHOLE_SPANS` of shape (n, w), the others of their last `TAIL` steps."""
    blend: Float32Array
    """A slow level that is only zero after long silence, shape (n, w)."""
    peaks: list[Float32Array]
    """Entry j is the highest load of the next 2^j steps, each of shape (n, w): gaps left out, NaN beyond the end or
    where all are missing, infinite where one was saturated, since nobody knows how much was demanded."""
    missing: Float32Array | None
    """How many steps so far are gaps, those before the start too, shape (n, w); None if all gaps lie before the start,
    and then `peaks` are NaN where any step is missing."""
    state: Float32Array
    """2 = load now, 1 = load within the last 16 steps, 0 = quiet, shape (n, w)."""
    coarse: Float32Array | None
    """Coarse load / scale, shape (n, c), NaN = gap; None if there is no coarse history."""
    coarse_step_s: float
    """Length of a coarse step in seconds."""
    loads: Float32Array
    """Quantiles of the load in the window, shape (n, 8)."""
    coarse_loads: Float32Array | None
    """Quantiles of the coarse load, shape (n, 8); None if there is no coarse history."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawWindow:
    """What a `Window` is made of: right-aligned arrays in the caller's unit."""

    values: FloatArray
    """Load, shape (n, WINDOW), NaN = gap."""
    known: FloatArray
    """Load where it is demand: NaN = gap or saturated, shape (n, WINDOW)."""
    coarse: FloatArray | None
    """Coarse load per fine step, shape (n, COARSE_WINDOW), NaN = gap."""
    step_s: float
    coarse_step_s: float


def prepare(raw: RawWindow) -> Window:
    """Return the prepared windows of `raw`."""
    present: BoolArray = np.asarray(~np.isnan(raw.values))
    zeroed = np.where(present, raw.values, 0.0)
    scale = _scales(zeroed, present, raw.coarse)
    whole = bool((present[:, 1:] >= present[:, :-1]).all())
    values = (raw.values / scale[:, None]).astype(np.float32)
    known = (raw.known / scale[:, None]).astype(np.float32)
    started = last_known(values)
    means = _rolling_means(zeroed / scale[:, None], present)
    busy = np.float32(2.0) * (started > 0)
    state = np.where(busy > 0, busy, np.float32(1.0) * (means[16] > 0)).astype(np.float32)
    coarse = None if raw.coarse is None else (raw.coarse / scale[:, None]).astype(np.float32)
    return Window(
        step_s=raw.step_s,
        scale=scale,
        known=known,
        level=zero_for_nan(started),
        started=started,
        bases=_demanded(started, values, known),
        means=means,
        blend=np.float32(0.8) * means[16] + np.float32(0.2) * means[256],
        peaks=_peak_tables(_demand(known, present), of_two=np.maximum if whole else np.fmax),
        missing=None if whole else np.cumsum(~present, axis=1, dtype=np.float32),
        state=state,
        coarse=coarse,
        coarse_step_s=raw.coarse_step_s,
        loads=grid_quantiles(known[:, ::5]),
        coarse_loads=None if coarse is None else grid_quantiles(coarse[:, ::6]),
    )


def _demanded(last: Float32Array, values: Float32Array, known: Float32Array) -> Float32Array:
    unknown, missing = np.isnan(known), np.isnan(values)
    if (unknown == missing).all():
        return last
    saturated = last_known(np.where(missing, np.float32("nan"), unknown.astype(np.float32)))
    return np.where(saturated == 1.0, np.float32("nan"), last)


def _scales(zeroed: FloatArray, present: BoolArray, coarse: FloatArray | None) -> FloatArray:
    """Return half the recent mean plus half the long one; the coarse mean after silence; 1 if nothing ever came."""
    long_mean = zeroed.sum(axis=1) / np.maximum(np.count_nonzero(present, axis=1), 1)
    recent_mean = zeroed[:, -64:].sum(axis=1) / np.maximum(np.count_nonzero(present[:, -64:], axis=1), 1)
    scale = 0.5 * (long_mean + recent_mean)
    if coarse is not None:
        coarse_mean = zero_for_nan(coarse).sum(axis=1) / np.maximum(np.count_nonzero(~np.isnan(coarse), axis=1), 1)
        scale = np.where(scale > 0, scale, coarse_mean)
    filled: FloatArray = np.where(scale > 0, scale, 1.0)
    return filled


def _rolling_means(zeroed: FloatArray, present: BoolArray) -> dict[int, Float32Array]:
    totals = np.cumsum(zeroed, axis=1)
    counts = np.cumsum(present, axis=1, dtype=np.float64) if not present.all() else np.arange(1.0, WINDOW + 1)[None, :]
    means = {}
    for span in MEAN_SPANS:
        first = 0 if span in WHOLE_SPANS else WINDOW - TAIL - span
        mean = _rolling_mean(totals[:, first:], counts[:, first:], span)
        if np.isnan(mean).any():  # nothing known in the span: what was before still holds
            mean = last_known(_rolling_mean(totals, counts, span))
        means[span] = (mean if span in WHOLE_SPANS else mean[:, -TAIL:]).astype(np.float32)
    return means


def _rolling_mean(totals: FloatArray, counts: FloatArray, span: int) -> FloatArray:
    """Return the means of the last `span` steps, NaN where none of them is known; only the first `span` may be less."""
    mean, count = _span_sums(totals, span), _span_sums(counts, span)
    # differences of running sums leave dust of about 1e-13 where the window is empty
    mean[mean < _DUST] = 0.0
    if count.min() < 1.0:
        count[count < 1.0] = np.nan
    mean /= count
    return mean


def _span_sums(totals: FloatArray, span: int) -> FloatArray:
    """Return the sums of the last `span` steps from running `totals`, shape (n, w)."""
    sums = np.empty_like(totals)
    sums[:, :span] = totals[:, :span]
    np.subtract(totals[:, span:], totals[:, :-span], out=sums[:, span:])
    return sums


def _demand(known: Float32Array, present: BoolArray) -> Float32Array:
    saturated = present & np.isnan(known)
    return np.where(saturated, np.float32(np.inf), known) if saturated.any() else known


def _peak_tables(demand: Float32Array, *, of_two: np.ufunc) -> list[Float32Array]:
    missing = np.float32(np.nan)
    table = np.empty_like(demand)
    table[:, :-1], table[:, -1] = demand[:, 1:], missing
    tables, length = [table], 1
    while 2 * length <= WINDOW // 2:
        longer = np.empty_like(table)
        longer[:, -length:] = missing
        of_two(table[:, :-length], table[:, length:], out=longer[:, :-length])
        table = longer
        tables.append(table)
        length *= 2
    return tables

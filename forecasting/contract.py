"""What a caller hands in and gets back.

Why: forecasters, their evaluation and their users agree on one set of shapes and units, written down once.
Must not know: how any forecast is made.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.pooled import PooledModel

MIN_STEPS = 8
"""Known steps (not gaps, not saturated) a series must have before it is forecast; below, its rows are NaN."""


LARGEST = 1e30
"""Load per step from which a history is refused: forecasts are worked out in 32-bit floats, which end at 3e38."""


class NotEnoughHistory(ValueError):
    """A series has fewer known steps than a forecast needs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoarseHistory:
    """The same series on a coarser grid and over more days, for patterns of the day and the week."""

    values: FloatArray
    """Load per fine step (the same unit as the fine history: mean over the coarse step), shape (n, t), NaN = gap."""
    step_s: float
    """Length of a coarse step in seconds, > 0."""
    age_s: float = 0.0
    """Seconds from the end of the last coarse step to the end of the fine history; below 0 where the coarse history
    goes on for longer: a coarse step that ends after an origin is not looked at."""

    def __post_init__(self) -> None:
        """Take lists for the array they mean."""
        object.__setattr__(self, "values", np.asarray(self.values, dtype=np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """Quantiles of the coming load of n series, k quantiles, h horizons; NaN where there is too little history.

    All arrays are read-only. Load has the unit of the history that was handed in.
    """

    quantiles: FloatArray
    """Probabilities, shape (k,), ascending, in (0, 1)."""
    horizons: IntArray
    """Steps ahead, shape (h,), ascending, >= 1."""
    path: FloatArray
    """Quantiles of the load at exactly each horizon, shape (n, k, h), >= 0, not crossing along k."""
    peak: FloatArray
    """Quantiles of the highest load in steps 1..horizon, shape (n, k, h), not crossing along k nor falling along h."""
    arrival_probability: FloatArray
    """Probability that any load arrives in steps 1..horizon, shape (n, h), in [0, 1]."""
    skill: FloatArray
    """1 - own loss / loss of the naive forecast of the peak, shape (n, h); above 0 is better; NaN until known."""
    coverage: FloatArray
    """Share of scored origins whose peak was at or below each quantile, shape (n, k); NaN until known."""
    origins: FloatArray
    """How many earlier origins were scored, shape (n,)."""
    trusted: BoolArray
    """Whether the forecast still has its vote, shape (n,): False after it did worse than the naive one for long."""

    def __post_init__(self) -> None:
        """Make every array read-only, so that a shared forecast cannot be changed by a reader."""
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A checked request: how far ahead, at which probabilities, on which grid. Lists are made arrays."""

    step_s: float
    """Length of a step in seconds, > 0."""
    horizons: IntArray
    """Steps ahead, shape (h,), ascending, >= 1."""
    quantiles: FloatArray
    """Probabilities, shape (k,), ascending, in (0, 1)."""
    path: bool = True
    """Whether the path is asked for; without it, it is NaN, and what is kept of a series is half as much."""
    model: PooledModel | None = None
    """Which pooled model is to answer, see `load_model`; None = the one that comes with the package."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: names the argument, its value and what is allowed.
        """
        if not 0 < self.step_s < np.inf:
            raise ValueError(f"step_s must be > 0 seconds and finite, got {self.step_s}")
        object.__setattr__(self, "horizons", _whole_steps(self.horizons))
        object.__setattr__(self, "quantiles", np.asarray(self.quantiles, dtype=np.float64))
        _require_ascending("horizons", self.horizons)
        if self.horizons[0] < 1:
            raise ValueError(f"horizons must be whole steps >= 1, got {self.horizons}")
        _require_ascending("quantiles", self.quantiles)
        if self.quantiles[0] <= 0 or self.quantiles[-1] >= 1:
            raise ValueError(f"quantiles must be in (0, 1), got {self.quantiles}")


def _whole_steps(horizons: ArrayLike) -> IntArray:
    """Return horizons as signed integers: differences of unsigned ones are never below zero."""
    steps = np.asarray(horizons)
    if steps.size and steps.dtype.kind not in "iu":
        raise ValueError(f"horizons must be whole steps >= 1, got {steps}")
    return steps.astype(np.int64)


def check_history(history: ArrayLike, censored: ArrayLike | None) -> tuple[FloatArray, BoolArray]:
    """Return a float copy of `history` (n, t) and the saturation marks with it.

    Args:
        history: load per step, shape (n, t), >= 0 and below `LARGEST`, or NaN = gap.
        censored: True where the series was saturated, shape (n, t); None means nowhere.

    Raises:
        ValueError: a wrong shape, a value too large or negative; says which and what is allowed.
    """
    values = np.array(history, dtype=np.float64, order="C")
    if values.ndim != 2:
        raise ValueError(f"history must have shape (series, time), got {values.shape}")
    _require_load("history", values)
    marks = np.zeros(values.shape, dtype=np.bool_) if censored is None else np.array(censored, dtype=np.bool_)
    if marks.shape != values.shape:
        raise ValueError(f"censored must have the shape of history {values.shape}, got {marks.shape}")
    return values, marks


def check_coarse(coarse: CoarseHistory | None, series: int) -> None:
    """Refuse a coarse history that does not go with a history of `series` series.

    Raises:
        ValueError: a wrong shape, step or age, a value too large or negative; says which and what is allowed.
    """
    if coarse is None:
        return
    if not 0 < coarse.step_s < np.inf:
        raise ValueError(f"coarse.step_s must be > 0 seconds and finite, got {coarse.step_s}")
    if not np.isfinite(coarse.age_s):
        raise ValueError(f"coarse.age_s must be finite seconds, got {coarse.age_s}")
    if coarse.values.ndim != 2 or coarse.values.shape[0] != series:
        raise ValueError(f"coarse.values must have shape ({series}, time) as history has, got {coarse.values.shape}")
    _require_load("coarse.values", coarse.values)


def _require_load(name: str, values: FloatArray) -> None:
    if not np.nanmax(values, initial=0.0) < LARGEST or np.nanmin(values, initial=0.0) < 0:
        impossible = values[(values < 0) | (values >= LARGEST)][0]
        raise ValueError(f"{name} must be >= 0 and below {LARGEST:g}, or NaN for a gap; it has {impossible:g}")


def _require_ascending(name: str, values: FloatArray | IntArray) -> None:
    if values.ndim != 1 or values.size == 0 or np.isnan(values).any() or (np.diff(values) <= 0).any():
        raise ValueError(f"{name} must be one ascending list without repeats, got {values}")

"""Load that the tests of the package share."""

import numpy as np

from forecasting.contract import CoarseHistory
from forecasting.history import History


def counts(n: int = 3, t: int = 1200, seed: int = 1) -> np.ndarray:
    """Return Poisson counts around a slow wave, the last row with long silences, shape (n, t)."""
    wave = 20 + 10 * np.sin(np.arange(t) / 60)
    load = np.random.default_rng(seed).poisson(wave, size=(n, t)).astype(float)
    load[-1] *= np.arange(t) % 90 > 70
    return load


def history(values: np.ndarray, *, coarse: CoarseHistory | None = None, step_s: float = 60.0) -> History:
    """Return a history without saturation."""
    return History(values=values, censored=np.zeros(values.shape, dtype=bool), step_s=step_s, coarse=coarse)

"""The margin, regulated on what was attained, so that one objective holds for every workload.

A margin that suits one load wastes money on another or fails its users. What counts is the share of requests that met
their objective, which the engines' own histograms tell. After every ten minutes the logarithm of a factor on the
configured margin moves by

    GAIN x (share missed - share that may be missed) / share that may be missed x requests / mean requests

so that over many of them requests miss in the share that was agreed, whatever the load is like: with fewer misses the
factor falls, with more it rises. Its limits keep it from chasing misses that no margin prevents.

It is worked out anew from three days of such steps, a bounded window, and starts from no correction. Workloads that may
go to zero are left alone: what they miss is missed while they wake, which standing replicas' margin does not change.
Must not know: how a share is measured, what a margin is used for.

Source: online quantile tracking as in Gibbs, Candes 2021, "Adaptive conformal inference under distribution shift".
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.signal import FloatArray

GAIN: Final = 0.002
"""In a day with twice the agreed misses the factor rises by a third; in a day without any it falls by a quarter."""
LEAST_REQUESTS: Final = 200.0
"""Fewer requests say too little about a share: they are put together with the next ones."""
HIGHEST_FACTOR: Final = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The factor on measured demand that a decision uses, and where it comes from."""

    ratio: float
    """What demand is multiplied by, >= 1."""
    configured: float
    factor: float = 1.0
    """What regulation multiplies the configured margin, and what a forecast asks for, with."""
    attained: float = math.nan
    """Share of the requests of the last three days that met their objective; NaN until known."""
    requests: float = 0.0
    """How many requests that is the share of."""

    @property
    def origin(self) -> str:
        """Return where it comes from, for people."""
        if math.isnan(self.attained):
            return "configured"
        return f"{self.configured:g} regulated, {self.attained:.1%} attained"


def configured_margin(ratio: float) -> Margin:
    """Return the margin while nothing is known of what was attained."""
    return Margin(ratio=ratio, configured=ratio)


def regulate(attained: FloatArray, requests: FloatArray, *, agreed: FloatArray) -> FloatArray:
    """Return the factor on the margin of n workloads, shape (n,), from 1 / `HIGHEST_FACTOR` to `HIGHEST_FACTOR`.

    Args:
        attained: share of requests that met their objective in each of m stretches, oldest first, shape (n, m), NaN =
            not known.
        requests: how many requests that is the share of, shape (n, m), NaN = not known.
        agreed: share of requests that should meet it, in (0, 1], shape (n,).

    Example:
        One stretch with 6 % missed where 2 % may be: exp(0.002 x (0.06 - 0.02) / 0.02).

        >>> regulate(np.array([[0.94]]), np.array([[1000.0]]), agreed=np.array([0.98])).round(6).tolist()
        [1.004008]
    """
    known = ~np.isnan(attained) & (requests > 0)
    served = np.where(known, requests, 0.0)
    missed = np.where(known, (1.0 - attained) * served, 0.0)
    usual = served.sum(axis=1) / np.maximum(np.count_nonzero(known, axis=1), 1)
    allowed = np.maximum(1.0 - agreed, 1e-3)
    limit = math.log(HIGHEST_FACTOR)
    exponent, some, bad = (np.zeros(attained.shape[0]) for _ in range(3))
    for column in range(attained.shape[1]):
        some, bad = some + served[:, column], bad + missed[:, column]
        enough = some >= LEAST_REQUESTS
        excess = (bad / np.maximum(some, 1.0) - allowed) / allowed
        move = GAIN * excess * some / np.maximum(usual, 1.0)
        exponent = np.clip(exponent + np.where(enough, move, 0.0), -limit, limit)
        some, bad = np.where(enough, 0.0, some), np.where(enough, 0.0, bad)
    factors: FloatArray = np.exp(exponent)
    return factors


def margin_of(configured: float, *, factor: float, attained: float, requests: float) -> Margin:
    """Return a configured margin with its correction; it never falls below 1.

    Args:
        configured: factor on demand, >= 1.
        factor: result of `regulate`.
        attained: share of all requests considered that met their objective.
        requests: how many they were.
    """
    ratio = max(configured * factor, 1.0)
    return Margin(ratio=ratio, configured=configured, factor=factor, attained=attained, requests=requests)

"""Forecasters that are wrong on purpose, from their first call on: the record of the time before is that of a good one.

All members are spoilt but R, the last value plus its own past errors, against which every forecast is held.
Each is for a single workload that is forecast every minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adapter.core.following import Forecaster
from forecasting import CoarseHistory, FloatArray, Followed, follow
from forecasting.members import NAIVE, MemberForecasts

Spoil = Callable[[MemberForecasts], MemberForecasts]
_LATE_STEPS, _LATE_MARKS = 360, 36  # six hours, in minutes and in ten minutes


@dataclass(kw_only=True, eq=False)
class Spoilt:
    """A good forecaster whose every new answer is spoilt."""

    spoil: Spoil

    def __call__(self, previous: Followed | None, history: FloatArray, *asked: Any, **more: Any) -> Followed:
        """Answer as `forecasting.follow`, wrongly."""
        followed = follow(previous, history, *asked, **more)
        fresh = previous is not None and followed.pending is not previous.pending
        return replace(
            followed, now=self.spoil(followed.now), pending=self.spoil(followed.pending) if fresh else followed.pending
        )


@dataclass(kw_only=True, eq=False)
class Late:
    """A good forecaster that says what was right six hours ago."""

    before: Followed | None = None

    def __call__(self, previous: Followed | None, history: FloatArray, *asked: Any, **more: Any) -> Followed:
        """Answer as `forecasting.follow`, with what it would have said of the history six hours shorter."""
        coarse: CoarseHistory | None = more["coarse"]
        cut = None if coarse is None else replace(coarse, values=coarse.values[:, :-_LATE_MARKS])
        marks = more.get("censored")
        earlier = {**more, "coarse": cut, "last_step": more["last_step"] - _LATE_STEPS}
        if marks is not None:
            earlier["censored"] = marks[:, :-_LATE_STEPS]
        self.before = follow(self.before, history[:, :-_LATE_STEPS], *asked, **earlier)
        return Spoilt(spoil=self._late)(previous, history, *asked, **more)

    def _late(self, said: MemberForecasts) -> MemberForecasts:
        if self.before is None:
            return said
        late = self.before.now
        return replace(said, peak=_but_naive(said.peak, late.peak), arrival=late.arrival)


def _but_naive(said: Any, spoilt: Any) -> Any:
    """Return spoilt answers, shape (n, members, ...), with those of R as they were."""
    mixed = np.array(spoilt, dtype=said.dtype)
    mixed[:, NAIVE] = said[:, NAIVE]
    return mixed


def _scaled(factor: float) -> Spoil:
    def spoil(said: MemberForecasts) -> MemberForecasts:
        arrival = np.minimum(said.arrival * factor, 1.0)
        return replace(said, peak=_but_naive(said.peak, said.peak * factor), arrival=arrival)

    return spoil


def _noisy(seed: int) -> Spoil:
    rng = np.random.default_rng(seed)

    def spoil(said: MemberForecasts) -> MemberForecasts:
        return replace(said, peak=_but_naive(said.peak, said.peak * rng.lognormal(0.0, 1.0)))

    return spoil


WRONG: Mapping[str, Callable[[], Forecaster]] = {
    "six hours late": Late,
    "noise": lambda: Spoilt(spoil=_noisy(1)),
    "constant 0": lambda: Spoilt(spoil=_scaled(0.0)),
    "ten times too high": lambda: Spoilt(spoil=_scaled(10.0)),
}
"""Each makes one for one run."""

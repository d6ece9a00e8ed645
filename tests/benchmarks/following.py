"""CPU time and memory of following live histories step by step: `python -m tests.benchmarks.following`."""

import pickle
import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from adapter.core.following import ASKED
from forecasting import CoarseHistory, FloatArray, Followed, Question, follow

_KEPT = {60.0: 1440, 600.0: 2016}  # steps of history as the adapter keeps them
_MORE = 22  # two strides of the lattice of recorded origins, so that the dearer steps are in the mean


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    begin_s: float
    """CPU time to begin with a batch."""
    step_s: float
    """CPU time of one more step of the batch, its forecast included."""
    kept_bytes: int
    """What is kept of the batch between steps."""


def measure(series: int, step_s: float) -> _Cost:
    """Return what following a batch costs, with two weeks of ten minutes where steps are minutes."""
    rng, kept = np.random.default_rng(0), _KEPT[step_s]
    load = rng.poisson(20, (series, kept + _MORE)).astype(float)
    days = rng.poisson(20, (series, 2016)).astype(float) if step_s < 600 else None
    asked = replace(ASKED, step_s=step_s)
    start = time.process_time()
    followed = _step(None, load[:, :kept], asked, days=days, last=kept - 1)
    began = time.process_time()
    for last in range(kept, kept + _MORE):
        followed = _step(followed, load[:, last + 1 - kept : last + 1], asked, days=days, last=last)
    ended = time.process_time()
    return _Cost(begin_s=began - start, step_s=(ended - began) / _MORE, kept_bytes=len(pickle.dumps(followed)))


def _step(
    followed: Followed | None, load: FloatArray, asked: Question, *, days: FloatArray | None, last: int
) -> Followed:
    coarse = None if days is None else CoarseHistory(values=days, step_s=600.0, age_s=60.0 * (last % 10))
    followed = follow(followed, load, asked, last_step=last, coarse=coarse)
    followed.forecast()
    return followed


def main() -> None:
    """Print one line a batch."""
    for series, step_s in ((1, 60.0), (10, 60.0), (250, 60.0), (1000, 60.0), (1000, 600.0)):
        cost = measure(series, step_s)
        sys.stdout.write(
            f"{series:4} series, {step_s:3.0f} s steps: begin {cost.begin_s:6.2f} s, a step more "
            f"{1000 * cost.step_s:6.1f} ms, {1000 * cost.step_s / series:6.2f} ms and "
            f"{cost.kept_bytes / series / 1000:4.0f} kB per series\n"
        )


if __name__ == "__main__":
    main()

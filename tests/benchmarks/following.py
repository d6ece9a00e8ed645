"""CPU time of following live histories minute by minute: `python -m tests.benchmarks.following`."""

import sys
import time

import numpy as np

from forecasting import Question, follow

_MINUTES = 1452
_MORE = 22  # two strides of the lattice of recorded origins, so that the dearer steps are in the mean
_ASKED = Question(
    step_s=60.0,
    horizons=np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120]),
    quantiles=np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99]),
)


def measure(series: int) -> tuple[float, float]:
    """Return CPU seconds to begin with a batch, and CPU seconds of one more minute of it."""
    load = np.random.default_rng(0).poisson(20, (series, _MINUTES + _MORE)).astype(float)
    start = time.process_time()
    followed = follow(None, load[:, :_MINUTES], _ASKED, last_step=_MINUTES)
    began = time.process_time()
    for more in range(1, _MORE + 1):
        last = _MINUTES + more
        followed = follow(followed, load[:, more:last], _ASKED, last_step=last)
        followed.forecast()
    return began - start, (time.process_time() - began) / _MORE


def main() -> None:
    """Print one line a batch size."""
    for series in (1, 10, 250, 1000):
        begin_s, minute_s = measure(series)
        sys.stdout.write(
            f"{series:4} series: begin {begin_s:6.2f} s, a minute {1000 * minute_s:7.1f} ms, "
            f"{1000 * minute_s / series:6.2f} ms per series\n"
        )


if __name__ == "__main__":
    main()

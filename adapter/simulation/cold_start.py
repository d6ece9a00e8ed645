"""How long a new pod takes until it serves: scheduling, image, weights, engine start.

Makes the callables that `Fleet` draws from, once a pod, in order of creation.
"""

import math
from collections.abc import Callable

import numpy as np


def constant(seconds: float) -> Callable[[], float]:
    """Return a cold start that always takes `seconds`.

    Raises:
        ValueError: `seconds` is negative or not finite.
    """
    if not 0 <= seconds < math.inf:
        raise ValueError(f"a cold start must be finite and >= 0 s, got {seconds}")
    return lambda: seconds


def lognormal(median_s: float, spread: float, *, rng: np.random.Generator) -> Callable[[], float]:
    """Return cold starts around `median_s`, with a tail to the long side as in real clusters.

    Args:
        median_s: half of the pods are ready sooner, > 0.
        spread: standard deviation of the logarithm, >= 0; with 0.2 one pod in forty takes half as long again.
        rng: where the draws come from; not to be used for anything else if runs are to be comparable.

    Raises:
        ValueError: `median_s` or `spread` is out of range.
    """
    if not 0 < median_s < math.inf or not 0 <= spread < math.inf:
        raise ValueError(f"need median_s > 0 s and spread >= 0, got {median_s} and {spread}")
    return lambda: float(rng.lognormal(math.log(median_s), spread))

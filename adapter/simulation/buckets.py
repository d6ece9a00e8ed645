"""Histogram bounds of vLLM, in seconds or tokens.

Source: vLLM 0.33, ``vllm/v1/metrics/loggers.py``. Bounds are upper ends, inclusive; the bucket for
``+Inf`` is not listed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

TTFT_BOUNDS_S: Final[NDArray[np.float64]] = np.array(
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560]
)
"""Time to first token."""

ITL_BOUNDS_S: Final[NDArray[np.float64]] = np.array(
    [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80]
)
"""Time between two output tokens."""

PHASE_BOUNDS_S: Final[NDArray[np.float64]] = np.array(
    [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680]
)
"""Whole request, and time in the queue."""

TOKEN_BOUNDS: Final[NDArray[np.float64]] = np.array(
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000], dtype=np.float64
)
"""Tokens of a request: 1-2-5 up to a model length of 131,072."""

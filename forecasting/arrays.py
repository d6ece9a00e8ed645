"""Names for the array types that every module of the package speaks.

Why: one alias for each kind keeps signatures short and the dtype the same everywhere.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""64-bit floats; NaN is a gap, never a number."""

IntArray = NDArray[np.int64]
"""64-bit integers."""

BoolArray = NDArray[np.bool_]
"""True or False per element."""


def read_only(values: FloatArray) -> FloatArray:
    """Return `values` as a contiguous float array that nobody can write to; the input stays as it was."""
    frozen: FloatArray = np.array(values, dtype=np.float64, order="C")
    frozen.flags.writeable = False
    return frozen

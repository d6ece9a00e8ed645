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

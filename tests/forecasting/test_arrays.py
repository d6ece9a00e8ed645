import numpy as np

from forecasting import arrays


def test_the_aliases_are_the_kinds_of_array_that_numpy_makes() -> None:
    """An alias stands for one dtype, so that results can be compared to the byte."""
    made = {
        arrays.FloatArray: np.array([1.5, np.nan]),
        arrays.IntArray: np.array([1, 2]),
        arrays.BoolArray: np.array([True]),
    }

    for alias, array in made.items():
        assert alias.__args__[1].__args__[0] is array.dtype.type

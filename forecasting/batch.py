"""Take batches of series apart and put them together: records whose arrays all have one row a series.

Why: series come and go and are forecast in whatever company they happen to be; what is kept of each is its own.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from forecasting.arrays import IntArray

T = TypeVar("T")


def pick(batch: T, rows: IntArray) -> T:
    """Return the record with the given rows of every array, in that order."""
    return _each(batch, lambda name: getattr(batch, name)[rows])


def stack(batches: Sequence[T]) -> T:
    """Return one record of several, their rows one below the other."""
    if len(batches) == 1:
        return batches[0]
    return _each(batches[0], lambda name: np.concatenate([getattr(each, name) for each in batches]))


def _each(batch: T, made: Any) -> T:
    return type(batch)(**{field.name: made(field.name) for field in fields(batch)})  # type: ignore[arg-type]

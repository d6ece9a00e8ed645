"""Take batches of series apart and put them together: records whose arrays all have one row a series.

Why: series come and go and are forecast in whatever company they happen to be; what is kept of each is its own.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from forecasting.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def pick(batch: T, rows: IntArray) -> T:
    """Return the record with the given rows of every array, in that order."""
    return _made(batch, {name: getattr(batch, name)[rows] for name in _names(batch)})


def stack(batches: Sequence[T]) -> T:
    """Return one record of several, their rows one below the other."""
    if len(batches) == 1:
        return batches[0]
    names = _names(batches[0])
    return _made(batches[0], {name: np.concatenate([getattr(each, name) for each in batches]) for name in names})


def _names(batch: "DataclassInstance") -> list[str]:
    return [field.name for field in fields(batch)]


def _made(like: T, arrays: dict[str, FloatArray]) -> T:
    return replace(like, **arrays)

"""Compile the hot loops of the simulated fleet.

The only module that imports numba, so that its absence has one clear message. Everything else in
``adapter`` works without it: numba is in the extra ``sim``.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

try:
    import numba
except ImportError as error:
    raise ImportError(
        "the simulated fleet needs numba, which is not installed; install it with: pip install 'scaleahead[sim]'"
    ) from error

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile `function` to machine code at its first call and keep the result on disk."""
    jit: Any = numba.njit(cache=True, nogil=True)  # so that threads run several fleets at once
    return cast("Callable[P, T]", jit(function))

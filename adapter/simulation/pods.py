"""Records of the simulated fleet: its pods, alive and gone, and its gateway.

Values only; what happens to them is in ``fleet``. All times are seconds of the fleet.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

FIRST_TOKEN_TIMEOUT_S: Final = 300.0
"""A request without a first token after this long has failed."""


class Phase(Enum):
    """What a pod is doing."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One replica. Times in seconds of the fleet."""

    serial: int
    """Counts from 1 in order of creation and is never reused."""
    row: int
    """Where its engine is in `Fleet.engines`; reused after the pod is gone."""
    phase: Phase
    created_s: float
    ready_s: float
    """When it serves, or will serve."""
    deadline_s: float = float("inf")
    """When a draining pod is removed with all that it still holds."""
    drain_s: float = float("inf")
    """When draining began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is left of a pod that is gone: its time from creation to the end of draining is billed."""

    serial: int
    created_s: float
    ready_s: float
    """NaN for a pod that was removed before it served."""
    removed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the gateway in front of the fleet counts; it exists with no replica too."""

    held: int
    """Requests waiting for a replica to be ready."""
    dispatched: int
    expired: int
    """Requests that found no ready replica within the time-out."""

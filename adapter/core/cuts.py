"""When back-tests end and when their results take effect: once a day, at times that every process agrees on.

A workload's history is cut at a time of the day that its name picks, so that the work spreads over the day, and what is
concluded from the history up to the cut takes effect an hour later: time enough to work it out, and the same tick in
every replica, however fast each of them is.
"""

import math
import zlib
from typing import Final

from adapter.core.history import COARSE_TIER
from adapter.core.workload import WorkloadId

DAY_S: Final = 86_400.0
GRACE_S: Final = 3600.0
_SLOTS: Final = round(DAY_S / COARSE_TIER.step_s)


def phase_of(workload: WorkloadId) -> float:
    """Return the second of the day, UTC, at which a workload's history is cut: a multiple of ten minutes."""
    return zlib.crc32(str(workload).encode()) % _SLOTS * COARSE_TIER.step_s


def last_cut(workload: WorkloadId, *, at: float) -> float:
    """Return the newest cut at or before a time, seconds since epoch."""
    phase = phase_of(workload)
    return math.floor((at - phase) / DAY_S) * DAY_S + phase


def cut_in_force(workload: WorkloadId, *, at: float) -> float:
    """Return the cut whose results count at a time.

    Example:
        >>> chat = WorkloadId("prod", "chat")
        >>> cut = last_cut(chat, at=1e6)
        >>> [cut_in_force(chat, at=cut + later) - cut for later in (3599.0, 3600.0)]
        [-86400.0, 0.0]
    """
    return last_cut(workload, at=at - GRACE_S)

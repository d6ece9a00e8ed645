"""What the loop says about itself, for probes and self-metrics.

Apart from the snapshot, because it must tell of ticks that failed and therefore published nothing.
Must not know: decisions, how a tick works, what time it is.
"""

from dataclasses import dataclass
from typing import Final

_INTERVALS_ALLOWED: Final = 1.5
_SLACK_S: Final = 5.0  # a busy machine starts a tick late without being stuck
_RECALL_S: Final = 60.0
_START_GRACE_S: Final = 300.0  # filling history may take long; restarting would only begin it again


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStatistics:
    """Counts and times of the loop since the process started; times in seconds since epoch."""

    started_at: float
    interval_s: float
    """Time between the starts of two ticks."""
    last_tick_start: float | None = None
    """None before the first tick."""
    ticks: int = 0
    """Ticks that finished and published a snapshot."""
    tick_failures: int = 0
    """Ticks that ended in an unexpected error; the previous snapshot stayed in force."""
    wakes: int = 0
    """Workloads that were woken between two ticks."""
    recalls: bool = True
    """False from the start of the process until history has been read back once, while the source does answer."""
    untuned: int = 0
    """Workloads on hold whose settings are still being back-tested."""
    tuning_valid: bool = True
    """Whether the newest tuning document was accepted; when not, the last good one is in force."""
    tuning_since: float | None = None
    """Since when that is so; None if nobody keeps up with a document."""
    tuning_rejections: int = 0

    def amnesia(self, *, now: float) -> str | None:
        """Return why decisions may differ from those of a process that was there all along, or None when they do not.

        After a minute there is none: what cannot be read back by then is decided on without.
        """
        age_s = now - self.started_at
        if self.recalls or age_s > _RECALL_S:
            return None
        return f"history is being read back since {age_s:.1f} s, allowed are {_RECALL_S:.1f} s"

    def untested(self) -> str | None:
        """Return why settings may differ from those of a process that was there all along, or None if they do not."""
        return f"the settings of {self.untuned} workloads are still being back-tested" if self.untuned else None

    def stuck(self, *, now: float) -> str | None:
        """Return why the loop counts as stuck, or None while it runs.

        A tick whose signals could not be read still starts on time: a dead Prometheus never makes the loop stuck.

        Example:
            >>> loop = LoopStatistics(started_at=0.0, interval_s=15.0, last_tick_start=300.0, ticks=20)
            >>> loop.stuck(now=320.0), loop.stuck(now=330.0)
            (None, 'the last tick started 30.0 s ago, allowed are 27.5 s')
        """
        if self.last_tick_start is None or self.ticks + self.tick_failures == 0:
            age_s, allowed_s, what = now - self.started_at, _START_GRACE_S, "no tick has ended yet: the process started"
        else:
            allowed_s = _INTERVALS_ALLOWED * self.interval_s + _SLACK_S
            age_s, what = now - self.last_tick_start, "the last tick started"
        return f"{what} {age_s:.1f} s ago, allowed are {allowed_s:.1f} s" if age_s > allowed_s else None

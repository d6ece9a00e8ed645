"""What the HPA was last asked for: the highest and the lowest within its own stabilization windows.

The HPA moves only as far as every proposal within its windows agrees. Which proposals those are follows from what we
emitted, so that where it lands can be told beforehand. Times without a value propose nothing: the HPA skips them.
Must not know: how proposals come about.
"""

from dataclasses import dataclass

from adapter.core.hpa_behavior import Behavior, Recommendation, down_window_s, stabilize, up_window_s
from adapter.core.stabilization import Window, slide
from adapter.core.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Proposals of the last ticks, as far as they can still decide."""

    highest: Window = ()
    """Of the window for scaling down."""
    lowest: Window = ()
    """Of the window for scaling up, with their signs turned, so that both are windows of highest values."""

    def noted(self, proposal: int, *, at: float, behavior: Behavior) -> "Proposals":
        """Return the proposals after one more.

        Args:
            proposal: replicas that the HPA works out from what is emitted, before its windows and policies.
            at: tick time, seconds since epoch.
            behavior: of the HPA, with the windows.
        """
        return Proposals(
            highest=slide(self.highest, at=at, value=proposal, span_s=down_window_s(behavior)),
            lowest=slide(self.lowest, at=at, value=-proposal, span_s=up_window_s(behavior)),
        )

    def stabilized(self, proposal: int, *, current: int, behavior: Behavior, now: float) -> int:
        """Return where the windows let a proposal go now.

        Example:
            Seven were enough two minutes ago: with a window of 300 s, five must wait.

            >>> from adapter.core.hpa_behavior import ScalingRules
            >>> slow = Behavior(scale_down=ScalingRules(stabilization_window_s=Seconds(300)))
            >>> before = Proposals().noted(7, at=0.0, behavior=slow)
            >>> before.stabilized(5, current=8, behavior=slow, now=120.0)
            7
        """
        extremes = [*self.highest, *((at, -value) for at, value in self.lowest)]
        known = [Recommendation(at=Seconds(at), replicas=replicas) for at, replicas in extremes]
        return stabilize(proposal, known, current=current, behavior=behavior, now=Seconds(now))


NOTHING_PROPOSED = Proposals()

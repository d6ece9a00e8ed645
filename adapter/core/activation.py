"""Zero or one: whether there should be any replica at all.

Zero is a decision, not an accident. It takes certainty that nothing is in flight, for long enough, on a signal that
also exists at zero replicas, and no arrival to be expected before a replica would have paid for its restart.
"""

from dataclasses import dataclass

from adapter.core.decision import Step, StepName, WorkloadForecast
from adapter.core.lead_time import rung
from adapter.core.sight import Sight
from adapter.core.tuning import WorkloadTuning

EVEN_CHANCE = 0.5  # at break-even, keeping and restarting cost the same when an arrival is as likely as not


def quiet_since(before: float | None, sight: Sight, *, now: float, tuning: WorkloadTuning) -> float | None:
    """Return since when nothing has been in flight, no further back than asked about; None while something is.

    Args:
        before: the same after the tick before.
        sight: of this tick.
        now: tick time, seconds since epoch.
        tuning: says how far back matters, so that the state stays a function of a bounded stretch of history.
    """
    if not sight.quiet:
        return None
    return max(now if before is None else before, now - tuning.hold.idle)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """What is expected to arrive, and how long a replica for it takes."""

    forecast: WorkloadForecast | None
    """None counts as nothing expected."""
    lead_s: float
    """Lead time of a replica, seconds."""
    now: float
    """Tick time, seconds since epoch."""

    def chance(self, within_s: float) -> float:
        """Return the probability that any load arrives until `now + within_s`; 0 without a trusted forecast."""
        if self.forecast is None or not self.forecast.trusted:
            return 0.0
        return self.forecast.arrival_probability[
            rung(within_s + self.now - self.forecast.origin, self.forecast.horizons_s)
        ]


def activate(plan: int, sight: Sight, *, since: float | None, arrivals: Arrivals, tuning: WorkloadTuning) -> Step:
    """Return the plan with the question of zero settled: 0, or at least 1.

    Args:
        plan: replicas so far.
        sight: what is seen.
        since: result of `quiet_since` for this tick.
        arrivals: what is expected.
        tuning: of the workload.
    """
    if tuning.replicas.min > 0:
        return _step(plan, max(plan, 1), "zero is not allowed (replicas.min is at least 1)")
    if sight.at_zero:
        return _wake(plan, sight, chance=arrivals.chance(arrivals.lead_s))
    idle_s = None if since is None else arrivals.now - since
    return _sleep(plan, sight, idle_s=idle_s, arrivals=arrivals, tuning=tuning)


def _wake(plan: int, sight: Sight, *, chance: float) -> Step:
    if sight.waiting > 0:
        return _step(plan, max(plan, 1), f"{sight.waiting:g} requests wait at zero replicas")
    if chance >= EVEN_CHANCE:
        return _step(plan, max(plan, 1), f"an arrival within the lead time is {chance:.0%} likely: start ahead of it")
    return _step(plan, 0, f"asleep: nothing waits, an arrival within the lead time is {chance:.0%} likely")


def _sleep(plan: int, sight: Sight, *, idle_s: float | None, arrivals: Arrivals, tuning: WorkloadTuning) -> Step:
    if sight.replicas.requested is None:
        return _step(
            plan, max(plan, 1), "no zero while replicas_requested is unknown: nothing could tell it and wake up"
        )
    if idle_s is None:
        return _step(plan, max(plan, 1), f"not idle: {_busy(sight)}")
    if idle_s < tuning.hold.idle:
        return _step(plan, max(plan, 1), f"idle, but not yet for {tuning.hold.idle:g} s")
    keep_s = arrivals.lead_s + tuning.hold.break_even
    chance = arrivals.chance(keep_s)
    expected = f"an arrival within {keep_s:.0f} s is {chance:.0%} likely"
    if chance >= EVEN_CHANCE:
        return _step(plan, max(plan, 1), f"idle, but {expected}")
    return _step(plan, 0, f"idle for {tuning.hold.idle:g} s, {expected}")


def _busy(sight: Sight) -> str:
    if sight.doubts:
        return "; ".join(sight.doubts)
    if not sight.gate_zero:
        return "no fresh 0 from a signal that also exists at zero replicas"
    return f"{sight.running:g} requests run, {sight.waiting:g} wait"


def _step(before: int, after: int, reason: str) -> Step:
    return Step(name=StepName.ACTIVATION, before=before, after=after, reason=reason)

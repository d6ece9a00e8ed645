"""Domain records for tests: everything has a plausible value, a test names only what it is about."""

from dataclasses import dataclass, field, replace
from typing import Any

from adapter.core.decision import Capacity, Decision, Demand, DemandUnit, Outcome, ReplicaCounts, Step, StepName
from adapter.core.knobs import knobs_of
from adapter.core.lead_time import LeadTime
from adapter.core.loop_statistics import LoopStatistics
from adapter.core.regulation import configured_margin
from adapter.core.shaping import shape
from adapter.core.signal import Reading, Signal, State
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import WorkloadTuning
from adapter.core.verdict import Verdict, Worth
from adapter.core.workload import WorkloadId

TICK = 1787220000.0
"""2026-08-20T10:00:00Z."""

LLAMA = WorkloadId("prod", "llama")

READINGS = {
    Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=12.5, age_s=3.0, coverage=1.0),
    Signal.GENERATION_TOKENS_RATE: Reading(state=State.FRESH, value=1750.0, age_s=3.0, coverage=1.0),
    Signal.KV_CACHE_USAGE: Reading(state=State.STALE, value=0.4, age_s=95.0, coverage=1.0),
    Signal.GPU_UTILIZATION: Reading(state=State.ABSENT),
}

LEAD_TIME = LeadTime(
    seconds=180.0, median_s=150.0, tail_s=240.0, source="learnt", samples=9, confidence=0.75, prior_s=240.0
)

STEPS = (
    Step(name=StepName.REACTIVE, before=None, after=4, reason="work of 3.1 engine-seconds/s needs 4 replicas"),
    Step(name=StepName.PREDICTIVE, before=4, after=8, reason="a peak of 7.2 is expected within the lead time of 180 s"),
    Step(name=StepName.BOUNDS, before=8, after=6, reason="replicas.max is 6"),
)


STANDING = knobs_of(WorkloadTuning())
VERDICT = Verdict(
    cut=TICK - 7200.0,
    days=7,
    standing=STANDING,
    chosen=replace(STANDING, margin=1.3, scale_in_s=540.0, break_even_s=900.0, idle_s=900.0),
    reason="",
    engine="learnt, else 8B on one H100",
    before=Worth(replica_hours=600.0, attained=0.975, cost=700.0),
    after=Worth(replica_hours=602.0, attained=0.983, cost=602.0),
    reactive=Worth(replica_hours=690.0, attained=0.98, cost=700.0),
)


def decision(workload: WorkloadId = LLAMA, **changes: Any) -> Decision:
    """Return a plan of 6 replicas, 4 of them there, with some fields replaced."""
    values: dict[str, Any] = {
        "workload": workload,
        "at": TICK,
        "outcome": Outcome.PLAN,
        "mode": "act",
        "planned": 6,
        "served": 6,
        "reactive": 4,
        "predictive": 8,
        "active": True,
        "emitted": shape(6, status_replicas=4),
        "demand": Demand(
            unit=DemandUnit.WORK, arriving=3.1, backlog=0.4, at_lead_time=7.2, beyond_lead_time=float("nan")
        ),
        "capacity": Capacity(
            unit=DemandUnit.WORK,
            per_replica=0.9,
            source="learnt",
            nominal=0.9,
            confidence=0.75,
            reason="learnt from 40 stretches",
        ),
        "replicas": ReplicaCounts(requested=4, status=4, ready=3),
        "lead_time": LEAD_TIME,
        "margin": configured_margin(1.15),
        "verdict": VERDICT,
        "quantile": 0.9,
        "forecast": None,
        "signals": READINGS,
        "signal_forecasts": {Signal.QUEUE_DEPTH: 20.25},
        "steps": STEPS,
    }
    return Decision(**{**values, **changes})


def hold(workload: WorkloadId = LLAMA, *, reason: str = "queue_depth is unavailable", **changes: Any) -> Decision:
    """Return a decision to hold."""
    nothing = {"planned": None, "served": None, "active": None, "emitted": None}
    return decision(workload, outcome=Outcome.HOLD, hold_reason=reason, **{**nothing, **changes})


def snapshot(*decisions: Decision, **changes: Any) -> Snapshot:
    """Return a snapshot of one tick of 15 s."""
    values: dict[str, Any] = {"at": TICK, "interval_s": 15.0, "tuning_digest": "sha256:abc", **changes}
    return Snapshot(decisions={each.workload: each for each in decisions}, **values)


@dataclass
class FixedClock:
    """A clock that stands where it is put."""

    at: float = TICK

    def now(self) -> float:
        """Return the time it was put to."""
        return self.at

    async def sleep_until(self, at: float) -> None:
        """Jump to the time."""
        self.at = max(self.at, at)


@dataclass
class Board:
    """The published snapshot and loop statistics, both to be set by the test."""

    snapshot: Snapshot | None = None
    loop: LoopStatistics = field(
        default_factory=lambda: LoopStatistics(
            started_at=TICK - 60, interval_s=15.0, last_tick_start=TICK, ticks=4, tuning_since=TICK - 60
        )
    )

    def current(self) -> Snapshot | None:
        """Return the snapshot."""
        return self.snapshot

    def statistics(self) -> LoopStatistics:
        """Return the loop statistics."""
        return self.loop

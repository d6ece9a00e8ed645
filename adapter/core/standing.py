"""One workload as the limits of a fleet see it: its decision, and the steps that limit it further.

Must not know: the limits.
"""

from dataclasses import dataclass, replace

from adapter.core.decision import Decision, Outcome, Step, StepName
from adapter.core.hpa_behavior import ScaleEvent
from adapter.core.landing import land
from adapter.core.proposals import NOTHING_PROPOSED, Proposals
from adapter.core.shaping import Shaped
from adapter.core.tuning import ScaleTuning, TunedWorkload
from adapter.core.workload import WorkloadId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """One workload on its way through the limits."""

    tuned: TunedWorkload
    decision: Decision
    doubtful: bool = False
    """Whether something about it is not certain, or replicas of two revisions make room for each other."""
    lowest: int | None = None
    """Fewest replicas requested within the last minute; None if not known."""
    highest: int | None = None
    """Most of them."""
    changes: tuple[ScaleEvent, ...] = ()
    """Of what is requested, as far as the HPA's policies count them."""
    proposals: Proposals = NOTHING_PROPOSED
    """What the HPA was asked for before this tick."""
    steps: tuple[Step, ...] = ()
    """What was limited so far."""

    @property
    def id(self) -> WorkloadId:
        """Return whose it is."""
        return self.decision.workload

    @property
    def scale(self) -> ScaleTuning:
        """Return how the workload scales."""
        return self.tuned.tuning.scale

    @property
    def planned(self) -> bool:
        """Whether there is a number that may be changed."""
        return self.decision.outcome is Outcome.PLAN

    @property
    def replicas(self) -> int:
        """Return the replicas as limited so far; on hold, those requested."""
        if self.steps and self.steps[-1].after is not None:
            return self.steps[-1].after
        return self.decision.served if self.decision.served is not None else self.decision.replicas.requested or 0

    @property
    def kept(self) -> int:
        """Return the replicas that may not be taken away: a limit is no reason to scale in on uncertain data."""
        if not self.planned:
            return self.replicas
        return min(self.replicas, self.decision.replicas.requested or 0) if self.doubtful else 0

    @property
    def most(self) -> int:
        """Return the most replicas: the highest multiple of the unit within the bounds."""
        return self.tuned.workload.bounds.max // self.scale.unit * self.scale.unit

    def whole(self, replicas: int) -> int:
        """Return the fewest whole units that hold some replicas, as far as the bounds allow."""
        return min(-(-replicas // self.scale.unit) * self.scale.unit, self.most)

    def limited(self, name: StepName, after: int, reason: str) -> "Standing":
        """Return the workload after one more step."""
        return replace(self, steps=(*self.steps, Step(name=name, before=self.replicas, after=after, reason=reason)))

    def concluded(self) -> Decision:
        """Return the decision with the new steps before its last one, which says where the HPA lands."""
        if not self.planned or not self.steps:
            return self.decision
        shaped, landing = self._landed()
        return replace(
            self.decision,
            served=self.replicas,
            active=self.replicas > 0,
            emitted=shaped,
            steps=(*self.decision.steps[:-1], *self.steps, landing),
        )

    def _landed(self) -> tuple[Shaped, Step]:
        """Return what to emit: what is served, or, where a budget cut that, the most the HPA does not go beyond."""
        cut = self.steps[-1].name is StepName.BUDGET and self.replicas < (self.steps[-1].before or 0)
        shaped, landing = self._land(self.replicas)
        if not cut or shaped.lands_on is None or shaped.lands_on <= self.replicas:
            return shaped, landing
        for count in range(self.replicas - 1, -1, -1):
            lower, _ = self._land(count)
            if lower.lands_on is not None and lower.lands_on <= self.replicas:
                reason = f"{shaped.lands_on} would be more than the budget has; {lower.reason}"
                return lower, replace(landing, after=lower.lands_on, reason=reason)
        return shaped, landing

    def _land(self, count: int) -> tuple[Shaped, Step]:
        counts, at = self.decision.replicas, self.decision.at
        return land(count, self.tuned, replicas=counts, changes=self.changes, proposals=self.proposals, now=at)

"""What one decision on a workload leaves to the next: the plans of the hold, the idle time, what the HPA was asked for.

Must not know: how the plans come about.
"""

from dataclasses import dataclass, replace

from adapter.core.activation import quiet_since
from adapter.core.case import Case
from adapter.core.decision import Decision
from adapter.core.landing import noted
from adapter.core.proposals import NOTHING_PROPOSED, Proposals
from adapter.core.stabilization import Window, slide, trim


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """What one decision leaves to the next. It is a function of the last two holds of history and nothing older."""

    plans: Window = ()
    """Highest plans of the scale-in hold."""
    reactive: Window = ()
    """The same without forecasts, which is what mode advise serves."""
    quiet_since: float | None = None
    """Since when nothing has been in flight; None while something is."""
    proposals: Proposals = NOTHING_PROPOSED
    """What the HPA was asked for, as far as its own windows reach back."""


def remember(state: PolicyState, case: Case, *, goal: int | None, reactive: int | None) -> PolicyState:
    """Return the state after this tick; what is older than the hold is forgotten."""
    return replace(
        state,
        plans=_slid(state.plans, goal, case=case),
        reactive=_slid(state.reactive, reactive, case=case),
        quiet_since=quiet_since(state.quiet_since, case.sight, now=case.now, tuning=case.tuning),
    )


def asked(state: PolicyState, decision: Decision) -> PolicyState:
    """Return the state after the HPA was asked for what a decision emits in the end; a hold asks for nothing."""
    proposals = noted(state.proposals, decision.emitted, decision.hpa, at=decision.at)
    return state if proposals is state.proposals else replace(state, proposals=proposals)


def _slid(window: Window, goal: int | None, *, case: Case) -> Window:
    """Return the window after this tick. With nothing to remember, what is requested counts as planned just now.

    So after a silence, or on first sight, the full hold passes before anything is scaled in: rates over the silence
    show too little at first. Where the silence lasts longer for the count of replicas, the last one known stands in.
    """
    span_s = case.hold.seconds
    kept = trim(window, at=case.now, span_s=span_s)
    if not kept and span_s > 0 and case.requested is not None:
        kept = slide(kept, at=case.now, value=case.requested, span_s=span_s)
    return kept if goal is None else slide(kept, at=case.now, value=goal, span_s=span_s)

"""Why a decision is what it is, and what kept it from being more or less, in a sentence each.

Computed from the steps alone, so it cannot say anything the decision does not. Must not know: how a decision is made.
"""

from typing import Final

from adapter.core.decision import FLEET_STEPS, Decision, Outcome, Step, StepName

_AFTER_THE_PLAN: Final = (StepName.ADVISE, *FLEET_STEPS, StepName.SHAPE)
"""These change what is served, and where the HPA lands."""


def why(decision: Decision) -> str:
    """Return why the plan is what it is: the last step that set or changed the number, then what becomes of the plan.

    Returns:
        Text such as "6 replicas: replicas.max is 6 (bounds)", or "held: ..." without a plan.
    """
    if decision.outcome is Outcome.HOLD:
        return f"held: {decision.hold_reason}"
    changed = [step for step in decision.steps if step.before != step.after and step.after is not None]
    setting = [step for step in changed if step.name not in _AFTER_THE_PLAN]
    reason = f"{setting[-1].reason} ({setting[-1].name})" if setting else "no step changed the number"
    later = [f"; then {step.after}: {step.reason} ({step.name})" for step in changed if step.name in _AFTER_THE_PLAN]
    return f"{_count(decision.planned)}: {reason}" + "".join(later)


def why_not(decision: Decision) -> str:
    """Return what kept the result from more replicas, and what from fewer.

    A step that lowered the number kept it from scaling out that far, a step that raised it from scaling in that far.
    Where none raised it, the step that set the number is what asks for as many.

    Returns:
        Text such as "not 8: replicas.max is 6 (bounds); not fewer: 40 requests in flight / 8 per replica (reactive)".
    """
    if decision.outcome is Outcome.HOLD:
        return f"neither out nor in: {decision.hold_reason}"
    out = _kept([step for step in decision.steps if _change(step) < 0])
    in_ = _kept([step for step in decision.steps if _change(step) > 0])
    first = next(
        (f"not fewer: {s.reason} ({s.name})" for s in decision.steps if _sets(s)), "not fewer: none is asked for"
    )
    return f"{out or 'not more: nothing asks for more'}; {in_ or first}"


def _kept(steps: list[Step]) -> str:
    return ", ".join(f"not {step.before}: {step.reason} ({step.name})" for step in steps)


def _sets(step: Step) -> bool:
    return step.before is None and step.after is not None


def _change(step: Step) -> int:
    return 0 if step.before is None or step.after is None else step.after - step.before


def _count(replicas: int | None) -> str:
    return f"{replicas} replica{'' if replicas == 1 else 's'}"

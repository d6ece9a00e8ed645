"""From rules and proposals to workloads; pure."""

from collections.abc import Sequence

from adapter.core.tuning import RuleTuning, TunedWorkload, resolve_workload
from adapter.core.tuning.series import LabelCondition, LabelPattern, SourceTuning
from adapter.core.tuning.workload import ScaleTargetTuning
from adapter.core.workload import Matcher, TargetKind, WorkloadId
from adapter.discovery.proposals import Confidence, Proposal


def covered(rules: Sequence[RuleTuning], proposals: Sequence[Proposal]) -> tuple[TunedWorkload, ...]:
    """Return the workloads that rules cover, each by the first rule that accepts it.

    Only what is sure is taken: of a target that kube-state-metrics does not know nothing could be decided, and what
    serves a target without replicas is a guess.
    """
    found = []
    for proposal in proposals:
        rule = next((each for each in rules if _accepts(each, proposal)), None)
        if rule is not None and proposal.confidence is Confidence.SURE:
            found.append(_tuned(rule, proposal))
    return tuple(found)


def _accepts(rule: RuleTuning, proposal: Proposal) -> bool:
    name = proposal.name if proposal.target is None else proposal.target.name
    return (
        _holds(rule.namespaces, proposal.namespace)
        and _holds(rule.names, name)
        and (rule.models is None or any(_holds(rule.models, model) for model in proposal.models))
    )


def _holds(condition: LabelCondition, text: str) -> bool:
    pattern = isinstance(condition, LabelPattern)
    value = condition.regex if isinstance(condition, LabelPattern) else condition
    return Matcher(label="", value=value, regex=pattern).accepts(text)


def _tuned(rule: RuleTuning, proposal: Proposal) -> TunedWorkload:
    kind = TargetKind.DEPLOYMENT if proposal.target is None else proposal.target.kind
    name = None if proposal.target is None else proposal.target.name
    found = {
        "preset": proposal.preset,
        "match": dict(proposal.match),
        "sources": tuple(SourceTuning(preset=source) for source in proposal.sources),
    }
    unwritten = {key: value for key, value in found.items() if key not in rule.model_fields_set}
    target = ScaleTargetTuning(kind=kind, name=name)
    tuning = rule.model_copy(update={**unwritten, "scale_target": target})
    return resolve_workload(WorkloadId(proposal.namespace, proposal.name), tuning)

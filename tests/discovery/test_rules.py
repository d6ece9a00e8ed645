"""Twin of adapter/discovery/rules.py."""

from dataclasses import replace

from adapter.core.tuning import RuleTuning
from adapter.core.workload import TargetKind
from adapter.discovery.evidence import Target
from adapter.discovery.proposals import Confidence, Proposal
from adapter.discovery.rules import covered

_PROPOSAL = Proposal(
    namespace="team-a",
    name="llama",
    preset="sglang",
    target=Target("team-a", TargetKind.STATEFUL_SET, "llama"),
    match={"model_name": "m"},
    sources=("istio",),
    models=("m",),
    replicas=3,
    demand=None,
    confidence=Confidence.SURE,
    missing=(),
)


def _rule(**written: object) -> RuleTuning:
    return RuleTuning.model_validate({"namespaces": {"regex": "team-.*"}, **written})


def test_what_a_rule_does_not_write_is_what_was_found() -> None:
    """Preset, target, labels and sources of the proposal; bounds of the rule."""
    [tuned] = covered([_rule(replicas={"min": 0, "max": 7})], [_PROPOSAL])
    workload = tuned.workload

    assert (str(workload.id), workload.preset, workload.target.kind) == ("team-a/llama", "sglang", "StatefulSet")
    assert [source.preset for source in workload.sources] == ["istio"]
    assert (workload.bounds.min, workload.bounds.max) == (0, 7)


def test_what_a_rule_writes_wins_over_what_was_found() -> None:
    """A source of one's own, and labels of one's own."""
    [tuned] = covered([_rule(preset="vllm", match={"app": "x"}, sources=[{"preset": "keda"}])], [_PROPOSAL])

    assert tuned.workload.preset == "vllm"
    assert [each.label for each in tuned.workload.matchers] == ["namespace", "app"]
    assert [source.preset for source in tuned.workload.sources] == ["keda"]


def test_first_rule_that_accepts_is_the_one() -> None:
    """Exceptions stand before the general rule."""
    rules = [_rule(names="other"), _rule(models={"regex": "x|m"}, margin=2.0), _rule(margin=3.0)]

    assert [tuned.tuning.margin for tuned in covered(rules, [_PROPOSAL])] == [2.0]


def test_other_namespaces_names_and_models_are_not_covered() -> None:
    """Conditions are anchored."""
    rules = [_rule(namespaces="team"), _rule(names="lla"), _rule(models="mm")]

    assert covered(rules, [_PROPOSAL]) == ()


def test_what_is_not_sure_is_not_taken() -> None:
    """Of a target that nobody knows nothing can be decided; what serves a target at zero is a guess."""
    unsure = [replace(_PROPOSAL, confidence=each) for each in (Confidence.LIKELY, Confidence.GUESS)]

    assert covered([_rule()], unsure) == ()

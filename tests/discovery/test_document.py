"""Twin of adapter/discovery/document.py."""

from adapter.core.tuning import parse_tuning
from adapter.core.workload import TargetKind
from adapter.discovery.document import as_document
from adapter.discovery.evidence import Target
from adapter.discovery.proposals import Confidence, DemandSeen, Proposal
from adapter.prometheus.preset import preset_names

_PROPOSAL = Proposal(
    namespace="llm",
    name="a",
    preset="sglang",
    target=Target("llm", TargetKind.STATEFUL_SET, "a-set"),
    match={"model_name": "on"},
    sources=("istio",),
    replicas=3,
    demand=DemandSeen(preset="istio", kind="lost"),
    confidence=Confidence.SURE,
    missing=(),
)


def test_document_says_what_was_proposed_and_changes_nothing_yet() -> None:
    """A model that is named like a word of YAML stays text."""
    text = as_document([_PROPOSAL], url="http://p:9090")
    [tuned] = parse_tuning(text, file="proposed", presets=preset_names()).workloads
    workload = tuned.workload

    assert (workload.preset, workload.target.kind, workload.target.name) == ("sglang", "StatefulSet", "a-set")
    assert [(each.label, each.value) for each in workload.matchers] == [("namespace", "llm"), ("model_name", "on")]
    assert [source.preset for source in workload.sources] == ["istio"]
    assert (tuned.tuning.mode, tuned.tuning.replicas.min) == ("advise", 1)

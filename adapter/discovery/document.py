"""From proposals to a tuning document; pure."""

from collections.abc import Mapping, Sequence
from io import StringIO

from ruamel.yaml import YAML

from adapter.core.tuning import API_VERSION
from adapter.core.workload import TargetKind
from adapter.discovery.proposals import Proposal

_MOST_REPLICAS = 10


def as_entry(proposal: Proposal) -> dict[str, object]:
    """Return the entry of `workloads`, without what is the default."""
    entry: dict[str, object] = {"namespace": proposal.namespace, "name": proposal.name}
    target = proposal.target
    if target is not None and (target.name != proposal.name or target.kind is not TargetKind.DEPLOYMENT):
        entry["scaleTarget"] = {"kind": str(target.kind), "name": target.name}
    if proposal.preset != "vllm":
        entry["preset"] = proposal.preset
    if proposal.match:
        entry["match"] = dict(proposal.match)
    if proposal.sources:
        entry["sources"] = [{"preset": name} for name in proposal.sources]
    held = proposal.demand is not None and proposal.demand.kind != "lost"
    entry["replicas"] = {"min": 0 if held else 1, "max": max(_MOST_REPLICAS, proposal.replicas or 0)}
    return entry


def as_document(proposals: Sequence[Proposal], *, url: str) -> str:
    """Return the text of a tuning document for all proposals; it begins in mode `advise`, which changes nothing."""
    content: Mapping[str, object] = {
        "apiVersion": API_VERSION,
        "prometheus": {"url": url},
        "defaults": {"mode": "advise"},
        "workloads": [as_entry(proposal) for proposal in proposals],
    }
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump(content, text)
    return text.getvalue()

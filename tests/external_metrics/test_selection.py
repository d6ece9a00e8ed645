"""Choosing the one workload that a metric read means."""

import pytest

from adapter.core.errors import WorkloadNotFound
from adapter.core.workload import WorkloadId
from adapter.external_metrics.selection import AmbiguousSelector, select_decision
from adapter.external_metrics.selector import parse_selector
from tests.factories import decision, snapshot

FLEET = snapshot(
    *(decision(WorkloadId("prod", f"model-{number}")) for number in range(8)), decision(WorkloadId("dev", "llama"))
)


def _chosen(namespace: str, text: str) -> str:
    return select_decision(FLEET, namespace=namespace, selector=parse_selector(text)).workload.name


@pytest.mark.parametrize("text", ["", "workload=llama", "namespace=dev", "workload in (llama,other)", "!tier"])
def test_selector_that_fits_one_workload_chooses_it(text: str) -> None:
    """In a namespace with one workload even no selector at all is clear."""
    assert _chosen("dev", text) == "llama"


def test_named_workload_must_meet_the_other_requirements_too() -> None:
    """All requirements are joined by "and"."""
    with pytest.raises(WorkloadNotFound):
        _chosen("dev", "workload=llama,namespace=prod")


def test_workload_of_another_namespace_is_not_found() -> None:
    """A namespace sees its own workloads only; the message says what is there."""
    with pytest.raises(WorkloadNotFound, match="namespace dev; configured there are: llama; write matchLabels"):
        _chosen("dev", "workload=model-1")


def test_namespace_without_workloads_says_so() -> None:
    """The reader learns that nothing at all is configured there."""
    with pytest.raises(WorkloadNotFound, match="none is configured there"):
        _chosen("empty", "")


def test_several_workloads_are_refused_and_named() -> None:
    """The HPA would add them up; the message names the first few and counts the rest."""
    with pytest.raises(AmbiguousSelector, match=r"fits 8 .* model-0, .*model-4 and 3 more; write matchLabels"):
        _chosen("prod", "")


def test_set_of_two_workloads_is_refused() -> None:
    """Naming both is no clearer than naming none."""
    with pytest.raises(AmbiguousSelector, match="fits 2 workloads"):
        _chosen("prod", "workload in (model-1,model-2)")

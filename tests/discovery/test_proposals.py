"""Twin of adapter/discovery/proposals.py, for what a whole fleet does not show."""

from collections.abc import Mapping

from adapter.core.workload import TargetKind
from adapter.discovery.document import as_entry
from adapter.discovery.evidence import Evidence, Target
from adapter.discovery.proposals import propose
from adapter.prometheus.matching import Labels
from adapter.prometheus.preset import preset_names


def _evidence(series: Mapping[str, tuple[Labels, ...]], **replicas: int) -> Evidence:
    targets = {Target("llm", TargetKind.DEPLOYMENT, name): count for name, count in replicas.items()}
    return Evidence(series={name: series.get(name, ()) for name in preset_names()}, targets=targets)


def _engine(target: str, model: str = "m") -> Labels:
    return {"namespace": "llm", "pod": f"{target}-7c9f8d6b5-x2x7k", "model_name": model}


_POOL = {"namespace": "llm", "inference_pool": "shared", "target_model_name": "m"}


def test_model_that_two_targets_serve_is_no_label_of_either() -> None:
    """Both would read the sum of both."""
    found = propose(_evidence({"vllm": (_engine("a"), _engine("b")), "llm-d-epp": (_POOL,)}, a=1, b=1))

    assert [dict(each.match) for each in found] == [{}, {}]
    assert [each.demand for each in found] == [None, None]


def test_model_of_one_target_pairs_it_with_its_gateway() -> None:
    """The pool has a name of its own."""
    [found] = propose(_evidence({"vllm": (_engine("a"),), "llm-d-epp": (_POOL,)}, a=1))

    assert dict(found.match) == {"model_name": "m"}
    assert as_entry(found)["replicas"] == {"min": 0, "max": 10}


def test_gateway_that_holds_comes_before_one_that_refuses() -> None:
    """Of several, the one that loses nothing tells of demand at zero."""
    refusing = {"namespace": "llm", "destination_service_name": "a"}
    holding = {"namespace": "llm", "route_name": "a"}
    [found] = propose(_evidence({"vllm": (_engine("a"),), "istio": (refusing,), "keda-http-add-on": (holding,)}, a=30))
    [lossy] = propose(_evidence({"vllm": (_engine("a"),), "istio": (refusing,)}, a=30))

    assert found.sources == ("keda-http-add-on",)
    assert as_entry(found)["replicas"] == {"min": 0, "max": 30}
    assert lossy.sources == ("istio",)
    assert as_entry(lossy)["replicas"] == {"min": 1, "max": 30}


def test_target_at_zero_that_no_gateway_knows_is_not_proposed() -> None:
    """A cluster is full of Deployments that are no serving systems."""
    assert propose(_evidence({}, web=0, worker=3)) == ()

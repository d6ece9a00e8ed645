"""A series finds its workloads, and only them."""

import pytest

from adapter.core.workload import Workload
from adapter.prometheus.matching import Member, Owners, grouping, inherited, members_of, namespaces_in_use
from adapter.prometheus.preset import load_preset
from tests.fleets import make_workload


def _owners(preset: str, *workloads: Workload) -> Owners:
    return Owners(load_preset(preset), dict(enumerate(_members(preset, *workloads))))


def _members(preset: str, *workloads: Workload) -> list[Member]:
    return [members_of(workload).get(preset, inherited(workload)) for workload in workloads]


def test_pods_of_a_target_with_a_longer_name_are_not_mine() -> None:
    """`llama` must not catch the pods of `llama-large`."""
    owners = _owners("vllm", make_workload("llama"), make_workload("llama-large"))

    assert owners.rows({"namespace": "llm", "pod": "llama-7c9f8d6b5-x2x7k"}) == (0,)
    assert owners.rows({"namespace": "llm", "pod": "llama-large-7c9f8d6b5-x2x7k"}) == (1,)
    assert owners.rows({"namespace": "other", "pod": "llama-7c9f8d6b5-x2x7k"}) == ()


def test_all_matchers_must_hold_and_a_missing_label_is_empty() -> None:
    """A series without the label that a workload matches on is nobody's."""
    owners = _owners("vllm", make_workload("a", match={"model_name": "m", "role": {"regex": "decode|both"}}))

    assert owners.rows({"namespace": "llm", "model_name": "m", "role": "decode"}) == (0,)
    assert owners.rows({"namespace": "llm", "model_name": "m", "role": "prefill"}) == ()
    assert owners.rows({"namespace": "llm", "model_name": "m"}) == ()


def test_series_may_have_several_owners() -> None:
    """Two workloads over the same series both get it."""
    owners = _owners("vllm", make_workload("a", match={"model_name": "m"}), make_workload("b", match={"role": "x"}))

    assert owners.rows({"namespace": "llm", "model_name": "m", "role": "x"}) == (0, 1)


def test_namespace_pattern_finds_series_of_all_its_namespaces() -> None:
    """A workload that matches namespaces by pattern is found outside its own."""
    spread = make_workload("a", match={"namespace": {"regex": "llm-.*"}, "model_name": "m"})
    owners = _owners("vllm", spread)

    assert owners.rows({"namespace": "llm-eu", "model_name": "m"}) == (0,)
    assert owners.rows({"namespace": "llm", "model_name": "m"}) == ()
    assert namespaces_in_use(_members("vllm", spread, make_workload("b"))) == ()


def test_gpus_are_found_by_pod_although_engines_are_matched_by_model() -> None:
    """Without a matcher on pods, the pod names of the scale target serve."""
    owners = _owners("dcgm", make_workload("llama", match={"model_name": "m"}))

    assert owners.rows({"namespace": "llm", "pod": "llama-7c9f8d6b5-x2x7k"}) == (0,)


def test_replica_counts_are_found_by_kind_and_name_of_the_target() -> None:
    """A Deployment and a StatefulSet of one name are two things; a LeaderWorkerSet is counted by its leaders."""
    owners = _owners(
        "kube-state-metrics",
        make_workload("a"),
        make_workload("b", scale_target={"kind": "StatefulSet", "name": "a"}),
        make_workload("c", scale_target={"kind": "LeaderWorkerSet"}),
    )

    assert owners.rows({"namespace": "llm", "deployment": "a"}) == (0,)
    assert owners.rows({"namespace": "llm", "statefulset": "a"}) == (1,)
    assert owners.rows({"namespace": "llm", "statefulset": "c"}) == (2,)


def test_gateway_demand_is_found_by_model_or_by_pool_name() -> None:
    """A matcher on the served model follows rewrites; otherwise pools named after the target or workload count."""
    owners = _owners("llm-d-epp", make_workload("a", match={"model_name": "org/m"}), make_workload("b"))

    assert owners.rows({"namespace": "llm", "inference_pool": "p", "target_model_name": "org/m"}) == (0,)
    assert owners.rows({"namespace": "llm", "inference_pool": "b-pool", "target_model_name": "b"}) == (1,)
    assert owners.rows({"namespace": "llm", "inference_pool": "xb-pool"}) == ()


def test_engines_are_grouped_by_what_any_workload_matches_on() -> None:
    """One query serves workloads with different matchers."""
    workloads = [make_workload("a", match={"model_name": "m"}), make_workload("b")]

    assert grouping(load_preset("vllm"), _members("vllm", *workloads)) == ("namespace", "model_name", "pod")
    assert grouping(load_preset("dcgm"), _members("dcgm", *workloads)) == ("namespace", "pod")


@pytest.mark.parametrize(
    "tuning",
    [
        {},
        {"scale_target": {"kind": "StatefulSet"}},
        {"match": {"model_name": "m"}},
        {"match": {"model_name": {"regex": "m|n"}}},
        {"match": {"pod": {"regex": "a-b-.*"}}},
        {"match": {"role": "", "model_name": {"regex": "m.*"}}},
        {"match": {"namespace": {"regex": "ll.*"}, "model_name": "m"}},
    ],
)
def test_looking_up_finds_what_judging_every_workload_would_find(tuning: dict[str, object]) -> None:
    """The shortcut is only a shortcut, for exact labels, target pods and patterns alike."""
    workload = make_workload("a-b", **tuning)
    owners = _owners("vllm", make_workload("a"), workload)
    pods = ("a-b-7c9f8d6b5-x2x7k", "a-7c9f8d6b5-x2x7k", "a-b-0", "a-b", "-", "")
    series = [
        {"namespace": namespace, "pod": pod, "model_name": model}
        for namespace in ("llm", "other")
        for pod in pods
        for model in ("m", "n")
    ]
    mine = [all(each.accepts(labels.get(each.label, "")) for each in workload.matchers) for labels in series]

    assert [1 in owners.rows(labels) for labels in series] == mine
    assert any(mine)


def test_revision_is_found_by_its_deployment_its_service_and_nothing_longer() -> None:
    """Knative's Deployments carry a suffix, and its revisions a number."""
    owners = _owners(
        "knative", make_workload("chat-00002-deployment"), make_workload("chat"), make_workload("chat-two")
    )

    assert owners.rows({"namespace": "llm", "kn_revision_name": "chat-00002"}) == (0, 1)
    assert owners.rows({"namespace": "llm", "kn_revision_name": "chat-00003"}) == (1,)
    assert owners.rows({"namespace": "llm", "kn_revision_name": "chat-two-00001"}) == (2,)
    assert owners.rows({"namespace": "other", "kn_revision_name": "chat-00002"}) == ()


def test_cluster_wide_series_are_found_in_whatever_namespace_their_exporter_runs() -> None:
    """A route names the workload's namespace in its own name."""
    owners = _owners("envoy", make_workload("chat"), make_workload("chat", namespace="other"))

    assert owners.rows({"namespace": "gateways", "envoy_cluster_name": "httproute/llm/chat/rule/0"}) == (0,)
    assert owners.rows({"envoy_cluster_name": "httproute/other/chat/rule/12"}) == (1,)
    assert owners.rows({"envoy_cluster_name": "httproute/llm/chat-two/rule/0"}) == ()
    assert owners.rows({"envoy_cluster_name": "outbound|8000||chat.llm.svc.cluster.local"}) == (0,)


def test_models_are_found_in_any_case_where_a_system_writes_them_in_lower_case() -> None:
    """Dynamo's frontends do."""
    owners = _owners("dynamo", make_workload("a", match={"model_name": "Qwen/Qwen3.5"}))

    assert owners.rows({"namespace": "llm", "model": "qwen/qwen3.5"}) == (0,)
    assert owners.rows({"namespace": "llm", "model": "qwen/qwen345"}) == ()


def test_labels_written_for_a_source_are_all_that_counts_for_it() -> None:
    """And they say nothing about the presets that the source includes, nor about the engine."""
    source = {"preset": "kafka", "match": {"consumergroup": "workers", "namespace": "kafka"}}
    workload = make_workload("a", sources=[source])
    queue = _owners("kafka", workload)

    assert queue.rows({"namespace": "kafka", "consumergroup": "workers", "topic": "t"}) == (0,)
    assert queue.rows({"namespace": "llm", "consumergroup": "workers"}) == ()
    assert queue.rows({"namespace": "kafka", "consumergroup": "others"}) == ()
    assert _owners("vllm", workload).rows({"namespace": "llm", "pod": "a-7c9f8d6b5-x2x7k"}) == (0,)
    assert "consumergroup" in grouping(load_preset("kafka"), _members("kafka", workload))

"""Who is scraped, all by one Prometheus, and the workloads that are read there."""

from dataclasses import dataclass

from adapter.core.workload import Workload
from tests.fleets import make_workload

AT = 1786957200.0
"""When all of it is read: five minutes after the younger pod of the sample of kube-state-metrics was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One scrape target: expositions that belong together."""

    files: tuple[str, ...]
    honor_labels: bool = False


ENDPOINTS: dict[str, Endpoint] = {
    "vllm": Endpoint(files=("vllm", "vllm-histograms", "vllm-histograms-2", "lmcache")),
    "vllm-dp2": Endpoint(files=("vllm-dp2",)),
    "vllm-legacy": Endpoint(files=("vllm-legacy-0.8",)),
    "sglang": Endpoint(files=("sglang", "sglang-histograms")),
    "sglang-decode": Endpoint(files=("sglang-pd-decode-dp2",)),
    "trtllm": Endpoint(files=("trtllm",)),
    "triton": Endpoint(files=("triton",)),
    "tgi": Endpoint(files=("tgi",)),
    "lmcache-mp": Endpoint(files=("lmcache-mp",)),
    "dcgm": Endpoint(files=("dcgm",)),
    "amd": Endpoint(files=("amd-device-metrics",)),
    "kube-state-metrics": Endpoint(files=("kube-state-metrics", "kube-state-metrics-starts"), honor_labels=True),
    "lws": Endpoint(files=("lws",), honor_labels=True),
    "quota": Endpoint(files=("kube-state-metrics-quota",), honor_labels=True),
    "epp": Endpoint(files=("llm-d-epp",)),
    "epp-zero": Endpoint(files=("llm-d-epp-zero",)),
    "epp-legacy": Endpoint(files=("gie-epp-legacy",)),
    "dynamo-frontend": Endpoint(files=("dynamo-frontend", "dynamo-frontend-histograms")),
    **{
        name: Endpoint(files=(name,))
        for name in (
            "aibrix-controller",
            "aibrix-gateway",
            "aibrix-runtime",
            "armada",
            "burrow",
            "ceph",
            "cruise-control",
            "dapr",
            "dapr-scheduler",
            "dynamo-planner",
            "dynamo-worker",
            "envoy",
            "envoy-ai-gateway",
            "istio",
            "kafka-exporter",
            "keda",
            "keda-http-addon",
            "kminion",
            "knative-1.20",
            "knative-activator",
            "knative-autoscaler",
            "knative-queue-proxy",
            "kserve",
            "kuberay",
            "kueue",
            "modelmesh",
            "otel-genai",
            "ray-serve",
            "vitess-vtgate",
            "vitess-vttablet",
            "volcano",
            "wva",
        )
    },
}

_LLAMA = "meta-llama/Llama-3.1-70B-Instruct"

GATEWAYS: dict[str, Workload] = {
    "istio": make_workload("llama-70b-vllm", preset="istio"),
    "istio at zero": make_workload("mistral-24b", preset="istio"),
    "envoy": make_workload("llama-70b", preset="envoy"),
    "envoy before vllm": make_workload(
        "llama-70b", scale_target={"name": "llama-70b-vllm"}, sources=[{"preset": "envoy"}]
    ),
    "ai gateway": make_workload("llama-70b", preset="envoy-ai-gateway"),
    "clients": make_workload("chat", preset="otel-genai", match={"model_name": _LLAMA}),
    "pool": make_workload("llama-70b", preset="inference-pool"),
    "pool at zero": make_workload("mistral-24b", preset="inference-pool"),
    "old pool": make_workload("llama-8b", preset="inference-pool"),
    "model": make_workload("anything", preset="inference-model", match={"model_name": _LLAMA}),
    "old model": make_workload("llama-8b-v1", preset="inference-model"),
    "http add-on": make_workload("mistral-24b", preset="keda-http-add-on"),
    "http add-on before vllm": make_workload("legacy-vllm", sources=[{"preset": "keda-http-add-on"}]),
    "keda": make_workload("llama-70b", preset="keda"),
    "keda at zero": make_workload("mistral-24b", preset="keda"),
}

PLATFORMS: dict[str, Workload] = {
    "revision": make_workload("sentiment-predictor-00002-deployment", preset="knative"),
    "service": make_workload("sentiment-predictor", preset="knative"),
    "asleep": make_workload("asleep", preset="knative"),
    "busy": make_workload("busy", preset="knative"),
    "kserve": make_workload("sentiment", preset="kserve", scale_target={"name": "sentiment-predictor"}),
    "modelmesh": make_workload("modelmesh-serving-triton-2.x", preset="modelmesh"),
    "ray": make_workload("qwen3-32b", namespace="ray", preset="ray-serve"),
    "ray by labels": make_workload(
        "serve", namespace="ray", preset="ray-serve", match={"application": "llm", "deployment": "LLMServer:qwen3-32b"}
    ),
    "dynamo": make_workload(
        "qwen3-decode", namespace="dynamo", preset="dynamo", match={"model_name": "Qwen/Qwen3-32B"}
    ),
    "vllm in dynamo": make_workload(
        "inner",
        namespace="dynamo",
        scale_target={"name": "qwen3-decode"},
        match={"model_name": "Qwen/Qwen3-32B"},
        sources=[{"preset": "dynamo"}],
    ),
    "aibrix": make_workload("deepseek-llm-7b-chat", preset="aibrix"),
    "aibrix gateway": make_workload("deepseek-llm-7b-chat", preset="aibrix-gateway"),
    "wva": make_workload("llama-70b-vllm", preset="llm-d-wva"),
}

QUEUES: dict[str, Workload] = {
    "kafka": make_workload("prompt-worker", preset="kafka", match={"consumergroup": "llm-workers"}),
    "kafka before vllm": make_workload(
        "legacy-vllm", sources=[{"preset": "kafka", "match": {"consumergroup": "llm-workers", "topic": "prompts"}}]
    ),
    "kminion": make_workload("prompt-worker", preset="kminion", match={"group_id": "llm-workers"}),
    "burrow": make_workload("prompt-worker", preset="burrow", match={"consumer_group": "llm-workers"}),
    "dapr": make_workload("prompt-worker", preset="dapr"),
    "dapr with its scheduler": make_workload(
        "prompt-worker",
        preset="dapr",
        sources=[{"preset": "dapr-scheduler", "match": {"concurrency_key": "llm-batch"}}],
    ),
    "jobs": make_workload("batch", preset="kueue-jobs", match={"cluster_queue": "gpu-cq"}),
    "armada jobs": make_workload("batch", preset="armada-jobs", match={"queue": "llm-batch"}),
    **{
        preset: make_workload("legacy-vllm", sources=[{"preset": preset, "match": match}])
        for preset, match in {
            "kueue": {"cluster_queue": "gpu-cq"},
            "volcano": {"queue_name": "llm"},
            "armada": {"pool": "gpu"},
            "cluster-accelerators": {"resource": "nvidia_com_gpu"},
            "resource-quota": {},
            "vitess": {"namespace": "vitess"},
            "ceph": {"namespace": "rook-ceph"},
        }.items()
    },
}

WORKLOADS: dict[str, Workload] = {
    "llama": make_workload("llama-70b-vllm"),
    "llama by model": make_workload(
        "by-model", scale_target={"name": "llama-70b-vllm"}, match={"model_name": "meta-llama/Llama-3.1-70B-Instruct"}
    ),
    "llama with lmcache": make_workload(
        "cached", scale_target={"name": "llama-70b-vllm"}, sources=[{"preset": "lmcache"}]
    ),
    "lmcache server": make_workload(
        "served",
        scale_target={"name": "legacy-vllm"},
        match={"model_name": "meta-llama/Llama-3.1-70B-Instruct"},
        sources=[{"preset": "lmcache-server"}],
    ),
    "two engines": make_workload("qwen3-30b-vllm-dp2"),
    "old names": make_workload("legacy-vllm"),
    "old and new": make_workload("both", match={"pod": {"regex": "(qwen3-30b-vllm-dp2|legacy-vllm)-.+"}}),
    "sglang": make_workload("qwen3-32b-sglang", preset="sglang"),
    "sglang by model": make_workload(
        "qwen", preset="sglang", scale_target={"name": "qwen3-32b-sglang"}, match={"model_name": "Qwen/Qwen3-32B"}
    ),
    "decode": make_workload("deepseek-r1-decode", preset="sglang", scale_target={"kind": "StatefulSet"}),
    "decode by role": make_workload(
        "decode", preset="sglang", match={"model_name": "deepseek-r1", "engine_type": "decode"}
    ),
    "prefill by role": make_workload(
        "prefill", preset="sglang", match={"model_name": "deepseek-r1", "engine_type": "prefill"}
    ),
    "trtllm": make_workload("llama33-trtllm", preset="trtllm"),
    "triton": make_workload("triton-trtllm", preset="triton"),
    "triton by model": make_workload("triton", preset="triton", match={"model": "tensorrt_llm"}),
    "tgi": make_workload("mistral-tgi", preset="tgi"),
    "at zero": make_workload("mistral-24b"),
    "groups": make_workload("deepseek-r1", scale_target={"kind": "LeaderWorkerSet"}),
    "stranger": make_workload("nobody"),
    **GATEWAYS,
    **PLATFORMS,
    **QUEUES,
}

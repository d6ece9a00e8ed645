"""Who is scraped, all by one Prometheus, and the workloads that are read there."""

from dataclasses import dataclass

from adapter.core.workload import Workload
from tests.fleets import make_workload


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
    "epp": Endpoint(files=("llm-d-epp",)),
    "epp-zero": Endpoint(files=("llm-d-epp-zero",)),
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
}

"""What the DCGM exporter shows of the GPUs that the simulated pods hold.

Names as in dcgm-exporter's default list. The share of time in which an engine iterates stands for the share of time in
which a kernel runs, which is all that the real gauge says too.
"""

from collections.abc import Mapping

from adapter.simulation.exposition import Family, Kind, family
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity


def gpu_families(fleet: Fleet, identity: Identity, utilization: Mapping[int, float]) -> tuple[Family, ...]:
    """Return the utilisation of each GPU of each pod; `utilization` is by serial number of the pod, 0 to 1."""
    samples = [
        (
            {
                "gpu": str(gpu),
                "UUID": f"GPU-{pod.serial:08d}-{gpu}",
                "modelName": "NVIDIA H100 80GB HBM3",
                "container": "vllm",
                "namespace": identity.namespace,
                "pod": identity.pod_name(pod.serial),
            },
            round(100 * utilization[pod.serial]),
        )
        for pod in fleet.pods
        for gpu in range(fleet.profile.gpus)
    ]
    return (family("DCGM_FI_DEV_GPU_UTIL", Kind.GAUGE, "Share of time a kernel ran, in percent.", samples=samples),)

"""What the fleet and the cluster around it would export, scraped all at once.

Joins the exports of the engines, the endpoint picker, kube-state-metrics and the GPU exporter into the list of
targets that a Prometheus of that cluster has. Times of the fleet become unix times here.
"""

from adapter.simulation.export_cluster import cluster_families
from adapter.simulation.export_gateway import gateway_families
from adapter.simulation.export_gpu import gpu_families
from adapter.simulation.export_vllm import engine_families
from adapter.simulation.exposition import Exposition, Labels
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from adapter.simulation.pods import Phase, Pod


class Exporter:
    """Scrapes one fleet; remembers only what a GPU exporter does, the busy time since its last reading.

    Args:
        fleet: the fleet to read.
        identity: names and the time of second 0.
    """

    def __init__(self, fleet: Fleet, identity: Identity) -> None:
        self._fleet = fleet
        self._identity = identity
        self._busy: dict[int, tuple[float, float, float]] = {}

    def scrape(self) -> tuple[Exposition, ...]:
        """Return all targets as they are now: one a pod, then gateway, kube-state-metrics and GPU exporter."""
        fleet, identity = self._fleet, self._identity
        self._read_gpus()
        utilization = {serial: reading[2] for serial, reading in self._busy.items()}
        return (
            *(self._engine(pod) for pod in fleet.pods),
            Exposition(
                target=_target(identity.namespace, f"{identity.workload}-epp", "epp"),
                is_up=True,
                families=gateway_families(fleet, identity),
            ),
            Exposition(
                target=_target("monitoring", "kube-state-metrics", "kube-state-metrics"),
                is_up=True,
                families=cluster_families(fleet, identity),
                honors_labels=True,
            ),
            Exposition(
                target=_target("gpu-operator", "nvidia-dcgm-exporter", "nvidia-dcgm-exporter"),
                is_up=True,
                families=gpu_families(fleet, identity, utilization),
                honors_labels=True,
            ),
        )

    def _engine(self, pod: Pod) -> Exposition:
        is_up = pod.phase is not Phase.STARTING
        target = (
            ("job", f"{self._identity.namespace}/{self._identity.workload}"),
            ("namespace", self._identity.namespace),
            ("pod", self._identity.pod_name(pod.serial)),
            ("container", "vllm"),
            ("endpoint", "http"),
            ("instance", f"10.42.{pod.serial // 250}.{pod.serial % 250 + 1}:8000"),
        )
        families = engine_families(self._fleet, pod, model=self._identity.model) if is_up else ()
        return Exposition(target=target, is_up=is_up, families=families)

    def _read_gpus(self) -> None:
        """Update the share of time each pod was busy since the last reading."""
        now_s, last = self._fleet.now_s, self._busy
        self._busy = {}
        for pod in self._fleet.pods:
            busy_s = float(self._fleet.engines.pods["busy_s"][pod.row])
            then_s, before_s, share = last.get(pod.serial, (pod.created_s, 0.0, 0.0))
            if now_s > then_s:
                share = min((busy_s - before_s) / (now_s - then_s), 1.0)
            self._busy[pod.serial] = (now_s, busy_s, share)


def _target(namespace: str, name: str, container: str) -> Labels:
    return (
        ("job", f"{namespace}/{name}"),
        ("namespace", namespace),
        ("pod", f"{name}-0"),
        ("container", container),
        ("instance", f"{name}.{namespace}:9090"),
    )

"""What kube-state-metrics shows of a simulated Deployment and its pods.

Names, types and labels as in kube-state-metrics 2.20. A pod that drains counts no more as a replica, as a pod with
a deletion timestamp; it stays visible until it is gone.
"""

from collections.abc import Iterator, Sequence

from adapter.simulation.exposition import Family, Kind, family
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from adapter.simulation.pods import Phase, Pod


def cluster_families(fleet: Fleet, identity: Identity) -> tuple[Family, ...]:
    """Return the Deployment's replicas and, for each pod that exists, owner, phase, readiness and times."""
    return (*_deployment(fleet, identity), *_pods(fleet.pods, identity), *_owners(fleet.pods, identity))


def _deployment(fleet: Fleet, identity: Identity) -> Iterator[Family]:
    labels = {"namespace": identity.namespace, "deployment": identity.workload}
    ready = fleet.ready_replicas
    existing = sum(pod.phase is not Phase.DRAINING for pod in fleet.pods)
    for name, text, value in (
        ("spec_replicas", "Desired replicas.", fleet.spec_replicas),
        ("status_replicas", "Replicas.", existing),
        ("status_replicas_ready", "Ready replicas.", ready),
        ("status_replicas_available", "Available replicas.", ready),
        ("status_replicas_unavailable", "Unavailable replicas.", existing - ready),
        ("status_replicas_updated", "Replicas of the latest revision.", existing),
    ):
        yield family(f"kube_deployment_{name}", Kind.GAUGE, text, samples=[(labels, value)])


def _pods(pods: Sequence[Pod], identity: Identity) -> Iterator[Family]:
    named = [(_labels(pod, identity), pod) for pod in pods]
    ready = [(labels, pod) for labels, pod in named if pod.phase is not Phase.STARTING]
    start = identity.started_at
    yield family(
        "kube_pod_created",
        Kind.GAUGE,
        "Unix creation timestamp.",
        samples=[(labels, start + pod.created_s) for labels, pod in named],
    )
    yield family(
        "kube_pod_status_scheduled_time",
        Kind.GAUGE,
        "Unix time of the PodScheduled condition.",
        samples=[(labels, start + pod.created_s) for labels, pod in named],
    )
    yield family(
        "kube_pod_status_ready_time",
        Kind.GAUGE,
        "Unix time of the Ready condition.",
        samples=[(labels, start + pod.ready_s) for labels, pod in ready],
    )
    yield family(
        "kube_pod_status_ready",
        Kind.GAUGE,
        "Ready condition.",
        samples=[
            ({**labels, "condition": condition}, condition == _condition(pod))
            for labels, pod in named
            for condition in ("true", "false", "unknown")
        ],
    )
    yield family(
        "kube_pod_status_phase",
        Kind.GAUGE,
        "Phase.",
        samples=[({**labels, "phase": "Running"}, 1) for labels, _ in named],
    )
    yield family(
        "kube_pod_container_status_restarts_total",
        Kind.COUNTER,
        "Container restarts.",
        samples=[({**labels, "container": "vllm"}, 0) for labels, _ in named],
    )


def _owners(pods: Sequence[Pod], identity: Identity) -> Iterator[Family]:
    owner = {"owner_kind": "ReplicaSet", "owner_name": identity.replica_set, "owner_is_controller": "true"}
    yield family(
        "kube_pod_owner",
        Kind.GAUGE,
        "Owner of a pod.",
        samples=[({**_labels(pod, identity), **owner}, 1) for pod in pods],
    )
    replica_set = {"namespace": identity.namespace, "replicaset": identity.replica_set}
    deployment = {"owner_kind": "Deployment", "owner_name": identity.workload, "owner_is_controller": "true"}
    yield family(
        "kube_replicaset_owner", Kind.GAUGE, "Owner of a ReplicaSet.", samples=[({**replica_set, **deployment}, 1)]
    )


def _condition(pod: Pod) -> str:
    return "true" if pod.phase is Phase.READY else "false"


def _labels(pod: Pod, identity: Identity) -> dict[str, str]:
    uid = f"00000000-0000-4000-8000-{pod.serial:012d}"
    return {"namespace": identity.namespace, "pod": identity.pod_name(pod.serial), "uid": uid}

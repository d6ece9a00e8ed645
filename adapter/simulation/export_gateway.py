"""What the endpoint picker in front of a simulated fleet shows; it is there at zero replicas too.

Names, types and labels as in the llm-d router 0.10 with flow control. A request that waits here is demand that no
engine can show.
"""

from collections.abc import Iterator

import numpy as np

from adapter.simulation import kernels
from adapter.simulation.exposition import Family, Kind, family
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from adapter.simulation.pods import Phase


def gateway_families(fleet: Fleet, identity: Identity) -> tuple[Family, ...]:
    """Return held and dispatched requests, requests in flight and the state of the pool."""
    return (*_requests(fleet, identity), *_pool(fleet, identity.pool))


def _requests(fleet: Fleet, identity: Identity) -> Iterator[Family]:
    gateway = fleet.gateway
    flow = {
        "fairness_id": "default-flow",
        "model_name": identity.workload,
        "priority": "0",
        "target_model_name": identity.model,
    }
    pool = {"inference_pool": identity.pool}
    left = [
        ({**pool, "outcome": outcome, "priority": "0"}, count)
        for outcome, count in (("Dispatched", gateway.dispatched), ("EvictedTTL", gateway.expired))
    ]
    for name, kind, text, samples in (
        ("request_total", Kind.COUNTER, "Requests.", [(flow, gateway.dispatched)]),
        ("request_running", Kind.GAUGE, "Requests in flight.", [(flow, _outstanding(fleet))]),
        ("flow_control_queue_size", Kind.GAUGE, "Requests held in flow control.", [({**flow, **pool}, gateway.held)]),
        ("flow_control_requests_total", Kind.COUNTER, "Requests that left flow control.", left),
    ):
        yield family(f"llm_d_epp_{name}", kind, text, samples=samples)


def _pool(fleet: Fleet, pool: str) -> Iterator[Family]:
    ready = [pod.row for pod in fleet.pods if pod.phase is Phase.READY]
    queue = float(np.mean(fleet.engines.pods["waiting"][ready])) if ready else 0.0
    full = len(ready) * fleet.profile.max_num_seqs
    saturation = _outstanding(fleet) / full if full else 1.0  # an empty pool reads full
    stages = [({"inference_pool": pool, "stage": stage}, saturation) for stage in ("decode", "effective")]
    for name, text, samples in (
        ("ready_endpoints", "Ready endpoints in the pool.", [({"name": pool}, len(ready))]),
        ("average_queue_size", "Mean queue depth of the pool.", [({"name": pool}, round(queue, 2))]),
        ("flow_control_pool_saturation", "Saturation of the pool, 1 is saturated.", stages),
    ):
        yield family(f"llm_d_epp_{name}", Kind.GAUGE, text, samples=samples)


def _outstanding(fleet: Fleet) -> int:
    return sum(kernels.outstanding(fleet.engines, pod.row) for pod in fleet.pods)

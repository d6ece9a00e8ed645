"""What the endpoint picker in front of a simulated fleet shows; it is there at zero replicas too.

Names, types and labels as in the llm-d router 0.10 with flow control. A request that waits here is demand that no
engine can show.
"""

import numpy as np

from adapter.simulation import kernels
from adapter.simulation.exposition import Family, Kind, family
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from adapter.simulation.pods import Phase


def gateway_families(fleet: Fleet, identity: Identity) -> tuple[Family, ...]:
    """Return held and dispatched requests, requests in flight and ready endpoints."""
    gateway = fleet.gateway
    running = sum(kernels.outstanding(fleet.engines, pod.row) for pod in fleet.pods)
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
    ready = [pod.row for pod in fleet.pods if pod.phase is Phase.READY]
    queue = np.mean(fleet.engines.pods["waiting"][ready]) if ready else 0.0
    saturation = running / (len(ready) * fleet.profile.max_num_seqs) if ready else 1.0  # an empty pool reads full
    return (
        family("llm_d_epp_request_total", Kind.COUNTER, "Requests.", samples=[(flow, gateway.dispatched)]),
        family("llm_d_epp_request_running", Kind.GAUGE, "Requests in flight.", samples=[(flow, running)]),
        family(
            "llm_d_epp_ready_endpoints",
            Kind.GAUGE,
            "Ready endpoints in the pool.",
            samples=[({"name": identity.pool}, len(ready))],
        ),
        family(
            "llm_d_epp_average_queue_size",
            Kind.GAUGE,
            "Mean queue depth of the pool.",
            samples=[({"name": identity.pool}, round(float(queue), 2))],
        ),
        family(
            "llm_d_epp_flow_control_queue_size",
            Kind.GAUGE,
            "Requests held in flow control.",
            samples=[({**flow, **pool}, gateway.held)],
        ),
        family(
            "llm_d_epp_flow_control_pool_saturation",
            Kind.GAUGE,
            "Saturation of the pool, 1 is saturated.",
            samples=[({**pool, "stage": stage}, saturation) for stage in ("decode", "effective")],
        ),
        family(
            "llm_d_epp_flow_control_requests_total",
            Kind.COUNTER,
            "Requests that left flow control.",
            samples=left,
        ),
    )

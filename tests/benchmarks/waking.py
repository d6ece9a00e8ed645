"""From demand to `true` on a stock gRPC client's stream: `python -m tests.benchmarks.waking`.

A real Prometheus that scrapes each second, a real process of `scaleahead serve` with its defaults for waking, and pages
as an endpoint picker writes them. What is timed is wall time on this machine, in both ways of seeing demand: from the
moment at which a query shows it in Prometheus, and from the moment at which the gateway's page shows it.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from tests.exporter import Exporter
from tests.keda.world import ref
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.serve_process import NAMESPACE, ServeProcess
from tests.waiting import wait_until

_NAME = "mistral-24b"
_EMPTY = f'llm_d_epp_flow_control_pool_saturation{{inference_pool="{_NAME}-pool",stage="effective"}} 0\n'
_QUEUE = "llm_d_epp_flow_control_queue_size"
_HELD = f'{_EMPTY}{_QUEUE}{{inference_pool="{_NAME}-pool",priority="0"}} 1\n'
_ASLEEP = "".join(
    f'{metric}{{namespace="{NAMESPACE}",deployment="{_NAME}"}} 0\n'
    for metric in ("kube_deployment_spec_replicas", "kube_deployment_status_replicas")
)
_TUNING = """\
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 10s}}
tick: {{interval: 5s, settlingDelay: 5s}}
workloads: [{{namespace: llm, name: mistral-24b, replicas: {{min: 0}}{gateway}}}]
"""


def measure(wakes: int, *, direct: bool) -> list[float]:
    """Return seconds from visible demand to `true`, one number per wake.

    Args:
        wakes: how many.
        direct: whether the gateway's own page shows the demand, instead of Prometheus.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        picker, gateway, cluster = (stack.enter_context(Exporter(text)) for text in (_EMPTY, _EMPTY, _ASLEEP))
        jobs = [
            ScrapeJob(name="epp", targets=[Target(address=picker.address, labels={"namespace": NAMESPACE})]),
            ScrapeJob(name="state", targets=[Target(address=cluster.address)], honor_labels=True),
        ]
        prometheus = stack.enter_context(PrometheusServer(folder, jobs))
        page = f', gateway: {{url: "http://{gateway.address}/metrics"}}' if direct else ""
        config = folder / "tuning.yaml"
        config.write_text(_TUNING.format(url=prometheus.url, gateway=page))
        serve = stack.enter_context(ServeProcess(folder, config))
        stub = stack.enter_context(serve.keda())

        def seen_in_prometheus() -> None:
            wait_until(lambda: prometheus.query(f"{_QUEUE} > 0"), pause_s=0.005)

        shown = gateway if direct else picker
        visible = (lambda: None) if direct else seen_in_prometheus
        return [_wake(serve, stub, shown=shown, visible=visible) for _ in range(wakes)]


def _wake(
    serve: ServeProcess, stub: pb_grpc.ExternalScalerStub, *, shown: Exporter, visible: Callable[[], None]
) -> float:
    """Return how long one wake takes, once the workload sleeps again."""
    path = f"/api/v1/workloads/{NAMESPACE}/{_NAME}/explain"
    wait_until(lambda: serve.get("api", path).json().get("active") is False, limit_s=60)
    stream, told = iter(stub.StreamIsActive(ref(_NAME, NAMESPACE))), []

    def listen() -> None:
        while not next(stream).result:
            pass
        told.append(time.monotonic())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    time.sleep(1.0 + 0.37 * (time.monotonic() % 1.0))  # at no fixed distance from any look
    shown.set_text(_HELD)
    visible()
    start = time.monotonic()
    listener.join(timeout=60)
    shown.set_text(_EMPTY)
    return told[0] - start


def main(arguments: Sequence[str]) -> None:
    """Print one line for each way of seeing demand."""
    wakes = int(arguments[0]) if arguments else 10
    for direct, what in ((False, "visible in Prometheus"), (True, "on the gateway's page")):
        took = sorted(measure(wakes, direct=direct))
        sys.stdout.write(
            f"demand {what}: {len(took)} wakes, `true` after {statistics.median(took):.2f} s in the middle, "
            f"{took[-1]:.2f} s at most\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])

"""Three days of two services for Prometheus: one that follows the day, one that sleeps at night behind a gateway."""

import math
from collections.abc import Callable, Iterator

from tests.openmetrics import Track

STEP_S = 60.0
DAYS = 3
COUNT = round(DAYS * 86_400 / STEP_S) + 1

CONFIG = """
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 4m}}
tick: {{interval: 30s}}
defaults:
  capacity: {{promptTokensPerSecond: 20000, generationTokensPerSecond: 4000}}
workloads:
  - {{name: chat, namespace: llm, replicas: {{min: 1, max: 8}}}}
  - {{name: code, namespace: llm, replicas: {{min: 0, max: 4}}}}
"""

Value = Callable[[float], float | None]


def load(since: float) -> float:
    """Requests per second of `chat`: a wave a day with a bump each hour."""
    return 4.0 + 3.0 * math.sin(2 * math.pi * since / 86_400.0) + (2.0 if since % 3600 < 420 else 0.0)


def awake(since: float) -> bool:
    """Whether `code` has a replica: 40 minutes of every two hours."""
    return since % 7200 < 2400


def _total(rate: Value, *, reset_s: float) -> Value:
    """A counter of a rate, reckoned minute by minute, that starts anew every `reset_s`."""
    sums = [0.0]
    for minute in range(COUNT):
        sums.append(sums[-1] + STEP_S * (rate(minute * STEP_S) or 0.0))

    def value(since: float) -> float:
        begin = since // reset_s * reset_s
        return sums[round(since / STEP_S)] - sums[round(begin / STEP_S)]

    return value


def _engine(name: str, rate: Value, *, alive: Callable[[float], bool], reset_s: float) -> Iterator[Track]:
    labels = {"namespace": "llm", "pod": f"{name}-7c9f8d6b5-x2x7a", "job": "vllm", "instance": f"{name}:8000"}

    def while_alive(value: Value) -> Value:
        return lambda since: value(since) if alive(since) else None

    shown = {
        "num_requests_running": lambda since: 3.0 * (rate(since) or 0.0),
        "num_requests_waiting": lambda since: max(0.0, (rate(since) or 0.0) - 7.0),
        "request_success_total": _total(rate, reset_s=reset_s),
        "prompt_tokens_total": _total(lambda since: 900.0 * (rate(since) or 0.0), reset_s=reset_s),
        "generation_tokens_total": _total(lambda since: 150.0 * (rate(since) or 0.0), reset_s=reset_s),
        "request_prompt_tokens_sum": _total(lambda since: 900.0 * (rate(since) or 0.0), reset_s=reset_s),
        "request_prompt_tokens_count": _total(rate, reset_s=reset_s),
        "request_generation_tokens_sum": _total(lambda since: 150.0 * (rate(since) or 0.0), reset_s=reset_s),
        "request_generation_tokens_count": _total(rate, reset_s=reset_s),
        "kv_cache_usage_perc": lambda since: min(0.1 * (rate(since) or 0.0), 1.0),
    }
    yield Track(name="up", labels=labels, value=while_alive(lambda _: 1.0))
    for metric, value in shown.items():
        yield Track(name=f"vllm:{metric}", labels=labels, value=while_alive(value))


def _replicas(name: str, count: Value) -> Iterator[Track]:
    labels = {"namespace": "llm", "deployment": name, "job": "state", "instance": "state:8080"}
    for metric in ("spec_replicas", "status_replicas", "status_replicas_ready"):
        yield Track(name=f"kube_deployment_{metric}", labels=labels, value=count)


def tracks() -> list[Track]:
    """Return all series: the engine of `chat` is silent for ten minutes of every seven hours."""
    pool = {"namespace": "llm", "inference_pool": "code", "job": "epp", "instance": "epp:9090"}
    return [
        *_engine("chat", load, alive=lambda since: since % 25_200 > 600, reset_s=36_000.0),
        *_engine("code", lambda since: 2.0 if awake(since) else 0.0, alive=awake, reset_s=7200.0),
        *_replicas("chat", lambda since: 2.0 + (load(since) > 5.0)),
        *_replicas("code", lambda since: float(awake(since))),
        Track(
            name="llm_d_epp_flow_control_queue_size",
            labels={**pool, "target_model_name": "code"},
            value=lambda since: 3.0 if since % 7200 >= 7080 else 0.0,
        ),
    ]

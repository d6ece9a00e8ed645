"""Rates, resets, doubles, mixed versions and crashes, on history written into a real Prometheus sample by sample."""

import asyncio
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from adapter.core.settled import GAUGES
from adapter.core.signal import FleetReadings, Grid, Reading, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.prometheus.signals import PrometheusSignalSource
from tests.fleets import make_workload
from tests.openmetrics import Track, as_openmetrics
from tests.prometheus_server import PrometheusServer

pytestmark = pytest.mark.integration

_STEP_S, _COUNT, _WINDOW_S = 15.0, 81, 60.0  # twenty minutes
_START = float(int(time.time() / 900) * 900 - 7200)
_END = _START + _STEP_S * (_COUNT - 1)
_NOW = Grid(start=_END, step_s=_STEP_S)
Value = Callable[[float], float]


def _steady(value: float) -> Value:
    return lambda _: value


def _growing(per_s: float, *, reset_at: float = -1.0) -> Value:
    """A counter that starts anew at `reset_at`."""
    return lambda since: per_s * (since - (reset_at if since >= reset_at >= 0 else 0))


def _pod(namespace: str, letter: str, **more: str) -> dict[str, str]:
    pod = f"m-7c9f8d6b5-x2x7{letter}"
    return {"namespace": namespace, "pod": pod, "job": "vllm", "instance": f"{namespace}-{letter}:8000", **more}


def _engine(labels: dict[str, str], *, until: float = float("inf"), **values: Value) -> list[Track]:
    """One engine: `up` goes on to the end, its own series end with `until`."""
    values.setdefault("num_requests_running", _steady(2.0))
    up = {name: labels[name] for name in ("namespace", "pod", "job", "instance")}
    return [Track(name="up", labels=up, value=lambda since: float(since <= until))] + [
        Track(name=f"vllm:{name}", labels=labels, value=value, until=until) for name, value in values.items()
    ]


def _buckets(labels: dict[str, str], **per_s: float) -> list[Track]:
    """Buckets of the time to first token: `le_1=2.0` grows by 2/s below one second."""
    name = "vllm:time_to_first_token_seconds_bucket"
    bounds = {"le_1": "1.0", "le_2": "2.0", "le_4": "4.0", "le_inf": "+Inf"}
    return [Track(name=name, labels=labels | {"le": bounds[key]}, value=_growing(rate)) for key, rate in per_s.items()]


def _pair() -> list[Track]:
    """One engine, as two Prometheus replicas have sent it to one store."""
    return [
        track
        for replica in "AB"
        for track in _engine(
            _pod("pair", "a", prometheus_replica=replica),
            num_requests_waiting=_steady(7.0),
            prompt_tokens_total=_growing(3.0),
        )
    ]


def _replicas(namespace: str, instance: str, **replicas: float) -> list[Track]:
    """Replica counts as one copy of kube-state-metrics exports them."""
    labels = {"namespace": namespace, "deployment": "m", "job": "state", "instance": instance}
    return [
        Track(name=f"kube_deployment_{name}", labels=labels, value=_steady(value)) for name, value in replicas.items()
    ]


def _gateway() -> list[Track]:
    """An endpoint picker that lets 4/s through, refuses 1/s, and holds ever more of one of two models."""
    pool = {"namespace": "gate", "inference_pool": "m-pool", "job": "epp", "instance": "gate:9090"}
    flow = pool | {"fairness_id": "default-flow", "target_model_name": "big", "model_name": "big"}
    left = "llm_d_epp_flow_control_requests_total"
    return [
        Track(name="up", labels={"namespace": "gate", "job": "epp", "instance": "gate:9090"}, value=_steady(1.0)),
        Track(name=left, labels=pool | {"outcome": "Dispatched"}, value=_growing(4.0)),
        Track(name=left, labels=pool | {"outcome": "RejectedCapacity"}, value=_growing(1.0)),
        Track(name="llm_d_epp_flow_control_queue_size", labels=flow, value=lambda since: 0.5 * since),
        Track(name="llm_d_epp_flow_control_pool_saturation", labels=pool, value=_steady(1.0)),
    ]


def _tracks() -> list[Track]:
    rates = _pod("rates", "a"), _pod("rates", "b")
    mixed = _pod("mixed", "a"), _pod("mixed", "b")
    return [
        *_engine(
            rates[0],
            prompt_tokens_total=_growing(100.0),
            request_success_total=_growing(2.0),
            num_requests_running=lambda since: 10.0 + 0.5 * since,
            num_requests_waiting=lambda since: 0.25 * since,
            admission_rejections_total=_growing(0.25),
            request_prompt_tokens_sum=_growing(3000.0),
            request_prompt_tokens_count=_growing(2.0),
        ),
        *_engine(rates[1], prompt_tokens_total=_growing(50.0, reset_at=_STEP_S * (_COUNT - 2))),
        *_buckets(rates[0], le_1=9.0, le_2=9.0, le_4=9.0, le_inf=9.0),
        *_buckets(rates[1], le_1=0.0, le_2=0.0, le_4=1.0, le_inf=1.0),
        *_engine(
            _pod("draining", "a"),
            num_requests_running=lambda since: 2000.0 - since,
            num_requests_waiting=_steady(0.0),
            request_success_total=_growing(0.25),
        ),
        *_engine(
            mixed[0],
            kv_cache_usage_perc=_steady(0.4),
            prefix_cache_hits_total=_growing(10.0),
            prefix_cache_queries_total=_growing(20.0),
        ),
        *_engine(
            mixed[1],
            gpu_cache_usage_perc=_steady(0.8),
            gpu_prefix_cache_hits_total=_growing(5.0),
            gpu_prefix_cache_queries_total=_growing(40.0),
        ),
        *_pair(),
        *_gateway(),
        *_engine(_pod("crash", "a"), num_requests_waiting=_steady(4.0)),
        *_engine(_pod("crash", "b"), num_requests_waiting=_steady(5.0), until=600.0),
        *_engine(_pod("old", "a"), num_requests_waiting=_steady(4.0), until=_STEP_S * (_COUNT - 1) - 240.0),
        *_engine(_pod("nan", "a"), num_requests_waiting=_steady(float("nan")), num_preemptions_total=_growing(0.0)),
        *_engine(_pod("zero", "a"), num_requests_waiting=_steady(0.0)),
        *_replicas("agree", "x", spec_replicas=2),
        *_replicas("agree", "y", spec_replicas=2),
        *_replicas("differ", "x", spec_replicas=2),
        *_replicas("differ", "y", spec_replicas=3),
        *_replicas("grew", "x", spec_replicas=3),
        Track(
            name="kube_deployment_status_replicas_ready",
            labels={"namespace": "grew", "deployment": "m", "job": "state", "instance": "x"},
            value=lambda since: 2.0 if since <= 900 else 3.0,
        ),
        *_replicas("unscraped", "x", spec_replicas=4, status_replicas_ready=4),
        *_engine(_pod("unscraped", "a"), num_requests_waiting=_steady(1.0)),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that remembers twenty minutes of all the above."""
    server = PrometheusServer(tmp_path_factory.mktemp("history"))
    server.backfill(as_openmetrics(_tracks(), start=_START, step_s=_STEP_S, count=_COUNT))
    with server:
        yield server.url


def _read(url: str, *workloads: Workload, grid: Grid = _NOW, **tuning: object) -> FleetReadings:
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url} | tuning)) as source:
        return asyncio.run(source.read(workloads, grid=grid, window_s=_WINDOW_S))


def _cell(url: str, namespace: str, signal: Signal, **tuning: object) -> Reading:
    fleet = _read(url, make_workload("m", namespace=namespace), **tuning)
    return fleet.readings[signal].cell(0, 0)


def test_rates_survive_a_counter_that_starts_anew(url: str) -> None:
    """100/s and a pod of 50/s that restarted: the step around the restart is lost, and none is negative."""
    assert _cell(url, "rates", Signal.PROMPT_TOKENS_RATE).value == pytest.approx(100.0 + 0.75 * 50.0)


def test_arrivals_are_completions_plus_what_piles_up_plus_what_was_refused(url: str) -> None:
    """2/s done + 0.5/s more running + 0.25/s more waiting + 0.25/s refused = 3/s."""
    assert _cell(url, "rates", Signal.ARRIVAL_RATE).value == pytest.approx(3.0)


def test_arrivals_are_not_negative_while_a_backlog_drains(url: str) -> None:
    """One running request less per second, a quarter of one done: aborted ones are no arrivals."""
    cell = _cell(url, "draining", Signal.ARRIVAL_RATE)

    assert (cell.state, cell.value) == (State.FRESH, 0.0)


def test_arrivals_at_a_gateway_are_what_left_it_plus_what_it_holds_more(url: str) -> None:
    """4/s dispatched + 1/s refused + 0.5/s that pile up; an endpoint picker without the counter has no such signal."""
    assert _cell(url, "gate", Signal.GATEWAY_ARRIVAL_RATE).value == pytest.approx(5.5)
    assert _cell(url, "rates", Signal.GATEWAY_ARRIVAL_RATE).state is State.ABSENT


def test_tokens_per_request_is_a_ratio_of_sums(url: str) -> None:
    """3000 tokens/s over 2 requests/s."""
    assert _cell(url, "rates", Signal.PROMPT_TOKENS_PER_REQUEST).value == pytest.approx(1500.0)


def test_latency_quantile_is_taken_over_the_buckets_of_all_pods(url: str) -> None:
    """Nine of ten below 1 s, one between 2 and 4: the 95th is half-way through it. The mean of two would be 2.4."""
    assert _cell(url, "rates", Signal.TTFT).value == pytest.approx(3.0)


def test_share_in_time_is_taken_over_the_buckets_of_all_pods_at_marks_only(url: str) -> None:
    """Nine of ten are within the objective of 2 s; between marks nobody asks."""
    workload = make_workload("m", namespace="rates")
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url})) as source:
        marked = asyncio.run(source.read([workload], grid=_NOW, window_s=600.0))
    cell = marked.readings[Signal.TTFT_ATTAINED].cell(0, 0)

    assert (cell.state, cell.value) == (State.FRESH, pytest.approx(0.9))
    assert Signal.TTFT_ATTAINED not in _read(url, workload).readings


def test_means_over_ten_minutes_are_read_at_marks_only(url: str) -> None:
    """Running grew by 0.5/s to 610 in one pod, beside 2 in the other; half of the time two were ready, then three."""
    workloads = [make_workload("m", namespace=name) for name in ("rates", "grew")]
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url})) as source:
        marked = asyncio.run(source.read(workloads, grid=_NOW, window_s=600.0)).readings
    values = {signal: marked[signal].cell(int(signal is Signal.REPLICAS_READY_AVERAGED), 0) for signal in GAUGES}

    assert {cell.state for cell in values.values()} == {State.FRESH}
    assert values[Signal.REQUESTS_RUNNING_AVERAGED].value == pytest.approx(610 - 150 + 2, rel=0.01)
    assert values[Signal.QUEUE_DEPTH_AVERAGED].value == pytest.approx(300 - 75, rel=0.01)
    assert values[Signal.REPLICAS_READY_AVERAGED].value == pytest.approx(2.5, abs=0.03)
    assert not set(GAUGES) & _read(url, *workloads).readings.keys()


def test_old_and_new_names_in_one_fleet_both_count(url: str) -> None:
    """Usage is the mean of 0.4 (new name) and 0.8 (old name); hits are 10 + 5 of 20 + 40."""
    assert _cell(url, "mixed", Signal.KV_CACHE_USAGE).value == pytest.approx(0.6)
    assert _cell(url, "mixed", Signal.PREFIX_CACHE_HIT_RATIO).value == pytest.approx(0.25)


def test_highly_available_pair_counts_once_when_its_label_is_known(url: str) -> None:
    """Gauges and rates of two identical scrapers are one."""
    label = {"replicaLabel": "prometheus_replica"}

    assert _cell(url, "pair", Signal.QUEUE_DEPTH, **label).value == 7.0
    assert _cell(url, "pair", Signal.PROMPT_TOKENS_RATE, **label).value == pytest.approx(3.0)


def test_highly_available_pair_is_malformed_when_its_label_is_not_known(url: str) -> None:
    """Counting double would look like load; the problem says which setting is missing."""
    fleet = _read(url, make_workload("m", namespace="pair"), make_workload("m", namespace="zero"))
    queue = fleet.readings[Signal.QUEUE_DEPTH]

    assert [queue.cell(row, 0).state for row in (0, 1)] == [State.MALFORMED, State.FRESH]
    assert ["prometheus.replicaLabel" in problem.message for problem in fleet.problems] == [True]


def test_crashed_pod_makes_the_rest_partial(url: str) -> None:
    """It reported within the last minutes and is still discovered: four waiting are half the truth."""
    cell = _cell(url, "crash", Signal.QUEUE_DEPTH)

    assert (cell.state, cell.value, cell.coverage) == (State.PARTIAL, 4.0, 0.5)


def test_age_is_that_of_the_newest_sample(url: str) -> None:
    """The value is still visible after four minutes, and its age says how much it is worth."""
    cell = _cell(url, "old", Signal.QUEUE_DEPTH)

    assert (cell.value, cell.age_s) == (4.0, 240.0)
    assert _cell(url, "zero", Signal.QUEUE_DEPTH).age_s == 0.0


def test_nan_sample_is_malformed_and_named(url: str) -> None:
    """NaN is no value, and no reason to doubt other signals."""
    fleet = _read(url, make_workload("m", namespace="nan"))

    assert fleet.readings[Signal.QUEUE_DEPTH].cell(0, 0).state is State.MALFORMED
    assert fleet.readings[Signal.PREEMPTIONS].cell(0, 0).is_fresh_zero
    [problem] = fleet.problems
    assert problem.signal == "queue_depth"
    assert 'pod="m-7c9f8d6b5-x2x7a"} = nan' in problem.message


def test_true_zero_is_a_fresh_zero(url: str) -> None:
    """An engine that says 0 is believed."""
    assert _cell(url, "zero", Signal.QUEUE_DEPTH).is_fresh_zero


def test_copies_of_kube_state_metrics_count_once_and_may_not_disagree(url: str) -> None:
    """2 and 2 are 2; 2 and 3 are malformed, with both shown."""
    fleet = _read(url, make_workload("m", namespace="agree"), make_workload("m", namespace="differ"))
    cells = [fleet.readings[Signal.REPLICAS_REQUESTED].cell(row, 0) for row in (0, 1)]

    assert (cells[0].state, cells[0].value) == (State.FRESH, 2.0)
    assert cells[1].state is State.MALFORMED
    assert "contradict" in fleet.problems[0].message


def test_ready_pods_that_nobody_scrapes_make_the_rest_partial(url: str) -> None:
    """Four are ready, one is scraped."""
    cell = _cell(url, "unscraped", Signal.QUEUE_DEPTH)

    assert (cell.state, cell.coverage) == (State.PARTIAL, 0.25)


def test_range_has_the_bits_of_the_instants(url: str) -> None:
    """A restart that reads history decides as the process did that read tick by tick."""
    workloads = [
        make_workload("m", namespace=name) for name in ("rates", "mixed", "crash", "nan", "agree", "draining", "old")
    ]
    grid = Grid(start=_START, step_s=_STEP_S, count=_COUNT)
    whole = _read(url, *workloads, grid=grid)
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url})) as source:
        for column in range(0, _COUNT, 8):
            at = Grid(start=float(grid.times()[column]), step_s=_STEP_S)
            instant = asyncio.run(source.read(workloads, grid=at, window_s=_WINDOW_S))
            for signal, readings in instant.readings.items():
                for name in ("value", "state", "age_s", "coverage"):
                    np.testing.assert_array_equal(
                        getattr(whole.readings[signal], name)[:, column], getattr(readings, name)[:, 0], err_msg=signal
                    )

    assert np.isfinite(whole.readings[Signal.PROMPT_TOKENS_RATE].value[0]).sum() > 70


def test_global_match_restricts_every_query(url: str) -> None:
    """What another cluster exports is not seen."""
    fleet = _read(url, make_workload("m", namespace="zero"), match={"cluster": "elsewhere"})

    assert {readings.cell(0, 0).state for readings in fleet.readings.values()} == {State.ABSENT}

"""What back-testing a workload costs: `python -m tests.benchmarks.back_testing`.

With `--agree` it also plays days of a 70B service by single requests, which takes minutes, next to lanes.
"""

import sys
import time
from dataclasses import replace
from typing import Final

import numpy as np

from adapter.core.decision import DemandUnit
from adapter.core.history import History, append
from adapter.core.knobs import Knobs, candidates, knobs_of, with_knobs
from adapter.core.stepper import tune
from adapter.core.tuning import TunedWorkload
from adapter.simulation.arrays import Floats
from adapter.simulation.back_test import Setting, back_test
from adapter.simulation.closed_loop import close_loop
from adapter.simulation.cold_start import constant
from adapter.simulation.fleet import Fleet
from adapter.simulation.load_files import Load
from adapter.simulation.own import EPOCH, Scaleahead
from adapter.simulation.past_load import DAY_MIN, PastLoad
from adapter.simulation.profiles import LLAMA_70B_4XH100, RequestShape
from adapter.simulation.rolling import roll
from adapter.simulation.scenario import place_requests
from adapter.simulation.score import DEFAULT_OBJECTIVE, Score

PROFILE: Final = LLAMA_70B_4XH100
SHAPE: Final = RequestShape(prompt_tokens=2000, output_tokens=400)
RATE: Final = PROFILE.sustainable_requests_per_s(SHAPE)
RATES: Final = (PROFILE.sustainable_prompt_tokens_per_s(SHAPE), PROFILE.sustainable_generation_tokens_per_s(SHAPE))
SETTING: Final = Setting(
    profile=PROFILE,
    cold_start_s=180.0,
    lead_s=180.0,
    unit=DemandUnit.WORK,
    capacity=1.0,
    objective=DEFAULT_OBJECTIVE,
)


def loads(minutes: int) -> dict[str, Floats]:
    """Return loads in replicas, minute by minute."""
    rng, minute = np.random.default_rng(1), np.arange(minutes)
    wave = 4 + 2.5 * np.sin(2 * np.pi * minute / DAY_MIN)
    return {
        "wave": wave,
        "flash": np.where(minute % 360 < 20, 2.5 * wave, wave),
        "random walk": wave * np.exp(0.35 * np.repeat(rng.standard_normal(minutes // 10), 10)),
        "sparse": np.where(minute // 20 % 6 == 0, 0.7, 0.0),
    }


def past_of(load: Floats) -> PastLoad:
    """Return arrivals of a load."""
    requests = np.random.default_rng(2).poisson(load * RATE * 60).astype(float)
    cost = SHAPE.prompt_tokens / RATES[0] + SHAPE.output_tokens / RATES[1]
    return PastLoad(
        requests=requests,
        prompt_tokens=np.full(len(load), SHAPE.prompt_tokens),
        output_tokens=np.full(len(load), SHAPE.output_tokens),
        demand=requests / 60 * cost,
    )


def workload(*, least: int = 1) -> TunedWorkload:
    """Return the workload with the capacities of the engine, its margin not regulated, as lanes have it."""
    capacity = {
        "prompt_tokens_per_second": RATES[0],
        "generation_tokens_per_second": RATES[1],
        "max_concurrency": PROFILE.max_num_seqs,
    }
    return tune({"replicas": {"min": least, "max": 30}, "slo": {"regulate": False}, "capacity": capacity})


def measure(days: int) -> None:
    """Print what a back-test over some days costs."""
    past, tuned = past_of(loads((days + 1) * DAY_MIN)["wave"]), workload()
    minutes = past.minutes_of(range(days, 0, -1))
    start = time.process_time()
    roll(past.demand, count=days * DAY_MIN + 60, horizons_s=(240.0, 300.0, 600.0, 1200.0))
    forecast_s = time.process_time() - start
    start = time.process_time()
    back_test(past, tuned, candidates(tuned.tuning), setting=SETTING, minutes=minutes)
    whole_s = time.process_time() - start
    sys.stdout.write(
        f"{len(candidates(tuned.tuning))} choices, {days} days: {whole_s:.1f} s CPU, {whole_s / days:.2f} s a day, "
        f"of which {forecast_s / days:.2f} s are forecasts\n"
    )


def agree(name: str, knobs: Knobs) -> None:
    """Print one day by lanes and by single requests."""
    tuned = workload(least=0 if name == "sparse" else 1)
    past = past_of(loads(3 * DAY_MIN)[name])
    made = back_test(past, tuned, [knobs], setting=SETTING, minutes=past.minutes_of([1]))
    exact = _exact(past, replace(tuned, tuning=with_knobs(tuned.tuning, knobs)))
    hours, share = made.replica_hours.item(), 1 - made.missed.item() / made.requests.item()
    sys.stdout.write(
        f"{name}, {knobs}: {exact.gpu_hours / PROFILE.gpus:.1f} replica-hours and {exact.attainment:.2%} by requests, "
        f"{hours:.1f} and {share:.2%} by lanes\n"
    )


def _exact(past: PastLoad, tuned: TunedWorkload) -> Score:
    """Return the score of the last day by the engine of single requests."""
    before = len(past.requests) - DAY_MIN
    known, empty = past.demand[None, :before], History.empty((tuned.workload.id,))
    coarse = known.reshape(1, -1, 10).mean(axis=2)
    history = replace(
        empty, minute=append(empty.minute, known, end=EPOCH), coarse=append(empty.coarse, coarse, end=EPOCH)
    )
    load = Load(
        name="benchmark",
        step_s=60.0,
        counts=past.requests.astype(np.int64),
        known=np.ones(len(past.requests), dtype=np.bool_),
        prompt_tokens=past.prompt_tokens,
        output_tokens=past.output_tokens,
    )
    requests = place_requests(load, load.counts, (before, len(past.requests)), rng=np.random.default_rng(0))
    first = int(np.ceil(past.requests[before : before + 10].mean() / 60 / RATE * 4 / 3))
    fleet = Fleet(profile=PROFILE, requests=requests, cold_start=constant(180.0), replicas=first)
    return close_loop(fleet, Scaleahead(tuned, history=history), end_s=86_400.0).score


def main() -> None:
    """Print the costs, and the agreement if asked for."""
    measure(7)
    if "--agree" in sys.argv:
        usual = knobs_of(workload().tuning)
        for name in loads(DAY_MIN):
            agree(name, replace(usual, forecast=False))
        agree("random walk", replace(usual, margin=1.3, scale_in_s=540.0, break_even_s=900.0))


if __name__ == "__main__":
    main()

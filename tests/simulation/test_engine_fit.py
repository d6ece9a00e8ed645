"""Twin of adapter/simulation/engine_fit.py."""

import math

import numpy as np
import pytest

from adapter.core.signal import Signal
from adapter.simulation.engine_fit import fit_engine
from adapter.simulation.fleet import Fleet
from adapter.simulation.profiles import LLAMA_8B_H100, LLAMA_70B_4XH100, RequestShape
from adapter.simulation.recorded import Record
from adapter.simulation.traces import Requests
from tests.simulation.records import CHAT, blank, play_and_record

SHAPE = RequestShape(prompt_tokens=600.0, output_tokens=150.0)


def swelling(minutes: int, *, peak: float) -> Requests:
    """Return arrivals that swell to `peak` requests/s and ebb, of two mixed lengths with the means of `SHAPE`."""
    rng = np.random.default_rng(8)
    level = peak * (0.65 - 0.35 * np.cos(2 * np.pi * np.arange(minutes) / minutes))
    counts = rng.poisson(level * 60)
    arrival_s = np.sort((np.repeat(np.arange(minutes), counts) + rng.random(counts.sum())) * 60)
    return Requests(
        arrival_s=arrival_s,
        prompt_tokens=rng.geometric(1 / SHAPE.prompt_tokens, len(arrival_s)),
        output_tokens=rng.geometric(1 / SHAPE.output_tokens, len(arrival_s)),
    )


@pytest.fixture(scope="module")
def recorded() -> Record:
    """Three hours of two simulated 8B engines."""
    fleet = Fleet(profile=LLAMA_8B_H100, requests=swelling(180, peak=32.0), cold_start=lambda: 60.0, replicas=2)
    return play_and_record(fleet, minutes=180, size=lambda _: 2)[0]


@pytest.mark.parametrize("model", [LLAMA_8B_H100, LLAMA_70B_4XH100])
def test_an_engine_is_learnt_from_what_it_showed(recorded: Record, model: object) -> None:
    """Whatever model one starts from, its capacity comes out within 20 %, its empty iteration within 20 %."""
    fitted = fit_engine(recorded, model, SHAPE)  # type: ignore[arg-type]  # parametrised
    truth = LLAMA_8B_H100.sustainable_requests_per_s(SHAPE)
    assert fitted.source == "learnt"
    assert fitted.stretches > 24
    assert fitted.error < 0.1
    assert fitted.profile.base_s == pytest.approx(LLAMA_8B_H100.base_s, rel=0.2)
    assert fitted.profile.sustainable_requests_per_s(SHAPE) == pytest.approx(truth, rel=0.2)
    assert fitted.profile.kv_capacity_tokens == pytest.approx(LLAMA_8B_H100.kv_capacity_tokens, rel=0.3)


def test_too_little_to_learn_from_takes_what_is_configured() -> None:
    """At these capacities the closed form of the profile gives them back; without, the model stays as it is."""
    empty = Record(workload=CHAT, start=0.0, values=blank(600))
    fitted = fit_engine(empty, LLAMA_8B_H100, SHAPE, capacity=(20_000.0, 5_000.0))
    assert (fitted.source, fitted.why) == ("configured", "0 busy minutes are too few to learn from, 120 are needed")
    assert fitted.profile.sustainable_prompt_tokens_per_s(SHAPE) == pytest.approx(20_000.0)
    assert fitted.profile.sustainable_generation_tokens_per_s(SHAPE) == pytest.approx(5_000.0)
    assert fit_engine(empty, LLAMA_8B_H100, SHAPE).profile is LLAMA_8B_H100


def test_a_load_that_never_changes_teaches_nothing() -> None:
    """Base and slope cannot be told apart at one point."""
    rows = blank(600)
    steady = {
        Signal.REQUESTS_RUNNING: 20.0,
        Signal.GENERATION_TOKENS_RATE: 1000.0,
        Signal.PROMPT_TOKENS_RATE: 4000.0,
        Signal.QUEUE_DEPTH: 0.0,
        Signal.REPLICAS_READY: 2.0,
    }
    rows |= {signal: np.full(600, value) for signal, value in steady.items()}
    fitted = fit_engine(Record(workload=CHAT, start=0.0, values=rows), LLAMA_8B_H100, SHAPE)
    assert fitted.source == "model"
    assert "hardly changes (0.10 to 0.10 of its time)" in fitted.why
    assert math.isnan(fitted.error)

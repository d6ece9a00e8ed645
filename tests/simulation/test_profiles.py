"""Derived rates of the engine profiles."""

from dataclasses import replace

import numpy as np
import pytest

from adapter.simulation.profiles import LLAMA_8B_H100, LLAMA_70B_4XH100, EngineProfile, RequestShape
from tests.simulation.workloads import TOY, fleet, random_requests

_SHAPE = RequestShape(prompt_tokens=1000, output_tokens=200)


@pytest.mark.parametrize("profile", [LLAMA_8B_H100, LLAMA_70B_4XH100], ids=lambda profile: profile.name)
def test_a_full_iteration_of_prefill_stays_within_the_token_gap(profile: EngineProfile) -> None:
    """Weights, the whole token budget of prefill and a few sequences: at most 100 ms."""
    full_s = profile.base_s + profile.max_num_batched_tokens * profile.per_prefill_token_s
    assert full_s <= profile.itl_limit_s


def test_the_two_token_capacities_share_the_work() -> None:
    """At the sustainable rate, prompt share plus generation share make exactly one replica."""
    rate = LLAMA_8B_H100.sustainable_requests_per_s(_SHAPE)
    prompt = rate * _SHAPE.prompt_tokens / LLAMA_8B_H100.sustainable_prompt_tokens_per_s(_SHAPE)
    generation = rate * _SHAPE.output_tokens / LLAMA_8B_H100.sustainable_generation_tokens_per_s(_SHAPE)
    assert prompt + generation == pytest.approx(1.0)


def test_the_batch_limit_binds_for_long_outputs() -> None:
    """One slot: a request of one prompt token and 100 outputs of 10 ms takes a second."""
    single = replace(TOY, max_num_seqs=1)
    rate = single.sustainable_requests_per_s(RequestShape(prompt_tokens=1, output_tokens=100))
    assert rate == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(("share", "holds"), [(0.9, True), (1.15, False)])
def test_the_engine_holds_just_the_sustainable_rate(share: float, *, holds: bool) -> None:
    """At 90 % of it the queue stays short; at 115 % it grows with time."""
    shape = RequestShape(prompt_tokens=300, output_tokens=40)
    rate = share * LLAMA_8B_H100.sustainable_requests_per_s(shape)
    served = fleet(random_requests(4, rate=rate, seconds=600), profile=LLAMA_8B_H100)
    served.advance(600.0)
    assert (served.in_flight < 2 * LLAMA_8B_H100.max_num_seqs) is holds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_s": 0.0}, r"base_s must be > 0, got 0\.0"),
        ({"per_sequence_s": -1.0}, r"per_sequence_s must be >= 0, got -1\.0"),
        ({"max_num_batched_tokens": 32}, r"max_num_batched_tokens must be > max_num_seqs \(32\), got 32"),
        ({"itl_limit_s": 0.01}, r"itl_limit_s must be > base_s \(0\.01\), got 0\.01"),
    ],
)
def test_fields_out_of_range_are_named(changes: dict[str, float], message: str) -> None:
    """The message has the field, the value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        replace(TOY, **changes)


def test_free_decoding_has_no_generation_rate() -> None:
    """Asking for it says why instead of dividing by zero."""
    with pytest.raises(ValueError, match="output tokens cost no time"):
        TOY.sustainable_generation_tokens_per_s(_SHAPE)


def test_requests_in_flight_match_what_the_engine_shows() -> None:
    """At 60 % of the sustainable rate the mean batch is what Little's law says."""
    shape = RequestShape(prompt_tokens=300, output_tokens=60)
    rate = 0.6 * LLAMA_8B_H100.sustainable_requests_per_s(shape)
    served = fleet(random_requests(6, rate=rate, seconds=300, prompt=300, output=60), profile=LLAMA_8B_H100)
    served.advance(400.0)
    done = served.requests
    in_flight = np.sum(done["finish_s"] - done["arrival_s"]) / 300
    assert in_flight == pytest.approx(LLAMA_8B_H100.in_flight_at(0.6, shape), rel=0.15)

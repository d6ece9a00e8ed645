"""Signals as the preset would read them."""

import pytest

from adapter.core.signal import Signal, State
from adapter.demo.samples import ScrapeMemory as TextMemory
from adapter.demo.source import measure as measure_text
from adapter.simulation.closed_loop import observe
from adapter.simulation.exports import Exporter
from adapter.simulation.identity import Identity
from adapter.simulation.observing import measure, read_signals
from adapter.simulation.scrapes import ScrapeMemory
from tests.simulation.workloads import fleet, random_requests, requests


def test_signals_agree_with_those_read_from_the_exported_text() -> None:
    """Gauges are the same, token rates within the share that extrapolation adds, for a steady fleet."""
    served = fleet(random_requests(4, rate=40, seconds=300), replicas=3)
    text, arrays = TextMemory(), ScrapeMemory()
    exporter = Exporter(served, Identity(namespace="llm", workload="chat", started_at=0.0))
    for step in range(1, 17):
        served.advance(15.0 * step)
        text.record(exporter.scrape(), at=15.0 * step)
        arrays.record(observe(served))
    expected = measure_text(text, at=242.0, window_s=60.0)
    found = measure(arrays, at_s=242.0, window_s=60.0)
    for signal in (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING, Signal.KV_CACHE_USAGE, Signal.REPLICAS_READY):
        assert found[signal] == pytest.approx(expected[signal])
    for signal in (Signal.PROMPT_TOKENS_RATE, Signal.GENERATION_TOKENS_RATE, Signal.PROMPT_TOKENS_PER_REQUEST):
        assert found[signal] == pytest.approx(expected[signal], rel=0.02)


def test_without_engines_their_signals_are_absent_and_the_gateway_is_not() -> None:
    """At zero replicas, two held requests are a fresh 2; tokens are absent, not 0."""
    served, memory = fleet(requests([1.0, 2.0]), replicas=0), ScrapeMemory()
    served.advance(10.0)
    memory.record(observe(served))
    readings = read_signals(memory, at_s=12.0, window_s=60.0)
    held = readings[Signal.DEMAND_AT_ZERO]
    assert (held.state, held.value, held.age_s) == (State.FRESH, 2.0, 2.0)
    assert Signal.PROMPT_TOKENS_RATE not in readings


def test_nothing_scraped_is_nothing_seen() -> None:
    """Before the first scrape every signal is left out, which is absent."""
    assert read_signals(ScrapeMemory(), at_s=0.0, window_s=60.0) == {}

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from adapter.core.decision import DemandUnit, Outcome
from adapter.core.seen_hpa import SeenHpa
from adapter.core.signal import Reading, Signal, State
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import HpaTuning, TunedWorkload
from adapter.core.workload import Workload, WorkloadId
from adapter.loop import Loop, merge_workloads
from tests.factories import TICK
from tests.fakes import (
    FakeClock,
    FakeSignalSource,
    InlineWorkloads,
    MemorySink,
    Script,
    StaticTuning,
    scripted,
    tuned,
    tuning_of,
)

pytestmark = pytest.mark.timeout(60)  # whole days of decisions or simulated fleets: slow where the machine is shared


STEP_S = 15.0
SIGNALS = (
    Signal.QUEUE_DEPTH,
    Signal.REQUESTS_RUNNING,
    Signal.GENERATION_TOKENS_RATE,
    Signal.REPLICAS_REQUESTED,
    Signal.REPLICAS_STATUS,
    Signal.REPLICAS_READY,
    Signal.DEMAND_AT_ZERO,
)
LLAMA = tuned("llama")
MISTRAL = tuned("mistral", replicas={"min": 0})


def waves(workload: Workload, signal: Signal, at: float) -> float | Reading | None:
    """A load that rises and falls within 20 minutes, with a gap, a partial stretch and a quiet half."""
    phase = (at % 1200.0) / 1200.0
    load = 60.0 * max(0.0, math.sin(2 * math.pi * phase))
    shown = {
        Signal.QUEUE_DEPTH: max(0.0, load - 40.0),
        Signal.REQUESTS_RUNNING: min(load, 40.0),
        Signal.GENERATION_TOKENS_RATE: 30.0 * load,
        Signal.DEMAND_AT_ZERO: 0.0 if workload.id.name == "mistral" else None,
        Signal.REPLICAS_REQUESTED: 3.0,
        Signal.REPLICAS_STATUS: 3.0,
        Signal.REPLICAS_READY: 3.0,
    }[signal]
    if 300 <= at % 1200.0 < 400 and signal is Signal.QUEUE_DEPTH:
        return Reading(state=State.PARTIAL, value=shown or 0.0, age_s=3.0, coverage=0.5)
    return None if 450 <= at % 1200.0 < 550 and signal is Signal.REQUESTS_RUNNING else shown


def starting(workload: Workload, signal: Signal, at: float) -> float | Reading | None:
    """The same, with three starts: days ago, within the life of a process, and after the start of another."""
    if signal is not Signal.START_SECONDS:
        return waves(workload, signal, at)
    ended = {TICK - 259_200: 300.0, TICK - 600: 340.0, TICK + 600: 300.0}
    return ended.get(at + 5.0) if workload.id.name == "llama" else None  # 5 s is the settling delay


def make_loop(
    source: FakeSignalSource, tuning: StaticTuning, *, clock: FakeClock | None = None
) -> tuple[Loop, MemorySink]:
    """Return a loop and where it publishes."""
    sink = MemorySink()
    chosen = clock or FakeClock(TICK)
    return Loop(source=source, tuning=tuning, inline=InlineWorkloads(), clock=chosen, sink=sink), sink


def make_source(script: Script = waves) -> FakeSignalSource:
    """Return a source that serves the script."""
    return FakeSignalSource(script, signals=SIGNALS)


async def ticked(loop: Loop, times: Sequence[float]) -> list[str]:
    """Return what a loop decides at each of some times, as text that shows every bit of it."""
    return [dump(await loop.tick(at)) for at in times]


def dump(snapshot: Snapshot) -> str:
    """Return everything about a snapshot that must not depend on the process that made it."""
    return "\n".join(f"{each}: {decision!r}" for each, decision in snapshot.decisions.items())


def ticks(first: float, count: int) -> list[float]:
    """Return tick times."""
    return [first + STEP_S * each for each in range(count)]


@pytest.mark.parametrize("start", [TICK, TICK + 360, TICK + 495, TICK + 840])
async def test_a_restarted_process_publishes_the_same_bytes(start: float) -> None:
    """A loop that was there for 20 minutes and one that starts now agree on every later tick, whatever is pending."""
    veteran, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    await ticked(veteran, ticks(start - 1200.0, 80))
    novice, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    later = ticks(start, 8)
    assert await ticked(veteran, later) == await ticked(novice, later)


async def test_a_restarted_process_has_learnt_the_same_lead_time() -> None:
    """One that saw starts happen and one that reads them back look equally far ahead, bit by bit."""
    signals = (*SIGNALS, Signal.START_SECONDS)
    veteran, _ = make_loop(FakeSignalSource(starting, signals=signals), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    await ticked(veteran, ticks(TICK - 1200.0, 80))
    novice, _ = make_loop(FakeSignalSource(starting, signals=signals), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    later = ticks(TICK, 44)
    assert await ticked(veteran, later) == await ticked(novice, later)
    lead = (await novice.tick(later[-1] + STEP_S)).decisions[LLAMA.workload.id].lead_time
    assert (lead.source, lead.samples) == ("learnt", 3)
    assert lead.seconds == pytest.approx((180 + 324) / 2)  # quantile 0.8 of 300, 300, 340 is 324; half weight


def learning(_workload: Workload, signal: Signal, at: float) -> float | Reading | None:
    """Two engines at their ten-minute marks, whose pace falls with a load that moves from mark to mark."""
    work = 0.35 + 0.25 * math.sin(math.ceil(at / 600.0))
    running = 2 * work * 500.0 / (100.0 * (1.0 - work))
    shown = {
        Signal.PROMPT_TOKENS_RATE: 2 * work * 2000.0,
        Signal.GENERATION_TOKENS_RATE: 2 * work * 500.0,
        Signal.REQUESTS_RUNNING: running,
        Signal.REQUESTS_RUNNING_AVERAGED: running,
        Signal.QUEUE_DEPTH: 0.0,
        Signal.QUEUE_DEPTH_AVERAGED: 0.0,
        Signal.REPLICAS_REQUESTED: 2.0,
        Signal.REPLICAS_READY: 2.0,
        Signal.REPLICAS_READY_AVERAGED: 2.0,
    }
    return shown.get(signal)


async def test_a_restarted_process_has_learnt_the_same_capacity() -> None:
    """One that saw the marks go by and one that reads three days of them back, bit by bit, and it is the true one."""
    rates = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000, "learn": True}
    both = StaticTuning(tuning_of(tuned("llama", capacity=rates), tuned("mistral")))
    veteran, _ = make_loop(FakeSignalSource(learning), both)
    await ticked(veteran, ticks(TICK - 1200.0, 80))
    novice, _ = make_loop(FakeSignalSource(learning), both)
    later = ticks(TICK, 44)
    assert await ticked(veteran, later) == await ticked(novice, later)
    decisions = (await novice.tick(later[-1] + STEP_S)).decisions
    capacities = {key.name: each.capacity for key, each in decisions.items()}
    assert {each.source for each in capacities.values()} == {"learnt"}
    assert capacities["llama"].per_replica == pytest.approx(0.45, rel=0.02)
    assert capacities["mistral"].unit is DemandUnit.CONCURRENCY  # nobody said anything


async def test_a_start_that_could_not_be_read_is_read_later() -> None:
    """The query fails at the very mark that would have shown a start: it is caught up, nothing tells of it."""
    signals = (*SIGNALS, Signal.START_SECONDS)
    source = FakeSignalSource(starting, signals=signals)
    shaken, _ = make_loop(source, StaticTuning(tuning_of(LLAMA)))
    steady, _ = make_loop(FakeSignalSource(starting, signals=signals), StaticTuning(tuning_of(LLAMA)))
    for loop in (shaken, steady):
        await ticked(loop, ticks(TICK + 540.0, 4))
    source.down = frozenset({Signal.START_SECONDS})
    await ticked(shaken, ticks(TICK + 600.0, 2))
    source.down = frozenset()
    await ticked(steady, ticks(TICK + 600.0, 2))
    later = ticks(TICK + 630.0, 2)
    assert await ticked(shaken, later) == await ticked(steady, later)
    assert (await steady.tick(later[-1] + STEP_S)).decisions[LLAMA.workload.id].lead_time.samples == 3


async def test_a_failed_read_leaves_no_trace() -> None:
    """Ticks that could not read are caught up: afterwards the process agrees with one that never failed."""
    source = make_source()
    shaken, _ = make_loop(source, StaticTuning(tuning_of(LLAMA, MISTRAL)))
    steady, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    for down in (frozenset(), frozenset(SIGNALS), frozenset({Signal.QUEUE_DEPTH})):
        source.down = down
        await ticked(shaken, ticks(TICK + 75 * len(down), 5))
    source.down = frozenset()
    await ticked(steady, ticks(TICK, 5))
    later = ticks(TICK + 75 * 8, 4)
    assert await ticked(shaken, later) == await ticked(steady, later)


async def test_a_workload_added_later_is_primed() -> None:
    """A workload that joins is decided on as if it had been there all along, and nothing else changes."""
    growing = StaticTuning(tuning_of(LLAMA))
    first, _ = make_loop(make_source(), growing)
    second, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    await ticked(first, ticks(TICK, 10))
    await ticked(second, ticks(TICK, 10))
    growing.put(LLAMA, MISTRAL)
    later = ticks(TICK + 150, 5)
    assert await ticked(first, later) == await ticked(second, later)


async def test_the_order_of_workloads_does_not_matter() -> None:
    """Rows are an implementation detail: each workload's decision is the same in any order."""
    one, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, MISTRAL)))
    other, _ = make_loop(make_source(), StaticTuning(tuning_of(MISTRAL, LLAMA)))
    for at in ticks(TICK, 3):
        left, right = (await one.tick(at), await other.tick(at))
        assert {key: repr(value) for key, value in left.decisions.items()} == {
            key: repr(value) for key, value in right.decisions.items()
        }


async def test_a_dead_source_holds_and_never_shows_zero() -> None:
    """From the start without an answer: every decision is a hold that says so."""
    source = make_source()
    source.down = frozenset(SIGNALS)
    loop, _ = make_loop(source, StaticTuning(tuning_of(LLAMA, MISTRAL)))
    snapshot = await loop.tick(TICK)
    assert {each.outcome for each in snapshot.decisions.values()} == {Outcome.HOLD}
    assert all("unavailable" in each.hold_reason for each in snapshot.decisions.values())
    assert snapshot.problems


async def test_a_source_that_falls_silent_is_bridged_then_held() -> None:
    """For holdAfter the last known load counts, without scale-in; then consumers get an error."""
    source = make_source(scripted({Signal.QUEUE_DEPTH: 0.0, Signal.REQUESTS_RUNNING: 5.0, **_counts(4.0)}))
    loop, _ = make_loop(source, StaticTuning(tuning_of(LLAMA)))
    await ticked(loop, ticks(TICK, 2))
    source.down = frozenset(SIGNALS)
    decisions = [(await loop.tick(at)).decisions[LLAMA.workload.id] for at in ticks(TICK + 30, 24)]
    bridged = [each for each in decisions if each.outcome is Outcome.PLAN]
    assert decisions[: len(bridged)] == bridged
    assert len(bridged) == 20
    assert all((each.planned or 0) >= 4 for each in bridged)


async def test_a_workload_holds_until_its_history_has_been_read_back_but_not_for_ever() -> None:
    """While a query of the backfill fails nobody gets a number that a restart would change; after a minute they do."""
    source = make_source()
    source.down = frozenset({Signal.GENERATION_TOKENS_RATE})  # LLAMA does without, but it belongs to what is remembered
    loop, _ = make_loop(source, StaticTuning(tuning_of(LLAMA)))
    decisions = [(await loop.tick(at)).decisions[LLAMA.workload.id] for at in ticks(TICK, 6)]

    assert [each.outcome for each in decisions] == [Outcome.HOLD] * 4 + [Outcome.PLAN] * 2
    assert "still being read back" in decisions[0].hold_reason
    assert decisions[0].steps


async def test_a_start_says_when_history_has_been_read_back() -> None:
    """Not while part of it fails, but at once when nothing answers at all; and what is added later changes nothing."""
    source, growing = make_source(), StaticTuning(tuning_of(LLAMA))
    loop, _ = make_loop(source, growing)
    source.down = frozenset({Signal.QUEUE_DEPTH})
    await ticked(loop, ticks(TICK, 2))
    assert not loop.statistics().recalls
    source.down = frozenset()
    await ticked(loop, ticks(TICK + 30, 1))
    assert loop.statistics().recalls
    source.down = frozenset({Signal.QUEUE_DEPTH})
    growing.put(LLAMA, MISTRAL)
    await ticked(loop, ticks(TICK + 45, 1))
    assert loop.statistics().recalls
    source.down = frozenset(SIGNALS)
    silent, _ = make_loop(source, growing)
    await ticked(silent, ticks(TICK, 1))
    assert silent.statistics().recalls


def _counts(replicas: float) -> dict[Signal, float]:
    return dict.fromkeys((Signal.REPLICAS_REQUESTED, Signal.REPLICAS_STATUS, Signal.REPLICAS_READY), replicas)


async def test_ticks_fall_on_multiples_of_the_interval() -> None:
    """The loop wakes at whole intervals, publishes each time, and counts what it did."""
    clock = FakeClock(TICK + 1.0, until=TICK + 61.0)
    loop, sink = make_loop(make_source(), StaticTuning(tuning_of(LLAMA)), clock=clock)
    with pytest.raises(asyncio.CancelledError):
        await loop.run()
    assert [each.at - TICK for each in sink.snapshots] == [15.0, 30.0, 45.0, 60.0]
    statistics = loop.statistics()
    assert (statistics.ticks, statistics.tick_failures, statistics.last_tick_start) == (4, 0, TICK + 60)


async def test_a_bug_costs_one_tick(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged and counted, the next tick runs."""

    def broken(_workload: Workload, _signal: Signal, at: float) -> float:
        if at == TICK + 10.0:
            raise ZeroDivisionError
        return 1.0

    clock = FakeClock(TICK, until=TICK + 31.0)
    loop, sink = make_loop(make_source(broken), StaticTuning(tuning_of(LLAMA)), clock=clock)
    with caplog.at_level(logging.CRITICAL), pytest.raises(asyncio.CancelledError):
        await loop.run()
    assert (loop.statistics().ticks, loop.statistics().tick_failures) == (0, 2)
    assert sink.current() is None


def test_configured_workloads_win_over_inline_ones() -> None:
    """The document is the authority on a name that a scaler defines too."""
    inline: TunedWorkload = tuned("llama", replicas={"max": 99})
    assert merge_workloads((LLAMA,), (inline, MISTRAL)) == (LLAMA, MISTRAL)


async def test_a_query_that_goes_on_failing_does_not_stop_the_memory() -> None:
    """After a minute the others go on without it; when it comes back, nothing tells that it was ever gone."""
    source = make_source()
    shaken, _ = make_loop(source, StaticTuning(tuning_of(LLAMA)))
    steady, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA)))
    source.down = frozenset({Signal.DEMAND_AT_ZERO})
    await ticked(shaken, ticks(TICK, 12))
    longest = max(each.count for each in source.reads[-2:])
    assert longest == 1
    source.down = frozenset()
    later = ticks(TICK + 180, 3)
    assert await ticked(shaken, later) == await ticked(steady, later)


async def test_a_silent_source_is_spared_the_backfill() -> None:
    """While nothing is answered, each tick asks for one instant and no history."""
    source = make_source()
    source.down = frozenset(SIGNALS)
    loop, _ = make_loop(source, StaticTuning(tuning_of(LLAMA)))
    await ticked(loop, ticks(TICK + 15, 4))
    assert [each.count for each in source.reads] == [1, 1, 1, 1]


async def test_another_interval_starts_a_new_memory() -> None:
    """What was remembered lies on another grid; a process that starts with the new interval agrees."""
    changing = StaticTuning(tuning_of(LLAMA))
    first, _ = make_loop(make_source(), changing)
    await ticked(first, ticks(TICK, 4))
    changing.tuning = tuning_of(LLAMA, interval_s=10.0)
    second, _ = make_loop(make_source(), StaticTuning(tuning_of(LLAMA, interval_s=10.0)))
    later = [TICK + 60, TICK + 70]
    assert await ticked(first, later) == await ticked(second, later)


async def test_a_changed_workload_agrees_with_a_fresh_process() -> None:
    """An edit takes effect on the next tick, as if it had always been so."""
    changing = StaticTuning(tuning_of(LLAMA, MISTRAL))
    first, _ = make_loop(make_source(), changing)
    await ticked(first, ticks(TICK, 6))
    edited = tuned("llama", margin=2.0, hold={"scale_in": 600})
    changing.put(edited, MISTRAL)
    second, _ = make_loop(make_source(), StaticTuning(tuning_of(edited, MISTRAL)))
    later = ticks(TICK + 90, 3)
    assert await ticked(first, later) == await ticked(second, later)


@dataclass
class SeenHpas:
    """HPAs of a cluster that a test sets."""

    found: dict[WorkloadId, SeenHpa] = field(default_factory=dict)

    def hpas(self, workloads: Sequence[TunedWorkload]) -> Mapping[WorkloadId, SeenHpa]:  # noqa: ARG002 - the port's
        """Return them."""
        return self.found


async def test_the_hpa_of_the_cluster_is_what_values_are_shaped_for() -> None:
    """From the tick after it was seen on, without a hold; a workload without one keeps what is configured."""
    cluster, sink = SeenHpas(), MemorySink()
    tuning = StaticTuning(tuning_of(LLAMA, MISTRAL))
    loop = Loop(
        source=make_source(), tuning=tuning, inline=InlineWorkloads(), clock=FakeClock(TICK), sink=sink, hpas=cluster
    )
    await loop.tick(TICK)
    spec = HpaTuning.model_validate({"max": 3})
    cluster.found = {LLAMA.workload.id: SeenHpa(name="prod/llama-hpa", spec=spec)}
    after = (await loop.tick(TICK + STEP_S)).decisions
    assert [each.outcome for each in after.values()] == [Outcome.PLAN, Outcome.PLAN]
    assert [each.hpa_from for each in after.values()] == ["prod/llama-hpa", ""]
    assert [each.hpa.max for each in after.values()] == [3, None]

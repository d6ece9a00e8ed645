"""Our decision for many lanes at once: what `core.decide` does tick by tick, as array arithmetic over choices and days.

Covers what back-testing varies and what it meets in whole days of sound data: sizing for now and for the forecast,
bounds by full engines, holds, flapping, zero, minimum and maximum, and where an HPA's tolerance lets it land. Silence,
rollouts, stuck starts, overrides, events and limits of the fleet are left out: they are the same whatever is chosen. A
test holds it to the decisions of the stepper on the same readings.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from adapter.core import flapping
from adapter.core.activation import EVEN_CHANCE
from adapter.core.decision import DemandUnit
from adapter.core.knobs import Knobs
from adapter.core.landing import tolerance_of
from adapter.core.replicas import SLACK
from adapter.core.tuning import TunedWorkload
from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.lanes import TICK_S
from adapter.simulation.load_files import Flags

_TURNS: Final = int(flapping.SPAN_S / TICK_S)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneView:
    """What is seen and expected at one tick, broadcastable to lanes of shape (choices, days)."""

    arriving: Floats
    """Load of now, in the unit of demand; not read where that is requests in flight, which the lanes know."""
    cost: Floats
    """Work of one waiting request, engine-seconds; 0 where demand is counted in requests in flight."""
    peak: Floats
    """Chosen quantile of the peak within the lead time; 0 without a trusted forecast, or without any forecast."""
    beyond: Floats
    """Median of the peak within lead time and break-even; likewise."""
    soon: Floats
    """Probability of an arrival within the lead time."""
    later: Floats
    """The same within lead time and break-even."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LaneState:
    """What lanes show at one tick, shape (choices, days)."""

    requested: Floats
    ready: Floats
    waiting: Floats
    decoding: Floats
    kv_usage: Floats
    """Mean over the ready replicas."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Hold:
    """The plans of the last ticks under neighbouring choices with the same hold; -1 = none."""

    chosen: slice
    ticks: int
    """Of the hold."""
    plans: Floats
    """Shape (ticks of a hold that flapping has made longer, choices, days)."""
    flapped: Flags
    """Whether there was much turning a tick ago, shape (choices, days)."""

    def highest(self, goal: Floats, many: Flags, *, tick: int) -> Floats:
        """Return the highest plan of the hold, the new one included.

        A plan that the hold lets go of is forgotten, unless flapping keeps it: a hold that gets longer does not bring
        back what was forgotten, and one that gets shorter forgets at once.
        """
        span, flaps = len(self.plans), many[self.chosen]
        if span > self.ticks:
            ended = (self.flapped & ~flaps).any()
            older = (tick - np.arange(self.ticks, span if ended else self.ticks + 1)) % span
            self.plans[older] = np.where(flaps, self.plans[older], -1.0)
            self.flapped = flaps
        self.plans[tick % span] = goal[self.chosen]
        highest: Floats = self.plans.max(axis=0)
        return highest


@dataclass(slots=True, kw_only=True, eq=False)
class LaneRules:
    """The rules of one workload under some choices, with what they remember; see `rules_of`."""

    tuned: TunedWorkload
    unit: DemandUnit
    capacity: float
    """Load of one replica, in the unit of demand."""
    margin: Floats
    """Shape (choices, 1)."""
    holds: tuple["_Hold", ...]
    """What is remembered of plans, by the length of the scale-in hold."""
    idle: Floats
    """Ticks of nothing in flight before zero, shape (choices, 1)."""
    turns: Floats
    """Scale-outs that followed a scale-in of late, shape (choices, days)."""
    leaving: Floats
    """How many of them are forgotten at each of the coming ticks, by the tick modulo t, shape (t, choices, days)."""
    fell: Ints
    """Tick of the last scale-in."""
    moved: Floats
    """Sign of the last change of what is requested."""
    quiet: Floats
    """Ticks of nothing in flight."""
    tick: int = field(default=0)

    def wanted(self, seen: LaneState, view: LaneView) -> Floats:
        """Return the replicas to ask for at this tick."""
        goal = self._goal(seen, view)
        plan = np.maximum(self._held(goal), np.minimum(seen.requested, self._foreseen(view.beyond)))
        self.tick += 1
        return self._landed(self._bounded(self._awake(plan, seen, view)), seen)

    def note(self, before: Floats, after: Floats) -> None:
        """Remember a change of what is requested."""
        step = after - before
        until = self.fell + _TURNS - 1
        turned = (step > 0) & (self.moved < 0) & (until > self.tick)
        self.turns = self.turns + turned
        np.add.at(self.leaving, ((until % _TURNS)[turned], *np.nonzero(turned)), 1.0)
        self.fell = np.where(step < 0, self.tick, self.fell)
        self.moved = np.where(step != 0, step, self.moved)

    def _sized(self, load: Floats) -> Floats:
        """Return the replicas for a load that is measured, with the margin for it."""
        return self._foreseen(load * self.margin)

    def _foreseen(self, load: Floats) -> Floats:
        """Return the replicas for a quantile of the load to come, which needs no margin."""
        sized: Floats = np.ceil(load / self.capacity - SLACK)
        return np.maximum(sized, 0.0)

    def _goal(self, seen: LaneState, view: LaneView) -> Floats:
        """Return what the load of now, full engines and the forecast ask for."""
        in_flight = seen.waiting + seen.decoding
        goal = np.maximum(self._reactive(seen, view), self._foreseen(view.peak))
        limits = self.tuned.tuning.capacity
        full = seen.kv_usage > limits.kv_cache_limit
        if full.any():
            goal = np.maximum(goal, full * np.ceil(seen.ready * seen.kv_usage / limits.kv_cache_limit))
        if limits.max_concurrency is not None:
            goal = np.maximum(goal, np.ceil(in_flight / limits.max_concurrency))
        return np.where((seen.ready == 0) & (seen.requested > 0), np.maximum(goal, seen.requested), goal)

    def _reactive(self, seen: LaneState, view: LaneView) -> Floats:
        """Return what the load of now asks for; what waits is of unknown cost while no engine serves."""
        if self.unit is DemandUnit.CONCURRENCY:
            return self._sized(seen.waiting + seen.decoding)
        waiting = seen.waiting * view.cost
        supply = (seen.ready + np.maximum(seen.requested - seen.ready, 0.0) / 2) * self.capacity
        left = np.maximum(waiting + (view.arriving - supply) * self.tuned.tuning.lead_time, waiting / 2)
        load = view.arriving + np.where(waiting > 0, left, 0.0) / self.tuned.tuning.slo.drain
        unknown = np.ceil(seen.waiting / self.tuned.tuning.targets.concurrency)
        return np.where(seen.ready > 0, self._sized(load), unknown)

    def _held(self, goal: Floats) -> Floats:
        """Return the highest plan of the hold, which is longer where there is much turning."""
        gone = self.leaving[self.tick % _TURNS]
        self.turns = self.turns - gone
        gone[:] = 0.0
        many = self.turns >= flapping.MANY
        return np.concatenate([each.highest(goal, many, tick=self.tick) for each in self.holds])

    def _awake(self, plan: Floats, seen: LaneState, view: LaneView) -> Floats:
        """Return the plan with the question of zero settled."""
        idle = (seen.waiting + seen.decoding == 0) & (np.asarray(view.arriving) <= 0)
        self.quiet = np.where(idle, self.quiet + 1, 0.0)
        one = np.maximum(plan, 1.0)
        if self.tuned.tuning.replicas.min > 0:
            return one
        asleep = seen.requested == 0
        wakes = (seen.waiting > 0) | (view.soon >= EVEN_CHANCE)
        sleeps = (self.quiet > self.idle) & (view.later < EVEN_CHANCE)
        return np.where(np.where(asleep, wakes, ~sleeps), one, 0.0)

    def _bounded(self, plan: Floats) -> Floats:
        bounds, unit = self.tuned.workload.bounds, self.tuned.tuning.scale.unit
        whole = np.ceil(np.clip(plan, bounds.min, bounds.max) / unit) * unit
        bounded: Floats = np.minimum(whole, bounds.max // unit * unit)
        return bounded

    def _landed(self, plan: Floats, seen: LaneState) -> Floats:
        """Return where the HPA goes: it ignores changes within its tolerance, and its steps up are the next beyond."""
        tolerance, now = tolerance_of(self.tuned.tuning.hpa), seen.requested
        above = np.floor(now * (1 + tolerance.up) + SLACK) + 1
        up = np.minimum(np.maximum(plan, above), self.tuned.workload.bounds.max)
        stays = plan - 1 >= now * (1 - tolerance.down) - 1e-3 - SLACK  # values are thousandths, rounded up
        moved = np.where(plan > now, np.maximum(up, now), np.where(stays, now, plan))
        landed: Floats = np.where((now == 0) | (plan == now), plan, moved)
        return landed


def rules_of(
    tuned: TunedWorkload, choices: Sequence[Knobs], *, days: int, unit: DemandUnit, capacity: float
) -> LaneRules:
    """Return the rules at the start of a run.

    Args:
        tuned: the workload.
        choices: those of one scale-in hold next to each other.
        days: lanes of each choice.
        unit: of demand.
        capacity: load of one replica, in that unit.
    """
    ticks = [max(round(each.scale_in_s / TICK_S), 1) for each in choices]
    shape = (len(choices), days)
    return LaneRules(
        tuned=tuned,
        unit=unit,
        capacity=capacity,
        margin=np.array([[each.margin] for each in choices]),
        holds=tuple(_holds(ticks, days=days, factor=tuned.tuning.hold.flapping)),
        idle=np.array([[each.idle_s / TICK_S] for each in choices]),
        turns=np.zeros(shape),
        leaving=np.zeros((_TURNS, *shape)),
        fell=np.zeros(shape, dtype=np.int64),
        moved=np.zeros(shape),
        quiet=np.zeros(shape),
    )


def _holds(ticks: Sequence[int], *, days: int, factor: float) -> Iterator[_Hold]:
    """Yield an empty memory for each run of equal holds."""
    first = 0
    for count, run in itertools.groupby(ticks):
        last = first + len(list(run))
        plans = np.full((round(count * factor), last - first, days), -1.0)
        flapped = np.zeros(plans.shape[1:], dtype=np.bool_)
        yield _Hold(chosen=slice(first, last), ticks=count, plans=plans, flapped=flapped)
        first = last

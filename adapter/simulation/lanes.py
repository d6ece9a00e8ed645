"""Many fleets side by side as a fluid: one lane a fleet, all lanes on one clock, numpy arrays over lanes.

The engine for tuning. `FluidFleet` moves one fleet, pod by pod and second by second; here a lane knows its ready
replicas as one pool and moves on in thirds of a tick, so that hundreds of choices over days cost what one costs there.
The arithmetic of a replica is that of `fluid_kernels`, with the load of an instant spread evenly over the ready ones.

What is judged is the arrivals of each tick: those late for their first token, by what waits before them, their own
prompt and a queue's chance wait, and those whose tokens come too far apart, by the length of iterations and its chance
spread. Needs no compiler. Must not know who sizes the fleets.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.score import Objective

TICK_S: Final = 15.0
_SUBSTEPS: Final = 3
_STEP_S: Final = TICK_S / _SUBSTEPS
_MIDDLE: Final = 1  # the step at which a tick is judged
_DRAIN_S: Final = 120.0
_LEAST: Final = 1e-9
_LOGISTIC: Final = 1.702  # makes a logistic curve a normal one, within a hundredth
_ROUNDS: Final = 3  # of finding how many join a full batch, which decides how fast it empties
_QUEUEING: Final = 0.75  # more than in `fluid_kernels`, which sees the bursts of each second itself: fitted alike
_BUSIEST: Final = 0.95
_PROMPT_SIGMA, _CLASSES = 1.0, 6  # prompts are spread like those of `scenario.place_requests`
_OUTPUT_SPREAD: Final = float(np.exp(0.8**2))
_PROMPT_SPREAD: Final = float(np.exp(_PROMPT_SIGMA**2))
_SETTLING: Final = 0.5615  # as in `fluid_kernels`: this many expected requests have all left


def _prompt_classes() -> Floats:
    """Return prompt lengths at equal shares of requests, relative to their mean."""
    normal = NormalDist()
    steps = [normal.inv_cdf((each + 0.5) / _CLASSES) for each in range(_CLASSES)]
    lengths: Floats = np.exp(_PROMPT_SIGMA * np.array(steps))
    return lengths / float(lengths.mean())


_PROMPTS: Final = _prompt_classes()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """What arrives within one tick, broadcastable to the lanes."""

    requests: Floats
    prompt_tokens: Floats
    """Mean of a request, > 0; cached ones left out."""
    output_tokens: Floats
    recent: Floats
    """Requests of this and earlier ticks that have not given up waiting, whatever happened to them."""


@dataclass(slots=True, kw_only=True, eq=False)
class Lanes:
    """State of all lanes; arrays of one shape, changed in place."""

    ready: Floats
    """Replicas that serve."""
    starting: Floats
    """Replicas that will be ready after each of the coming ticks, the next first, shape (c, lanes)."""
    coming: Floats
    """How many start in all."""
    waiting: Floats
    """Requests whose prompt is not computed, at the gateway or in engines."""
    decoding: Floats
    """Requests in the batches."""
    iteration_s: Floats
    """Mean length of an iteration in the last step."""
    replica_s: Floats
    """Billed so far: seconds of replicas from creation to the end of draining."""

    @property
    def requested(self) -> Floats:
        """Return the replicas that serve or start."""
        total: Floats = self.ready + self.coming
        return total

    @property
    def in_flight(self) -> Floats:
        """Return the requests that have arrived and not ended; a rest of half a one has ended."""
        total = self.waiting + self.decoding
        return np.where(total < _SETTLING, 0.0, total)


def new_lanes(ready: Floats, *, cold_start_s: float, profile: EngineProfile) -> Lanes:
    """Return lanes with some replicas that are ready and idle.

    Args:
        ready: replicas of each lane, any shape.
        cold_start_s: from creation to readiness, rounded up to whole ticks.
        profile: of each replica.
    """
    shape = ready.shape
    return Lanes(
        ready=ready.astype(np.float64),
        starting=np.zeros((max(int(np.ceil(cold_start_s / TICK_S)), 1), *shape)),
        coming=np.zeros(shape),
        waiting=np.zeros(shape),
        decoding=np.zeros(shape),
        iteration_s=np.full(shape, profile.base_s),
        replica_s=np.zeros(shape),
    )


def resize(lanes: Lanes, wanted: Floats, *, arrivals: Arrivals) -> None:
    """Ask for whole numbers of replicas: new ones start, starting ones go before ready ones, which drain."""
    more = wanted - lanes.requested
    started = np.maximum(more, 0.0)
    lanes.starting[-1] += started
    lanes.coming = lanes.coming + started
    fewer = started - more
    if not fewer.any():
        return
    cancelled = np.minimum(fewer, lanes.coming)
    if cancelled.any():
        before = np.cumsum(lanes.starting, axis=0) - lanes.starting
        lanes.coming = lanes.coming - cancelled
        lanes.starting = np.clip(lanes.coming - before, 0.0, lanes.starting)
    gone = np.minimum(fewer - cancelled, lanes.ready)
    lanes.replica_s += gone * _drain_s(lanes, arrivals)
    left = 1 - gone / np.maximum(lanes.ready, 1.0)
    lanes.ready = lanes.ready - gone
    lanes.waiting = np.where(lanes.ready > 0, lanes.waiting * left, lanes.waiting)
    lanes.decoding = lanes.decoding * left


def _drain_s(lanes: Lanes, arrivals: Arrivals) -> Floats:
    """Return how long a replica takes to finish what it has: rests of outputs are as if exponential."""
    each = lanes.decoding / np.maximum(lanes.ready, 1.0)
    stay_s = arrivals.output_tokens * lanes.iteration_s
    return np.minimum(stay_s * np.log(np.maximum(each / _SETTLING, 1.0)), _DRAIN_S)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What became of the arrivals of a tick, shares."""

    ttft_late: Floats
    itl_late: Floats

    @property
    def missed(self) -> Floats:
        """Return the share that missed: at least the larger of both did."""
        worst: Floats = np.maximum(self.ttft_late, self.itl_late)
        return worst


def advance(lanes: Lanes, arrivals: Arrivals, *, profile: EngineProfile, objective: Objective) -> Judged:
    """Let one tick pass and judge what arrived in it."""
    lanes.replica_s += lanes.requested * TICK_S
    lanes.ready = lanes.ready + lanes.starting[0]
    lanes.coming = lanes.coming - lanes.starting[0]
    lanes.starting[:-1] = lanes.starting[1:]
    lanes.starting[-1] = 0.0
    for step in range(_SUBSTEPS):
        engine = _Engine.of(lanes, arrivals, profile=profile)
        if step == _MIDDLE:
            ttft_late = engine.ttft_late(lanes, arrivals, objective)
        _serve(lanes, engine, arrivals)
    itl_late = engine.itl_late(lanes, objective)
    lanes.waiting = np.minimum(lanes.waiting, arrivals.recent)  # the others have given up
    return Judged(ttft_late=ttft_late, itl_late=itl_late)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Engine:
    """The mean ready replica of each lane at one instant."""

    profile: EngineProfile
    each: Floats
    """Ready replicas, at least one for division."""
    serves: Floats
    """1 where any is ready, else 0."""
    fixed_s: Floats
    """Length of an iteration without prefill."""
    prompt_rate: Floats
    """Prompt tokens/s computed at most."""
    room: Floats
    """Requests that fit its batch."""
    per_request_s: Floats
    """What each request in the batch adds to an iteration."""

    @classmethod
    def of(cls, lanes: Lanes, arrivals: Arrivals, *, profile: EngineProfile) -> "_Engine":
        each = np.maximum(lanes.ready, 1.0)
        batch = lanes.decoding / each
        context = arrivals.prompt_tokens + arrivals.output_tokens * _OUTPUT_SPREAD / 2
        per_request_s = profile.per_sequence_s + profile.per_kv_token_s * context
        fixed_s = profile.base_s + per_request_s * batch
        budget = np.maximum(profile.max_num_batched_tokens - batch, 1.0)
        return cls(
            profile=profile,
            each=each,
            serves=(lanes.ready > 0).astype(np.float64),
            fixed_s=fixed_s,
            prompt_rate=budget / (fixed_s + profile.per_prefill_token_s * budget),
            room=np.minimum(profile.max_num_seqs, profile.kv_capacity_tokens / context),
            per_request_s=per_request_s,
        )

    def ttft_late(self, lanes: Lanes, arrivals: Arrivals, objective: Objective) -> Floats:
        """Return the share of what joins now whose first token comes too late."""
        mean_s = arrivals.prompt_tokens / self.prompt_rate
        wait_s = lanes.waiting * mean_s / self.each
        busy = np.minimum(arrivals.requests / TICK_S * mean_s / self.each, _BUSIEST)
        excess = lanes.waiting + lanes.decoding - self.room * self.each
        turn_s = arrivals.output_tokens * lanes.iteration_s / np.maximum(lanes.decoding, 1.0)
        slack_s = objective.ttft_s - np.maximum(wait_s, np.maximum(excess, 0.0) * turn_s) - 1.5 * self.fixed_s
        scale_s = mean_s * _PROMPT_SPREAD / (2 * (1 - busy) ** _QUEUEING)
        spare_s = slack_s - np.multiply.outer(_PROMPTS, mean_s)
        late = np.where(spare_s <= 0, 1.0, busy * np.exp(-np.maximum(spare_s, 0.0) / scale_s)).mean(axis=0)
        return np.where(self.serves > 0, late, 1.0)

    def itl_late(self, lanes: Lanes, objective: Objective) -> Floats:
        """Return the share of what decodes now whose tokens come too far apart: the batch sways by chance."""
        sway_s = self.per_request_s * np.sqrt(lanes.decoding / self.each) * lanes.iteration_s / self.fixed_s
        spare = (objective.itl_s - lanes.iteration_s) / np.maximum(sway_s, _LEAST)
        late: Floats = self.serves / (1 + np.exp(np.clip(_LOGISTIC * spare, -50.0, 50.0)))
        return late


def _serve(lanes: Lanes, engine: _Engine, arrivals: Arrivals) -> None:
    """Let one step pass: prompts as fast as they can be computed and as they fit, batches as they empty."""
    waiting = lanes.waiting + arrivals.requests / _SUBSTEPS
    by_speed = engine.prompt_rate * _STEP_S * engine.each / arrivals.prompt_tokens
    wanted = np.minimum(waiting, by_speed) * engine.serves
    admitted = wanted
    for _ in range(_ROUNDS):
        iteration_s = _iteration_s(engine, admitted, arrivals)
        kept, gain = _kept(iteration_s, arrivals)
        fits = np.maximum(engine.room * engine.each - lanes.decoding * kept, 0.0) / np.maximum(gain, _LEAST)
        if not (admitted > fits).any():
            break
        admitted = np.minimum(wanted, fits)
    lanes.iteration_s = iteration_s
    lanes.decoding = lanes.decoding * kept + admitted * gain
    lanes.waiting = waiting - admitted


def _iteration_s(engine: _Engine, admitted: Floats, arrivals: Arrivals) -> Floats:
    """Return the mean length of an iteration in a step that computes the prompts of some requests."""
    prefill = engine.profile.per_prefill_token_s * admitted * arrivals.prompt_tokens / (engine.each * _STEP_S)
    length: Floats = engine.fixed_s / np.maximum(1 - prefill, 0.01)
    return length


def _kept(iteration_s: Floats, arrivals: Arrivals) -> tuple[Floats, Floats]:
    """Return which share of the batch, and of those that join it evenly over the step, is there at its end."""
    stay_s = np.maximum(arrivals.output_tokens - 1.0, 0.5) * iteration_s
    decay = np.exp(-_STEP_S / stay_s)
    return decay, stay_s / _STEP_S * (1 - decay)

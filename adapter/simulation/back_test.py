"""The closed loop of a workload, tried on its own past under many choices at once.

Every choice and every day is a lane: the same arrivals, engines and cold starts, sized by our rules with that choice.
Forecasts are worked out once. A day begins with an hour that is played and not scored, so that what it starts from
hardly matters, and days can be compared as if drawn one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapter.core.decision import DemandUnit
from adapter.core.knobs import Knobs
from adapter.core.tuning import TunedWorkload
from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.lane_outlook import Outlook, look_out
from adapter.simulation.lane_rules import LaneState, LaneView, rules_of
from adapter.simulation.lanes import TICK_S, Arrivals, Lanes, advance, new_lanes, resize
from adapter.simulation.past_load import PER_MIN, WARM_UP_MIN, DayLoad, PastLoad, deal
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.score import Objective

_SEEN: Final = 4  # ticks of a rate window


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all choices share."""

    profile: EngineProfile
    cold_start_s: float
    lead_s: float
    """How far ahead decisions look, seconds."""
    unit: DemandUnit
    capacity: float
    """Load of one replica, in the unit of demand."""
    objective: Objective
    seed: int = 0
    """Deals the requests of a minute to its ticks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """What every choice came to on every day."""

    choices: tuple[Knobs, ...]
    replica_hours: Floats
    """Shape (choices, days)."""
    missed: Floats
    """Requests that missed their objective, shape (choices, days)."""
    requests: Floats
    """Shape (days,)."""
    work_hours: Floats
    """Replica-hours that the requests of each day take at full load, shape (days,)."""


def back_test(
    past: PastLoad, tuned: TunedWorkload, choices: Sequence[Knobs], *, setting: Setting, minutes: Ints
) -> Trials:
    """Return what every choice would have come to; none depends on which others are tried, nor on their order.

    Args:
        past: what arrived.
        tuned: the workload; what the choices say differently is theirs.
        choices: to be tried.
        setting: what they share.
        minutes: of the past, shape (days, minutes): each row is played by itself, its first `WARM_UP_MIN` unscored; see
            `PastLoad.minutes_of`.
    """
    order = sorted(range(len(choices)), key=lambda each: choices[each].scale_in_s)
    tried = [choices[each] for each in order]
    play = _Play(
        load=deal(past, minutes, seed=setting.seed),
        outlook=look_out(past.demand, minutes, tried, lead_s=setting.lead_s),
        tuned=tuned,
        setting=setting,
    )
    hours, missed = play.played(tried)
    back = np.argsort(order)
    requests = past.requests[minutes[:, WARM_UP_MIN:]].sum(axis=1)
    return Trials(
        choices=tuple(choices),
        replica_hours=hours[back],
        missed=missed[back],
        requests=requests,
        work_hours=requests / (3600 * setting.profile.sustainable_requests_per_s(past.shape)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Play:
    """What is played."""

    load: DayLoad
    outlook: Outlook
    tuned: TunedWorkload
    setting: Setting

    def played(self, tried: Sequence[Knobs]) -> tuple[Floats, Floats]:
        """Return replica-hours and missed requests of every lane, shape (choices, days)."""
        setting, lanes = self.setting, self._first_lanes(len(tried))
        rules = rules_of(self.tuned, tried, days=lanes.ready.shape[1], unit=setting.unit, capacity=setting.capacity)
        missed, unscored_s = np.zeros(lanes.ready.shape), lanes.replica_s
        seen = _seen(lanes, self.load.at(0), profile=setting.profile)
        for tick in range(self.load.requests.shape[1]):
            if tick == WARM_UP_MIN * PER_MIN:
                unscored_s, missed = lanes.replica_s.copy(), np.zeros(lanes.ready.shape)
            arrivals, before = self.load.at(tick), lanes.requested
            judged = advance(lanes, arrivals, profile=setting.profile, objective=setting.objective)
            missed += judged.missed * arrivals.requests
            wanted = rules.wanted(replace(seen, requested=lanes.requested), self._view(tick))
            seen = _seen(lanes, arrivals, profile=setting.profile)
            resize(lanes, wanted, arrivals=arrivals)
            rules.note(before, lanes.requested)
        return (lanes.replica_s - unscored_s) / 3600, missed

    def _first_lanes(self, choices: int) -> Lanes:
        """Return lanes with replicas for a third more than the first ten minutes bring."""
        load, profile, bounds = self.load, self.setting.profile, self.tuned.workload.bounds
        rate = load.requests[:, : 10 * PER_MIN].mean(axis=1) / TICK_S
        usual = RequestShape(
            prompt_tokens=float(load.prompt_tokens.mean()), output_tokens=float(load.output_tokens.mean())
        )
        needed = np.ceil(rate * 4 / 3 / profile.sustainable_requests_per_s(usual))
        ready = np.tile(np.clip(needed, bounds.min, bounds.max), (choices, 1))
        return new_lanes(ready, cold_start_s=self.setting.cold_start_s, profile=profile)

    def _view(self, tick: int) -> LaneView:
        """Return what is seen at the end of a tick: rates over a minute that ended a tick ago, a minute's forecast."""
        load, outlook = self.load, self.outlook
        rate = load.requests[:, max(tick - _SEEN, 0) : max(tick, 1)].mean(axis=1) / TICK_S
        minute = max((tick + 1) // PER_MIN - 1, 0)
        return LaneView(
            arriving=rate * load.cost[:, max(tick - 1, 0)],
            cost=load.cost[:, tick],
            peak=outlook.peak[:, :, minute],
            beyond=outlook.beyond[:, :, minute],
            soon=outlook.soon[:, :, minute],
            later=outlook.later[:, :, minute],
        )


def _seen(lanes: Lanes, arrivals: Arrivals, *, profile: EngineProfile) -> LaneState:
    """Return what a scrape shows now."""
    busy = lanes.in_flight > 0
    held = lanes.decoding * (arrivals.prompt_tokens + arrivals.output_tokens / 2)
    return LaneState(
        requested=lanes.requested,
        ready=lanes.ready,
        waiting=lanes.waiting * busy,
        decoding=lanes.decoding * busy,
        kv_usage=held / profile.kv_capacity_tokens / np.maximum(lanes.ready, 1.0),
    )

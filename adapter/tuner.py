"""Back-tests in the background of a running process, and the choices that they put in force.

Everybody's history is cut once a day, and what follows from it takes effect at a fixed later tick (`core.cuts`), so
that all replicas change their settings at the same tick, and one that starts anew reads the same history and comes to
the same choice. Until it has, a workload whose choice is to act is on hold: it must not decide otherwise than the
others do. Nothing of this runs in a tick: a tick looks up what is known, and says what is wanted.

One group of workloads is read and judged at a time, at most `_GROUP` of them, so that memory is bounded. What fails is
named, logged and tried again; after ten minutes without a choice a workload is decided on as its document says.
"""

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

from adapter.core.cuts import DAY_S, cut_in_force, last_cut
from adapter.core.decision import Decision, Outcome, withhold
from adapter.core.errors import ScaleaheadError
from adapter.core.knobs import with_knobs
from adapter.core.signal import Grid
from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.verdict import Verdict
from adapter.core.workload import WorkloadId
from adapter.recall import NothingRead, read_records
from adapter.simulation.judging import Case, hopeless
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.simulation.recorded import MINUTE_S
from adapter.stretch import Reader

_LOG = logging.getLogger(__name__)
_GROUP: Final = 16
_PATIENCE_S: Final = 600.0
_AGAIN_S: Final = 60.0
_QUIET_S: Final = 60.0  # after the start of the process, unless decisions wait
_KEPT: Final = 3  # verdicts of a workload: in force, to come, and the one before, for a tick that is late
_LEAD_IN_DAYS: Final = 1


class Workshop(Protocol):
    """Where cases are judged; never in the thread that ticks."""

    async def judge(self, cases: Sequence[Case]) -> Sequence[Verdict]:
        """Return the verdict on each case, in their order.

        Raises:
            WorkshopFailed: it broke down; says why.
        """
        ...


class WorkshopFailed(ScaleaheadError):
    """Nothing could be judged: the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A verdict that is wanted."""

    tuned: TunedWorkload
    cut: float
    urgent: bool
    """Whether decisions wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a workload's choice stands at a tick."""

    tuned: TunedWorkload
    """With the choice in force, if it is to act."""
    verdict: Verdict | None
    """None while it is not known."""
    waits: str
    """Why decisions have to wait; empty where they have not."""


class Tuner:
    """Knows the verdicts in force, and works out those that are wanted.

    Args:
        workshop: where back-tests run.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._verdicts: dict[WorkloadId, dict[float, tuple[WorkloadTuning, Verdict]]] = {}
        self._waiting_since: dict[WorkloadId, float] = {}
        self._faults: dict[WorkloadId, str] = {}
        self._wanted: tuple[Wanted, ...] = ()
        self._reader: Reader | None = None
        self._stir = asyncio.Event()
        self._urgent = asyncio.Event()

    def stand(self, reader: Reader, tuned: Sequence[TunedWorkload], *, at: float) -> list[Standing]:
        """Return how every workload stands at a tick, and take note of what is wanted.

        Args:
            reader: where histories are read.
            tuned: the workloads as their documents say.
            at: tick time, seconds since epoch.
        """
        if reader != self._reader:
            self._reader, self._verdicts = reader, {}
        wanted = sorted((each for one in tuned for each in self._wants(one, at=at)), key=_order)
        self._forget({each.workload.id for each in tuned})
        if tuple(wanted) != self._wanted:
            self._wanted = tuple(wanted)
            self._stir.set()
        if any(each.urgent for each in wanted):
            self._urgent.set()
        return [self._standing(each, at=at) for each in tuned]

    @property
    def pending(self) -> tuple[Wanted, ...]:
        """Return what is wanted and not known yet, the most urgent first."""
        return self._wanted

    @property
    def remembered(self) -> int:
        """Return how many verdicts are kept."""
        return sum(map(len, self._verdicts.values()))

    async def run(self) -> None:
        """Work out what is wanted, until cancelled; advice does not compete with a process that starts."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), _QUIET_S)
        while True:
            await self._stir.wait()
            self._stir.clear()
            while self._wanted:
                if not await self.work():
                    await asyncio.sleep(_AGAIN_S)

    async def work(self) -> bool:
        """Work out the most wanted verdicts; return whether that succeeded."""
        group, reader = next_group(self._wanted), self._reader
        if not group or reader is None:
            return True
        ids = [each.tuned.workload.id for each in group]
        try:
            verdicts = await self._judged(await _cases(reader, group))
        except (NothingRead, WorkshopFailed) as error:
            self._faults.update(dict.fromkeys(ids, str(error)))
            _LOG.warning("back-test failed, trying again: %s", error, extra={"workloads": len(group)})
            return False
        if reader == self._reader:
            self._keep(group, verdicts)
        return True

    async def _judged(self, cases: Sequence[Case]) -> list[Verdict]:
        """Return verdicts; what can be told at once is not worth a process."""
        told = [hopeless(each) for each in cases]
        hard = [each for each, verdict in zip(cases, told, strict=True) if verdict is None]
        found = iter(await self._workshop.judge(hard) if hard else ())
        return [next(found) if verdict is None else verdict for verdict in told]

    def _keep(self, group: Sequence[Wanted], verdicts: Iterable[Verdict]) -> None:
        for each, verdict in zip(group, verdicts, strict=True):
            key = each.tuned.workload.id
            self._verdicts.setdefault(key, {})[each.cut] = (judged_by(each.tuned.tuning), verdict)
            self._faults.pop(key, None)
            _LOG.info("back-test of %s: %s", key, verdict)
        done = set(map(_identity, group))
        self._wanted = tuple(each for each in self._wanted if _identity(each) not in done)

    def _verdict(self, tuned: TunedWorkload, cut: float) -> Verdict | None:
        known = self._verdicts.get(tuned.workload.id, {}).get(cut)
        return known[1] if known is not None and known[0] == judged_by(tuned.tuning) else None

    def _wants(self, tuned: TunedWorkload, *, at: float) -> Iterable[Wanted]:
        if tuned.tuning.tune.mode == "off":
            return
        key, acts = tuned.workload.id, tuned.tuning.tune.mode == "act"
        in_force = cut_in_force(key, at=at)
        for cut in dict.fromkeys((in_force, last_cut(key, at=at))):
            if self._verdict(tuned, cut) is None:
                yield Wanted(tuned=tuned, cut=cut, urgent=acts and cut == in_force)

    def _standing(self, tuned: TunedWorkload, *, at: float) -> Standing:
        mode, key = tuned.tuning.tune.mode, tuned.workload.id
        if mode == "off":
            return Standing(tuned=tuned, verdict=None, waits="")
        verdict = self._verdict(tuned, cut_in_force(key, at=at))
        if verdict is None:
            return Standing(tuned=tuned, verdict=None, waits=self._waits(key, at=at) if mode == "act" else "")
        self._waiting_since.pop(key, None)
        if mode == "advise" or not verdict.changes:
            return Standing(tuned=tuned, verdict=verdict, waits="")
        chosen = replace(tuned, tuning=with_knobs(tuned.tuning, verdict.chosen))
        return Standing(tuned=chosen, verdict=verdict, waits="")

    def _waits(self, key: WorkloadId, *, at: float) -> str:
        since = self._waiting_since.setdefault(key, at)
        if at - since >= _PATIENCE_S:
            return ""
        fault = self._faults.get(key)
        return "its settings are still being back-tested" + (f" ({fault})" if fault else "")

    def _forget(self, keep: set[WorkloadId]) -> None:
        """Forget workloads that are gone, and cuts that no tick will ask for again."""
        for key in [each for each in self._verdicts if each not in keep]:
            del self._verdicts[key]
        for cuts in self._verdicts.values():
            for cut in sorted(cuts)[:-_KEPT]:
                del cuts[cut]
        self._waiting_since = {key: since for key, since in self._waiting_since.items() if key in keep}
        self._faults = {key: fault for key, fault in self._faults.items() if key in keep}


def stand(tuner: Tuner | None, reader: Reader, tuned: Sequence[TunedWorkload], *, at: float) -> Sequence[Standing]:
    """Return how every workload stands, as its document says where nothing is back-tested; see `Tuner.stand`."""
    if tuner is None:
        return [Standing(tuned=each, verdict=None, waits="") for each in tuned]
    return tuner.stand(reader, tuned, at=at)


def with_verdicts(
    decisions: Mapping[WorkloadId, Decision], standings: Sequence[Standing]
) -> dict[WorkloadId, Decision]:
    """Return the decisions with what is said of their settings; those that must wait for that are holds."""
    told = {}
    for each in standings:
        key = each.tuned.workload.id
        decision = replace(decisions[key], verdict=each.verdict)
        told[key] = withhold(decision, reason=each.waits) if _plans(decision, each) else decision
    return told


def _plans(decision: Decision, standing: Standing) -> bool:
    return bool(standing.waits) and decision.outcome is Outcome.PLAN


def judged_by(tuning: WorkloadTuning) -> WorkloadTuning:
    """Return what a verdict depends on: all but what people change for the moment."""
    tune = tuning.tune.model_copy(update={"mode": "advise"})
    return tuning.model_copy(update={"override": None, "events": (), "warm": (), "tune": tune, "mode": "act"})


def next_group(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return what is worked out next: the first, and others that need the same stretch of history."""
    if not wanted:
        return ()
    first = wanted[0]
    same = (each for each in wanted if (each.cut, _span(each)) == (first.cut, _span(first)))
    return tuple(same)[:_GROUP]


def _span(wanted: Wanted) -> int:
    return wanted.tuned.tuning.tune.days


def _order(wanted: Wanted) -> tuple[bool, float, WorkloadId]:
    return not wanted.urgent, wanted.cut, wanted.tuned.workload.id


def _identity(wanted: Wanted) -> tuple[WorkloadId, float]:
    return wanted.tuned.workload.id, wanted.cut


async def _cases(reader: Reader, group: Sequence[Wanted]) -> list[Case]:
    """Read the histories of a group.

    Raises:
        NothingRead: a query was not answered.
    """
    days, cut = _span(group[0]) + _LEAD_IN_DAYS, group[0].cut
    count = math.floor(days * DAY_S / MINUTE_S)
    minutes = Grid(start=cut - (count - 1) * MINUTE_S, step_s=MINUTE_S, count=count)
    tuned = [each.tuned for each in group]
    records = await read_records(reader, tuned, minutes, advance=lambda _: None)
    return [Case(tuned=each, record=records[each.workload.id], model=LLAMA_8B_H100, cut=cut) for each in tuned]

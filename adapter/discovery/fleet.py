"""Workloads that rules of the tuning document cover, found again every minute; implements the port `WorkloadSource`.

A workload that sleeps has no engine to be found by. So the first look goes back over a day, and what was found stays
for as long as its scale target exists. A look that fails changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from adapter.core.errors import SignalError
from adapter.core.tuning import PrometheusTuning, RuleTuning, TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.discovery.evidence import Evidence, Target, gather
from adapter.discovery.proposals import propose
from adapter.discovery.rules import covered
from adapter.ports import Clock, TuningSource, WorkloadSource
from adapter.prometheus.client import PrometheusClient

_LOG = logging.getLogger(__name__)
_EVERY_S = 60.0
_FIRST_BACK_S = 86_400.0

Look = Callable[[PrometheusTuning, float, float], Evidence]
"""From how to ask, when, and how far back engines may have reported, to what is seen."""


def look(tuning: PrometheusTuning, at: float, back_s: float) -> Evidence:
    """Return what a Prometheus shows; see `gather`."""
    client = PrometheusClient(tuning)
    try:
        return gather(client.query, tuning, at=at, back_s=back_s)
    finally:
        client.close()


class FoundWorkloads:
    """The workloads that the rules in force cover.

    Args:
        tuning: in force.
        clock: wall-clock time.
        look: asks a Prometheus; blocks.
    """

    def __init__(self, tuning: TuningSource, clock: Clock, *, look: Look = look) -> None:
        self._tuning = tuning
        self._clock = clock
        self._look = look
        self._rules: tuple[RuleTuning, ...] = ()
        self._found: dict[WorkloadId, TunedWorkload] = {}

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:  # noqa: ARG002 - they stay until they are gone
        """Return what was found; see `ports.WorkloadSource`."""
        return tuple(self._found.values()) if self._tuning.current().discover == self._rules else ()

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self.refresh()
            except SignalError as error:
                _LOG.warning("workloads cannot be looked for, those that are known stay: %s", error)
            except Exception:  # noqa: BLE001 - one bad look must not end the search for good
                _LOG.exception("looking for workloads failed; those that are known stay")
            await self._clock.sleep_until(self._clock.now() + _EVERY_S)

    async def refresh(self) -> None:
        """Look once.

        Raises:
            SignalError: Prometheus does not answer.
        """
        tuning = self._tuning.current()
        anew = tuning.discover != self._rules
        if not tuning.discover:
            self._rules, self._found = (), {}
            return
        at = self._clock.now() - tuning.tick.settling_delay
        back_s = _FIRST_BACK_S if anew else 0.0
        evidence = await asyncio.to_thread(self._look, tuning.prometheus, at, back_s)
        seen = {each.workload.id: each for each in covered(tuning.discover, propose(evidence))}
        kept = {} if anew else {key: each for key, each in self._found.items() if _exists(each, evidence)}
        for workload in seen.keys() - self._found.keys():
            _LOG.info("found workload %s", workload)
        self._rules, self._found = tuning.discover, {**kept, **seen}


def _exists(tuned: TunedWorkload, evidence: Evidence) -> bool:
    target = tuned.workload.target
    return Target(tuned.workload.id.namespace, target.kind, target.name) in evidence.targets


class JoinedWorkloads:
    """Workloads of several sources; where two have one, the first source wins. Implements the port `WorkloadSource`."""

    def __init__(self, *sources: WorkloadSource) -> None:
        """Take the sources, those that win first."""
        self._sources = sources

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:
        """Return the workloads of all; see `ports.WorkloadSource`."""
        joined: dict[WorkloadId, TunedWorkload] = {}
        for source in self._sources:
            for each in source.workloads(now=now):
                joined.setdefault(each.workload.id, each)
        return tuple(joined.values())

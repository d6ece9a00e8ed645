"""Workloads that ScaledObjects define themselves, kept for as long as they ask.

Why it exists: with a ScaledObject alone there is no entry in the tuning document, and KEDA never says goodbye (a paused
or deleted object just stops calling). So a definition lives from rpc to rpc and expires by time.
Whoever reaches the port can define workloads, so their number is bounded, and a configured workload always wins.
Must not know: gRPC, metadata keys, how workloads are decided on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapter.core.errors import ScaleaheadError, WorkloadNotFound
from adapter.core.tuning import TunedWorkload, Tuning
from adapter.core.workload import WorkloadId
from adapter.ports import TuningSource


class TooManyInlineWorkloads(ScaleaheadError):
    """As many inline workloads are defined as are allowed; existing ones go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Definition:
    tuned: TunedWorkload
    asked_at: float


class InlineWorkloads:
    """The inline workloads in force; implements the port `WorkloadSource`.

    Args:
        tuning: where configured workloads are; they win over inline ones of the same namespace and name.
        expiry_s: seconds after the last rpc at which a definition is forgotten, > 0.
        limit: most definitions at a time, >= 1.
    """

    def __init__(self, tuning: TuningSource, *, expiry_s: float = 600.0, limit: int = 1000) -> None:
        self._tuning = tuning
        self._expiry_s = expiry_s
        self._limit = limit
        self._definitions: dict[WorkloadId, _Definition] = {}
        self._indexed: Tuning | None = None
        self._configured: Mapping[WorkloadId, TunedWorkload] = {}

    def define(self, tuned: TunedWorkload, *, now: float) -> TunedWorkload:
        """Define a workload or refresh its definition, and return what is in force under its name.

        Of two different definitions of one workload the later one wins.

        Raises:
            TooManyInlineWorkloads: it is new and there is no room.
        """
        workload_id = tuned.workload.id
        configured = self._in_document().get(workload_id)
        if configured is not None:
            return configured
        if workload_id not in self._definitions:
            self._make_room(workload_id, now)
        self._definitions[workload_id] = _Definition(tuned=tuned, asked_at=now)
        return tuned

    def find(self, workload_id: WorkloadId, *, now: float) -> TunedWorkload:
        """Return a workload by name, configured or inline.

        Raises:
            WorkloadNotFound: there is neither.
        """
        configured = self._in_document().get(workload_id)
        if configured is not None:
            return configured
        inline = self._definitions.get(workload_id)
        if inline is None or now - inline.asked_at > self._expiry_s:
            raise WorkloadNotFound(
                f"workload {workload_id} is neither configured nor defined inline; set `workload` to a configured one "
                "of this namespace, or define it inline by giving `preset`"
            )
        return inline.tuned

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:
        """Return the inline workloads that are still asked for, ordered by name, without configured ones."""
        self._forget_expired(now)
        configured = self._in_document()
        return [each.tuned for key, each in sorted(self._definitions.items()) if key not in configured]

    def _in_document(self) -> Mapping[WorkloadId, TunedWorkload]:
        tuning = self._tuning.current()
        if tuning is not self._indexed:
            self._configured = {each.workload.id: each for each in tuning.workloads}
            self._indexed = tuning
        return self._configured

    def _make_room(self, workload_id: WorkloadId, now: float) -> None:
        if len(self._definitions) >= self._limit:
            self._forget_expired(now)
        if len(self._definitions) >= self._limit:
            raise TooManyInlineWorkloads(
                f"{workload_id} cannot be defined inline: {self._limit} inline workloads are defined, which is the "
                "limit; the existing ones go on; configure the workload in the tuning document instead"
            )

    def _forget_expired(self, now: float) -> None:
        expired = [key for key, each in self._definitions.items() if now - each.asked_at > self._expiry_s]
        for key in expired:
            del self._definitions[key]

"""Sharing GPUs between workloads that want more than there are.

Three rounds. First everybody keeps what may not be taken away. Then everybody gets its minimum. Then wants are served.
Each round goes by priority, and among equals by water-filling: the next unit goes to whoever has the fewest GPUs, until
it has what it wants or its unit does not fit any more. So a small workload gets all it wants before a large one gets
more than it, nobody is served before somebody of a higher priority in its round, and the order of the claims changes
nothing. A unit is never split: GPUs too few for the next one of the first in line go to those behind it.

Source: max-min fairness by progressive filling (Bertsekas and Gallager, Data Networks, 6.5.2).
Must not know: why workloads want what they want.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.core.workload import WorkloadId

_SLACK = 1e-9  # shares of a GPU add up to not quite a whole one in floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """GPUs that some claims share."""

    name: str
    gpus: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one workload wants of its pools."""

    id: WorkloadId
    want: int
    """Replicas."""
    kept: int = 0
    """Replicas that may not be taken away, whatever the pools hold."""
    least: int = 0
    """Replicas that come before anybody's further wants."""
    unit: int = 1
    """Replicas come in multiples of this."""
    gpus: float = 1.0
    """GPUs of one replica."""
    priority: int = 0
    """The higher, the earlier."""
    pools: tuple[int, ...] = ()
    """Which pools it draws on, all of them at once; none is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one workload gets."""

    replicas: int
    refused_by: int | None = None
    """The pool that had too little for the next unit; None when all that is wanted was granted."""


def allot(claims: Sequence[Claim], pools: Sequence[Pool]) -> list[Grant]:
    """Return the grants, in the order of the claims.

    Example:
        Ten GPUs; the urgent one takes 2 GPUs a replica, the other two share what is left.

        >>> ids = [WorkloadId("prod", name) for name in ("urgent", "small", "large")]
        >>> claims = [Claim(id=ids[0], want=2, gpus=2.0, priority=1, pools=(0,)), Claim(id=ids[1], want=2, pools=(0,)),
        ...     Claim(id=ids[2], want=9, pools=(0,))]
        >>> [each.replicas for each in allot(claims, [Pool(name="h100", gpus=10.0)])]
        [2, 2, 4]
    """
    if _all_fit(claims, pools):
        return [Grant(replicas=max(each.want, each.kept)) for each in claims]
    filling = _Filling(claims, pools)
    filling.fill([min(each.least, each.want) for each in claims])
    filling.fill([each.want for each in claims])
    return [
        Grant(replicas=has, refused_by=None if has >= claim.want else refused)
        for claim, has, refused in zip(claims, filling.replicas, filling.refused, strict=True)
    ]


def used_of(claims: Sequence[Claim], replicas: Sequence[int], pool: int) -> float:
    """Return the GPUs of a pool that some numbers of replicas take."""
    return sum(count * each.gpus for each, count in zip(claims, replicas, strict=True) if pool in each.pools)


def _all_fit(claims: Sequence[Claim], pools: Sequence[Pool]) -> bool:
    wanted = [max(each.want, each.kept) for each in claims]
    return all(used_of(claims, wanted, index) <= pool.gpus + _SLACK for index, pool in enumerate(pools))


class _Filling:
    """Grants as they grow."""

    def __init__(self, claims: Sequence[Claim], pools: Sequence[Pool]) -> None:
        self._claims = claims
        self.replicas = [each.kept for each in claims]
        self.refused: list[int | None] = [None] * len(claims)
        self._free = [pool.gpus - used_of(claims, self.replicas, index) for index, pool in enumerate(pools)]

    def fill(self, targets: Sequence[int]) -> None:
        """Raise every grant towards its target, by priority."""
        for priority in sorted({each.priority for each in self._claims}, reverse=True):
            rows = [row for row, each in enumerate(self._claims) if each.priority == priority]
            self._share(rows, targets)

    def _share(self, rows: Sequence[int], targets: Sequence[int]) -> None:
        line = [self._place(row) for row in rows if self.replicas[row] < targets[row]]
        heapq.heapify(line)
        while line:
            _, _, row = heapq.heappop(line)
            if self._take(row) and self.replicas[row] < targets[row]:
                heapq.heappush(line, self._place(row))

    def _place(self, row: int) -> tuple[float, WorkloadId, int]:
        return self.replicas[row] * self._claims[row].gpus, self._claims[row].id, row

    def _take(self, row: int) -> bool:
        """Grant the next unit if every pool of the claim has room for it; tell whether it was granted."""
        claim, has = self._claims[row], self.replicas[row]
        more = min(claim.unit - has % claim.unit, claim.want - has)
        need = more * claim.gpus
        lacking = [pool for pool in claim.pools if self._free[pool] + _SLACK < need]
        if lacking:
            self.refused[row] = lacking[0]
            return False
        self.replicas[row] += more
        for pool in claim.pools:
            self._free[pool] -= need
        return True

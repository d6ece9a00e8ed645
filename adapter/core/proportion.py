"""Two workloads that need each other in proportion, such as prefill and decode: replicas for both.

A pair is brought into proportion by raising the side that is short; only what a budget has cut lowers the other side.
Must not know: why either side wants what it wants.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapter.core.decision import StepName
from adapter.core.standing import Standing
from adapter.core.tuning import RatioTuning
from adapter.core.workload import WorkloadId

_SLACK = 1e-9  # 0.1 * 30 is 3.0000000000000004 in floats
_ROUNDS = 8  # raising one side may call for the other; each round raises, so it ends at the latest at the bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """Replicas of the one side per replica of the other, at least and at most."""

    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Replicas of both sides."""

    prefill: int
    decode: int


def raised(pair: Pair, proportion: Proportion, *, bounds: Pair) -> Pair:
    """Return the fewest replicas at or above the pair that are in proportion, as far as the bounds allow.

    Args:
        pair: what both want.
        proportion: of prefill to decode.
        bounds: the most of each; one that wants more already keeps it.

    Example:
        >>> raised(Pair(prefill=1, decode=9), Proportion(least=0.25, most=1.0), bounds=Pair(prefill=8, decode=16))
        Pair(prefill=3, decode=9)
        >>> raised(Pair(prefill=6, decode=2), Proportion(least=0.25, most=1.0), bounds=Pair(prefill=8, decode=16))
        Pair(prefill=6, decode=6)
    """
    prefill, decode = pair.prefill, pair.decode
    for _ in range(_ROUNDS):
        before = prefill, decode
        prefill = max(prefill, min(bounds.prefill, math.ceil(proportion.least * decode - _SLACK)))
        decode = max(decode, min(bounds.decode, math.ceil(prefill / proportion.most - _SLACK)))
        if (prefill, decode) == before:
            break
    return Pair(prefill=prefill, decode=decode)


def lowered(pair: Pair, proportion: Proportion, *, least: Pair) -> Pair:
    """Return the pair with the side lowered that is too many for the other.

    Args:
        pair: what both get.
        proportion: of prefill to decode.
        least: the fewest of each; one that has fewer already keeps them.

    Example:
        >>> lowered(Pair(prefill=6, decode=2), Proportion(least=0.25, most=1.0), least=Pair(prefill=1, decode=1))
        Pair(prefill=2, decode=2)
    """
    prefill = min(pair.prefill, max(least.prefill, math.floor(proportion.most * pair.decode + _SLACK)))
    decode = min(pair.decode, max(least.decode, math.floor(pair.prefill / proportion.least + _SLACK)))
    return Pair(prefill=prefill, decode=decode)


def in_proportion(standings: Sequence[Standing], ratios: Sequence[RatioTuning]) -> list[Standing]:
    """Return the workloads with the side of each pair raised that is short of the other; a hold is not changed."""
    after = list(standings)
    for ratio, one, other in pairs_of(standings, ratios):
        prefill, decode = after[one], after[other]
        wanted = raised(
            Pair(prefill=prefill.replicas, decode=decode.replicas),
            proportion_of(ratio),
            bounds=Pair(prefill=prefill.most, decode=decode.most),
        )
        after[one] = _coupled(prefill, wanted.prefill, partner=decode, ratio=ratio)
        after[other] = _coupled(decode, wanted.decode, partner=prefill, ratio=ratio)
    return after


def pairs_of(standings: Sequence[Standing], ratios: Sequence[RatioTuning]) -> Iterator[tuple[RatioTuning, int, int]]:
    """Give the rows of prefill and decode of each ratio whose two workloads are there."""
    rows = {each.id: row for row, each in enumerate(standings)} if ratios else {}
    for ratio in ratios:
        prefill, decode = (rows.get(WorkloadId(ratio.namespace, name)) for name in (ratio.prefill, ratio.decode))
        if prefill is not None and decode is not None:
            yield ratio, prefill, decode


def proportion_of(ratio: RatioTuning) -> Proportion:
    """Return the proportion that a ratio asks for."""
    return Proportion(least=ratio.least, most=ratio.most)


def _coupled(standing: Standing, replicas: int, *, partner: Standing, ratio: RatioTuning) -> Standing:
    if not standing.planned:
        return standing
    after = max(standing.replicas, standing.whole(replicas))
    reason = (
        f"{ratio.least:g} to {ratio.most:g} of {ratio.prefill} per {ratio.decode}, "
        f"and {partner.id.name} has {partner.replicas}"
    )
    return standing.limited(StepName.RATIO, after, reason)

"""GPU budgets: what each workload gets of the GPUs that several share, and who got the rest.

Must not know: how wants came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.core.allotment import Claim, Grant, Pool, allot, used_of
from adapter.core.decision import StepName
from adapter.core.proportion import Pair, lowered, pairs_of, proportion_of
from adapter.core.standing import Standing
from adapter.core.tuning import BudgetTuning, FleetTuning, RatioTuning

_NAMED = 3  # how many of those who got the rest are named


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shares:
    """Who gets what of all pools."""

    claims: Sequence[Claim]
    grants: Sequence[Grant]
    pools: Sequence[Pool]


def within_budgets(standings: Sequence[Standing], fleet: FleetTuning) -> list[Standing]:
    """Return the workloads with what there is shared out; what a cut makes useless to a partner goes to the others."""
    if not fleet.budgets:
        return list(standings)
    shares = _shared(standings, fleet)
    told = [_told(shares, row) for row in range(len(standings))]
    return [
        each.limited(StepName.BUDGET, grant.replicas, reason) if claim.pools and each.planned else each
        for each, claim, grant, reason in zip(standings, shares.claims, shares.grants, told, strict=True)
    ]


def _shared(standings: Sequence[Standing], fleet: FleetTuning) -> _Shares:
    pools = [Pool(name=each.name, gpus=each.gpus) for each in fleet.budgets]
    claims = [_claim(each, fleet.budgets) for each in standings]
    grants = allot(claims, pools)
    useful = _useful(standings, grants, fleet.ratios)
    if useful != [each.replicas for each in grants]:
        fewer = [replace(claim, want=want) for claim, want in zip(claims, useful, strict=True)]
        again = allot(fewer, pools)
        grants = [
            replace(new, refused_by=None if use < old.replicas or new.replicas >= claim.want else old.refused_by)
            for claim, use, new, old in zip(claims, useful, again, grants, strict=True)
        ]
    return _Shares(claims=claims, grants=grants, pools=pools)


def _claim(standing: Standing, budgets: Sequence[BudgetTuning]) -> Claim:
    scale, replicas = standing.scale, standing.replicas
    return Claim(
        id=standing.id,
        want=replicas,
        kept=standing.kept,
        least=min(replicas, max(standing.tuned.workload.bounds.min, 1)),
        unit=scale.unit,
        gpus=scale.gpus_per_replica,
        priority=scale.priority,
        pools=tuple(index for index, each in enumerate(budgets) if _covers(each, standing)),
    )


def _covers(budget: BudgetTuning, standing: Standing) -> bool:
    named = not budget.namespaces or standing.id.namespace in budget.namespaces
    return named and (not budget.classes or standing.scale.gpu_class in budget.classes)


def _useful(standings: Sequence[Standing], grants: Sequence[Grant], ratios: Sequence[RatioTuning]) -> list[int]:
    """Return what each may still want: of a pair of which one was cut, no more than the other can use."""
    wants = [each.replicas for each in standings]
    for ratio, one, other in pairs_of(standings, ratios):
        if grants[one].refused_by is None and grants[other].refused_by is None:
            continue
        fit = lowered(
            Pair(prefill=grants[one].replicas, decode=grants[other].replicas),
            proportion_of(ratio),
            least=Pair(prefill=_floor(standings[one]), decode=_floor(standings[other])),
        )
        for row, count in ((one, fit.prefill), (other, fit.decode)):
            wants[row] = max(standings[row].kept, count // standings[row].scale.unit * standings[row].scale.unit)
    return wants


def _floor(standing: Standing) -> int:
    return max(standing.tuned.workload.bounds.min, standing.kept, min(standing.replicas, standing.scale.unit))


def _told(shares: _Shares, row: int) -> str:
    """Return what a workload's budgets say to it."""
    claim, grant = shares.claims[row], shares.grants[row]
    if not claim.pools:
        return ""
    if grant.refused_by is None and grant.replicas < claim.want:
        return f"{grant.replicas} is all that its partner, cut by a budget, can use"
    index = claim.pools[0] if grant.refused_by is None else grant.refused_by
    pool = shares.pools[index]
    used = used_of(shares.claims, [each.replicas for each in shares.grants], index)
    if grant.refused_by is None:
        return f"budget {pool.name} has {pool.gpus:g} GPUs, {used:g} of them given out"
    others = _others(shares, row, pool=index)
    here = f"{grant.replicas * claim.gpus:g} of the {claim.want * claim.gpus:g} wanted here"
    return f"budget {pool.name} has {pool.gpus:g} GPUs: {here}, {others or 'nobody else has any'}"


def _others(shares: _Shares, row: int, *, pool: int) -> str:
    """Return who else has how much of a pool, the largest first."""
    have = sorted(
        (-grant.replicas * claim.gpus, claim.id, claim.priority)
        for index, (claim, grant) in enumerate(zip(shares.claims, shares.grants, strict=True))
        if index != row and pool in claim.pools and grant.replicas
    )
    named = [f"{-gpus:g} for {who} (priority {priority})" for gpus, who, priority in have[:_NAMED]]
    rest = -sum(gpus for gpus, _, _ in have[_NAMED:])
    return ", ".join([*named, f"{rest:g} for {len(have) - _NAMED} more"] if rest else named)

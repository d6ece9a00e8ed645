from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from adapter.core.allotment import Claim, Pool, allot, used_of
from adapter.core.workload import WorkloadId

POOLS = (Pool(name="all", gpus=24.0), Pool(name="h100", gpus=10.0))


@st.composite
def claims(draw: st.DrawFn, *, gpus: Sequence[float] = (0.5, 1.0, 2.0, 4.0)) -> list[Claim]:
    """Return claims on two pools; what is kept fits, as it is there already."""
    return [
        Claim(
            id=WorkloadId("prod", f"w{index}"),
            want=draw(st.integers(0, 4)) * unit,
            kept=draw(st.sampled_from([0, 0, 1])),
            least=draw(st.integers(0, 2)),
            unit=unit,
            gpus=draw(st.sampled_from(gpus)),
            priority=draw(st.integers(0, 2)),
            pools=draw(st.sampled_from([(), (0,), (0, 1)])),
        )
        for index, unit in enumerate(draw(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=6)))
    ]


@given(claims())
def test_no_pool_gives_more_than_it_has(asked: list[Claim]) -> None:
    """Unless what may not be taken away exceeds it already; and nobody gets more than it wants or keeps."""
    replicas = [each.replicas for each in allot(asked, POOLS)]
    for index, pool in enumerate(POOLS):
        kept = used_of(asked, [each.kept for each in asked], index)
        assert used_of(asked, replicas, index) <= max(pool.gpus, kept) + 1e-6
    assert all(claim.kept <= has <= max(claim.want, claim.kept) for claim, has in zip(asked, replicas, strict=True))


@given(claims(), st.randoms())
def test_the_order_of_the_claims_changes_nothing(asked: list[Claim], chance: object) -> None:
    """Whoever comes first in the list gets no more for it."""
    shuffled = list(asked)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    first = {claim.id: grant for claim, grant in zip(asked, allot(asked, POOLS), strict=True)}
    assert first == {claim.id: grant for claim, grant in zip(shuffled, allot(shuffled, POOLS), strict=True)}


@given(claims())
def test_the_wants_of_lower_priorities_do_not_matter(asked: list[Claim]) -> None:
    """Whoever is first in line gets as much as if those behind wanted their minimum only."""
    top = max(each.priority for each in asked)
    modest = [
        each
        if each.priority == top
        else Claim(**{**_fields(each), "want": min(each.want, -(-each.least // each.unit) * each.unit)})
        for each in asked
    ]
    pairs = zip(asked, allot(asked, POOLS), allot(modest, POOLS), strict=True)
    assert all(full.replicas == alone.replicas for claim, full, alone in pairs if claim.priority == top)


@given(claims(), st.data())
def test_to_want_more_never_brings_less(asked: list[Claim], data: st.DataObject) -> None:
    """Of one's own."""
    row = data.draw(st.integers(0, len(asked) - 1))
    greedy = list(asked)
    greedy[row] = Claim(**{**_fields(asked[row]), "want": asked[row].want + asked[row].unit})
    assert allot(greedy, POOLS)[row].replicas >= allot(asked, POOLS)[row].replicas


@given(claims(gpus=(1.0,)), st.integers(0, 30))
def test_a_larger_budget_takes_from_nobody(asked: list[Claim], gpus: int) -> None:
    """Where one replica is one GPU and units are one: each has at least what it had."""
    single = [Claim(**{**_fields(each), "unit": 1, "pools": (0,)}) for each in asked]
    less, more = ([Pool(name="all", gpus=float(size))] for size in (gpus, gpus + 1))
    pairs = zip(allot(single, less), allot(single, more), strict=True)
    assert all(small.replicas <= large.replicas for small, large in pairs)


@given(claims())
def test_who_is_refused_is_told_by_a_pool_that_has_no_room(asked: list[Claim]) -> None:
    """A grant below the want names a pool of the claim in which the next unit does not fit."""
    grants = allot(asked, POOLS)
    replicas = [each.replicas for each in grants]
    for claim, grant in zip(asked, grants, strict=True):
        assert (grant.refused_by is None) == (grant.replicas >= claim.want)
        if grant.refused_by is not None:
            assert grant.refused_by in claim.pools
            free = POOLS[grant.refused_by].gpus - used_of(asked, replicas, grant.refused_by)
            assert free < min(claim.unit, claim.want - grant.replicas) * claim.gpus


def test_equals_share_evenly_and_the_small_are_full_first() -> None:
    """Twelve GPUs, wants of 2, 9 and 9: the first is full, the others get 5 each."""
    asked = [Claim(id=WorkloadId("prod", name), want=want, pools=(0,)) for name, want in (("a", 2), ("b", 9), ("c", 9))]
    assert [each.replicas for each in allot(asked, [Pool(name="p", gpus=12.0)])] == [2, 5, 5]


def test_everybody_awake_gets_a_minimum_before_anybody_gets_more() -> None:
    """Three GPUs: the urgent one wants all of them, and still one goes to the other's minimum."""
    urgent = Claim(id=WorkloadId("prod", "urgent"), want=9, least=1, priority=5, pools=(0,))
    other = Claim(id=WorkloadId("prod", "other"), want=9, least=1, pools=(0,))
    assert [each.replicas for each in allot([urgent, other], [Pool(name="p", gpus=3.0)])] == [2, 1]


def _fields(claim: Claim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in Claim.__slots__}

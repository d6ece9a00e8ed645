"""Twin of adapter/cluster/election.py."""

from adapter.cluster.election import Sighting, claim, released, see

_HELD = {"holderIdentity": "a", "leaseDurationSeconds": 15, "acquireTime": "x", "renewTime": "y", "leaseTransitions": 3}
_WALL = 1787220000.0


def _seen(spec: dict[str, object], *, since: float = 100.0) -> Sighting:
    return Sighting(spec=spec, version="7", since=since)


def test_a_lease_counts_from_when_it_was_seen_to_change() -> None:
    """However wrong the clock of its holder is."""
    first = see({"metadata": {"resourceVersion": "7"}, "spec": _HELD}, None, now=100.0)
    same = see({"metadata": {"resourceVersion": "8"}, "spec": dict(_HELD)}, first, now=110.0)
    renewed = see({"metadata": {"resourceVersion": "9"}, "spec": {**_HELD, "renewTime": "z"}}, same, now=112.0)
    assert [each.since for each in (first, same, renewed)] == [100.0, 100.0, 112.0]
    assert same.version == "8"


def test_another_ones_lease_is_left_alone_until_it_is_over() -> None:
    """Then its transitions and its time of acquisition change."""
    assert claim(_seen(_HELD), "b", now=114.9, wall=_WALL) is None
    won = claim(_seen(_HELD), "b", now=115.0, wall=_WALL)
    assert won is not None
    assert (won["holderIdentity"], won["leaseTransitions"]) == ("b", 4)
    assert won["acquireTime"] == won["renewTime"] == "2026-08-20T10:00:00.000000Z"


def test_renewing_keeps_acquisition_and_transitions() -> None:
    """Whoever holds it renews at any time."""
    kept = claim(_seen(_HELD), "a", now=100.1, wall=_WALL)
    assert kept is not None
    assert (kept["acquireTime"], kept["leaseTransitions"], kept["renewTime"]) == ("x", 3, "2026-08-20T10:00:00.000000Z")


def test_a_lease_that_was_handed_over_or_is_new_is_free() -> None:
    """Without waiting."""
    assert claim(_seen(released(_HELD, wall=_WALL)), "b", now=100.0, wall=_WALL) is not None
    fresh = claim(_seen({}), "b", now=100.0, wall=_WALL)
    assert fresh is not None
    assert fresh["leaseTransitions"] == 0

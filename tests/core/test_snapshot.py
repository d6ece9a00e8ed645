"""The newest decisions, and whether they may still be acted on."""

import pytest

from adapter.core.errors import SnapshotStale, WorkloadNotFound
from adapter.core.snapshot import lookup, require_any, require_fresh, staleness
from adapter.core.workload import WorkloadId
from tests.factories import LLAMA, TICK, decision, snapshot


@pytest.mark.parametrize(("interval_s", "allowed_s"), [(1.0, 10.0), (15.0, 45.0), (60.0, 180.0)])
def test_three_missed_ticks_are_allowed_and_at_least_ten_seconds(interval_s: float, allowed_s: float) -> None:
    """The limit itself is still fresh."""
    newest = snapshot(decision(), interval_s=interval_s)
    assert staleness(newest, now=TICK + allowed_s) is None
    assert require_fresh(newest, now=TICK + allowed_s) is newest
    assert f"allowed are {allowed_s:.0f} s" in str(staleness(newest, now=TICK + allowed_s + 1))


def test_no_snapshot_is_stale() -> None:
    """Before the first tick has finished there is nothing to act on."""
    with pytest.raises(SnapshotStale, match="first tick"):
        require_fresh(None, now=TICK)


def test_lookup_finds_the_decision() -> None:
    """By namespace and name."""
    newest = snapshot(decision(), decision(WorkloadId("dev", "llama")))
    assert lookup(newest, LLAMA, now=TICK) is newest.decisions[LLAMA]


def test_unknown_workload_is_named_with_what_there_is() -> None:
    """The reader sees the typo, and nothing of namespaces that are none of theirs."""
    newest = snapshot(decision(), decision(WorkloadId("dev", "secret")))
    with pytest.raises(WorkloadNotFound, match=r"prod/lama is not configured; configured are: prod/llama$"):
        lookup(newest, WorkloadId("prod", "lama"), now=TICK)
    with pytest.raises(
        WorkloadNotFound, match=r"test/llama is not configured; configured are: none in namespace test$"
    ):
        lookup(newest, WorkloadId("test", "llama"), now=TICK)


def test_lookup_in_a_stale_snapshot_is_refused() -> None:
    """However well the workload is known."""
    with pytest.raises(SnapshotStale, match="60 s old"):
        lookup(snapshot(decision()), LLAMA, now=TICK + 60)


def test_people_are_shown_a_snapshot_of_any_age_but_not_none_at_all() -> None:
    """They are told how old it is; before the first tick there is nothing to tell."""
    old = snapshot(decision(), at=0.0)

    assert require_any(old) is old
    with pytest.raises(SnapshotStale, match="the first tick has not finished"):
        require_any(None)

"""Twin of adapter/cluster/watching.py."""

import pytest

from adapter.cluster.api import ApiRefused
from adapter.cluster.watching import Seen, VersionExpired, pause_s, read_event

_ITEM = {"metadata": {"name": "a", "resourceVersion": "7"}}


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
def test_an_object_that_is_there_is_seen(kind: str) -> None:
    """Made or changed alike."""
    assert read_event({"type": kind, "object": _ITEM}, name="a") == Seen(version="7", changed=True, found=_ITEM)


def test_a_deleted_object_is_gone_and_its_version_counts() -> None:
    """The watch goes on from there."""
    assert read_event({"type": "DELETED", "object": _ITEM}, name="a") == Seen(version="7", changed=True)


@pytest.mark.parametrize(("kind", "name"), [("BOOKMARK", "a"), ("ADDED", "b")])
def test_bookmarks_and_other_objects_only_move_the_version(kind: str, name: str) -> None:
    """Neither says anything about the object."""
    assert read_event({"type": kind, "object": _ITEM}, name=name) == Seen(version="7", changed=False)


@pytest.mark.parametrize(
    "status",
    [
        {"code": 410, "reason": "Expired"},
        {"code": 410, "reason": "Gone"},
        {"code": 504, "details": {"causes": [{"reason": "ResourceVersionTooLarge"}]}},
    ],
)
def test_a_version_too_old_or_too_new_means_reading_anew(status: dict[str, object]) -> None:
    """Whatever the server calls it."""
    with pytest.raises(VersionExpired):
        read_event({"type": "ERROR", "object": status}, name="a")


def test_another_error_ends_the_watch() -> None:
    """With what the server says."""
    with pytest.raises(ApiRefused, match="500 InternalError: oops"):
        read_event({"type": "ERROR", "object": {"code": 500, "reason": "InternalError", "message": "oops"}}, name="a")


def test_pauses_have_a_limit_and_are_spread() -> None:
    """However long it has failed."""
    assert (pause_s(1000, jitter=0.0), pause_s(1, jitter=0.5)) == (30.0, pytest.approx(1.2))

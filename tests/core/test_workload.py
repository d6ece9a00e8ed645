import re

import pytest

from adapter.core.workload import Bounds, Matcher, ScaleTarget, TargetKind, WorkloadId


@pytest.mark.parametrize(
    ("kind", "mine", "foreign"),
    [
        (TargetKind.DEPLOYMENT, "llama-7d9c5b8f6-x2x4z", "llama-chat-7d9c5b8f6-x2x4z"),
        (TargetKind.STATEFUL_SET, "llama-0", "llama-router-0"),
        (TargetKind.LEADER_WORKER_SET, "llama-12", "llama-0-1"),
    ],
)
def test_pod_pattern_takes_this_targets_pods_only(kind: TargetKind, mine: str, foreign: str) -> None:
    """A target whose name continues another's, and a worker pod, are not taken for it."""
    pattern = ScaleTarget(kind=kind, name="llama").pod_pattern
    assert re.fullmatch(pattern, mine)
    assert not re.fullmatch(pattern, foreign)


def test_dots_in_names_are_no_wildcards() -> None:
    """A name is text, not an expression."""
    pattern = ScaleTarget(kind=TargetKind.STATEFUL_SET, name="v1.5").pod_pattern
    assert re.fullmatch(pattern, "v1.5-0")
    assert not re.fullmatch(pattern, "v1x5-0")


def test_matchers_are_anchored() -> None:
    """Equality compares all of the text, and so does an expression; an absent label is the empty string."""
    assert Matcher(label="model", value="llama.*", regex=True).accepts("llama-70b")
    assert not Matcher(label="model", value="llama", regex=True).accepts("llama-70b")
    assert not Matcher(label="model", value="llama.").accepts("llamax")
    assert Matcher(label="model", value="").accepts("")


def test_bounds_clamp_both_ways() -> None:
    """Both bounds are included."""
    assert [Bounds(min=1, max=4).clamp(each) for each in (0, 1, 4, 5)] == [1, 1, 4, 4]


def test_identity_reads_as_namespace_and_name() -> None:
    """Text and order are those of people."""
    assert str(WorkloadId("prod", "llama")) == "prod/llama"
    assert WorkloadId("a", "z") < WorkloadId("b", "a")

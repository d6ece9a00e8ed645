"""Inline workloads live as long as they are asked for, and configured ones win."""

import pytest

from adapter.core.errors import WorkloadNotFound
from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.keda.inline import InlineWorkloads, TooManyInlineWorkloads
from tests.factories import LLAMA
from tests.keda.world import GivenTuning, tuning_of


def _workload(name: str, **tuning: object) -> TunedWorkload:
    return resolve_workload(WorkloadId("prod", name), WorkloadTuning.model_validate(tuning))


def _inline(limit: int = 1000) -> InlineWorkloads:
    return InlineWorkloads(GivenTuning(tuning_of(LLAMA)), expiry_s=600.0, limit=limit)


def test_a_definition_is_found_until_it_expires() -> None:
    """600 s after the last rpc it still is; then it is gone, for the loop too."""
    inline, chat = _inline(), _workload("chat")
    inline.define(chat, now=0.0)
    assert inline.find(chat.workload.id, now=600.0) is chat
    assert inline.workloads(now=600.0) == [chat]
    with pytest.raises(WorkloadNotFound, match="prod/chat is neither configured nor defined inline"):
        inline.find(chat.workload.id, now=600.1)
    assert inline.workloads(now=600.1) == []


def test_asking_again_keeps_it_alive() -> None:
    """Every rpc refreshes it."""
    inline, chat = _inline(), _workload("chat")
    for now in (0.0, 500.0):
        inline.define(chat, now=now)
    assert inline.workloads(now=1000.0) == [chat]


def test_the_later_definition_wins() -> None:
    """A changed ScaledObject takes effect with its next rpc."""
    inline, changed = _inline(), _workload("chat", margin=2.0)
    inline.define(_workload("chat"), now=0.0)
    inline.define(changed, now=1.0)
    assert inline.workloads(now=2.0) == [changed]


def test_a_configured_workload_wins() -> None:
    """Even one that is configured after the inline definition."""
    tuning = GivenTuning(tuning_of())
    inline, llama = InlineWorkloads(tuning), _workload("llama", margin=2.0)
    assert inline.define(llama, now=0.0) is llama
    tuning.tuning = tuning_of(LLAMA)
    assert inline.workloads(now=1.0) == []
    configured = tuning.tuning.workloads[0]
    assert inline.define(llama, now=1.0) is configured
    assert inline.find(LLAMA, now=1.0) is configured


def test_beyond_the_limit_new_ones_are_refused_and_old_ones_go_on() -> None:
    """Expired ones make room."""
    inline = _inline(limit=2)
    for name in ("a", "b"):
        inline.define(_workload(name), now=0.0)
    with pytest.raises(TooManyInlineWorkloads, match="2 inline workloads are defined, which is the limit"):
        inline.define(_workload("c"), now=1.0)
    inline.define(_workload("a"), now=500.0)
    inline.define(_workload("c"), now=700.0)
    assert [str(each.workload.id) for each in inline.workloads(now=700.0)] == ["prod/a", "prod/c"]

"""Twin of adapter/core/tuning/document.py."""

from typing import Any

import pytest

from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import Bounds, Matcher, TargetKind, WorkloadId


def _resolve(**keys: Any) -> TunedWorkload:
    return resolve_workload(WorkloadId(namespace="prod", name="llama"), WorkloadTuning.model_validate(keys))


def test_a_workload_without_labels_is_found_by_its_pods() -> None:
    """Namespace and the scale target's pod names are the default conditions."""
    workload = _resolve().workload
    assert [(matcher.label, matcher.regex) for matcher in workload.matchers] == [("namespace", False), ("pod", True)]
    assert workload.matchers[1].accepts("llama-7d9f8b6c5-x2v4q")
    assert not workload.matchers[1].accepts("llama-large-7d9f8b6c5-x2v4q")


def test_labels_replace_the_pod_names_but_not_the_namespace() -> None:
    """A workload's series stay within its namespace unless the label is named."""
    matchers = _resolve(match={"app": "x"}).workload.matchers
    assert matchers == (Matcher(label="namespace", value="prod"), Matcher(label="app", value="x"))
    assert _resolve(match={"namespace": "other"}).workload.matchers == (Matcher(label="namespace", value="other"),)


@pytest.mark.parametrize(("name", "expected"), [(None, "llama"), ("other", "other")])
def test_the_scale_target_is_named_like_the_workload_unless_told(name: str | None, expected: str) -> None:
    """Most Deployments are called what their workload is called."""
    workload = _resolve(scaleTarget={"kind": "StatefulSet", "name": name}, replicas={"min": 0, "max": 3}).workload
    assert (workload.target.kind, workload.target.name) == (TargetKind.STATEFUL_SET, expected)
    assert workload.bounds == Bounds(min=0, max=3)

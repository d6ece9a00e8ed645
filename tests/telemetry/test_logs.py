"""Log lines that speak once."""

import io
import json
import logging
import sys
from typing import Any

import pytest

from adapter.core.signal import Reading, Signal, SignalProblem, State
from adapter.core.snapshot import Snapshot
from adapter.core.workload import WorkloadId
from adapter.telemetry.logs import ChangeLog, JsonFormatter, Line, changes, condensed
from tests.factories import READINGS, decision, hold, snapshot

PLAN = snapshot(decision())
HOLD = snapshot(hold(reason="queue_depth is unavailable"))


def _lines(before: Snapshot | None, after: Snapshot) -> dict[str, Line]:
    lines = list(changes(before, after))
    assert len({line.event for line in lines}) == len(lines)
    return {line.event: line for line in lines}


def test_nothing_new_is_nothing_said() -> None:
    """Neither for a plan nor for a hold, even if the words of the hold's reason change."""
    assert not _lines(PLAN, snapshot(decision(at=PLAN.at + 15), at=PLAN.at + 15))
    assert not _lines(HOLD, snapshot(hold(reason="queue_depth is unavailable for 15 s")))


def test_first_snapshot_tells_the_plans_and_what_is_wrong() -> None:
    """At start everything but good news about signals is new."""
    lines = _lines(None, PLAN)
    assert set(lines) == {"tuning in force", "plan", "signals"}
    assert lines["plan"].fields["planned"] == 6
    assert lines["signals"].fields["changed"] == {
        "kv_cache_usage": "stale",
        "gpu_utilization": "absent",
    }


def test_changed_plan_is_told_with_the_step_that_set_it() -> None:
    """Before, after and why."""
    fields = _lines(snapshot(decision(planned=4)), PLAN)["plan"].fields
    assert (fields["before"], fields["planned"], fields["step"]) == (4, 6, "bounds")
    assert fields["reason"] == "replicas.max is 6"
    assert (fields["namespace"], fields["workload"]) == ("prod", "llama")


def test_hold_is_a_warning_when_it_begins_and_a_plan_when_it_ends() -> None:
    """Once each."""
    begins = _lines(PLAN, HOLD)
    assert (begins["holding"].level, begins["holding"].fields["reason"]) == (
        logging.WARNING,
        "queue_depth is unavailable",
    )
    assert set(_lines(HOLD, PLAN)) == {"plan"}


def test_mode_that_changes_is_told() -> None:
    """Switching from advise to act is what an operator wants to see confirmed."""
    assert _lines(snapshot(decision(mode="advise")), PLAN)["mode"].fields["mode"] == "act"


def test_signals_that_change_share_one_line() -> None:
    """At zero replicas nearly all of them go at once."""
    gone = dict.fromkeys(READINGS, Reading(state=State.ABSENT))
    changed = _lines(PLAN, snapshot(decision(signals=gone)))["signals"].fields["changed"]
    assert isinstance(changed, dict)
    assert changed[Signal.QUEUE_DEPTH.value] == "fresh -> absent"
    assert Signal.GPU_UTILIZATION.value not in changed


def test_problem_is_told_when_it_comes_and_when_it_goes() -> None:
    """A message that changes with every tick does not make a new problem."""
    one = snapshot(decision(), problems=(SignalProblem(signal="ttft", query="q", message="no answer in 1 s"),))
    same = snapshot(decision(), problems=(SignalProblem(signal="ttft", query="q", message="no answer in 2 s"),))
    assert _lines(PLAN, one)["signal problem"].fields["reason"] == "no answer in 1 s"
    assert not _lines(one, same)
    assert set(_lines(same, PLAN)) == {"signal problem solved"}


def test_fleet_that_holds_at_once_is_told_in_few_lines() -> None:
    """Twenty by name, the rest by number; other events of the tick are not crowded out."""
    ids = [WorkloadId("prod", f"model-{number:03}") for number in range(500)]
    before, after = snapshot(*map(decision, ids)), snapshot(*map(hold, ids), tuning_digest="sha256:def")
    lines = list(condensed(changes(before, after)))
    assert [line.event for line in lines].count("holding") == 20
    assert (lines[0].event, lines[-1].event, lines[-1].fields) == (
        "tuning in force",
        "holding, and more",
        {"more": 480},
    )


def test_tuning_and_removed_workloads_are_told() -> None:
    """A new digest, and a workload that is no longer configured."""
    lines = _lines(PLAN, snapshot(decision(WorkloadId("prod", "qwen")), tuning_digest="sha256:def"))
    assert set(lines) == {"tuning in force", "plan", "signals", "workload removed"}
    assert lines["workload removed"].fields["workload"] == "llama"


def test_change_log_writes_one_json_object_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the standard logging, with the fields beside the event."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("scaleahead.decisions")
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "level", logging.INFO)
    log = ChangeLog()
    for each in (PLAN, PLAN, HOLD):
        log.publish(each)
    lines: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["tuning in force", "plan", "signals", "holding"]
    assert (lines[-1]["level"], lines[-1]["workload"]) == ("warning", "llama")


def test_traceback_stays_on_its_line() -> None:
    """A log collector reads lines."""
    try:
        int("broken")
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "ValueError: invalid literal" in json.loads(text)["traceback"]

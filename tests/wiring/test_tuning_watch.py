"""Twin of adapter/wiring/tuning_watch.py."""

import logging
from pathlib import Path

import pytest

from adapter.cluster.tuning_file import TuningFile
from adapter.wiring.tuning_watch import TunedLoopReader, TuningWatch
from tests.factories import Board, FixedClock

_GOOD = 'apiVersion: scaleahead/v1alpha1\nprometheus: {url: "http://prometheus:9090"}\n'
_BAD = _GOOD + "defaults: {margn: 2}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good document."""
    found = tmp_path / "tuning.yaml"
    found.write_text(_GOOD)
    return found


def _edit(path: Path, text: str) -> None:
    path.write_text(text)


def _watch(path: Path) -> TuningWatch:
    return TuningWatch(TuningFile(str(path), presets=["vllm"], now=0.0), FixedClock())


async def test_a_rejected_document_is_told_once_with_its_problems(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """However often it is read; each other wrong document counts anew, and so does the good one."""
    watch = _watch(path)
    reader = TunedLoopReader(Board(), watch)
    _edit(path, _BAD)
    for _ in range(3):
        await watch.refresh()
    assert caplog.messages[0] == "tuning rejected"
    assert len(caplog.records) == 2
    assert f"{path}:3: defaults.margn" in caplog.messages[1]
    assert (reader.statistics().tuning_valid, reader.statistics().tuning_rejections) == (False, 1)

    _edit(path, _BAD + "tick: {interval: 7s}\n")
    await watch.refresh()
    assert reader.statistics().tuning_rejections == 2

    caplog.clear()
    _edit(path, _GOOD)
    with caplog.at_level(logging.INFO):
        await watch.refresh()
        await watch.refresh()
    assert caplog.messages == ["tuning accepted again"]
    assert (reader.statistics().tuning_valid, reader.statistics().tuning_rejections) == (True, 2)


async def test_a_good_edit_is_in_force_after_the_next_read(path: Path) -> None:
    """No word about it here: the log tells of it with the first decisions that follow it."""
    file = TuningFile(str(path), presets=["vllm"], now=0.0)
    watch = TuningWatch(file, FixedClock())
    _edit(path, _GOOD + "tick: {interval: 30s}\n")
    await watch.refresh()
    assert file.current().tick.interval == 30.0
    assert watch.valid


async def test_warnings_of_a_document_in_force_are_told_when_it_gets_there(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is overruled by something else in the document should be looked at."""
    override = "override: {floor: 9, until: 2030-01-01T00:00:00Z, author: jane, reason: test}"
    watch = _watch(path)
    _edit(path, _GOOD + f"workloads: [{{namespace: a, name: b, replicas: {{max: 4}}, {override}}}]\n")
    await watch.refresh()
    await watch.refresh()
    assert [message.startswith("tuning: ") for message in caplog.messages] == [True]


async def test_a_crash_while_reading_does_not_end_the_process(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged once with its traceback and shows as a rejected document."""
    file = TuningFile(str(path), presets=["vllm"], now=0.0)
    watch = TuningWatch(file, FixedClock())

    def crash(_now: float) -> bool:
        raise RecursionError("too deep")

    monkeypatch.setattr(file, "refresh", crash)
    await watch.refresh()
    await watch.refresh()
    assert (watch.valid, watch.rejections, len(caplog.records)) == (False, 1, 1)
    monkeypatch.undo()
    await watch.refresh()
    assert watch.valid

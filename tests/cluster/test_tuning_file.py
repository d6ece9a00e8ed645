"""Twin of adapter/cluster/tuning_file.py and adapter/cluster/tuning_keeper.py."""

import os
from pathlib import Path

import pytest

from adapter.cluster.tuning_file import TuningFile
from adapter.core.errors import TuningError

_GOOD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
_BETTER = _GOOD + "tick: {interval: 30s}\n"
_BAD = _GOOD + "tick: {interval: 31s}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a good document."""
    path = tmp_path / "config.yaml"
    path.write_text(_GOOD)
    return path


def _open(path: Path) -> TuningFile:
    return TuningFile(str(path), presets=["vllm"], now=100.0)


def test_a_bad_document_at_the_start_is_an_error(path: Path) -> None:
    """There is nothing to fall back on."""
    path.write_text(_BAD)
    with pytest.raises(TuningError, match="interval"):
        _open(path)


def test_a_good_edit_takes_effect_at_the_next_refresh(path: Path) -> None:
    """The refresh tells that something changed, once."""
    source = _open(path)
    path.write_text(_BETTER)
    assert (source.refresh(110.0), source.refresh(120.0)) == (True, False)
    assert source.current().tick.interval == 30
    assert (source.state.valid, source.state.since) == (True, 110.0)


def test_a_bad_edit_leaves_the_last_good_tuning_in_force(path: Path) -> None:
    """The state says what is wrong, and since when."""
    source = _open(path)
    path.write_text(_BAD)
    assert (source.refresh(110.0), source.refresh(120.0)) == (False, False)
    assert source.current().tick.interval == 15
    assert (source.state.valid, source.state.since, source.state.digest) == (False, 110.0, source.current().digest)
    assert [problem.line for problem in source.state.problems] == [3]


def test_undoing_a_bad_edit_clears_the_state(path: Path) -> None:
    """Back to the same text: valid again, and nothing else changed."""
    source = _open(path)
    path.write_text(_BAD)
    source.refresh(110.0)
    path.write_text(_GOOD)
    assert source.refresh(120.0) is False
    assert (source.state.valid, source.state.since, source.state.problems) == (True, 120.0, ())


def test_a_comment_changes_nothing(path: Path) -> None:
    """Another text that says the same is no new tuning."""
    source = _open(path)
    path.write_text("# note\n" + _GOOD)
    assert (source.refresh(110.0), source.state.since) == (False, 100.0)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_file_that_vanishes_or_is_no_text_changes_nothing(path: Path, content: bytes | None) -> None:
    """A half-written or deleted file is a bad edit like any other."""
    source = _open(path)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert source.refresh(110.0) is False
    assert (source.state.valid, source.current().tick.interval) == (False, 15)


def test_a_mounted_config_map_is_followed_through_its_link(tmp_path: Path) -> None:
    """The kubelet swaps `..data`; the path stays and its content is new."""
    for version, text in (("..1", _GOOD), ("..2", _BETTER)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "config.yaml").symlink_to("..data/config.yaml")
    source = _open(tmp_path / "config.yaml")
    (tmp_path / "..data_tmp").symlink_to("..2")
    os.replace(tmp_path / "..data_tmp", tmp_path / "..data")
    assert source.refresh(110.0) is True
    assert source.current().tick.interval == 30

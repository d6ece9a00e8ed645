"""The shipped model and its file."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS
from forecasting.model_file import load_model, save_model, shipped_model, training_record
from forecasting.ranks import GRID


def test_the_shipped_model_fits_the_experts_and_is_small() -> None:
    """Outputs for every expert and level; at most a megabyte; finite numbers."""
    outputs = (len(PEAK_EXPERTS) + len(PATH_EXPERTS) + 2) * GRID.size
    assert all(network.offsets[2].size == outputs for network in shipped_model().networks)
    path = Path(str(files("forecasting").joinpath("pooled_model.npz")))
    assert path.stat().st_size <= 1_000_000
    assert all(np.isfinite(weight).all() for network in shipped_model().networks for weight in network.weights)
    assert training_record(path)["samples"]


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Write, read, compare."""
    path = tmp_path / "model.npz"
    save_model(path, shipped_model(), {"seed": 1})
    assert training_record(path) == {"seed": 1}
    again = load_model(path)
    np.testing.assert_array_equal(again.networks[0].weights[2], shipped_model().networks[0].weights[2])


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    """The message names both formats."""
    path = tmp_path / "model.npz"
    np.savez(path, format=np.array(99))
    with pytest.raises(ValueError, match=r"format 99.*format 1"):
        load_model(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"text", b"\x80\x04N."])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file, whatever is in it."""
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.npz is no pooled model"):
        load_model(path)


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    """The message names what is in it."""
    path = tmp_path / "model.npz"
    np.savez(path, load=np.ones(3))
    with pytest.raises(ValueError, match=r"archive of \['load'\]"):
        load_model(path)

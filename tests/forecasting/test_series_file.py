"""Reading series."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from forecasting.series_file import read_series


def test_series_gaps_and_missing_rows_are_told_apart_from_zero(tmp_path: Path) -> None:
    """A gap and a row that is not there are NaN; zero is zero."""
    path = tmp_path / "load.csv.gz"
    with gzip.open(path, "wt") as stream:
        stream.write("series_id,t_s,gap,requests\na,0,0,5\na,60,1,0\na,120,0,0\nb,0,0,1\nb,120,0,2\n")
    found = read_series(path)
    assert found.names == ("a", "b")
    assert found.step_s == 60.0
    np.testing.assert_array_equal(found.values, [[5, np.nan, 0], [1, np.nan, 2]])


def test_a_file_without_names_is_one_series_named_after_it(tmp_path: Path) -> None:
    """The value column falls back to arrivals."""
    path = tmp_path / "mine.csv"
    path.write_text("t_s,arrivals\n0,1\n10,2\n")
    assert read_series(path).names == ("mine",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("t_s,load\n0,1\n60,2\n", "requests.*arrivals"),
        ("time,requests\n0,1\n60,2\n", "no column t_s"),
        ("t_s,requests\n0,1\n60,2\n100,3\n", "multiples of the step"),
        ("t_s,requests\n0,1\n", "at least two"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    """The message says what the file lacks."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_series(path)

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
        ("", "value columns"),
        ("t_s,requests\n0,1\n0,2\n", "one point in time"),
        ("t_s,requests\n0,1\n60,2\n60,3\n", "line 4: series bad has the time 60 s twice"),
        ("t_s,requests\n0,1\n60,many\n", "line 3, column requests: must be a number >= 0.*'many'"),
        ("t_s,requests\n0,1\n60,-2\n", "line 3, column requests: must be a number >= 0.*'-2'"),
        ("t_s,requests\n0,1\n60,inf\n", "line 3, column requests"),
        ("t_s,requests\n0,1\nnoon,2\n", "line 3, column t_s: must be a finite number, got 'noon'"),
        ("t_s,requests\n0,1\n60\n", "line 3: 1 fields, but the first line names 2"),
        ("t_s,gap,requests\n0,0,1\n60,maybe,2\n", "line 3, column gap: must be 1"),
        ("t_s,requests\n0,1\n0.001,2\n86400,3\n9e6,3\n", "values that are allowed"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    """The message says what the file lacks."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_series(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A picture, and an archive that was cut off."""
    picture, cut = tmp_path / "load.csv", tmp_path / "load.csv.gz"
    picture.write_bytes(b"\x89PNG\xff\xfe")
    cut.write_bytes(gzip.compress(b"t_s,requests\n0,1\n" * 100)[:-20])
    for path in (picture, cut):
        with pytest.raises(ValueError, match="cannot be read as CSV text"):
            read_series(path)


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    """A byte order mark, blanks, empty lines, an empty cell for a gap, and counts beyond 32 bits."""
    path = tmp_path / "load.csv"
    path.write_text("\ufefft_s, requests\r\n1700000000, 9000000000000\r\n\r\n1700000010,\r\n", encoding="utf-8")
    found = read_series(path)
    assert found.step_s == 10.0
    np.testing.assert_array_equal(found.values, [[9e12, np.nan]])

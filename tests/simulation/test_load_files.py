"""Files of load, as people bring them."""

import numpy as np
import pytest

from adapter.simulation.load_files import DEFAULT_SHAPE, bridged, read_loads


def test_a_file_of_requests_is_one_workload() -> None:
    """Counted by the minute, and the requests themselves kept."""
    (load,) = read_loads("t_s,input_tokens,output_tokens\n0,100,10\n59,300,30\n61,200,20\n", name="code")
    assert (load.name, load.step_s, load.counts.tolist()) == ("code", 60.0, [2, 1])
    assert load.requests is not None
    assert load.prompt_tokens.tolist() == [200.0, 200.0]


def test_series_are_workloads_and_gaps_are_not_zero() -> None:
    """Two series; a gap is not known, an empty window is."""
    text = "series_id,t_s,requests,gap\na,0,5,0\na,600,0,1\na,1200,0,0\nb,0,1,0\nb,600,2,0\nb,1200,3,0\n"
    first, second = read_loads(text, name="file")
    assert (first.name, first.known.tolist(), first.counts.tolist()) == ("a", [True, False, True], [5, 0, 0])
    assert (second.name, second.counts.sum(), second.duration_s) == ("b", 6, 1800.0)


def test_a_gap_is_bridged_from_the_hours_around_it() -> None:
    """Straight from a mean of 6 to one of 12; at the end the last level lasts."""
    (load,) = read_loads("t_s,requests,gap\n0,4,0\n1800,8,0\n3600,0,1\n5400,0,1\n7200,12,0\n9000,0,1\n", name="x")
    assert bridged(load).counts.tolist() == [4, 8, 8, 10, 12, 12]
    assert bridged(load).known.tolist() == load.known.tolist()


def test_a_load_without_gaps_or_without_anything_known_is_left_as_it_is() -> None:
    """There is nothing to bridge, or nothing to bridge it with."""
    for text in ("t_s,requests\n0,4\n60,0\n", "t_s,requests,gap\n0,0,1\n60,0,1\n"):
        (load,) = read_loads(text, name="x")
        assert bridged(load) is load


def test_token_means_are_used_and_holes_filled_from_the_series() -> None:
    """The hole gets the mean over requests: (10 x 100 + 30 x 200) / 40."""
    text = "t_s,arrivals,input_tokens_mean,output_tokens_mean\n0,10,100,\n60,5,,\n120,30,200,\n"
    (load,) = read_loads(text, name="x")
    assert load.prompt_tokens.tolist() == [100.0, 175.0, 200.0]
    assert load.output_tokens.tolist() == [DEFAULT_SHAPE.output_tokens] * 3


def test_token_sums_are_divided_by_requests() -> None:
    """147578 tokens over 63 requests."""
    (load,) = read_loads("t_s,arrivals,input_tokens,output_tokens\n0,63,147578,1478\n60,1,100,10\n", name="x")
    assert load.prompt_tokens[0] == pytest.approx(147578 / 63)


def test_without_tokens_defaults_are_assumed() -> None:
    """Stated in the documentation."""
    (load,) = read_loads("t_s,arrivals\n0,1\n10,2\n", name="x")
    assert np.unique(load.prompt_tokens).tolist() == [DEFAULT_SHAPE.prompt_tokens]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,load\n0,1\n", r"line 1: need the columns t_s, input_tokens and output_tokens .* found time, load"),
        ("arrivals\n1\n", r"line 1: missing column t_s"),
        ("t_s,arrivals\n0,1\n60\n", r"line 3: 1 fields, the header has 2"),
        ("t_s,arrivals\n0,one\n60,2\n", r"series x, column arrivals: could not convert string to float: .*'one'"),
        ("t_s,arrivals\n0,1\n60,2\n90,3\n", r"series x \(from line 2\): t_s must rise in equal steps"),
        ("t_s,arrivals\n0,-1\n60,2\n", r"series x \(from line 2\): counts must be >= 0"),
        ("", r"line 1: need the columns"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, message: str) -> None:
    """Column, line or series, and what was expected."""
    with pytest.raises(ValueError, match=message):
        read_loads(text, name="x")

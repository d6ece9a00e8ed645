"""Reading, placing and scaling of request traces."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from adapter.simulation.profiles import LLAMA_8B_H100, RequestShape
from adapter.simulation.traces import (
    Requests,
    TokenLengths,
    azure_code,
    mostly_idle,
    peak_replicas,
    place_counts,
    read_count_trace,
    read_request_trace,
    scale_to_peak,
)
from tests.simulation.workloads import TOY, requests

_LENGTHS = TokenLengths(shape=RequestShape(prompt_tokens=500, output_tokens=80))


def test_the_bundled_code_trace_is_the_published_one() -> None:
    """8819 requests in 57 minutes with 2048 prompt and 28 output tokens on average."""
    trace = azure_code()
    assert (len(trace), round(trace.duration_s)) == (8819, 3436)
    assert trace.shape().prompt_tokens == pytest.approx(2047.848, abs=0.001)
    assert trace.shape().output_tokens == pytest.approx(27.883, abs=0.001)


def test_the_bundled_idle_trace_is_idle_most_of_the_time() -> None:
    """Most minutes have no arrival, yet there are bursts of over a hundred."""
    trace = mostly_idle(rng=np.random.default_rng(0))
    by_minute = np.bincount((trace.arrival_s // 60).astype(int), minlength=210)
    assert np.mean(by_minute == 0) > 0.5
    assert by_minute.max() == 165


def test_each_bundled_trace_is_attributed() -> None:
    """NOTICE names every data file, its licence and its authors."""
    data = files("adapter.simulation.data")
    notice = data.joinpath("NOTICE").read_text(encoding="utf-8")
    names = [entry.name for entry in data.iterdir() if ".csv" in entry.name]
    assert len(names) == 2
    assert all(name in notice for name in names)
    assert "CC-BY 4.0" in notice
    assert "Apache License 2.0" in notice


def test_counts_keep_their_step() -> None:
    """Placed arrivals counted again give the counts."""
    counts = np.array([3, 0, 5, 1])
    trace = place_counts(counts, 60.0, _LENGTHS, rng=np.random.default_rng(1))
    assert list(np.bincount((trace.arrival_s // 60).astype(int))) == [3, 0, 5, 1]


def test_drawn_lengths_have_the_published_means() -> None:
    """100,000 draws are within 2 % of the means."""
    trace = place_counts(np.array([100_000]), 60.0, _LENGTHS, rng=np.random.default_rng(2))
    assert trace.shape().prompt_tokens == pytest.approx(500, rel=0.02)
    assert trace.shape().output_tokens == pytest.approx(80, rel=0.02)


@pytest.mark.parametrize("replicas", [0.2, 3.0, 10.0])
def test_scaling_reaches_the_peak_asked_for(replicas: float) -> None:
    """Thinned or repeated, the busiest ten minutes need that many replicas."""
    trace = scale_to_peak(azure_code(), LLAMA_8B_H100, replicas, rng=np.random.default_rng(3))
    assert peak_replicas(trace, LLAMA_8B_H100) == pytest.approx(replicas, rel=0.06)


def test_scaling_by_a_short_window_needs_fewer_requests() -> None:
    """Ten replicas for the busiest 15 s are fewer requests than ten for the busiest ten minutes."""
    by_burst = scale_to_peak(azure_code(), LLAMA_8B_H100, 10, rng=np.random.default_rng(3), window_s=15.0)
    by_minutes = scale_to_peak(azure_code(), LLAMA_8B_H100, 10, rng=np.random.default_rng(3))
    assert len(by_burst) < len(by_minutes) / 3


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs of placing and scaling agree; another seed does not."""
    one, two, other = (
        scale_to_peak(mostly_idle(rng=np.random.default_rng(seed)), TOY, 4, rng=np.random.default_rng(seed))
        for seed in (7, 7, 8)
    )
    assert one.arrival_s.tobytes() == two.arrival_s.tobytes()
    assert one.output_tokens.tobytes() == two.output_tokens.tobytes()
    assert one.arrival_s.tobytes() != other.arrival_s.tobytes()


def test_the_peak_is_found_anywhere_in_the_trace() -> None:
    """Sixty requests in one minute at 0.01 s of prefill each, on an engine that works 90 % of the time."""
    trace = requests([*range(0, 3000, 600), *(3600.0 + i for i in range(60))])
    assert peak_replicas(trace, replace(TOY, max_num_seqs=900), window_s=60.0) == pytest.approx(60 * 0.01 / 60 / 0.9)


def test_between_cuts_and_starts_anew() -> None:
    """[10, 30) of arrivals at 5, 10, 20, 30 is 0 and 10."""
    cut = requests([5.0, 10.0, 20.0, 30.0]).between(10.0, 30.0)
    assert list(cut.arrival_s) == [0.0, 10.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t_s,input_tokens\n0,1\n", "line 1: missing column output_tokens; found t_s, input_tokens"),
        ("t_s,input_tokens,output_tokens\n0,1,2\n1,x,2\n", "line 3: input_tokens must be a finite number, got 'x'"),
        ("t_s,input_tokens,output_tokens\n5,1,2\n4,1,2\n", "arrival_s must be finite, >= 0 and ascending"),
        ("t_s,input_tokens,output_tokens\n0,nan,2\n", "line 2: input_tokens must be a finite number, got 'nan'"),
        ("t_s,input_tokens,output_tokens\n0,1\n", "line 2: output_tokens must be a finite number, got None"),
        ("t_s,input_tokens,output_tokens\n0,0,2\n", "prompt_tokens must be >= 1, got 0"),
    ],
)
def test_a_bad_request_trace_says_what_is_wrong(text: str, message: str) -> None:
    """Each defect is named, with the line where there is one."""
    with pytest.raises(ValueError, match=message):
        read_request_trace(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t_s,arrivals\n0,1\n", "needs at least two rows"),
        ("t_s,arrivals\n0,1\n60,2\n90,3\n", "t_s must rise in equal steps"),
        ("t_s,arrivals\n0,1\n60,-2\n", "arrivals must be >= 0"),
    ],
)
def test_a_bad_count_trace_says_what_is_wrong(text: str, message: str) -> None:
    """Irregular grids and negative counts are refused."""
    with pytest.raises(ValueError, match=message):
        read_count_trace(text)


def test_one_series_is_read_out_of_several() -> None:
    """The file has two series one after the other; naming one gives its counts."""
    text = "series_id,t_s,arrivals\na,0,1\na,60,2\nb,0,3\nb,60,4\n"
    step_s, counts = read_count_trace(text, series="b")
    assert (step_s, list(counts)) == (60.0, [3, 4])
    with pytest.raises(ValueError, match="no rows with series_id c"):
        read_count_trace(text, series="c")
    with pytest.raises(ValueError, match="of several series in one file, name one"):
        read_count_trace(text)


def test_unequal_columns_are_refused() -> None:
    """The message has the three lengths."""
    one, two = np.array([1]), np.array([1, 1])
    with pytest.raises(ValueError, match="equally long, got 1, 2, 1"):
        Requests(arrival_s=np.array([0.0]), prompt_tokens=two, output_tokens=one)

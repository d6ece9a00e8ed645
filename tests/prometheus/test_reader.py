"""One query is one array, in however many pieces it has to be asked for."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import SignalUnavailable
from adapter.core.signal import Grid
from adapter.prometheus.client import Answer
from adapter.prometheus.decode import Table
from adapter.prometheus.failures import AnswerTooLarge
from adapter.prometheus.fold import Folded, Owned, fold_sum
from adapter.prometheus.matching import Owners, inherited
from adapter.prometheus.preset import load_preset
from adapter.prometheus.reader import Job, fetch
from tests.fleets import make_workload

_LABELS = {"namespace": "llm", "pod": "a-7c9f8d6b5-x2x7k"}


def _fold(table: Table, owned: Owned) -> Folded:
    return fold_sum(table, owned, rows=1)


def _job() -> Job:
    return Job(query="q", owners=Owners(load_preset("vllm"), {0: inherited(make_workload("a"))}), fold=_fold)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_NEARLY = st.fixed_dictionaries(
    {"metric": st.dictionaries(st.sampled_from(["namespace", "pod", "le"]), _JSON), "value": st.tuples(_JSON, _JSON)}
)


@given(st.lists(_JSON | _NEARLY, max_size=4), st.sampled_from([1, 3]))
def test_no_answer_is_strange_enough_to_raise(result: list[Any], count: int) -> None:
    """JSON of any shape becomes an array or a complaint; a number that is there is real or marked as bad."""
    fetched = fetch(lambda *_: Answer(result=result), _job(), Grid(start=0.0, step_s=1.0, count=count))

    if fetched.folded is None:
        assert len(fetched.complaints) == 1
    else:
        assert not (np.isinf(fetched.folded.value) & ~fetched.folded.bad).any()


class _Server:
    """Answers with the time itself, and refuses more than `most` points."""

    def __init__(self, *, most: int, warnings: tuple[str, ...] = ()) -> None:
        self.most = most
        self.warnings = warnings
        self.asked: list[int] = []

    def ask(self, query: str, grid: Grid) -> Answer:
        """Return one series."""
        assert query == "q"
        self.asked.append(grid.count)
        if grid.count > self.most:
            raise AnswerTooLarge("too large")
        samples = [[at, str(at)] for at in grid.times()]
        series: dict[str, Any] = {"value": samples[0]} if grid.count == 1 else {"values": samples}
        return Answer(result=[{"metric": dict(_LABELS)} | series], warnings=self.warnings)


def test_range_above_the_point_limit_is_asked_for_in_pieces() -> None:
    """Every time is there, in order."""
    grid = Grid(start=1_000.0, step_s=15.0, count=25_000)
    server = _Server(most=11_000)
    fetched = fetch(server.ask, _job(), grid)

    assert fetched.folded is not None
    np.testing.assert_array_equal(fetched.folded.value[0], grid.times())
    assert server.asked == [10_000, 10_000, 5_000]


def test_piece_with_too_large_an_answer_is_halved_until_it_fits() -> None:
    """A long history of a large fleet comes in many answers instead of none."""
    grid = Grid(start=0.0, step_s=1.0, count=11)
    fetched = fetch(_Server(most=3).ask, _job(), grid)

    assert fetched.folded is not None
    np.testing.assert_array_equal(fetched.folded.value[0], grid.times())
    assert fetched.complaints == ()


def test_single_time_that_does_not_fit_is_a_complaint() -> None:
    """There is nothing left to halve."""
    fetched = fetch(_Server(most=0).ask, _job(), Grid(start=0.0, step_s=1.0, count=2))

    assert (fetched.folded, fetched.complaints) == (None, ("too large",))


def test_warning_of_several_pieces_is_told_once() -> None:
    """The values are marked as partial."""
    fetched = fetch(_Server(most=9, warnings=("gone",)).ask, _job(), Grid(start=0.0, step_s=1.0, count=20))

    assert fetched.warned
    assert len(fetched.complaints) == 1


def test_failure_in_the_middle_leaves_nothing_half_read() -> None:
    """A history with a hole that nobody sees would be worse than none."""
    server = _Server(most=11_000)

    def ask(query: str, grid: Grid) -> Answer:
        if server.asked:
            raise SignalUnavailable("gone")
        return server.ask(query, grid)

    fetched = fetch(ask, _job(), Grid(start=0.0, step_s=1.0, count=20_000))

    assert (fetched.folded, fetched.complaints) == (None, ("gone",))

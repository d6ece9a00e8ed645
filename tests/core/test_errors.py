import pytest

from adapter.core import errors
from adapter.core.errors import Problem, ScaleaheadError, SignalError, TuningError


@pytest.mark.parametrize(
    "name", ["SignalError", "TuningError", "WorkloadNotFound", "CannotDecide", "SnapshotStale", "SignalUnavailable"]
)
def test_every_error_has_one_base(name: str) -> None:
    """A shell can catch everything that users and consumers can cause by one name."""
    assert issubclass(getattr(errors, name), ScaleaheadError)


def test_signals_fail_in_two_ways() -> None:
    """No answer and an unusable answer are told apart, and both are signal errors."""
    assert {each.__name__ for each in SignalError.__subclasses__()} == {"SignalUnavailable", "SignalMalformed"}


def test_a_problem_says_where_what_and_what_was_given() -> None:
    """File, line, key path, sentence and value are in one line; unknown parts are left out."""
    problem = Problem(file="c.yaml", line=7, column=3, path="tick.interval", given="7s", message="must divide 60s")
    assert str(problem) == "c.yaml:7: tick.interval: must divide 60s (given: 7s)"
    assert str(Problem(file="c.yaml", line=0, column=0, path="", given="", message="is empty")) == "c.yaml: is empty"


def test_a_tuning_error_lists_every_problem() -> None:
    """One line each, and the problems themselves for those who render."""
    problems = tuple(Problem(file="c", line=at, column=1, path="p", given="", message="m") for at in (1, 2))
    assert str(TuningError(problems)).splitlines() == ["c:1: p: m", "c:2: p: m"]
    assert TuningError(problems).problems == problems

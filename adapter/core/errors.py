"""Errors of scaleahead, one class per reaction.

The tree::

    ScaleaheadError
    ├── SignalError                a signal could not be read; the last known value ages, nothing becomes zero
    │   ├── SignalUnavailable      the source did not answer (down, slow, 401, 5xx, cut off)
    │   └── SignalMalformed        the source answered with something that is no usable value
    ├── TuningError                a tuning document was rejected; the last good one stays in force
    ├── WorkloadNotFound           nobody configured this workload
    ├── CannotDecide               a decision exists, and it is to hold: consumers must see an error, never a number
    └── SnapshotStale              the loop is stuck or has not finished its first tick

Bugs are not in the tree: they are caught once, at the edge of a tick.
"""

from dataclasses import dataclass


class ScaleaheadError(Exception):
    """Base of every error a user or a consumer can cause."""


class SignalError(ScaleaheadError):
    """A signal could not be read."""


class SignalUnavailable(SignalError):
    """The source did not answer: down, slow, refused, or cut off in the middle."""


class SignalMalformed(SignalError):
    """The source answered, but not with a usable value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in a tuning document.

    `line` and `column` count from 1; both are 0 when the position is unknown (text that is not YAML at all has one).
    """

    file: str
    line: int
    column: int
    path: str
    """Key path such as `workloads[2].replicas.min`, empty for the document itself."""
    given: str
    """The offending value as written, shortened."""
    message: str
    """What is wrong and what is allowed, one sentence."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        subject = f" {self.path}:" if self.path else ""
        given = f" (given: {self.given})" if self.given else ""
        return f"{where}:{subject} {self.message}{given}"


class TuningError(ScaleaheadError):
    """A tuning document was rejected; `problems` lists everything wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class WorkloadNotFound(ScaleaheadError):
    """No workload of that namespace and name is configured."""


class CannotDecide(ScaleaheadError):
    """The decision is to hold; the text says why."""


class SnapshotStale(ScaleaheadError):
    """There is no snapshot, or the newest is too old to act on."""

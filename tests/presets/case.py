"""One cell of the table: a signal of a workload, and what it must be."""

from dataclasses import dataclass

from adapter.core.signal import Signal, State
from tests.stored import GROWTH_S

PER_S = 1 / GROWTH_S
"""Rate of a counter that shows 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What hand arithmetic on the expositions gives."""

    workload: str
    """A name of `systems.WORKLOADS`."""
    signal: Signal
    preset: str
    """The preset that the value is to come from."""
    value: float | None
    """None is absence."""

    @property
    def state(self) -> State:
        """Return the state that goes with the value."""
        return State.ABSENT if self.value is None else State.FRESH

    @property
    def value_or_nan(self) -> float:
        """Return the value, NaN for absence."""
        return float("nan") if self.value is None else self.value

    def __str__(self) -> str:
        return f"{self.preset}-{self.workload}-{self.signal}"


def cases(workload: str, preset: str, expected: dict[Signal, float | None]) -> tuple[Case, ...]:
    """Return the cases of one workload whose signals come from one preset."""
    return tuple(
        Case(workload=workload, signal=signal, preset=preset, value=value) for signal, value in expected.items()
    )


def quantile(rank: float, *, lower: float, upper: float, below: float, within: float) -> float:
    """Return a quantile by its bucket: `below` observations lie under `lower`, `within` under `upper`.

    Example:
        The 95th of 100 observations, 90 of them below 1 s and all below 2 s.

        >>> quantile(95, lower=1, upper=2, below=90, within=100)
        1.5
    """
    return lower + (upper - lower) * (rank - below) / (within - below)

"""What may be chosen for a workload by back-testing, and which choices are tried.

What people have written in the tuning document stays: only keys that are left at their defaults are tuned, one by one.
The set is small and fixed, so that a choice can be explained, compared and worked out by every process alike.
Must not know: how a choice is judged.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from adapter.core.price import chosen_quantile
from adapter.core.tuning import WorkloadTuning

MARGINS: Final = (1.05, 1.15, 1.3, 1.5, 1.75, 2.0)
QUANTILES: Final = (0.7, 0.9, 0.975)
"""Price points of a forecast: what a missing replica costs against an idle one is q / (1 - q)."""
HOLDS: Final = ((60.0, 60.0, 60.0), (360.0, 300.0, 300.0), (540.0, 900.0, 900.0))
"""`hold.scaleIn`, `hold.breakEven` and `hold.idle`, which are changed together: all say how dear a restart is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """One choice for one workload."""

    margin: float
    """Factor on demand, >= 1; where it is regulated, what regulation starts from."""
    forecast: bool
    """Whether the mix of forecasters has a voice; without it, sizing is reactive."""
    quantile: float
    """Quantile of the forecast peak that is provided for; says nothing without a forecast."""
    scale_in_s: float
    break_even_s: float
    idle_s: float

    def __str__(self) -> str:
        """Return the choice for people.

        Example:
            >>> str(knobs_of(WorkloadTuning()))
            'margin 1.15, forecaster mix at P97.5, hold 6 min'
        """
        forecaster = f"mix at P{100 * self.quantile:g}" if self.forecast else "none"
        return f"margin {self.margin:g}, forecaster {forecaster}, hold {self.scale_in_s / 60:g} min"


def knobs_of(tuning: WorkloadTuning) -> Knobs:
    """Return what is in force by a tuning."""
    hold = tuning.hold
    return Knobs(
        margin=tuning.margin,
        forecast=tuning.forecast.enabled,
        quantile=chosen_quantile(tuning),
        scale_in_s=hold.scale_in,
        break_even_s=hold.break_even,
        idle_s=hold.idle,
    )


def with_knobs(tuning: WorkloadTuning, knobs: Knobs) -> WorkloadTuning:
    """Return the tuning with a choice in force; equal to the tuning where the choice is what it says already."""
    if knobs == knobs_of(tuning):
        return tuning
    forecast: dict[str, object] = {"enabled": knobs.forecast}
    if tuning.forecast.price is None:
        forecast["quantile"] = knobs.quantile
    hold = {"scale_in": knobs.scale_in_s, "break_even": knobs.break_even_s, "idle": knobs.idle_s}
    return tuning.model_copy(
        update={
            "margin": knobs.margin,
            "forecast": tuning.forecast.model_copy(update=forecast),
            "hold": tuning.hold.model_copy(update=hold),
        }
    )


def candidates(tuning: WorkloadTuning) -> tuple[Knobs, ...]:
    """Return what is tried for a workload, without repeats: what is in force first, written keys as they are written.

    Example:
        >>> len(candidates(WorkloadTuning()))
        72
        >>> {each.margin for each in candidates(WorkloadTuning.model_validate({"margin": 1.4}))}
        {1.4}
    """
    standing = knobs_of(tuning)
    tried = itertools.product(_margins(tuning), _forecasters(tuning), _holds(tuning))
    made = (
        Knobs(margin=margin, forecast=on, quantile=quantile, scale_in_s=hold[0], break_even_s=hold[1], idle_s=hold[2])
        for margin, (on, quantile), hold in tried
    )
    return tuple(dict.fromkeys((standing, *made)))


def _margins(tuning: WorkloadTuning) -> tuple[float, ...]:
    return (tuning.margin,) if "margin" in tuning.model_fields_set else MARGINS


def _forecasters(tuning: WorkloadTuning) -> Iterator[tuple[bool, float]]:
    """Yield whether to forecast and the quantile; reactive sizing keeps the quantile of now, which it does not use."""
    standing, written = knobs_of(tuning), tuning.forecast.model_fields_set
    fixed = bool(written & {"quantile", "price"})
    if "enabled" not in written or not tuning.forecast.enabled:
        yield False, standing.quantile
    if "enabled" not in written or tuning.forecast.enabled:
        yield from ((True, each) for each in ((standing.quantile,) if fixed else QUANTILES))


def _holds(tuning: WorkloadTuning) -> Iterator[tuple[float, float, float]]:
    hold, written = tuning.hold, tuning.hold.model_fields_set
    for scale_in, break_even, idle in HOLDS:
        yield (
            hold.scale_in if "scale_in" in written else scale_in,
            hold.break_even if "break_even" in written else break_even,
            hold.idle if "idle" in written else idle,
        )

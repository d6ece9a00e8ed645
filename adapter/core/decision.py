"""The decision: what is planned for one workload, and every step that led there.

A decision is the single source for metrics, scalers, UI, CLI, logs and self-metrics; none of them recomputes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from adapter.core.lead_time import LeadTime
from adapter.core.regulation import Margin
from adapter.core.shaping import Shaped
from adapter.core.signal import Reading, Signal, State
from adapter.core.tuning import HpaTuning
from adapter.core.verdict import Verdict
from adapter.core.workload import WorkloadId


class Outcome(StrEnum):
    """Whether there is a plan at all."""

    PLAN = "plan"
    HOLD = "hold"
    """Nothing may be concluded: consumers get an error, and HPA and KEDA keep what is there."""


class StepName(StrEnum):
    """The steps of a decision, in their order."""

    WAKE = "wake"
    """Only where demand was seen between two ticks."""
    OBSERVE = "observe"
    REACTIVE = "reactive"
    SYMPTOMS = "symptoms"
    PREDICTIVE = "predictive"
    HOLD_SCALE_IN = "hold-scale-in"
    MISSING_DATA = "missing-data"
    ROLLOUT = "rollout"
    STARTS = "starts"
    ACTIVATION = "activation"
    WARM = "warm"
    EVENT = "event"
    OVERRIDE = "override"
    BOUNDS = "bounds"
    ADVISE = "advise"
    FALLBACK = "fallback"
    UNIT = "unit"
    RATIO = "ratio"
    MAX_STEP = "max-step"
    BUDGET = "budget"
    SHAPE = "shape"


FLEET_STEPS = (StepName.FALLBACK, StepName.UNIT, StepName.RATIO, StepName.MAX_STEP, StepName.BUDGET)
"""Steps that a decision has only where its workload is limited in that way; they change what is served."""
OCCASIONAL_STEPS = (StepName.WAKE, *FLEET_STEPS)
"""Steps that a decision does not always have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: replicas before and after it, and why."""

    name: StepName
    before: int | None
    """Replicas, None while no number exists yet."""
    after: int | None
    reason: str


class DemandUnit(StrEnum):
    """What demand and capacity are counted in."""

    WORK = "engine-seconds/s"
    """Seconds of one replica's full work per second, from uncached prompt tokens and generated tokens."""
    CONCURRENCY = "requests in flight"
    """Used while no token capacity is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Load to serve, in one unit."""

    unit: DemandUnit
    arriving: float
    """Load arriving now."""
    backlog: float
    """Load that waits, spread over the drain time; same unit as `arriving`."""
    at_lead_time: float
    """The chosen quantile of the peak within the lead time; NaN without a trusted forecast."""
    beyond_lead_time: float
    """The same within lead time plus break-even, which is what shrinking looks at; NaN without a trusted forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Load one ready replica sustains within its objective."""

    unit: DemandUnit
    per_replica: float
    source: Literal["configured", "learnt", "default"]
    nominal: float
    """What the tuning alone says; it does not move with what is learnt, so that targets that were copied stay true."""
    confidence: float = 1.0
    """How well it is known, 0 to 1: 1 where it is configured, 0 for a first guess."""
    reason: str = ""
    """What it was learnt from and what binds, or why nothing is learnt yet; empty where nothing is to be learnt."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkloadForecast:
    """Quantiles of the peak demand of one workload, as seen from `origin`."""

    origin: float
    """Time of the newest sample used, seconds since epoch."""
    horizons_s: tuple[float, ...]
    """Ascending, seconds ahead of `origin`; the same ladder for every workload."""
    quantiles: tuple[float, ...]
    peak: tuple[tuple[float, ...], ...]
    """One row per quantile, one column per horizon, in the unit of demand."""
    arrival_probability: tuple[float, ...]
    """Probability that any load arrives within each horizon."""
    skill: float
    """1 - own loss / loss of the naive forecast over recent peaks; above 0 is better, NaN until known."""
    coverage: float
    """Share of past peaks below the chosen quantile; NaN until known."""
    trusted: bool
    """Whether the forecast has earned its vote."""
    signal_peaks: Mapping[Signal, float] = field(default_factory=dict)
    """Raw signals: the chosen quantile of their peak within the lead time, in the unit of the signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaCounts:
    """Replicas as the cluster sees them; None = unknown."""

    requested: int | None
    """`spec.replicas`."""
    status: int | None
    """`status.replicas`, which is what the HPA's AverageValue arithmetic divides by."""
    ready: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """What one tick concluded about one workload."""

    workload: WorkloadId
    at: float
    """Tick time, seconds since epoch."""
    outcome: Outcome
    hold_reason: str = ""
    """Why nothing may be concluded; empty for a plan."""
    mode: Literal["advise", "act"]
    planned: int | None
    """Replicas wanted; None on hold."""
    served: int | None
    """Replicas handed to consumers: the plan, or the plain reactive value in advise mode, within the limits of the
    fleet; None on hold."""
    reactive: int | None
    """Replicas for the work and backlog measured now, with the same holds and limits; None on hold."""
    predictive: int | None
    """Replicas for the forecast; None without one."""
    active: bool | None
    """Whether there should be any replica; None on hold."""
    emitted: Shaped | None
    """Metric value and target that make the HPA land on `served`; None on hold."""
    demand: Demand | None
    capacity: Capacity
    replicas: ReplicaCounts
    lead_time: LeadTime
    margin: Margin
    quantile: float
    """Quantile of the forecast that demand is read at."""
    forecast: WorkloadForecast | None
    hpa: HpaTuning = HpaTuning()  # noqa: RUF009 - frozen, so sharing the default instance is safe
    """The HPA that `emitted` is shaped for."""
    hpa_from: str = ""
    """Namespace and name under which the cluster has it; empty if it is the configured one."""
    signals: Mapping[Signal, Reading] = field(default_factory=dict)
    signal_forecasts: Mapping[Signal, float] = field(default_factory=dict)
    """Forecast twin of the raw signals: chosen quantile of their peak within the lead time."""
    gpus_per_replica: float = 1.0
    """GPUs of one replica, as configured; for sums over a fleet."""
    attainment_goal: float = 0.98
    """Share of requests that should meet their objective, as configured; to hold `margin.attained` against."""
    missing: int = 0
    """Replicas that the load asks for and that will not serve, as their starts are stuck; a fallback may take them."""
    verdict: Verdict | None = None
    """What back-testing says of its settings; None while that is not known, or where nobody asks."""
    steps: tuple[Step, ...] = ()

    @property
    def lead_time_s(self) -> float:
        """How far ahead this decision looks, seconds."""
        return self.lead_time.seconds


def withhold(decision: Decision, *, reason: str) -> Decision:
    """Return the decision as a hold: its steps stay for people to read, its numbers are handed to nobody."""
    return replace(
        decision,
        outcome=Outcome.HOLD,
        hold_reason=reason,
        planned=None,
        served=None,
        reactive=None,
        active=None,
        emitted=None,
    )


def name_cause(decision: Decision, *, cause: str) -> Decision:
    """Return a hold for want of an answer with the cause in its reason, so that HPA and KEDA events show it."""
    silent = any(reading.state is State.UNAVAILABLE for reading in decision.signals.values())
    if decision.outcome is Outcome.PLAN or not silent or not cause:
        return decision
    return replace(decision, hold_reason=f"{decision.hold_reason} ({cause})")

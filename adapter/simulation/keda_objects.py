"""What a ScaledObject is to the model: its settings, what KEDA remembers of it, and what an external scaler answers.

Why it exists: number rules and defaults are the same for polls, pushes and HPA reads, so they live beside the records.
Must not know: when anything is asked, how a size is decided.

Source: `apis/keda/v1alpha1` and `pkg/scalers/external_scaler.go` of KEDA 2.20.2.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum

from adapter.core.hpa_behavior import Behavior
from adapter.core.units import Milli, Seconds
from adapter.simulation.hpa_metrics import TargetType


class FallbackBehavior(Enum):
    """Which size the fallback stands for."""

    STATIC = "static"
    CURRENT = "currentReplicas"
    CURRENT_IF_HIGHER = "currentReplicasIfHigher"
    CURRENT_IF_LOWER = "currentReplicasIfLower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """`spec.fallback`: what to pretend while a trigger keeps failing.

    Raises:
        ValueError: a count is negative.
    """

    failure_threshold: int
    """Used from failure number threshold + 1 on."""

    replicas: int
    behavior: FallbackBehavior = FallbackBehavior.STATIC

    def __post_init__(self) -> None:
        if self.failure_threshold < 0 or self.replicas < 0:
            raise ValueError(
                f"fallback needs failure_threshold and replicas >= 0, got {self.failure_threshold} and {self.replicas}"
            )

    def size(self, current: int) -> int:
        """Return the replicas the fallback stands for.

        Example:
            >>> Fallback(failure_threshold=3, replicas=4, behavior=FallbackBehavior.CURRENT_IF_LOWER).size(9)
            4
        """
        sizes = {
            FallbackBehavior.STATIC: self.replicas,
            FallbackBehavior.CURRENT: current,
            FallbackBehavior.CURRENT_IF_HIGHER: max(current, self.replicas),
            FallbackBehavior.CURRENT_IF_LOWER: min(current, self.replicas),
        }
        return sizes[self.behavior]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number on the external scaler's wire, which carries it twice; the float field is heeded only when > 0."""

    as_float: float = 0.0
    as_int: int = 0

    @property
    def read(self) -> float:
        """Return what KEDA reads.

        Example:
            A float of 0 beside an int of 7 means 7.

            >>> Number(as_float=0.0, as_int=7).read
            7.0
        """
        return self.as_float if self.as_float > 0 else float(self.as_int)

    @property
    def milli(self) -> Milli:
        """Return the thousandths that KEDA prints: to nearest; NaN, infinite and negative numbers are 0 (2.20.2).

        Example:
            >>> Number(as_float=0.0004).milli, Number(as_float=2.5).milli, Number(as_float=-3.0, as_int=-3).milli
            (0, 2500, 0)
        """
        value = self.read
        if not math.isfinite(value) or value < 0:
            return Milli(0)
        return Milli(int((Decimal(value) * 1000).to_integral_value(rounding=ROUND_HALF_EVEN)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One external trigger with one metric.

    Raises:
        ValueError: the target is 0, with which the API server refuses the whole HPA.
    """

    metric_name: str
    target: Number
    metric_type: TargetType = TargetType.AVERAGE_VALUE

    def __post_init__(self) -> None:
        if self.target.milli <= 0:
            raise ValueError(f"target of trigger {self.metric_name} must be > 0, got {self.target.read}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledObject:
    """A ScaledObject whose triggers are external scalers.

    Raises:
        ValueError: bounds are out of order, idle is not below min, or there is no trigger.
    """

    triggers: tuple[Trigger, ...]
    created_at: Seconds
    """Seconds since the epoch."""

    min_replicas: int = 0
    max_replicas: int = 100
    idle_replicas: int | None = None
    cooldown_s: Seconds = Seconds(300.0)  # noqa: RUF009 - a NewType of float, immutable
    initial_cooldown_s: Seconds = Seconds(0.0)  # noqa: RUF009 - as above
    polling_s: Seconds = Seconds(30.0)  # noqa: RUF009 - as above
    fallback: Fallback | None = None
    behavior: Behavior | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.min_replicas <= self.max_replicas or self.max_replicas < 1:
            raise ValueError(
                f"need 0 <= min_replicas <= max_replicas and max_replicas >= 1, "
                f"got {self.min_replicas} and {self.max_replicas}"
            )
        if self.idle_replicas is not None and not 0 <= self.idle_replicas < self.min_replicas:
            raise ValueError(
                f"idle_replicas must be >= 0 and below min_replicas {self.min_replicas}, got {self.idle_replicas}"
            )
        if not self.triggers:
            raise ValueError("a ScaledObject needs at least one trigger, got none")


@dataclass(frozen=True, slots=True, kw_only=True)
class KedaState:
    """What KEDA remembers of a ScaledObject (in its status, so restarts keep it)."""

    last_active_at: Seconds | None = None
    """None: never active."""

    failures: tuple[int, ...] = ()
    """Consecutive failures per trigger; empty: none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A scaler's successful answer to `GetMetrics` and `IsActive`."""

    values: tuple[Number, ...]
    """All values of the one metric; the HPA adds them up. Empty is an error to the HPA and inactive to the poll."""

    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Any non-OK status, time-out or lost connection; gRPC codes are not told apart."""

    message: str


ScalerReply = Answer | Failure

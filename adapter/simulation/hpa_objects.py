"""What an HPA is to the model: its spec, what the controller remembers of it, and what one sync did.

Why it exists: `adapter.simulation.hpa` holds the order of operations and reads better without its records.
Must not know: how any of it is computed.

Source: `k8s.io/api/autoscaling/v2` as of Kubernetes 1.36; condition and event reasons as in the controller of 1.28.
"""

from dataclasses import dataclass
from enum import Enum

from adapter.core.hpa_behavior import Behavior, Recommendation, ScaleEvent
from adapter.core.shaping import Tolerance, ToleranceRule
from adapter.core.units import Milli, Ratio
from adapter.simulation.hpa_metrics import MetricSpec


class ZeroRule(Enum):
    """What `minReplicas: 0` means to the controller."""

    REJECTED = "rejected"
    """Up to 1.36 by default: the API server refuses it."""

    ALWAYS_AWAKE = "always awake"
    """Up to 1.36 with the gate on: metrics are computed at zero, whoever scaled there."""

    REMEMBERED = "remembered"
    """1.37: metrics are computed at zero only if the HPA itself scaled there; a manual zero still means paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Flags and generation of the controller that runs the HPA."""

    tolerance: Tolerance = Tolerance()  # noqa: RUF009 - frozen, so sharing the default instance is safe
    tolerance_rule: ToleranceRule = ToleranceRule.BOUNDS
    zero: ZeroRule = ZeroRule.REMEMBERED

    def tolerance_of(self, behavior: Behavior | None) -> Tolerance:
        """Return the tolerance in force; that of the HPA itself exists only in controllers with the newer rule."""
        if behavior is None or self.tolerance_rule is ToleranceRule.ABSOLUTE:
            return self.tolerance
        return Tolerance(
            up=_first(behavior.scale_up.tolerance, self.tolerance.up),
            down=_first(behavior.scale_down.tolerance, self.tolerance.down),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaSpec:
    """The spec of an HPA with External metrics only.

    Raises:
        ValueError: bounds are out of order or there is no metric.
    """

    metrics: tuple[MetricSpec, ...]
    max_replicas: int
    min_replicas: int = 1
    behavior: Behavior | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.min_replicas <= self.max_replicas or self.max_replicas < 1:
            raise ValueError(
                f"need 0 <= min_replicas <= max_replicas and max_replicas >= 1, "
                f"got {self.min_replicas} and {self.max_replicas}"
            )
        if not self.metrics:
            raise ValueError("an HPA needs at least one metric, got none")


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaState:
    """What the controller remembers of an HPA; the default is a controller that has just started."""

    recommendations: tuple[Recommendation, ...] | None = None
    """Raw proposals within the windows; None: never seen."""

    events: tuple[ScaleEvent, ...] = ()
    scaled_to_zero: bool = False
    """Condition `ScaledToZero`; survives a controller restart, as it is stored in the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition as `kubectl describe hpa` shows it, or the reason and message of an event."""

    reason: str
    message: str = ""
    status: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What one sync did and said."""

    desired: int
    """`spec.replicas` after the sync."""

    rescaled: bool
    failed: bool
    """The sync counts as failed (a metric was invalid), though it may have scaled out."""

    proposal: int | None = None
    """Raw proposal over all metrics; None: not computed, or held because of errors."""

    stabilized: int | None = None
    averages: tuple[Milli | None, ...] = ()
    """Reported `averageValue` per metric, milli; None where there is none."""

    able_to_scale: Condition
    scaling_active: Condition | None = None
    """None in these four: this sync leaves the condition as it was."""

    scaling_limited: Condition | None = None
    scaled_to_zero: Condition | None = None
    events: tuple[Condition, ...] = ()


def _first(own: Ratio | None, otherwise: Ratio) -> Ratio:
    return otherwise if own is None else own

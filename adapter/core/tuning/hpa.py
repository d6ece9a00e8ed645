"""The HPA that reads our metrics, as its manifest has it: what is emitted is shaped for it.

The same keys as in `autoscaling/v2`, as far as they change where the HPA lands.
"""

from typing import Annotated, Literal

from pydantic import Field

from adapter.core.tuning.fields import Duration, Note, Section

TolerancePart = Annotated[float, Field(ge=0, lt=1), Note(unit="ratio")]
Limit = Annotated[int, Field(ge=0, le=10_000), Note(unit="replicas")]


class PolicyTuning(Section):
    """At most this much change within a period."""

    type: Literal["Pods", "Percent"] = Field(description="What the value counts.")
    value: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="Pods, or per cent.")
    period: Annotated[Duration, Field(ge=1, le=1800)] = Field(description="Its `periodSeconds`.")


class RulesTuning(Section):
    """`behavior.scaleUp` or `behavior.scaleDown`."""

    select: Literal["Max", "Min", "Disabled"] | None = Field(
        default=None, description="Its `selectPolicy`; Max when not given."
    )
    policies: tuple[PolicyTuning, ...] = Field(
        default=(), description="Its policies; those that Kubernetes fills in when empty."
    )
    window: Annotated[Duration, Field(ge=0, le=3600)] | None = Field(
        default=None,
        description="Its `stabilizationWindowSeconds`; 0 when not given, as the holds here know better.",
    )


class HpaTuning(Section):
    """The HPA that reads our metrics."""

    tolerance: TolerancePart = Field(default=0.1, description="Its tolerance; the cluster default is 0.1.")
    tolerance_up: TolerancePart | None = Field(
        default=None, description="Its `behavior.scaleUp.tolerance`, from Kubernetes 1.33; `tolerance` when not given."
    )
    tolerance_down: TolerancePart | None = Field(
        default=None, description="Its `behavior.scaleDown.tolerance`; `tolerance` when not given."
    )
    target: Literal["AverageValue", "Value"] = Field(
        default="AverageValue", description="Type of its target, which is 1 either way; AverageValue is the better one."
    )
    min: Limit | None = Field(default=None, description="Its `minReplicas`; replicas.min when not given.")
    max: Limit | None = Field(default=None, description="Its `maxReplicas`; replicas.max when not given.")
    scale_up: RulesTuning | None = Field(default=None, description="Its `behavior.scaleUp`.")
    scale_down: RulesTuning | None = Field(default=None, description="Its `behavior.scaleDown`.")

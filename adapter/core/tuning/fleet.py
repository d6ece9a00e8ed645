"""What workloads share: GPUs, and proportions between two of them; and what one replica takes of it.

Every budget is a hard limit, below which no minimum and no override reaches: what does not fit would not be scheduled.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from adapter.core.tuning.fields import DnsName, Note, PositiveCount, Section

Gpus = Annotated[float, Field(gt=0, le=1024), Note(unit="GPUs")]
Proportion = Annotated[float, Field(gt=0, le=100), Note(unit="ratio")]
ClassName = Annotated[str, Field(min_length=1, max_length=100)]


class ScaleTuning(Section):
    """What one replica takes, in which steps the workload grows, and who goes first when there is not enough."""

    gpus_per_replica: Gpus = Field(
        default=1.0, description="GPUs of one replica, over all its nodes and tensor-parallel ranks."
    )
    gpu_class: ClassName = Field(default="gpu", description="Hardware class, as budgets name it.")
    unit: PositiveCount = Field(default=1, description="Replicas come in multiples of this.")
    priority: Annotated[int, Field(ge=-1000, le=1000)] = Field(
        default=0, description="Who is served first from a budget that is too small; the higher, the earlier."
    )
    max_up: PositiveCount | None = Field(
        default=None, description="Most replicas added within a minute; no limit when not given."
    )
    max_down: PositiveCount | None = Field(
        default=None, description="Most replicas taken away within a minute; no limit when not given."
    )


class BudgetTuning(Section):
    """GPUs that some workloads have between them."""

    name: str = Field(min_length=1, max_length=100, description="What decisions call it.")
    gpus: Annotated[float, Field(ge=0, le=1_000_000), Note(unit="GPUs")] = Field(
        description="GPUs for all workloads that it covers."
    )
    namespaces: tuple[DnsName, ...] = Field(default=(), description="Namespaces that it covers; all when empty.")
    classes: tuple[ClassName, ...] = Field(default=(), description="Hardware classes that it covers; all when empty.")


class RatioTuning(Section):
    """Two workloads that need each other in proportion: prefill and decode of a disaggregated service."""

    namespace: DnsName = Field(description="Namespace of both.")
    prefill: DnsName = Field(description="Name of the one workload.")
    decode: DnsName = Field(description="Name of the other.")
    least: Proportion = Field(description="Fewest replicas of prefill per replica of decode.")
    most: Proportion = Field(description="Most replicas of prefill per replica of decode.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.prefill == self.decode:
            raise ValueError(f"prefill and decode must be two workloads, both are {self.prefill}")
        if self.least > self.most:
            raise ValueError(f"least ({self.least:g}) must not exceed most ({self.most:g})")
        return self


class FleetTuning(Section):
    """Limits over several workloads."""

    budgets: tuple[BudgetTuning, ...] = Field(default=(), description="GPU budgets; a workload may be in several.")
    ratios: tuple[RatioTuning, ...] = Field(default=(), description="Pairs of workloads kept in proportion.")

"""What can be tuned per workload; the `defaults` section sets the same keys for all.

Every field has a unit, bounds and a reason for its default. `WorkloadTuning` is what `decide()` reads.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from adapter.core.tuning.back_test import TuneTuning
from adapter.core.tuning.fields import (
    LABEL_NAME,
    Count,
    DnsName,
    Duration,
    LabelName,
    Note,
    PositiveCount,
    Section,
    format_duration,
)
from adapter.core.tuning.fleet import ScaleTuning
from adapter.core.tuning.gateway import GatewayTuning
from adapter.core.tuning.hpa import HpaTuning
from adapter.core.tuning.interventions import EventTuning, OverrideTuning
from adapter.core.tuning.series import LabelCondition, SourceTuning
from adapter.core.tuning.warm import WarmTuning
from adapter.core.workload import TargetKind

TokenRate = Annotated[float, Field(gt=0, le=1e9), Note(unit="tokens/s")]
Concurrency = Annotated[float, Field(gt=0, le=100_000), Note(unit="requests")]
Price = Annotated[float, Field(gt=0, le=1e9)]
Share = Annotated[float, Field(gt=0, le=1), Note(unit="ratio")]


class ScaleTargetTuning(Section):
    """The object that HPA or KEDA scales."""

    kind: TargetKind = Field(default=TargetKind.DEPLOYMENT, description="Kind of the scale target.")
    name: DnsName | None = Field(
        default=None, description="Name of the scale target; the workload's name when not given."
    )


class ReplicasTuning(Section):
    """Bounds on what is asked for."""

    min: Count = Field(default=1, description="Fewest replicas; 0 allows scale to zero.")
    max: PositiveCount = Field(default=10, description="Most replicas.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) must not exceed max ({self.max})")
        return self


class SloTuning(Section):
    """What users were promised; the margin is regulated on the share of requests that meet it."""

    ttft: Annotated[Duration, Field(gt=0, le=600)] = Field(default=2.0, description="Time to first token.")
    itl: Annotated[Duration, Field(gt=0, le=60)] = Field(default=0.1, description="Time between output tokens.")
    attainment: Share = Field(default=0.98, description="Share of requests that must meet both.")
    regulate: bool = Field(
        default=True,
        description="Regulate the margin on the share that met both; never for workloads that may go to zero.",
    )
    drain: Annotated[Duration, Field(ge=1, le=3600)] = Field(
        default=60.0, description="Time in which a backlog must be worked off."
    )


class CapacityTuning(Section):
    """What one ready replica sustains within its SLO."""

    learn: bool | None = Field(
        default=None,
        description=(
            "Learn it from settled stretches; what is configured is then the first guess and the unit. When not given, "
            "it is learnt where neither token rates nor targets.concurrency are set."
        ),
    )
    role: Literal["both", "prefill", "decode"] = Field(
        default="both",
        description=(
            "What its engines do: prefill is held to slo.ttft and its generated tokens are no work, decode is held to "
            "slo.itl and its prompt tokens are no work."
        ),
    )
    prompt_tokens_per_second: TokenRate | None = Field(
        default=None,
        description="Uncached prompt tokens per second if it did nothing else; set together with generation.",
    )
    generation_tokens_per_second: TokenRate | None = Field(
        default=None, description="Generated tokens per second if it did nothing else; set together with prompt."
    )
    max_concurrency: Concurrency | None = Field(
        default=None,
        description="Requests in flight one replica can hold (max sequences); bounds the answer from below.",
    )
    kv_cache_limit: Share = Field(default=0.95, description="KV-cache usage above which more replicas are needed.")

    @model_validator(mode="after")
    def _both_token_rates(self) -> Self:
        if (self.prompt_tokens_per_second is None) != (self.generation_tokens_per_second is None):
            raise ValueError("promptTokensPerSecond and generationTokensPerSecond must be set together")
        return self


class TargetsTuning(Section):
    """Per-replica targets of observed signals, used where no token capacity is known, and for the raw metrics."""

    concurrency: Concurrency = Field(
        default=16.0, description="Requests in flight per replica, the unit of demand while token capacity is unknown."
    )
    gpu_utilization: Share | None = Field(
        default=None,
        description="GPU utilisation to size for; off by default because engines sit near 1 with one request.",
    )


class PriceTuning(Section):
    """What an hour of trouble costs against an hour of GPU; sets the forecast quantile."""

    slo_minute: Price = Field(description="Cost of one replica-minute missing, in any currency.")
    gpu_minute: Price = Field(description="Cost of one replica-minute idle, in the same currency.")


class ForecastTuning(Section):
    """How the forecast is turned into demand."""

    enabled: bool = Field(default=True, description="Off: sizing is reactive only.")
    quantile: Annotated[float, Field(ge=0.5, le=0.99), Note(unit="ratio")] | None = Field(
        default=None,
        description="Quantile of the peak over the lead time; else 0.975, or 0.9 where zero is allowed.",
    )
    price: PriceTuning | None = Field(default=None, description="Prices from which the quantile follows: s / (s + g).")

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.quantile is not None and self.price is not None:
            raise ValueError("quantile and price exclude each other")
        return self


class HoldTuning(Section):
    """How long capacity is kept that may be needed again. Replaces the HPA's own stabilization (set that to 0)."""

    scale_in: Annotated[Duration, Field(ge=0, le=1800)] = Field(
        default=360.0,
        description="A plan is not lowered below the highest plan of this long.",
    )
    flapping: Annotated[float, Field(ge=1, le=4), Note(unit="ratio")] = Field(
        default=1.5,
        description="Factor on `scaleIn` after three turns from scale-in to scale-out within 30 min; 1 for none.",
    )
    break_even: Annotated[Duration, Field(ge=0, le=7200)] = Field(
        default=300.0, description="Idle time of a replica that costs as much as its restart."
    )
    idle: Annotated[Duration, Field(ge=0, le=1800)] = Field(
        default=300.0, description="Nothing in flight for this long before zero is considered."
    )


class FreshnessTuning(Section):
    """When a signal stops being believed."""

    stale_after: Annotated[Duration, Field(ge=5, le=600)] = Field(
        default=60.0, description="Age of the newest sample above which a signal is stale: it may scale out, never in."
    )
    hold_after: Annotated[Duration, Field(ge=10, le=3600)] = Field(
        default=300.0,
        description="Age of the last known value above which no decision is made: consumers see an error and hold.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stale_after > self.hold_after:
            stale, hold = format_duration(self.stale_after), format_duration(self.hold_after)
            raise ValueError(f"staleAfter ({stale}) must not exceed holdAfter ({hold})")
        return self


class WorkloadTuning(Section):
    """Everything that can be tuned for one workload, and for all of them under `defaults`."""

    scale_target: ScaleTargetTuning = Field(default=ScaleTargetTuning(), description="What is scaled.")
    preset: str = Field(default="vllm", description="Serving system, the name of a preset.")
    match: dict[LabelName, LabelCondition] = Field(
        default={},
        description="Labels of the engine's series: text or `{regex: ...}`; the scale target's pod names when empty.",
        json_schema_extra={"x-keys": LABEL_NAME},
    )
    sources: tuple[SourceTuning, ...] = Field(
        default=(), description="Further presets that are read, for what `preset` and those it includes do not provide."
    )
    replicas: ReplicasTuning = Field(default=ReplicasTuning(), description="Bounds.")
    scale: ScaleTuning = Field(default=ScaleTuning(), description="What a replica takes, and in which steps they come.")
    slo: SloTuning = Field(default=SloTuning(), description="Objectives.")
    lead_time: Annotated[Duration, Field(ge=0, le=3600)] = Field(
        default=180.0,
        description="Time from asking for a replica to that replica serving; as starts are seen, it fades.",
    )
    capacity: CapacityTuning = Field(default=CapacityTuning(), description="What one replica sustains.")
    targets: TargetsTuning = Field(default=TargetsTuning(), description="Per-replica targets of observed signals.")
    margin: Annotated[float, Field(ge=1, le=5), Note(unit="ratio")] = Field(
        default=1.15,
        description="Factor on measured demand, for bursts and growth; a forecast has its quantile.",
    )
    forecast: ForecastTuning = Field(default=ForecastTuning(), description="Use of the forecast.")
    hold: HoldTuning = Field(default=HoldTuning(), description="Reluctance to scale in.")
    tune: TuneTuning = Field(default=TuneTuning(), description="Choosing settings by back-testing.")
    freshness: FreshnessTuning = Field(default=FreshnessTuning(), description="Handling of old and missing signals.")
    hpa: HpaTuning = Field(default=HpaTuning(), description="The HPA that reads our metrics.")
    gateway: GatewayTuning = Field(
        default=GatewayTuning(),
        description="Gateway that holds requests while no replica is there, asked directly while the workload sleeps.",
    )
    fallback: DnsName | None = Field(
        default=None,
        description="Workload of the same namespace that takes the replicas whose starts are stuck.",
    )
    mode: Literal["advise", "act"] = Field(
        default="act", description="`advise` computes and shows everything, but serves the plain reactive value."
    )
    override: OverrideTuning | None = Field(default=None, description="Manual override with an end.")
    events: tuple[EventTuning, ...] = Field(default=(), description="Planned events.")
    warm: tuple[WarmTuning, ...] = Field(default=(), description="Hours in which a minimum is kept warm.")

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        unit, bounds = self.scale.unit, self.replicas
        if bounds.max // unit * unit < max(bounds.min, 1):
            raise ValueError(
                f"no multiple of scale.unit ({unit}) lies between replicas.min ({bounds.min}) and max ({bounds.max})"
            )
        return self

"""One workload's case at one tick: its load set against its capacity, which every step of its decision reads.

Must not know: what is decided on it.
"""

from dataclasses import dataclass

from adapter.core.capacity import capacity_of
from adapter.core.decision import Capacity, Demand, WorkloadForecast
from adapter.core.flapping import Hold, scale_in_hold
from adapter.core.hpa_behavior import ScaleEvent
from adapter.core.lead_time import LeadTime, configured
from adapter.core.recent import NOTHING_RECENT, Recent
from adapter.core.regulation import Margin, configured_margin
from adapter.core.sight import Sight
from adapter.core.signal import Observed
from adapter.core.sizing import assess_demand
from adapter.core.tuning import TunedWorkload, WorkloadTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What every step of one decision reads."""

    tuned: TunedWorkload
    observed: Observed
    sight: Sight
    demand: Demand
    capacity: Capacity
    forecast: WorkloadForecast | None
    lead: LeadTime
    margin: Margin
    hold: Hold
    """How long a plan is not lowered."""
    changes: tuple[ScaleEvent, ...]
    """Of what is requested, as far as the HPA's policies count them."""
    requested: int | None
    """Replicas requested now, else when that was last known; None when it is not remembered either."""
    now: float

    @property
    def tuning(self) -> WorkloadTuning:
        """Return the tuning of the workload."""
        return self.tuned.tuning


def weigh(  # noqa: PLR0913 - everything that a case depends on, by name
    tuned: TunedWorkload,
    observed: Observed,
    *,
    sight: Sight,
    forecast: WorkloadForecast | None,
    now: float,
    lead: LeadTime | None = None,
    recent: Recent = NOTHING_RECENT,
    margin: Margin | None = None,
    capacity: Capacity | None = None,
) -> Case:
    """Return the case of one workload: its load set against its capacity.

    Args:
        tuned: the workload.
        observed: readings of this tick.
        sight: what `sight.look` made of them.
        forecast: of its demand, None while there is none.
        now: tick time, seconds since epoch.
        lead: lead time of a replica as far as it is learnt; None for the configured one.
        recent: what was requested of late.
        margin: factor on demand as far as it is regulated; None for the configured one.
        capacity: of a replica as far as it is learnt; None for the configured one.
    """
    lead = lead or configured(tuned.tuning.lead_time)
    used = forecast if tuned.tuning.forecast.enabled else None
    capacity = capacity or capacity_of(tuned.tuning)
    demand = assess_demand(sight, used, capacity=capacity, tuning=tuned.tuning, lead_s=lead.seconds, now=now)
    return Case(
        tuned=tuned,
        observed=observed,
        sight=sight,
        demand=demand,
        capacity=capacity,
        forecast=used,
        lead=lead,
        hold=scale_in_hold(tuned.tuning, turns=recent.turns),
        changes=recent.changes,
        requested=recent.requested if sight.replicas.requested is None else sight.replicas.requested,
        margin=margin or configured_margin(tuned.tuning.margin),
        now=now,
    )

"""Load one ready replica sustains within its objective, with its source.

In work, a replica gives one engine-second per second by definition, because the token rates it is counted in are what
it sustains; in requests in flight it is the configured target.
"""

from adapter.core.decision import Capacity, DemandUnit
from adapter.core.demand import demand_unit
from adapter.core.tuning import WorkloadTuning


def capacity_of(tuning: WorkloadTuning) -> Capacity:
    """Return the capacity of one replica in the unit that demand is counted in.

    Example:
        >>> capacity_of(WorkloadTuning()).per_replica
        16.0
    """
    unit = demand_unit(tuning)
    if unit is DemandUnit.WORK:
        return Capacity(unit=unit, per_replica=1.0, source="configured")
    chosen = "concurrency" in tuning.targets.model_fields_set
    return Capacity(unit=unit, per_replica=tuning.targets.concurrency, source="configured" if chosen else "default")

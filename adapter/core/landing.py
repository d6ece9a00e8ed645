"""Where a number of replicas ends up: the step that shapes it for the HPA that reads it.

Must not know: why as many are served.
"""

from adapter.core.decision import Step, StepName
from adapter.core.shaping import Shaped, Tolerance, shape
from adapter.core.tuning import TunedWorkload
from adapter.core.units import Ratio


def land(served: int, tuned: TunedWorkload, *, status_replicas: int | None) -> tuple[Shaped, Step]:
    """Return what to emit for what is served, and the step that says what the HPA makes of it."""
    tolerance = Ratio(tuned.tuning.hpa.tolerance)
    shaped = shape(
        served,
        status_replicas=status_replicas,
        tolerance=Tolerance(up=tolerance, down=tolerance),
        max_replicas=tuned.workload.bounds.max,
    )
    return shaped, Step(name=StepName.SHAPE, before=served, after=shaped.lands_on, reason=shaped.reason)

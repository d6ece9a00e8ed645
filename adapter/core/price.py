"""What a missing replica costs against an idle one, and the quantile of demand that is provided for.

Must not know: how demand is forecast.
"""

from typing import Final

from adapter.core.tuning import WorkloadTuning

AWAKE_QUANTILE: Final = 0.975
"""Load above what is there costs all requests for about as long as a start takes: the chance of it within a start is
about the share of requests that may miss their objective, 2 % by default."""
SLEEPER_QUANTILE: Final = 0.9
"""Where a workload may go to zero, it misses while it wakes: more replicas beside the first help little."""


def chosen_quantile(tuning: WorkloadTuning) -> float:
    """Return the quantile of the peak that is provided for.

    With prices it is the newsvendor's critical ratio s / (s + g): one more replica is worth having while the chance
    that it is missed, times what that costs, exceeds the chance that it idles, times what that costs.

    Example:
        >>> from adapter.core.tuning.workload import ForecastTuning, PriceTuning
        >>> price = PriceTuning(slo_minute=19.0, gpu_minute=1.0)
        >>> chosen_quantile(WorkloadTuning(forecast=ForecastTuning(price=price)))
        0.95
    """
    price = tuning.forecast.price
    if price is not None:
        return price.slo_minute / (price.slo_minute + price.gpu_minute)
    return tuning.forecast.quantile or (AWAKE_QUANTILE if tuning.replicas.min else SLEEPER_QUANTILE)

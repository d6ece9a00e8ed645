"""What would be remembered at second 0 of a scenario, reckoned from the counts before it.

Simulating a week of requests one by one to fill a memory would be waste: while nothing saturates, what engines show is
what arrived. Knows the shape of the core's memory and of the field's forecasts.
"""

from dataclasses import replace

import numpy as np

from adapter.core.demand import token_rates
from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, append
from adapter.core.tuning import TunedWorkload
from adapter.simulation.arrays import Floats
from adapter.simulation.own import EPOCH
from adapter.simulation.scenario import Scenario

_USUAL_LOAD = 0.65  # of what a replica sustains: at which requests stay about as long as they do in practice


def history_of(scenario: Scenario, tuned: TunedWorkload) -> History:
    """Return the memory of a process that has watched the workload until second 0."""
    rates = token_rates([tuned.tuning])
    cost = scenario.shape.prompt_tokens / rates.prompt + scenario.shape.output_tokens / rates.generation
    demand = scenario.past_rate[None, :] * cost
    history = History.empty((tuned.workload.id,))
    if not demand.size:
        return history
    minutes = round(COARSE_TIER.step_s / MINUTE_TIER.step_s)
    whole = demand[:, demand.shape[1] % minutes :]
    coarse = whole.reshape(1, -1, minutes).mean(axis=2)
    return replace(
        history,
        minute=append(history.minute, demand, end=EPOCH),
        coarse=append(history.coarse, coarse, end=EPOCH) if coarse.size else history.coarse,
    )


def mean_in_flight(scenario: Scenario, *, bin_s: float) -> Floats:
    """Return the mean requests in flight of each bin before second 0, by Little's law at a usual load."""
    minutes = round(bin_s / MINUTE_TIER.step_s)
    profile, shape = scenario.profile, scenario.shape
    stay_s = profile.in_flight_at(_USUAL_LOAD, shape) / (_USUAL_LOAD * profile.sustainable_requests_per_s(shape))
    past = scenario.past_rate[len(scenario.past_rate) % minutes :]
    means: Floats = past.reshape(-1, minutes).mean(axis=1) * stay_s
    return means if means.size else np.zeros(0)

"""What a run was worth: how many requests were served in time, and for how many GPU-hours.

Reads finished runs only; must not know who decided. A request is served in time when its first token comes within
`Objective.ttft_s` and the mean gap between its tokens stays within `Objective.itl_s`; gaps are judged from
`Objective.itl_from_tokens` output tokens on. A failed request is a miss of everything, and so is one that has had no
first token by the end of the run.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapter.simulation.arrays import EXPECTED, FAILED, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """When a request counts as served in time."""

    ttft_s: float = 2.0
    itl_s: float = 0.1
    itl_from_tokens: int = 8
    """Shorter answers have too few gaps to judge."""


DEFAULT_OBJECTIVE: Final = Objective()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleEvent:
    """A change of the number of replicas asked for."""

    at_s: float
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The outcome of a run. Shares are of all requests that arrived, NaN without any."""

    requests: int
    failed: int
    attainment: float
    """Share served in time, both limits at once."""
    ttft_attainment: float
    itl_attainment: float
    """Share within each limit alone."""
    ttft_p50_s: float
    ttft_p95_s: float
    ttft_p99_s: float
    """Over requests that got a first token, NaN without any."""
    gpu_hours: float
    cold_hits: int
    """Requests that met no ready replica."""
    wakeups: int
    """Times the fleet was taken from zero."""
    flaps: int
    """Changes of size that undo the one before within `FLAP_WINDOW_S`."""


FLAP_WINDOW_S: Final = 600.0


def score(
    requests: Records,
    events: Sequence[ScaleEvent],
    *,
    gpu_hours: float,
    objective: Objective = DEFAULT_OBJECTIVE,
) -> Score:
    """Return the score of a run from its request rows and its changes of size."""
    arrived = requests[requests["state"] != EXPECTED]
    ttft_s = arrived["first_token_s"] - arrived["arrival_s"]
    in_ttft, in_itl = _within_ttft(arrived, objective), _within_itl(arrived, objective)
    had_token = ttft_s[~np.isnan(ttft_s)]
    p50, p95, p99 = np.quantile(had_token, (0.5, 0.95, 0.99)) if len(had_token) else (np.nan, np.nan, np.nan)
    return Score(
        requests=len(arrived),
        failed=int(np.count_nonzero(arrived["state"] == FAILED)),
        attainment=_share(in_ttft & in_itl),
        ttft_attainment=_share(in_ttft),
        itl_attainment=_share(in_itl),
        ttft_p50_s=float(p50),
        ttft_p95_s=float(p95),
        ttft_p99_s=float(p99),
        gpu_hours=gpu_hours,
        cold_hits=_cold_hits(arrived),
        wakeups=count_wakeups(events),
        flaps=count_flaps(events),
    )


def _within_ttft(rows: Records, objective: Objective) -> NDArray[np.bool_]:
    served = rows["state"] != FAILED
    within: NDArray[np.bool_] = served & (rows["first_token_s"] - rows["arrival_s"] <= objective.ttft_s)
    return within


def _within_itl(rows: Records, objective: Objective) -> NDArray[np.bool_]:
    """Judge finished requests by their mean gap; a first token alone is enough for those that still decode."""
    gaps = np.maximum(rows["output_tokens"] - 1, 1)
    slow = (rows["finish_s"] - rows["first_token_s"]) / gaps > objective.itl_s
    judged = rows["output_tokens"] >= objective.itl_from_tokens
    within: NDArray[np.bool_] = (rows["state"] != FAILED) & ~np.isnan(rows["first_token_s"]) & ~(judged & slow)
    return within


def _cold_hits(rows: Records) -> int:
    """Count requests that the gateway held: handed on later than they came, or never."""
    return int(np.count_nonzero(~(rows["queued_s"] <= rows["arrival_s"])))


def count_wakeups(events: Sequence[ScaleEvent]) -> int:
    """Return how many times the fleet was taken from zero."""
    return sum(event.before == 0 < event.after for event in events)


def count_flaps(events: Sequence[ScaleEvent]) -> int:
    """Return how many changes of size undo the one before within `FLAP_WINDOW_S`."""
    return sum(
        (first.after > first.before) != (second.after > second.before) and second.at_s - first.at_s <= FLAP_WINDOW_S
        for first, second in itertools.pairwise(events)
    )


def _share(hits: NDArray[np.bool_]) -> float:
    return float(np.mean(hits)) if len(hits) else float("nan")

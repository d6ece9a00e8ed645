"""Make and enlarge the arrays of a fleet's engines.

Knows the columns (``arrays``) and the profile; the rules of serving are in ``kernels``.
"""

from typing import Final

import numpy as np

from adapter.simulation.arrays import POD, Engines, Ints, Limits, clear_pod, request_rows
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.traces import Requests

_ROWS: Final = 16


def limits_of(profile: EngineProfile, first_token_timeout_s: float) -> Limits:
    """Return the numbers of `profile` for compiled code."""
    return Limits(
        base_s=float(profile.base_s),
        per_sequence_s=float(profile.per_sequence_s),
        per_kv_token_s=float(profile.per_kv_token_s),
        per_prefill_token_s=float(profile.per_prefill_token_s),
        max_num_seqs=int(profile.max_num_seqs),
        max_num_batched_tokens=int(profile.max_num_batched_tokens),
        kv_capacity_tokens=int(profile.kv_capacity_tokens),
        first_token_timeout_s=float(first_token_timeout_s),
    )


def new_engines(profile: EngineProfile, requests: Requests, *, cached_share: float) -> Engines:
    """Return engines with room for some pods, and all requests still expected.

    Raises:
        ValueError: `cached_share` is not in [0, 1).
    """
    if not 0 <= cached_share < 1:
        raise ValueError(f"cached_share must be in [0, 1), got {cached_share}")
    rows = request_rows(requests.arrival_s, requests.prompt_tokens, requests.output_tokens)
    rows["cached_tokens"] = np.floor(requests.prompt_tokens * cached_share)
    return Engines(
        requests=rows,
        pods=np.zeros(_ROWS, dtype=POD),
        running=np.zeros((_ROWS, profile.max_num_seqs), dtype=np.int64),
        finish_at=np.zeros((_ROWS, profile.max_num_seqs), dtype=np.int64),
    )


def grow(engines: Engines, row: int, now_s: float) -> Engines:
    """Return engines in which `row` exists and is an empty engine; other rows are kept."""
    while row >= len(engines.pods):
        engines = engines._replace(
            pods=np.concatenate([engines.pods, np.zeros_like(engines.pods)]),
            running=_doubled(engines.running),
            finish_at=_doubled(engines.finish_at),
        )
    clear_pod(engines, row, now_s)
    return engines


def _doubled(array: Ints) -> Ints:
    return np.concatenate([array, np.zeros_like(array)])

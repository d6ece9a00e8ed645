"""State of the simulated fleet as arrays, one row a request and one row a pod.

Only layout: which columns exist, in which unit, and how rows are made and cleared. The rules that change
them are in ``kernels``; who owns them is in ``fleet``. Structured arrays are used because compiled code and
numpy both read their columns by name.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from adapter.simulation.buckets import ITL_BOUNDS_S, PHASE_BOUNDS_S, TOKEN_BOUNDS, TTFT_BOUNDS_S

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Records: TypeAlias = NDArray[Any]

NO_REQUEST: Final = -1
NEVER: Final = 9_000_000_000_000_000_000
"""An iteration that is not reached."""

EXPECTED: Final = 0
"""Request states: not arrived yet,"""
HELD: Final = 1
"""waits at the gateway because no replica is ready,"""
WAITING: Final = 2
"""waits in an engine's queue,"""
RUNNING: Final = 3
"""is in an engine's batch, prefilling or decoding,"""
FINISHED: Final = 4
"""has all its tokens,"""
FAILED: Final = 5
"""never will: no first token in time, too long for the KV cache, or its pod was removed."""

REQUEST: Final = np.dtype(
    [
        ("arrival_s", np.float64),
        ("prompt_tokens", np.int64),
        ("output_tokens", np.int64),
        ("cached_tokens", np.int64),  # of the prompt, found in the prefix cache
        ("queued_s", np.float64),  # handed to an engine; NaN = never
        ("started_s", np.float64),  # first in a batch; NaN = not yet
        ("first_token_s", np.float64),  # NaN = none yet
        ("finish_s", np.float64),  # finished or failed; NaN = neither
        ("generated", np.int64),  # tokens made before the last preemption
        ("next", np.int64),  # the next request in the same queue
        ("state", np.int64),
    ]
)

POD: Final = np.dtype(
    [
        ("clock_s", np.float64),  # end of the last iteration that was started
        ("busy_s", np.float64),  # total length of all iterations
        ("iteration", np.int64),
        ("next_finish", np.int64),  # no running request finishes before this iteration
        ("kv_tokens", np.int64),
        ("decoding", np.int64),  # requests in `running`
        ("prefilling", np.int64),  # the request whose prompt is partly computed, or NO_REQUEST
        ("prefill_left", np.int64),  # its prompt tokens still to compute
        ("head", np.int64),  # first and last of the queue, or NO_REQUEST
        ("tail", np.int64),
        ("waiting", np.int64),
        ("prompt_tokens", np.int64),  # counters, as vLLM has them
        ("cached_tokens", np.int64),
        ("generation_tokens", np.int64),
        ("succeeded", np.int64),
        ("aborted", np.int64),
        ("refused", np.int64),
        ("preemptions", np.int64),
        ("ttft_sum_s", np.float64),
        ("itl_sum_s", np.float64),
        ("queue_sum_s", np.float64),
        ("e2e_sum_s", np.float64),
        ("finished_prompt_tokens", np.int64),
        ("finished_output_tokens", np.int64),
        ("ttft", np.int64, len(TTFT_BOUNDS_S) + 1),  # histograms: counts by bucket, not cumulative, +Inf last
        ("itl", np.int64, len(ITL_BOUNDS_S) + 1),
        ("queue", np.int64, len(PHASE_BOUNDS_S) + 1),
        ("e2e", np.int64, len(PHASE_BOUNDS_S) + 1),
        ("prompt", np.int64, len(TOKEN_BOUNDS) + 1),
        ("output", np.int64, len(TOKEN_BOUNDS) + 1),
    ]
)


class Limits(NamedTuple):
    """An `EngineProfile` and the gateway's time-out, as compiled code wants them."""

    base_s: float
    per_sequence_s: float
    per_kv_token_s: float
    per_prefill_token_s: float
    max_num_seqs: int
    max_num_batched_tokens: int
    kv_capacity_tokens: int
    first_token_timeout_s: float


class Engines(NamedTuple):
    """All engines of a fleet: `running` and `finish_at` have shape (pods, max_num_seqs)."""

    requests: Records
    pods: Records
    running: Ints
    finish_at: Ints


def request_rows(arrival_s: Floats, prompt_tokens: Ints, output_tokens: Ints) -> Records:
    """Return one row a request, all in state EXPECTED."""
    rows = np.zeros(len(arrival_s), dtype=REQUEST)
    rows["arrival_s"] = arrival_s
    rows["prompt_tokens"] = prompt_tokens
    rows["output_tokens"] = output_tokens
    rows["next"] = NO_REQUEST
    for column in ("queued_s", "started_s", "first_token_s", "finish_s"):
        rows[column] = np.nan
    return rows


def clear_pod(engines: Engines, row: int, now_s: float) -> None:
    """Make `row` an empty engine that starts at `now_s`."""
    engines.pods[row] = np.zeros((), dtype=POD)
    for column in ("prefilling", "head", "tail"):
        engines.pods[column][row] = NO_REQUEST
    engines.pods["clock_s"][row] = now_s
    engines.pods["next_finish"][row] = NEVER

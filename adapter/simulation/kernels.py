"""Continuous batching, one engine iteration at a time, compiled.

Follows vLLM's scheduler: decoding sequences first, then prompts in order of arrival, in chunks, within the
token budget of the iteration; the newest sequence is preempted and later recomputed when the KV cache is full.
Two simplifications: the KV cache of a whole prompt is reserved when the prompt is started, and a freed
block is usable at once.

All of it is one module although that makes it long: numba's cache notices a change only in the file of the
function that it loads, and would go on using stale copies of functions imported from elsewhere. (So after a
change of ``arrays`` or ``buckets`` alone, delete the ``*.nbi`` files of this directory's ``__pycache__``.)

An iteration is applied when it starts, with the time of its end: what is read between the two is up to one
iteration ahead. Every choice depends on the state alone and never on how often the functions are called, so
advancing in two halves gives the same bytes as advancing in one.
"""
# ruff: noqa: PLR0917 - compiled functions cannot take keyword-only arguments

import numpy as np

from adapter.simulation._compile import compiled
from adapter.simulation.arrays import (
    FAILED,
    FINISHED,
    NEVER,
    NO_REQUEST,
    RUNNING,
    WAITING,
    Engines,
    Floats,
    Ints,
    Limits,
)
from adapter.simulation.buckets import ITL_BOUNDS_S, PHASE_BOUNDS_S, TOKEN_BOUNDS, TTFT_BOUNDS_S


@compiled
def _bucket(bounds: Floats, value: float) -> int:
    """Return the index of the bucket of `value`; one past the last bound is +Inf."""
    index = 0
    while index < len(bounds) and value > bounds[index]:
        index += 1
    return index


@compiled
def _push(engines: Engines, row: int, request: int) -> None:
    """Put `request` at the end of the queue."""
    pod = engines.pods[row]
    engines.requests[request].next = NO_REQUEST
    if pod.tail == NO_REQUEST:
        pod.head = request
    else:
        engines.requests[pod.tail].next = request
    pod.tail = request
    pod.waiting += 1
    engines.requests[request].state = WAITING


@compiled
def _pop(engines: Engines, row: int) -> int:
    """Take the first request of the queue."""
    pod = engines.pods[row]
    request = pod.head
    pod.head = engines.requests[request].next
    if pod.head == NO_REQUEST:
        pod.tail = NO_REQUEST
    pod.waiting -= 1
    return int(request)


@compiled
def _push_front(engines: Engines, row: int, request: int) -> None:
    """Put a preempted `request` before all others."""
    pod = engines.pods[row]
    engines.requests[request].next = pod.head
    pod.head = request
    if pod.tail == NO_REQUEST:
        pod.tail = request
    pod.waiting += 1
    engines.requests[request].state = WAITING
    pod.preemptions += 1


@compiled
def _expiry(engines: Engines, limits: Limits, row: int) -> float:
    """Return when the first of the queue gives up; infinite with a first token or an empty queue."""
    head = engines.pods[row].head
    if head == NO_REQUEST or not np.isnan(engines.requests[head].first_token_s):
        return np.inf
    return float(engines.requests[head].arrival_s + limits.first_token_timeout_s)


@compiled
def _drop_expired(engines: Engines, limits: Limits, row: int) -> None:
    """Fail the requests at the front of the queue that have waited too long."""
    pod = engines.pods[row]
    expiry = _expiry(engines, limits, row)
    while pod.clock_s >= expiry:
        request = engines.requests[_pop(engines, row)]
        request.state = FAILED
        request.finish_s = expiry
        pod.aborted += 1
        expiry = _expiry(engines, limits, row)


@compiled
def _tokens_to_prefill(engines: Engines, request: int) -> int:
    """Return tokens whose KV a starting request needs: its prompt and what a preemption threw away."""
    return int(engines.requests[request].prompt_tokens + engines.requests[request].generated)


@compiled
def _can_start(engines: Engines, limits: Limits, row: int) -> bool:
    """Say whether the first of the queue fits into the batch and the KV cache now."""
    pod = engines.pods[row]
    if pod.head == NO_REQUEST or pod.decoding >= limits.max_num_seqs:
        return False
    needed = pod.kv_tokens + pod.decoding + _tokens_to_prefill(engines, pod.head)
    return bool(needed <= limits.kv_capacity_tokens)


@compiled
def _start(engines: Engines, row: int) -> None:
    """Move the first of the queue into the prefill slot."""
    pod = engines.pods[row]
    request = _pop(engines, row)
    engines.requests[request].state = RUNNING
    if np.isnan(engines.requests[request].started_s):
        engines.requests[request].started_s = pod.clock_s
        waited = max(pod.clock_s - engines.requests[request].arrival_s, 0.0)
        pod.queue_sum_s += waited
        pod.queue[_bucket(PHASE_BOUNDS_S, waited)] += 1
    pod.prefilling = request
    pod.kv_tokens += _tokens_to_prefill(engines, request)
    pod.prefill_left = _tokens_to_prefill(engines, request)
    if engines.requests[request].generated == 0:  # a recomputed prompt is not looked up again
        pod.prefill_left -= engines.requests[request].cached_tokens


@compiled
def _preempt(engines: Engines, row: int) -> None:
    """Throw the newest sequence out of the batch; it keeps its tokens but not their KV."""
    pod = engines.pods[row]
    if pod.prefilling != NO_REQUEST:
        request = int(pod.prefilling)
        pod.kv_tokens -= _tokens_to_prefill(engines, request)
        pod.prefilling = NO_REQUEST
    else:
        pod.decoding -= 1
        request = int(engines.running[row, pod.decoding])
        rest = engines.finish_at[row, pod.decoding] - pod.iteration
        engines.requests[request].generated = engines.requests[request].output_tokens - rest
        pod.kv_tokens -= _tokens_to_prefill(engines, request) - 1
    _push_front(engines, row, request)


@compiled
def _prefill(engines: Engines, limits: Limits, row: int) -> int:
    """Choose the prompt tokens of this iteration; finished prompts join the batch. Returns the tokens."""
    pod = engines.pods[row]
    budget = limits.max_num_batched_tokens - pod.decoding
    used = 0
    while used < budget:
        if pod.prefilling == NO_REQUEST:
            if not _can_start(engines, limits, row):
                break
            _start(engines, row)
        chunk = min(pod.prefill_left, budget - used)
        used += chunk
        pod.prefill_left -= chunk
        if pod.prefill_left > 0:
            break
        request = pod.prefilling
        left = engines.requests[request].output_tokens - engines.requests[request].generated - 1
        engines.running[row, pod.decoding] = request
        engines.finish_at[row, pod.decoding] = pod.iteration + 1 + left
        pod.next_finish = min(pod.next_finish, pod.iteration + 1 + left)
        pod.decoding += 1
        pod.prefilling = NO_REQUEST
    return int(used)


@compiled
def _first_token(engines: Engines, row: int, request_id: int) -> None:
    """Stamp the first token of a request whose prefill ended with this iteration."""
    pod = engines.pods[row]
    request = engines.requests[request_id]
    pod.generation_tokens += 1
    if not np.isnan(request.first_token_s):
        return
    request.first_token_s = pod.clock_s
    pod.prompt_tokens += request.prompt_tokens
    pod.cached_tokens += request.cached_tokens
    ttft = pod.clock_s - request.arrival_s
    pod.ttft_sum_s += ttft
    pod.ttft[_bucket(TTFT_BOUNDS_S, ttft)] += 1


@compiled
def _finish_due(engines: Engines, row: int) -> None:
    """Take the sequences out of the batch that got their last token, keeping the order of the others."""
    pod = engines.pods[row]
    kept = 0
    pod.next_finish = NEVER
    for slot in range(pod.decoding):
        finish_at = engines.finish_at[row, slot]
        request_id = engines.running[row, slot]
        if finish_at > pod.iteration:
            engines.running[row, kept] = request_id
            engines.finish_at[row, kept] = finish_at
            pod.next_finish = min(pod.next_finish, finish_at)
            kept += 1
        else:
            _finish(engines, row, request_id)
    pod.decoding = kept


@compiled
def _finish(engines: Engines, row: int, request_id: int) -> None:
    """Count a request as done at the end of this iteration and free its KV."""
    pod = engines.pods[row]
    request = engines.requests[request_id]
    request.state = FINISHED
    request.finish_s = pod.clock_s
    pod.kv_tokens -= request.prompt_tokens + request.output_tokens - 1
    pod.succeeded += 1
    pod.finished_prompt_tokens += request.prompt_tokens
    pod.finished_output_tokens += request.output_tokens
    e2e = request.finish_s - request.arrival_s
    pod.e2e_sum_s += e2e
    pod.e2e[_bucket(PHASE_BOUNDS_S, e2e)] += 1
    pod.prompt[_bucket(TOKEN_BOUNDS, float(request.prompt_tokens))] += 1
    pod.output[_bucket(TOKEN_BOUNDS, float(request.output_tokens))] += 1


@compiled
def _count_tokens(engines: Engines, row: int, gaps: int) -> None:
    """Count one iteration in which `gaps` sequences got one more token each."""
    pod = engines.pods[row]
    pod.iteration += 1
    pod.kv_tokens += gaps
    pod.generation_tokens += gaps


@compiled
def _mixed_iteration(engines: Engines, limits: Limits, row: int) -> None:
    """Run one iteration with prefill in it."""
    pod = engines.pods[row]
    decoding = pod.decoding
    tokens = _prefill(engines, limits, row)
    sequences = pod.decoding + (1 if pod.prefilling != NO_REQUEST else 0)
    duration = limits.base_s + limits.per_sequence_s * sequences + limits.per_kv_token_s * pod.kv_tokens
    duration += limits.per_prefill_token_s * tokens
    pod.clock_s += duration
    pod.busy_s += duration
    _count_tokens(engines, row, decoding)
    pod.itl_sum_s += duration * decoding
    pod.itl[_bucket(ITL_BOUNDS_S, duration)] += decoding
    for slot in range(decoding, pod.decoding):
        _first_token(engines, row, engines.running[row, slot])
    if pod.iteration >= pod.next_finish:
        _finish_due(engines, row)


@compiled
def _decode_iterations(engines: Engines, limits: Limits, row: int, until_s: float) -> None:
    """Run iterations that only decode, up to the next event: a finish, a full cache, an expiry, `until_s`."""
    pod = engines.pods[row]
    sequences = pod.decoding
    expiry = _expiry(engines, limits, row)
    bounds = ITL_BOUNDS_S
    fixed = limits.base_s + limits.per_sequence_s * sequences
    bucket = _bucket(bounds, fixed + limits.per_kv_token_s * pod.kv_tokens)
    while (
        pod.clock_s < until_s
        and pod.iteration < pod.next_finish
        and pod.kv_tokens + sequences <= limits.kv_capacity_tokens
        and pod.clock_s < expiry
    ):
        duration = fixed + limits.per_kv_token_s * pod.kv_tokens
        while bucket < len(bounds) and duration > bounds[bucket]:
            bucket += 1
        pod.clock_s += duration
        pod.busy_s += duration
        pod.itl_sum_s += duration * sequences
        _count_tokens(engines, row, sequences)
        pod.itl[bucket] += sequences
    if pod.iteration >= pod.next_finish:
        _finish_due(engines, row)


@compiled
def run_pod(engines: Engines, limits: Limits, row: int, until_s: float) -> None:
    """Start all iterations of one pod that begin before `until_s`."""
    pod = engines.pods[row]
    while pod.clock_s < until_s:
        _drop_expired(engines, limits, row)
        while pod.decoding > 0 and pod.kv_tokens + pod.decoding > limits.kv_capacity_tokens:
            _preempt(engines, row)
        if pod.prefilling != NO_REQUEST or _can_start(engines, limits, row):
            _mixed_iteration(engines, limits, row)
        elif pod.decoding > 0:
            _decode_iterations(engines, limits, row, until_s)
        else:
            break


@compiled
def outstanding(engines: Engines, row: int) -> int:
    """Return the requests that a pod has taken and not ended."""
    pod = engines.pods[row]
    return int(pod.waiting + pod.decoding + (1 if pod.prefilling != NO_REQUEST else 0))


@compiled
def _least_loaded(engines: Engines, rows: Ints) -> int:
    """Return the pod with the fewest outstanding requests, the first of equals."""
    best = rows[0]
    fewest = outstanding(engines, best)
    for row in rows[1:]:
        load = outstanding(engines, row)
        if load < fewest:
            best, fewest = row, load
    return int(best)


@compiled
def _hand_over(engines: Engines, limits: Limits, row: int, request_id: int, now_s: float) -> None:
    """Queue a request at a pod, or refuse it if it can never fit."""
    request = engines.requests[request_id]
    pod = engines.pods[row]
    request.queued_s = now_s
    if request.prompt_tokens + request.output_tokens - 1 > limits.kv_capacity_tokens:
        request.state = FAILED
        request.finish_s = now_s
        pod.refused += 1
        return
    if outstanding(engines, row) == 0:
        pod.clock_s = max(pod.clock_s, now_s)
    _push(engines, row, request_id)


@compiled
def release(engines: Engines, limits: Limits, rows: Ints, span: tuple[int, int], now_s: float) -> int:
    """Hand held requests with indices in [span) to pods that have room in their batch; return the first kept."""
    for request_id in range(span[0], span[1]):
        row = _least_loaded(engines, rows)
        if outstanding(engines, row) >= limits.max_num_seqs:
            return request_id
        _hand_over(engines, limits, row, request_id, now_s)
    return span[1]


@compiled
def dispatch_arrivals(engines: Engines, limits: Limits, rows: Ints, span: tuple[int, int]) -> None:
    """Route the arrivals with indices in [span), each in the state that the pods have when it comes."""
    for request_id in range(span[0], span[1]):
        now_s = engines.requests[request_id].arrival_s
        for row in rows:
            run_pod(engines, limits, row, now_s)
        _hand_over(engines, limits, _least_loaded(engines, rows), request_id, now_s)


@compiled
def fail_pod(engines: Engines, row: int, now_s: float) -> None:
    """Fail all that a pod still holds, because it is removed."""
    pod = engines.pods[row]
    while pod.head != NO_REQUEST:
        request = engines.requests[_pop(engines, row)]
        request.state = FAILED
        request.finish_s = now_s
    for slot in range(pod.decoding):
        request = engines.requests[engines.running[row, slot]]
        request.state = FAILED
        request.finish_s = now_s
    if pod.prefilling != NO_REQUEST:
        engines.requests[pod.prefilling].state = FAILED
        engines.requests[pod.prefilling].finish_s = now_s

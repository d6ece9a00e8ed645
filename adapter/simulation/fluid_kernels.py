"""Continuous batching as a fluid, one second at a time, compiled.

A pod holds amounts instead of requests: prompts that wait, requests that decode. In a step prompts are
computed at no more than ``budget / (fixed + per_prefill_token * budget)`` tokens/s, with ``fixed`` the length of
an iteration without prefill and ``budget`` the tokens that decoding leaves of it; iterations then last
``fixed / (1 - per_prefill_token * rate)`` on average, and requests leave the batch as if the rest of their outputs were
exponential, which keeps Little's law exactly and the true lengths (whose spread is about that) nearly.

Arrivals go to the ready pods with the fewest requests, as water finds its level. They are judged when they join: the
first token comes after the prompts before them, their own, and a wait with the exponential tail of an M/G/1 queue for
what a second's mean does not show; the gap between tokens is that of the pod over the time that such an output takes.

Preemption and requests too long for the KV cache are left out. One module, for the reason that ``kernels`` gives.
"""
# ruff: noqa: PLR0917 - compiled functions cannot take keyword-only arguments

import numpy as np

from adapter.simulation._compile import compiled
from adapter.simulation.arrays import Floats, Limits, Records
from adapter.simulation.fluid_state import DRAINING, READY, STARTING, STEP_S, Fate, Front, Load, Row

_SETTLED = 0.5615  # n requests with exponential rests have all left, on average, when this many are expected: e^-gamma
_LEAST = 1e-9
_QUEUEING = 0.5  # 1 in an M/G/1 queue; less, since arrivals avoid full pods: fitted to the engine of single requests
_BUSIEST = 0.95  # the tail of the wait is that of a queue no fuller; beyond it, the fluid itself waits


@compiled
def _fixed_s(pod: Row, limits: Limits, load: Load) -> float:
    """Return the length of an iteration without prefill."""
    kv = pod.decoding_prompt + pod.decoding_output * load.output_spread / 2
    return float(limits.base_s + limits.per_sequence_s * pod.decoding + limits.per_kv_token_s * kv)


@compiled
def _prefill_rate(pod: Row, limits: Limits, fixed_s: float) -> float:
    """Return the prompt tokens/s that a pod computes at most."""
    budget = max(limits.max_num_batched_tokens - pod.decoding, 1.0)
    return float(budget / (fixed_s + limits.per_prefill_token_s * budget))


@compiled
def _batch_room(pod: Row, limits: Limits, load: Load) -> float:
    """Return how many requests like those at hand fit the batch and the KV cache."""
    count = pod.decoding + pod.waiting
    if count <= _LEAST:
        return float(limits.max_num_seqs)
    prompt = pod.decoding_prompt + pod.waiting_prompt
    output = pod.decoding_output + pod.waiting_output
    held = (prompt + output * load.output_spread / 2) / count
    return float(min(limits.max_num_seqs, limits.kv_capacity_tokens / max(held, 1.0)))


@compiled
def _iteration_s(limits: Limits, fixed_s: float, prompt: float) -> float:
    """Return the mean length of an iteration in a step that computes `prompt` tokens."""
    return fixed_s / (1 - limits.per_prefill_token_s * prompt / STEP_S)


@compiled
def _kept(pod: Row, iteration_s: float) -> tuple[float, float]:
    """Return which share of the batch, and of those that join it evenly over the step, is there at its end."""
    output = pod.decoding_output + pod.waiting_output
    count = pod.decoding + pod.waiting
    mean = output / count if count > _LEAST else 1.0
    stay_s = max(mean - 1.0, 0.5) * iteration_s
    decay = np.exp(-STEP_S / stay_s)
    return decay, stay_s / STEP_S * (1 - decay)


@compiled
def _admitted_share(pod: Row, limits: Limits, fixed_s: float, room: float) -> float:
    """Return the share of the waiting requests computed in this step: what is fast enough and fits the batch."""
    if pod.waiting_prompt <= _LEAST:
        return 0.0
    most = min(_prefill_rate(pod, limits, fixed_s) * STEP_S / pod.waiting_prompt, 1.0)
    low, high = 0.0, most
    for _ in range(12):
        decay, gain = _kept(pod, _iteration_s(limits, fixed_s, pod.waiting_prompt * most))
        if pod.decoding * decay + pod.waiting * most * gain <= room:
            low = most
        else:
            high = most
        if low == high:
            break
        most = (low + high) / 2
    return float(low)


@compiled
def serve(pod: Row, limits: Limits, load: Load) -> None:
    """Let one step pass in one pod."""
    fixed_s = _fixed_s(pod, limits, load)
    share = _admitted_share(pod, limits, fixed_s, _batch_room(pod, limits, load))
    pod.iteration_s = _iteration_s(limits, fixed_s, pod.waiting_prompt * share)
    decay, gain = _kept(pod, pod.iteration_s)
    admitted, prompt, output = pod.waiting * share, pod.waiting_prompt * share, pod.waiting_output * share
    before = pod.decoding
    pod.waiting -= admitted
    pod.waiting_prompt -= prompt
    pod.waiting_output -= output
    pod.succeeded += pod.decoding * (1 - decay) + admitted * (1 - gain)
    pod.finished_prompt_tokens += pod.decoding_prompt * (1 - decay) + prompt * (1 - gain)
    pod.finished_output_tokens += pod.decoding_output * (1 - decay) + output * (1 - gain)
    pod.decoding = pod.decoding * decay + admitted * gain
    pod.decoding_prompt = pod.decoding_prompt * decay + prompt * gain
    pod.decoding_output = pod.decoding_output * decay + output * gain
    pod.prompt_tokens += prompt
    pod.generation_tokens += admitted + (before + pod.decoding) / 2 * STEP_S / pod.iteration_s
    for each in range(len(load.output_classes)):
        takes_s = load.output_classes[each] * pod.iteration_s
        pod.gap_s[each] += (1 - np.exp(-STEP_S / takes_s)) * (pod.iteration_s - pod.gap_s[each])


@compiled
def expected_wait_s(pod: Row, limits: Limits, load: Load) -> float:
    """Return how long a request that joins now waits for the prompts and the batch before it."""
    fixed_s = _fixed_s(pod, limits, load)
    by_prompts = pod.waiting_prompt / _prefill_rate(pod, limits, fixed_s)
    excess = pod.waiting - max(_batch_room(pod, limits, load) - pod.decoding, 0.0)
    if excess <= 0:
        return float(by_prompts)
    output = max(pod.decoding_output / max(pod.decoding, _LEAST), 1.0)
    by_batch = excess * output * max(pod.iteration_s, fixed_s) / max(pod.decoding, 1.0)
    return float(max(by_prompts, by_batch))


@compiled
def _late_share(pod: Row, limits: Limits, load: Load, slack_s: float) -> float:
    """Return the share of joining requests whose own prompt and chance wait take longer than `slack_s`."""
    fixed_s = _fixed_s(pod, limits, load)
    rate = _prefill_rate(pod, limits, fixed_s)
    classes = load.prompt_classes
    mean_s = np.mean(classes) / rate
    busy = min(pod.joined * mean_s, _BUSIEST)
    scale_s = mean_s * load.prompt_spread / (2 * (1 - busy) ** _QUEUEING)
    late = 0.0
    for each in range(len(classes) - 1, -1, -1):
        spare_s = slack_s - 1.5 * fixed_s - classes[each] / rate
        if spare_s > 15 * scale_s:
            break
        late += 1.0 if spare_s <= 0 else busy * np.exp(-spare_s / scale_s)
    return float(late / len(classes))


@compiled
def _slow_share(pod: Row, load: Load, itl_s: float) -> float:
    """Return the share of joining requests whose tokens come too far apart."""
    slow = 0
    for each in range(len(load.output_classes)):
        if pod.gap_s[each] > itl_s:
            slow += 1
    return float(load.judged_share * slow / len(load.output_classes))


@compiled
def water_level(pods: Records, count: int, amount: float) -> float:
    """Return the requests of the emptiest pods after `amount` more, dealt to the emptiest of the first `count`."""
    level = np.inf
    while True:
        total, members = amount, 0
        for row in range(count):
            held = pods[row].waiting + pods[row].decoding
            if pods[row].phase == READY and held < level:
                total += held
                members += 1
        lower = total / members
        if lower >= level:
            return float(level)
        level = lower


@compiled
def _join(pods: Records, count: int, terms: tuple[Limits, Load, Fate, Floats], step: int, amount: float) -> None:
    """Deal `amount` of the arrivals of `step` to the ready pods, and judge them."""
    limits, load, fate, objective = terms
    age_s = objective[2]
    prompt = load.prompt_tokens[step] / load.requests[step]
    output = load.output_tokens[step] / load.requests[step]
    level = water_level(pods, count, amount)
    for row in range(count):
        pod = pods[row]
        part = level - pod.waiting - pod.decoding
        if pod.phase != READY or part <= 0:
            continue
        wait_s = expected_wait_s(pod, limits, load) + age_s
        if wait_s > limits.first_token_timeout_s:
            fate.failed[step] += part
            pod.aborted += part
            continue
        pod.joined += part / STEP_S
        in_ttft = 1 - _late_share(pod, limits, load, objective[0] - wait_s)
        in_itl = 1 - _slow_share(pod, load, objective[1])
        fate.in_ttft[step] += part * in_ttft
        fate.in_itl[step] += part * in_itl
        fate.in_time[step] += part * min(in_ttft, in_itl)
        pod.judged += part
        pod.in_ttft += part * in_ttft
        pod.in_itl += part * in_itl
        pod.waiting += part
        pod.waiting_prompt += part * prompt
        pod.waiting_output += part * output


@compiled
def _room(pods: Records, count: int, limits: Limits) -> float:
    """Return how many held requests the batches of ready pods have room for."""
    room = 0.0
    for row in range(count):
        if pods[row].phase == READY:
            room += max(limits.max_num_seqs - pods[row].waiting - pods[row].decoding, 0.0)
    return room


@compiled
def _leave_gateway(pods: Records, count: int, front: Front, terms: tuple[Limits, Load, Fate, Floats]) -> None:
    """Hand on what has come up to now: all of it, or what there is room for when something was held before."""
    limits, load, fate, objective = terms
    now, ready = front.step[0], 0
    for row in range(count):
        pods[row].joined = 0.0
        ready += pods[row].phase == READY
    room = _room(pods, count, limits) if front.released[0] < now else np.inf
    while front.released[0] <= now:
        step = front.released[0]
        left = load.requests[step] - front.taken[0]
        age_s = (now - step) * STEP_S
        if left > 0 and age_s >= limits.first_token_timeout_s:
            fate.failed[step] += left
            front.expired[0] += left
        elif left > 0:
            amount = min(left, room) if ready else 0.0
            if amount > 0:
                objective[2] = age_s
                _join(pods, count, terms, step, amount)
                room -= amount
            if amount < left:
                front.taken[0] += amount
                fate.held[now] += load.requests[now]
                return
        front.released[0] += 1
        front.taken[0] = 0.0


@compiled
def _bury(pods: Records, count: int, row: int) -> int:
    """Forget a pod; return how many are left."""
    for each in range(row, count - 1):
        pods[each] = pods[each + 1]
    return count - 1


@compiled
def advance(pods: Records, count: int, front: Front, terms: tuple[Limits, Load, Fate, Floats], until: int) -> int:
    """Let everything happen up to step `until`; return how many pods are left.

    Args:
        pods: the first `count` rows are pods, oldest first; changed.
        count: pods.
        front: the gateway; changed.
        terms: limits, load, fate (changed), and TTFT and ITL limits, a cell of working memory and the drain limit, s.
        until: step.
    """
    while front.step[0] < until:
        now_s = front.step[0] * STEP_S
        row = 0
        while row < count:
            pod = pods[row]
            if pod.phase == STARTING and pod.ready_s <= now_s:
                pod.phase = READY
            over_s = now_s - pod.drain_s
            empty = pod.waiting + pod.decoding <= _SETTLED
            if pod.phase == DRAINING and (empty or over_s >= terms[3][3]):
                front.billed_s[0] += now_s - pod.created_s
                count = _bury(pods, count, row)
            else:
                row += 1
        if front.step[0] < len(terms[1].requests):
            _leave_gateway(pods, count, front, terms)
        for row in range(count):
            if pods[row].phase != STARTING:
                serve(pods[row], terms[0], terms[1])
        front.step[0] += 1
    return count


@compiled
def remove_newest(pods: Records, count: int, front: Front, excess: int) -> int:
    """Take `excess` pods away: those that start first, newest first; return how many rows are left."""
    now_s = front.step[0] * STEP_S
    for phase in (STARTING, READY):
        row = count - 1
        while row >= 0 and excess > 0:
            if pods[row].phase == phase:
                excess -= 1
                if phase == STARTING:
                    front.billed_s[0] += now_s - pods[row].created_s
                    count = _bury(pods, count, row)
                else:
                    pods[row].phase, pods[row].drain_s = DRAINING, now_s
            row -= 1
    return count

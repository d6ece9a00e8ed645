"""State of the fluid engine as arrays: what arrives each step, one row a pod, and what became of each step's arrivals.

Only layout, like ``arrays``; the rules are in ``fluid_kernels``. Numbers of requests are real numbers here.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from adapter.simulation.arrays import Floats, Records
from adapter.simulation.traces import Requests

Row: TypeAlias = Any
"""One pod, a row of `FLUID_POD`, as compiled code sees it."""

STEP_S: Final = 1.0
"""The fluid moves on in steps of this length; what is judged within seconds needs them."""

STARTING: Final = 0
READY: Final = 1
DRAINING: Final = 2

_PROMPTS: Final = 32
_OUTPUTS: Final = 4

FLUID_POD: Final = np.dtype(
    [
        ("serial", np.int64),
        ("phase", np.int64),
        ("created_s", np.float64),
        ("ready_s", np.float64),
        ("drain_s", np.float64),  # when draining began
        ("waiting", np.float64),  # requests whose prompt is not computed, with their prompt and output tokens
        ("waiting_prompt", np.float64),
        ("waiting_output", np.float64),
        ("decoding", np.float64),  # requests in the batch, with their prompt tokens and their outputs' full lengths
        ("decoding_prompt", np.float64),
        ("decoding_output", np.float64),
        ("joined", np.float64),  # requests a second that joined in the last step
        ("iteration_s", np.float64),  # mean length of an iteration in the last step
        ("gap_s", np.float64, _OUTPUTS),  # the same over the time that outputs of each class take
        ("prompt_tokens", np.float64),  # counters
        ("generation_tokens", np.float64),
        ("succeeded", np.float64),
        ("aborted", np.float64),
        ("finished_prompt_tokens", np.float64),
        ("finished_output_tokens", np.float64),
        ("judged", np.float64),  # requests that joined, and those of them whose first token, whose gaps are in time
        ("in_ttft", np.float64),
        ("in_itl", np.float64),
    ]
)


class Load(NamedTuple):
    """What arrives in each step, shape (steps,), and how lengths are spread around their means."""

    requests: Floats
    prompt_tokens: Floats
    output_tokens: Floats
    prompt_classes: Floats
    """Prompt tokens at equal shares of requests, ascending."""
    output_classes: Floats
    """Output tokens at equal shares of the requests whose gaps are judged, ascending; empty shares are repeated."""
    judged_share: float
    """Share of requests with outputs long enough for their gaps to be judged, 0 to 1."""
    prompt_spread: float
    """Mean square over squared mean of prompt tokens, >= 1."""
    output_spread: float
    """The same of output tokens."""


class Fate(NamedTuple):
    """What became of the arrivals of each step, shape (steps,): requests, to be divided by `Load.requests`."""

    in_time: Floats
    in_ttft: Floats
    in_itl: Floats
    failed: Floats
    held: Floats


class Front(NamedTuple):
    """The gateway: one element each, because compiled code changes them."""

    step: NDArray[np.int64]
    """The next step."""
    released: NDArray[np.int64]
    """The first step whose arrivals have not all left the gateway."""
    taken: Floats
    """How many of these have left."""
    billed_s: Floats
    """Seconds of pods that are gone."""
    expired: Floats
    """Requests that found no ready replica in time."""


def load_of(requests: Requests, *, end_s: float, judged_from: int) -> Load:
    """Return requests dealt into steps.

    Args:
        requests: every arrival.
        end_s: the load covers at least this long.
        judged_from: output tokens from which gaps are judged.
    """
    step = (requests.arrival_s / STEP_S).astype(np.int64)
    steps = max(int(np.ceil(end_s / STEP_S)), int(step[-1]) + 1 if len(step) else 0)
    prompt, output = requests.prompt_tokens.astype(np.float64), requests.output_tokens.astype(np.float64)
    judged = output[output >= judged_from]
    return Load(
        requests=np.bincount(step, minlength=steps).astype(np.float64),
        prompt_tokens=np.bincount(step, weights=prompt, minlength=steps).astype(np.float64),
        output_tokens=np.bincount(step, weights=output, minlength=steps).astype(np.float64),
        prompt_classes=_classes(prompt, _PROMPTS),
        output_classes=_classes(judged, _OUTPUTS),
        judged_share=len(judged) / max(len(output), 1),
        prompt_spread=_spread(prompt),
        output_spread=_spread(output),
    )


def new_fate(steps: int) -> Fate:
    """Return a fate of nothing."""
    return Fate(*(np.zeros(steps) for _ in Fate._fields))


def new_front() -> Front:
    """Return the gateway at the start."""
    return Front(
        step=np.zeros(1, dtype=np.int64),
        released=np.zeros(1, dtype=np.int64),
        taken=np.zeros(1),
        billed_s=np.zeros(1),
        expired=np.zeros(1),
    )


def grown(pods: Records, rows: int) -> Records:
    """Return pods with room for at least `rows`."""
    while rows > len(pods):
        pods = np.concatenate([pods, np.zeros_like(pods)])
    return pods


def _classes(lengths: Floats, count: int) -> Floats:
    if not len(lengths):
        return np.ones(count)
    shares = (np.arange(count) + 0.5) / count
    classes: NDArray[Any] = np.quantile(lengths, shares)
    return classes.astype(np.float64)


def _spread(lengths: Floats) -> float:
    return float(np.mean(lengths**2) / np.mean(lengths) ** 2) if len(lengths) else 1.0

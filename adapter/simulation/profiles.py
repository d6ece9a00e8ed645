"""Speed and size of one replica of an inference engine.

A replica is described by how long one engine iteration takes and by three limits (sequences, batched
tokens, KV cache). Everything else, such as sustainable rates, is derived here; nothing in this module
knows requests in time, pods or scaling.

One iteration of continuous batching with chunked prefill lasts

    base + per_sequence * n + per_kv_token * kv + per_prefill_token * p

seconds with ``n`` sequences in the batch, ``kv`` tokens held in the KV cache and ``p`` prompt tokens
prefilled in this iteration: reading the weights, the matrix work per sequence, reading the cache, and
the arithmetic of prefill (the linear form of Agrawal et al., *Sarathi-Serve*, OSDI 2024, and of
Patel et al., *Splitwise*, ISCA 2024). In the steady state that gives a closed form. At ``r`` requests/s
of ``P`` prompt and ``G`` output tokens, ``u = r * (P * prompt_cost + G * token_cost)`` is the work
arriving in engine-seconds per second, and the iteration lasts ``base / (1 - u)``: the replica is full
where that reaches the longest gap between tokens that users accept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestShape:
    """Mean lengths of the requests of a workload."""

    prompt_tokens: float
    """Mean prompt tokens of a request that have to be computed, > 0."""
    output_tokens: float
    """Mean output tokens of a request, >= 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProfile:
    """One replica: a model on the GPUs that serve it.

    Raises:
        ValueError: a field is out of range, with its name, value and what is allowed.
    """

    name: str
    base_s: float
    """Seconds of an iteration with an empty batch, > 0 (reading the weights, launching kernels)."""
    per_sequence_s: float
    """Seconds added by each sequence in the batch, >= 0."""
    per_kv_token_s: float
    """Seconds added by each token held in the KV cache, >= 0."""
    per_prefill_token_s: float
    """Seconds added by each prompt token prefilled in the iteration, > 0."""
    max_num_seqs: int
    """Most sequences in the batch, >= 1."""
    max_num_batched_tokens: int
    """Most tokens computed in one iteration (decoding sequences count one each), > max_num_seqs."""
    kv_capacity_tokens: int
    """Tokens that the KV cache holds, > 0."""
    gpus: int
    """GPUs of one replica, >= 1."""
    itl_limit_s: float = 0.1
    """Longest mean gap between output tokens that counts as served, s, > base_s. Bounds sustainable rates."""

    def __post_init__(self) -> None:
        for name in ("base_s", "per_prefill_token_s", "max_num_seqs", "kv_capacity_tokens", "gpus"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        for name in ("per_sequence_s", "per_kv_token_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")
        if self.max_num_batched_tokens <= self.max_num_seqs:
            raise ValueError(
                f"max_num_batched_tokens must be > max_num_seqs ({self.max_num_seqs}), "
                f"got {self.max_num_batched_tokens}"
            )
        if self.itl_limit_s <= self.base_s:
            raise ValueError(f"itl_limit_s must be > base_s ({self.base_s}), got {self.itl_limit_s}")

    def token_cost_s(self, shape: RequestShape) -> float:
        """Return engine-seconds of work in one output token, its share of reading the cache included."""
        return self.per_sequence_s + self.per_kv_token_s * _mean_context(shape)

    def work_s(self, shape: RequestShape) -> float:
        """Return engine-seconds of work in one request."""
        return shape.prompt_tokens * self.per_prefill_token_s + shape.output_tokens * self.token_cost_s(shape)

    def sustainable_requests_per_s(self, shape: RequestShape) -> float:
        """Return the highest steady arrival rate that one replica serves within `itl_limit_s`.

        The limit that binds first: the length of an iteration, the sequences in the batch, the KV cache, or
        the prompt tokens of an iteration. Random arrivals need some room below it.

        Example:
            An iteration of 10 ms may grow to 100 ms, so 90 % of the time can be work; a request of 1000 prompt
            tokens at 0.1 ms and 10 output tokens at no cost is 0.1 s of work: 9 requests/s.

            >>> engine = EngineProfile(
            ...     name="toy", base_s=0.01, per_sequence_s=0, per_kv_token_s=0, per_prefill_token_s=1e-4,
            ...     max_num_seqs=256, max_num_batched_tokens=2048, kv_capacity_tokens=400_000, gpus=1)
            >>> round(engine.sustainable_requests_per_s(RequestShape(prompt_tokens=1000, output_tokens=10)), 6)
            9.0
        """
        work = self.work_s(shape)
        in_batch = min(self.max_num_seqs, self.kv_capacity_tokens / _mean_context(shape))
        # r requests/s keep r * G * base / (1 - r * work) of them decoding; solved for r at the limit.
        by_batch = in_batch / (shape.output_tokens * self.base_s + in_batch * work)
        batched = self.max_num_batched_tokens
        by_prefill = batched / (shape.prompt_tokens * self.base_s + batched * work)
        return min((1 - self.base_s / self.itl_limit_s) / work, by_batch, by_prefill)

    def sustainable_prompt_tokens_per_s(self, shape: RequestShape) -> float:
        """Return prompt tokens/s of one full replica if all its work were prefill.

        With `sustainable_generation_tokens_per_s` it makes the two capacities of a workload: the replicas
        needed are prompt tokens/s over the one plus generation tokens/s over the other.
        """
        return self.sustainable_requests_per_s(shape) * self.work_s(shape) / self.per_prefill_token_s

    def sustainable_generation_tokens_per_s(self, shape: RequestShape) -> float:
        """Return output tokens/s of one full replica if all its work were decoding at this context length.

        Raises:
            ValueError: decoding costs nothing in this profile, so that there is no such rate.
        """
        cost = self.token_cost_s(shape)
        if cost <= 0:
            raise ValueError(f"profile {self.name!r}: output tokens cost no time, so their rate is unbounded")
        return self.sustainable_requests_per_s(shape) * self.work_s(shape) / cost

    def in_flight_at(self, share: float, shape: RequestShape) -> float:
        """Return the requests in the batch at `share` (0 to 1) of the sustainable rate, on average.

        Little's law: the rate times the iterations that a request stays, times their length at that load. It
        is what targets of concurrency-based scaling are derived from.
        """
        rate = share * self.sustainable_requests_per_s(shape)
        return rate * (shape.output_tokens + 1) * self.base_s / (1 - rate * self.work_s(shape))


def _mean_context(shape: RequestShape) -> float:
    """Return the tokens that a decoding request holds in the KV cache, on average over its life."""
    return shape.prompt_tokens + shape.output_tokens / 2


LLAMA_8B_H100 = EngineProfile(
    name="8B on one H100",
    base_s=0.0065,
    per_sequence_s=3.0e-5,
    per_kv_token_s=5.2e-8,
    per_prefill_token_s=3.6e-5,
    max_num_seqs=256,
    max_num_batched_tokens=2048,
    kv_capacity_tokens=416_000,
    gpus=1,
)
"""Llama 3.1 8B in bfloat16 on one H100 SXM 80 GB.

Derived from the published data sheets (H100 SXM: 3.35 TB/s, 989 TFLOP/s dense bfloat16; model: 8.03 G
parameters, 32 layers, 8 KV heads of 128): weights 16.1 GB at 75 % of the bandwidth 6.4 ms; a token of KV
131,072 B, so 52 ns; prefill 16.1 GFLOP a token at 45 % of the peak 36 us; decoding the same at its lower
efficiency about 30 us a sequence with sampling. KV cache: 0.92 * 80 GB less weights and 3 GB of
activations. 2048 batched tokens, as the vLLM documentation advises for short gaps between tokens.
"""

LLAMA_70B_4XH100 = EngineProfile(
    name="70B on four H100",
    base_s=0.018,
    per_sequence_s=7.0e-5,
    per_kv_token_s=3.3e-8,
    per_prefill_token_s=8.8e-5,
    max_num_seqs=256,
    max_num_batched_tokens=896,
    kv_capacity_tokens=418_000,
    gpus=4,
)
"""Llama 3.1 70B in bfloat16, tensor-parallel over four H100 SXM 80 GB.

As above with 70.6 G parameters, 80 layers, 8 KV heads of 128: weights 35.3 GB a GPU at 75 % of the
bandwidth 14 ms, plus 160 all-reduces of 25 us; a token of KV 327,680 B over four GPUs 33 ns; prefill
141 GFLOP a token at 40 % of four peaks 88 us. KV cache: 4 * 0.92 * 80 GB less 141 GB of weights and 16 GB
of activations. 896 batched tokens keep an iteration full of prefill within 100 ms.
"""

MODELS: Final[Mapping[str, EngineProfile]] = {"8b": LLAMA_8B_H100, "70b": LLAMA_70B_4XH100}
"""What a replica may be, by its name on the command line."""

"""The keys of `scalerMetadata`: which are ours, which belong to KEDA, and which look like a slip.

Keys that are not ours are ignored, because KEDA sends its own along and later versions of either side may add some.
A key that is nearly one of ours is a typing mistake, and ignoring it would hurt silently: it is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

PLAIN_KEYS = ("workload", "metric", "target", "activationThreshold")
"""Keys that references and inline definitions have in common."""

PATHS: Mapping[str, tuple[str, ...]] = {
    "preset": ("preset",),
    "match": ("match",),
    "scaleTargetName": ("scaleTarget", "name"),
    "scaleTargetKind": ("scaleTarget", "kind"),
    "minReplicas": ("replicas", "min"),
    "maxReplicas": ("replicas", "max"),
    "leadTime": ("leadTime",),
    "quantile": ("forecast", "quantile"),
    "margin": ("margin",),
    "promptTokensPerSecond": ("capacity", "promptTokensPerSecond"),
    "generationTokensPerSecond": ("capacity", "generationTokensPerSecond"),
    "maxConcurrency": ("capacity", "maxConcurrency"),
    "concurrency": ("targets", "concurrency"),
    "mode": ("mode",),
}
"""Keys of an inline definition, and where each stands in the tuning of a workload."""

_OURS = (*PLAIN_KEYS, *PATHS)
_CONNECTION = frozenset({"scalerAddress", "enableTLS", "unsafeSsl"})
_NAMESPACE = frozenset({"namespace", "workloadNamespace"})
_ENVIRONMENT = "FromEnv"
_MOST_SLIPS = 2
_LONGEST_SLIP = 40  # longer keys cannot be close to any of ours; comparing them would be wasted work
_MOST_KEYS = 100  # whoever reaches the port decides how many there are, and each one costs time
_MOST_WARNINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of our keys as the ScaledObject has it."""

    key: str
    """As written, with `FromEnv` where that was used."""
    text: str

    def complain(self, message: str) -> str:
        """Return a problem with this entry; values from the environment are not repeated, they may be secret."""
        if self.key.endswith(_ENVIRONMENT):
            return f"{self.key}: {message}"
        text = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        return f"{self.key}: {message} (given: {text!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedKeys:
    """Metadata sorted into what we read, what is wrong, and what is ignored."""

    entries: Mapping[str, Entry]
    """Ours, by name without `FromEnv`."""
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def sort_keys(metadata: Mapping[str, str], *, namespace: str) -> SortedKeys:
    """Sort the keys of `scalerMetadata`.

    Args:
        metadata: as received; KEDA has already replaced the value of a `...FromEnv` key by the variable it names.
        namespace: the ScaledObject's.

    Example:
        >>> sort_keys({"presetFromEnv": "vllm", "minReplica": "2", "colour": "red"}, namespace="prod").problems
        ('minReplica: unknown key; did you mean minReplicas?',)
    """
    if len(metadata) > _MOST_KEYS:
        return SortedKeys(entries={}, problems=(f"{len(metadata)} keys; at most {_MOST_KEYS} are read",), warnings=())
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    warnings: list[str] = []
    for key, text in sorted(metadata.items()):
        name = key.removesuffix(_ENVIRONMENT)
        if name in _OURS:
            if name in entries:
                problems.append(f"{name}: given twice, as {name} and {key}; keep one")
            entries.setdefault(name, Entry(key=key, text=text.strip()))
        elif name in _NAMESPACE and text != namespace:
            problems.append(f"{key}: a ScaledObject scales in its own namespace only, which is {namespace}; remove it")
        elif (meant := _meant(name)) is not None:
            problems.append(f"{key}: unknown key; did you mean {meant}?")
        elif name not in _CONNECTION | _NAMESPACE:
            warnings.append(f"unknown key {key[:_LONGEST_SLIP]!r} is ignored")
    return SortedKeys(entries=entries, problems=tuple(problems), warnings=tuple(warnings[:_MOST_WARNINGS]))


@lru_cache(maxsize=1000)
def _meant(key: str) -> str | None:
    """Return the key of ours that is at most two slips away (one, for short names), blind to case, `_` and `-`."""
    if len(key) > _LONGEST_SLIP or key in _CONNECTION:
        return None
    folded = _fold(key)
    near = [(_slips(folded, ours.lower()), ours) for ours in _OURS if abs(len(folded) - len(ours)) <= _MOST_SLIPS]
    slips, nearest = min(near, default=(_MOST_SLIPS + 1, ""))
    return nearest if slips <= (_MOST_SLIPS if len(nearest) > 5 else 1) else None


def _fold(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "")


def _slips(left: str, right: str) -> int:
    """Return the Levenshtein distance: single characters inserted, dropped or replaced."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]

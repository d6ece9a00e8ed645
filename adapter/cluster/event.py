"""An event of the Kubernetes API: what is written, within its limits. Pure.

Source: `k8s.io/api/events/v1/types.go`, `k8s.io/kubernetes/pkg/apis/core/validation/events.go`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from adapter.cluster.api import Json
from adapter.cluster.election import micro_time

CONTROLLER: Final = "scaleahead.io/adapter"
_NOTE_BYTES: Final = 1024
_NAME_CHARACTERS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Regarding:
    """The object that an event is about; without its UID, `kubectl describe` would not show it."""

    api_version: str
    kind: str
    name: str
    uid: str
    namespace: str = ""
    """Empty for objects of the cluster."""

    def __str__(self) -> str:
        """Return it as people name it, such as `ConfigMap llm/tuning`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def event_namespace(self) -> str:
        """Where the event goes."""
        return self.namespace or "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened; two that differ in their note alone are the same again."""

    regarding: Regarding
    kind: Literal["Normal", "Warning"]
    reason: str
    action: str
    note: str


def event_body(news: News, *, instance: str, at: float) -> Json:
    """Return the event for some news.

    Args:
        news: what happened.
        instance: name of this process.
        at: seconds since the epoch.
    """
    about = news.regarding
    nanoseconds = round(at * 1e9)
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{about.name}.{nanoseconds:x}", "namespace": about.event_namespace},
        "eventTime": micro_time(at),
        "reportingController": CONTROLLER,
        "reportingInstance": instance[:_NAME_CHARACTERS],
        "action": news.action,
        "reason": news.reason,
        "type": news.kind,
        "regarding": {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "name": about.name,
            "uid": about.uid,
            **({"namespace": about.namespace} if about.namespace else {}),
        },
        "note": shortened(news.note),
    }


def series_patch(count: int, *, at: float) -> Json:
    """Return the change that makes an event one that has happened `count` times, at least 2."""
    return {"series": {"count": count, "lastObservedTime": micro_time(at)}}


def shortened(note: str) -> str:
    """Return a note cut to what an event may hold, in bytes, without half a character at its end.

    Example:
        >>> len(shortened("é" * 1000).encode())
        1023
    """
    encoded = note.encode()
    if len(encoded) <= _NOTE_BYTES:
        return note
    end = "…"
    return encoded[: _NOTE_BYTES - len(end.encode())].decode(errors="ignore") + end

"""What the events of a watch on one object mean, and how long to wait before asking again. Pure.

Source: `k8s.io/client-go/tools/cache/reflector.go`.
"""

from dataclasses import dataclass
from typing import Final

from adapter.cluster.api import ApiRefused, Json

_FIRST_S: Final = 0.8
_LONGEST_S: Final = 30.0
_GONE: Final = 410
_TOO_LARGE: Final = "ResourceVersionTooLarge"


class VersionExpired(Exception):
    """The version watched from is too old, or unknown to this server: the object must be read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an event told."""

    version: str
    """To go on from."""
    changed: bool
    """Whether it is about the object; bookmarks and events about others are not."""
    found: Json | None = None
    """The object; None if it is gone."""


def read_event(event: Json, *, name: str) -> Seen:
    """Return what an event tells about the object of some name.

    Raises:
        VersionExpired: the object must be read anew.
        ApiRefused: the server ends the watch for another reason.
    """
    kind, item = str(event.get("type")), event["object"]
    if kind == "ERROR":
        raise watch_error(item)
    meta = item.get("metadata") or {}
    about_it = kind in ("ADDED", "MODIFIED", "DELETED") and meta.get("name") == name
    return Seen(
        version=str(meta.get("resourceVersion", "")),
        changed=about_it,
        found=item if about_it and kind != "DELETED" else None,
    )


def watch_error(status: Json) -> Exception:
    """Return the exception that a Status within a watch stands for."""
    refused = ApiRefused(
        int(status.get("code") or 500), reason=str(status.get("reason", "")), message=str(status.get("message", ""))
    )
    causes = (status.get("details") or {}).get("causes") or ()
    too_large = any(cause.get("reason") == _TOO_LARGE for cause in causes)
    return VersionExpired(str(refused)) if too_large or expired(refused) else refused


def expired(error: ApiRefused) -> bool:
    """Tell whether a refusal means that the version is too old."""
    return error.code == _GONE


def pause_s(failures: int, *, jitter: float) -> float:
    """Return how long to wait after some failures in a row, in seconds.

    Args:
        failures: at least 1.
        jitter: in [0, 1); up to as much again is added, so that not all ask at once.

    Example:
        >>> [pause_s(failures, jitter=0.0) for failures in (1, 2, 3, 9)]
        [0.8, 1.6, 3.2, 30.0]
    """
    return float(min(_FIRST_S * 2 ** min(failures - 1, 10), _LONGEST_S) * (1 + jitter))

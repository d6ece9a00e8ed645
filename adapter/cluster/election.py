"""Who of several processes may write: what a Lease says, and what to write into it. Pure.

A lease is over when it has not been renewed for its duration by the clock of who looks, counted from when that process
saw it change last: clocks may differ, but not their pace.

Source: `k8s.io/client-go/tools/leaderelection`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from adapter.cluster.api import Json

DURATION_S: Final = 15
"""After which others may take a lease that is not renewed."""
DEADLINE_S: Final = 10.0
"""After which who could not renew stops writing; shorter, so that two never write at once."""
RETRY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A lease as this process saw it, and since when it has looked like that."""

    spec: Json
    version: str
    since: float
    """In seconds of the local, steady clock."""


def see(lease: Json, before: Sighting | None, *, now: float) -> Sighting:
    """Return the sighting of a lease that was just read."""
    spec, version = lease.get("spec") or {}, str(lease["metadata"].get("resourceVersion", ""))
    if before is not None and before.spec == spec:
        return replace(before, version=version)
    return Sighting(spec=spec, version=version, since=now)


def claim(sighting: Sighting, identity: str, *, now: float, wall: float) -> Json | None:
    """Return the spec to write in order to lead, None while another leads.

    Args:
        sighting: the lease as it was just seen.
        identity: of this process.
        now: seconds of the local, steady clock.
        wall: seconds since the epoch.
    """
    spec = sighting.spec
    holder = spec.get("holderIdentity") or ""
    if holder not in ("", identity) and now < sighting.since + float(spec.get("leaseDurationSeconds") or DURATION_S):
        return None
    changes = holder != identity
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": DURATION_S,
        "acquireTime": micro_time(wall) if changes else spec.get("acquireTime") or micro_time(wall),
        "renewTime": micro_time(wall),
        "leaseTransitions": int(spec.get("leaseTransitions") or 0) + (1 if changes and spec else 0),
    }


def released(spec: Json, *, wall: float) -> Json:
    """Return the spec of who stops: the next one need not wait."""
    at = micro_time(wall)
    return {**spec, "holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": at, "renewTime": at}


def micro_time(wall: float) -> str:
    """Return a time as Kubernetes' MicroTime.

    Example:
        >>> micro_time(1787220000.25)
        '2026-08-20T10:00:00.250000Z'
    """
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

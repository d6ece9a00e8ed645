"""The tuning document of a process: a file, or a ConfigMap watched through the Kubernetes API."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.clock import SystemClock
from adapter.cluster.api import KubeApi
from adapter.cluster.event import Regarding
from adapter.cluster.tuning_config_map import open_config_map
from adapter.cluster.tuning_file import TuningFile
from adapter.prometheus.preset import preset_names
from adapter.settings import Settings
from adapter.wiring.tuning_watch import WatchedTuning

Runs = Callable[[], Sequence[Coroutine[Any, Any, None]]]
"""Makes what is to be run side by side until cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTuning:
    """The document, and what keeps it up to date."""

    document: WatchedTuning
    runs: Runs
    regarding: Callable[[], Regarding | None]
    """What events about it are about."""


async def open_tuning(settings: Settings, api: KubeApi | None) -> OpenedTuning:
    """Return the tuning document that the settings name.

    Raises:
        TuningError: it cannot be read, or is rejected.
    """
    now = SystemClock().now()
    if settings.config is not None:
        document = TuningFile(settings.config, presets=preset_names(), now=now)
        return OpenedTuning(document=document, runs=lambda: (), regarding=lambda: own_pod(settings))
    own = settings.cluster
    if api is None or own is None or own.config_map is None:
        raise AssertionError("the settings name a file, or a ConfigMap of a cluster")
    watched = await open_config_map(api, namespace=own.namespace, name=own.config_map, presets=preset_names(), now=now)
    return OpenedTuning(document=watched, runs=lambda: (watched.follow(),), regarding=lambda: watched.regarding)


def own_pod(settings: Settings) -> Regarding | None:
    """Return this process as the object of events, None if it is no pod."""
    own = settings.cluster
    if own is None or not own.pod_uid:
        return None
    return Regarding(api_version="v1", kind="Pod", name=own.pod, namespace=own.namespace, uid=own.pod_uid)

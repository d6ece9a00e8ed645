"""The place of a process in its cluster: whether it is the one that writes, and what it writes."""

import logging
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from adapter.cluster.api import Json, KubeApi
from adapter.cluster.api_service import Owner, Ownership
from adapter.cluster.event import News, Regarding
from adapter.cluster.events import Events
from adapter.cluster.hpa_watch import HpaWatch
from adapter.cluster.lease import Alone, Candidate, Leadership, LeaseElection
from adapter.cluster.serving_authority import ServingAuthority, ServingNames
from adapter.core.tuning import TuningState
from adapter.ports import Clock
from adapter.settings import ClusterSettings

_log = logging.getLogger(__name__)


class Membership:
    """Election, events, our own CA, and the HPAs of the cluster.

    Args:
        settings: our objects in the cluster.
        api: speaks with kube-apiserver.
    """

    def __init__(self, settings: ClusterSettings, api: KubeApi) -> None:
        self.api = api
        self._settings = settings
        self._election = self._stands(settings, api)
        self._leadership: Leadership = self._election or Alone()
        self._events = Events(api, self._leadership, instance=settings.pod)
        self.hpas = HpaWatch(api)

    def runs(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run side by side until cancelled."""
        election = [] if self._election is None else [self._election.run()]
        return [*election, self._events.run(), self.hpas.run()]

    def tuning_events(self, regarding: Callable[[], Regarding | None]) -> "TuningEvents":
        """Return who writes events about the tuning document."""
        return TuningEvents(self._events, regarding)

    def serving_authority(self, clock: Clock) -> ServingAuthority | None:
        """Return our own CA, None if certificates come from elsewhere."""
        own = self._settings
        if own.serving_secret is None or own.service is None:
            return None
        names = ServingNames(
            namespace=own.namespace, secret=own.serving_secret, service=own.service, api_service=own.api_service
        )
        return ServingAuthority(self.api, self._leadership, names, now=clock.now, on_owner=self._tell_owner)

    def _tell_owner(self, ownership: Ownership, found: Json | None) -> None:
        level = logging.INFO if ownership.owner is Owner.OURS else logging.WARNING
        _log.log(level, "%s", ownership.text)
        if ownership.owner is Owner.OTHER and found is not None:
            meta = found["metadata"]
            about = Regarding(
                api_version="apiregistration.k8s.io/v1", kind="APIService", name=meta["name"], uid=meta["uid"]
            )
            news = News(
                regarding=about,
                kind="Warning",
                reason="APIServiceConflict",
                action="WatchAPIService",
                note=ownership.text,
            )
            self._events.tell(news)

    @staticmethod
    def _stands(settings: ClusterSettings, api: KubeApi) -> LeaseElection | None:
        if settings.lease is None:
            return None
        identity = f"{settings.pod}_{uuid.uuid4()}"
        return LeaseElection(api, Candidate(namespace=settings.namespace, lease=settings.lease, identity=identity))


class TuningEvents:
    """Writes an event whenever the standing of the tuning document changes; implements `tuning_watch.StateTeller`."""

    def __init__(self, events: Events, regarding: Callable[[], Regarding | None]) -> None:
        self._events = events
        self._regarding = regarding

    def tell(self, state: TuningState) -> None:
        """Pass it on, without waiting."""
        about = self._regarding()
        if about is None:
            return
        if state.valid:
            note = f"the tuning document is in force, digest {state.digest}"
            news = News(regarding=about, kind="Normal", reason="ConfigLoaded", action="LoadConfig", note=note)
        else:
            told = "\n".join(str(problem) for problem in state.problems)
            note = f"the tuning document is rejected, {state.digest} stays in force: {told}"
            news = News(regarding=about, kind="Warning", reason="ConfigInvalid", action="LoadConfig", note=note)
        self._events.tell(news)

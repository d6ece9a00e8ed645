"""A simulated service in a simulated cluster: its fleet, and the memory of its scrapes.

Seconds count from the start of the replay; `epoch` turns them into the times that the program sees.
"""

from adapter.demo.samples import ScrapeMemory
from adapter.demo.scenario import LEAD_TIME_S, NAMESPACE, Service
from adapter.simulation.closed_loop import SETTLE_S, scale_of
from adapter.simulation.cold_start import constant
from adapter.simulation.exports import Exporter
from adapter.simulation.fleet import Fleet
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.identity import Identity
from adapter.simulation.score import ScaleEvent, Score, score

SCRAPE_S = 15.0
SCRAPE_PHASE_S = 7.5  # half an interval before a tick, as old as samples are on average, and as reactive scaling gets


class SimulatedService:
    """A service that lives through its trace.

    Args:
        service: what is played.
        epoch: time of second 0, seconds since epoch.
    """

    def __init__(self, service: Service, *, epoch: float) -> None:
        self.service = service
        self.fleet = new_fleet(service)
        self.memory = ScrapeMemory()
        self.events: list[ScaleEvent] = []
        self._epoch = epoch
        self._exporter = Exporter(self.fleet, Identity(namespace=NAMESPACE, workload=service.name, started_at=epoch))
        self._next_scrape_s = SCRAPE_PHASE_S

    @property
    def scale(self) -> Scale:
        """Return the scale object as it is now."""
        return scale_of(self.fleet)

    def advance(self, until_s: float) -> None:
        """Let everything happen before `until_s`, scrapes included."""
        while self._next_scrape_s <= until_s:
            self.fleet.advance(self._next_scrape_s)
            self.memory.record(self._exporter.scrape(), at=self._epoch + self._next_scrape_s)
            self._next_scrape_s += SCRAPE_S
        self.fleet.advance(until_s)

    def scale_to(self, replicas: int) -> None:
        """Ask for a number of replicas from now on."""
        before = self.fleet.spec_replicas
        if replicas != before:
            self.events.append(ScaleEvent(at_s=self.fleet.now_s, before=before, after=replicas))
            self.fleet.scale_to(replicas)

    def settle(self) -> Score:
        """Let the requests in flight end, unbilled, and return the score of the whole life."""
        gpu_hours, end_s = self.fleet.gpu_hours(), self.fleet.now_s
        while self.fleet.in_flight and self.fleet.now_s < end_s + SETTLE_S:
            self.fleet.advance(self.fleet.now_s + SCRAPE_S)
        return score(self.fleet.requests, self.events, gpu_hours=gpu_hours)


def new_fleet(service: Service) -> Fleet:
    """Return the fleet as it is at second 0, with one replica ready."""
    return Fleet(profile=service.profile, requests=service.requests, cold_start=constant(LEAD_TIME_S), replicas=1)

from adapter.demo.samples import ScrapeMemory
from adapter.simulation.exposition import Exposition, Kind, family


def _target(instance: str, value: float, *, name: str = "requests_total") -> Exposition:
    samples = [({"engine": "0"}, value)]
    return Exposition(
        target=(("instance", instance),), is_up=True, families=(family(name, Kind.COUNTER, "n", samples=samples),)
    )


def test_rates_are_summed_over_series_that_still_exist() -> None:
    """Two pods at 1/s and 2/s make 3/s; when one is gone its samples no longer count."""
    memory = ScrapeMemory()
    for at in (0.0, 15.0, 30.0):
        memory.record([_target("a", at), _target("b", 2 * at)], at=at)

    assert memory.rate("requests_total", at=30.0, window_s=60.0) == 3.0

    memory.record([_target("a", 45.0)], at=45.0)

    assert memory.rate("requests_total", at=45.0, window_s=60.0) == 1.0


def test_nothing_scraped_is_none_and_not_zero() -> None:
    """Before the first scrape, and for a metric nobody shows, there is no number."""
    memory = ScrapeMemory()

    assert memory.total("requests_total", at=10.0) is None

    memory.record([_target("a", 5.0)], at=10.0)

    assert memory.total("another", at=10.0) is None
    assert memory.rate("requests_total", at=10.0, window_s=60.0) is None


def test_an_old_scrape_no_longer_answers() -> None:
    """A minute after the last scrape there is no number any more."""
    memory = ScrapeMemory(stale_s=60.0)
    memory.record([_target("a", 5.0)], at=0.0)

    assert memory.total("requests_total", at=60.0) == 5.0
    assert memory.total("requests_total", at=61.0) is None


def test_the_past_can_be_asked_for() -> None:
    """An evaluation time before the newest scrape sees what was known then."""
    memory = ScrapeMemory()
    memory.record([_target("a", 5.0)], at=0.0)
    memory.record([_target("a", 9.0)], at=15.0)

    assert memory.mean("requests_total", at=14.0) == 5.0
    assert memory.age_s(14.0) == 14.0


def test_a_start_is_told_once_and_in_full() -> None:
    """Created at 100, ready at 160: 60 s, in the window that holds it a minute later, also when the pod has gone."""
    memory = ScrapeMemory()
    times = [_target("ksm", 100.0, name="kube_pod_created"), _target("ksm", 160.0, name="kube_pod_status_ready_time")]
    memory.record(times, at=165.0)
    memory.record([], at=240.0)

    assert memory.starts(at=219.0, window_s=120.0) == []
    assert memory.starts(at=240.0, window_s=120.0) == [60.0]
    assert memory.starts(at=340.0, window_s=120.0) == []

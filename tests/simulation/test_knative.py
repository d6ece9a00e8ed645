"""The KPA's two windows, by hand."""

from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.knative import Knative
from tests.simulation.test_scrapes import scrape


def looks(policy: Knative, loads: list[int], *, ready: int, size: int | None = None) -> list[int]:
    """Return what the policy asks for at looks 6 s apart, with so many requests waiting."""
    sizes = []
    for index, load in enumerate(loads):
        replicas = ready if size is None else size
        scale = Scale(replicas=replicas, status_replicas=replicas, ready_replicas=ready)
        seen = scrape(6.0 * index, {1: 0}, waiting=load)
        sizes.append(policy.replicas(seen, scale, now_s=6.0 * index))
    return sizes


def kpa(*, least: int = 1) -> Knative:
    """Return a KPA that aims at 7 requests in flight a replica (70 % of ten)."""
    return Knative(target=10, min_replicas=least, max_replicas=50)


def test_steady_load_is_sized_by_the_mean_of_a_minute() -> None:
    """28 in flight over 7 are four."""
    assert looks(kpa(), [28] * 12, ready=4)[-1] == 4


def test_a_burst_of_twice_the_ready_pods_is_panic_and_panic_never_shrinks() -> None:
    """From 14 to 56 in flight with two pods: eight at once, and eight for a minute after the burst."""
    sizes = looks(kpa(), [14] * 10 + [56] + [14] * 10, ready=2)
    assert sizes[9] == 2
    assert sizes[10:20] == [8] * 10


def test_panic_ends_a_stable_window_after_its_last_cause() -> None:
    """After more than 60 s without cause the stable window counts again."""
    assert looks(kpa(), [14] * 10 + [56] + [14] * 12, ready=2)[-1] == 2


def test_a_small_rise_is_averaged_away() -> None:
    """One look of 21 among 14s asks for less than panic; the mean of the window rounds up to three."""
    assert looks(kpa(), [14] * 10 + [21], ready=2)[-1] == 3


def test_it_shrinks_at_most_by_half() -> None:
    """From ten ready pods and no load, five is the least."""
    assert looks(kpa(), [0] * 11, ready=10, size=10)[-1] == 5


def test_it_sleeps_after_an_empty_window_and_the_grace_period() -> None:
    """With one ready pod: awake through the stable window and 30 s more, then zero."""
    sizes = looks(kpa(least=0), [5] + [0] * 20, ready=1)
    assert sizes[:10] == [1] * 10
    assert sizes[14] == 1
    assert sizes[-1] == 0


def test_it_wakes_on_the_first_request() -> None:
    """Held requests count as concurrency."""
    assert looks(kpa(least=0), [0, 0, 3], ready=0)[-1] == 1

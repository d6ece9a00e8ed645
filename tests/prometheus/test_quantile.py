"""Quantiles over summed buckets are Prometheus' own."""

import numpy as np
import pytest

from adapter.core.signal import Grid
from adapter.prometheus.decode import Table, decode
from adapter.prometheus.fold import Owned
from adapter.prometheus.quantile import bucket_quantile, bucket_share, fold_quantile, fold_share

_INSTANT = Grid(start=0.0, step_s=1.0)
_INF = float("inf")


def _table(*pods: dict[str, float]) -> Table:
    result = [
        {"metric": {"pod": str(pod), "le": le}, "value": [0.0, str(count)]}
        for pod, buckets in enumerate(pods)
        for le, count in buckets.items()
    ]
    return decode(result, _INSTANT)


def _quantile(quantile: float, *buckets: tuple[float, float]) -> float:
    bounds = np.array([bound for bound, _ in buckets])
    counts = np.array([count for _, count in buckets]).reshape(1, -1, 1)
    return float(bucket_quantile(quantile, bounds, counts)[0, 0])


@pytest.mark.parametrize(
    ("quantile", "expected"),
    [
        (0.25, 0.5),  # half of the first bucket, which starts at 0
        (0.5, 1.0),  # exactly its end
        (0.75, 2.5),  # half of the second, 1 to 4
        (0.95, 3.7),  # 0.9 of it
    ],
)
def test_quantile_is_linear_inside_a_bucket(quantile: float, expected: float) -> None:
    """Hand arithmetic on 50 observations up to 1 s and 50 up to 4 s."""
    assert _quantile(quantile, (1.0, 50.0), (4.0, 100.0), (_INF, 100.0)) == pytest.approx(expected)


def test_quantile_above_the_last_finite_bucket_is_its_bound() -> None:
    """What is slower than the largest bound is a floor, not a guess."""
    assert _quantile(0.95, (1.0, 50.0), (4.0, 60.0), (_INF, 100.0)) == 4.0


def test_no_observations_is_no_value() -> None:
    """Nothing finished is not a latency of 0."""
    assert np.isnan(_quantile(0.95, (1.0, 0.0), (_INF, 0.0)))


def test_counts_that_are_not_monotonic_are_repaired() -> None:
    """Scrapes in the middle of an update may show a smaller count in a larger bucket, as Prometheus allows for."""
    assert _quantile(0.5, (1.0, 60.0), (2.0, 40.0), (_INF, 100.0)) == pytest.approx(50 / 60)


@pytest.mark.parametrize("buckets", [[(1.0, 5.0), (2.0, 5.0)], [(_INF, 5.0)]])
def test_histogram_without_infinite_or_finite_bucket_has_no_quantile(buckets: list[tuple[float, float]]) -> None:
    """Prometheus gives NaN for both."""
    assert np.isnan(_quantile(0.95, *buckets))


def test_buckets_of_pods_are_summed_before_the_quantile() -> None:
    """A busy fast pod and an idle slow pod: the mean of their quantiles would be far off."""
    fast = {"1.0": 90.0, "4.0": 90.0, "+Inf": 90.0}
    slow = {"1.0": 0.0, "4.0": 10.0, "+Inf": 10.0}
    folded = fold_quantile(_table(fast, slow), Owned.of([(0,)] * 6), rows=2, quantile=0.95)

    assert folded.value[0, 0] == pytest.approx(2.5)
    assert np.isnan(folded.value[1, 0])
    assert not folded.bad.any()


def test_bucket_texts_of_different_clients_are_one_bound() -> None:
    """`1` and `1.0` are the same bucket."""
    folded = fold_quantile(
        _table({"1.0": 2.0, "+Inf": 2.0}, {"1": 2.0, "+Inf": 2.0}), Owned.of([(0,)] * 4), rows=1, quantile=0.5
    )

    assert folded.value[0, 0] == pytest.approx(0.5)
    assert not folded.bad.any()


def test_workloads_with_different_buckets_do_not_disturb_each_other() -> None:
    """Each interpolates between its own bounds only."""
    table = _table({"1.0": 0.0, "4.0": 10.0, "+Inf": 10.0}, {"2.0": 0.0, "3.0": 10.0, "+Inf": 10.0})
    folded = fold_quantile(table, Owned.of([(0,)] * 3 + [(1,)] * 3), rows=2, quantile=0.5)

    assert folded.value[:, 0] == pytest.approx([2.5, 2.5])
    assert not folded.bad.any()


def test_pods_of_one_workload_with_different_buckets_are_malformed() -> None:
    """Their buckets cannot be summed, and guessing would be worse than saying so."""
    table = _table({"1.0": 1.0, "4.0": 10.0, "+Inf": 10.0}, {"2.0": 1.0, "4.0": 10.0, "+Inf": 10.0})

    assert fold_quantile(table, Owned.of([(0,)] * 6), rows=1, quantile=0.5).bad.tolist() == [[True]]


def test_nothing_at_all_has_no_quantile() -> None:
    """An empty answer is fine."""
    folded = fold_quantile(_table(), Owned.of([]), rows=2, quantile=0.5)

    assert np.isnan(folded.value).all()
    assert not folded.bad.any()


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0.5, 0.25),  # half of the first bucket, which starts at 0
        (1.0, 0.5),  # exactly its end
        (2.5, 0.65),  # half of the second, 1 to 4
        (9.0, 0.8),  # nothing is known beyond 4
    ],
)
def test_share_is_linear_inside_a_bucket(limit: float, expected: float) -> None:
    """Hand arithmetic on 50 observations up to 1 s, 30 up to 4 s and 20 slower ones."""
    counts = np.array([50.0, 80.0, 100.0]).reshape(1, -1, 1)

    assert bucket_share(np.array([limit]), np.array([1.0, 4.0, _INF]), counts).item() == pytest.approx(expected)


def test_share_of_nothing_is_no_value() -> None:
    """No request is neither met nor missed."""
    assert np.isnan(bucket_share(np.array([1.0]), np.array([1.0, _INF]), np.zeros((1, 2, 1)))).all()


def test_every_workload_is_held_to_its_own_limit() -> None:
    """The same buckets, limits of 1 s and 2.5 s."""
    table = _table({"1.0": 50.0, "4.0": 100.0, "+Inf": 100.0})
    folded = fold_share(table, Owned.of([(0, 1)] * 3), limits=np.array([1.0, 2.5]))

    assert folded.value[:, 0] == pytest.approx([0.5, 0.75])

"""JSON of Prometheus becomes arrays without losing the difference between NaN and silence."""

from typing import Any

import numpy as np
import pytest

from adapter.core.errors import SignalMalformed
from adapter.core.signal import Grid
from adapter.prometheus.decode import decode

_INSTANT = Grid(start=100.0, step_s=15.0)
_RANGE = Grid(start=100.0, step_s=15.0, count=3)


def test_instant_vector_is_one_column() -> None:
    """Value and labels of each element are kept, in the order of the answer."""
    table = decode([{"metric": {"pod": "a"}, "value": [100.0, "0.1"]}], _INSTANT)

    assert table.labels == ({"pod": "a"},)
    assert table.values.tolist() == [[0.1]]
    assert table.present.tolist() == [[True]]


def test_missing_step_is_not_present_and_a_nan_sample_is() -> None:
    """Both are NaN, but only one of them was exported."""
    table = decode([{"metric": {}, "values": [[100.0, "1"], [130.0, "NaN"]]}], _RANGE)

    assert table.present.tolist() == [[True, False, True]]
    assert np.isnan(table.values[0, 1:]).all()


def test_nothing_is_an_empty_table() -> None:
    """An answer without series is fine and empty."""
    assert decode([], _RANGE).values.shape == (0, 3)


def test_bucket_bounds_are_numbers_apart_from_the_labels() -> None:
    """`1` and `1.0` are one bound, and buckets of a pod share the pod's label set."""
    result = [{"metric": {"pod": "a", "le": le}, "value": [100.0, "1"]} for le in ("1", "1.0", "+Inf")]
    table = decode([*result, {"metric": {"pod": "a"}, "value": [100.0, "1"]}], _INSTANT)

    assert set(map(str, table.labels)) == {"{'pod': 'a'}"}
    np.testing.assert_array_equal(table.bounds, [1.0, 1.0, np.inf, np.nan])


@pytest.mark.parametrize(
    "series",
    [
        {"metric": {}},
        {"value": [100.0, "1"]},
        {"metric": {}, "value": [100.0, "many"]},
        {"metric": {}, "value": [100.0, None]},
        {"metric": {}, "values": [[100.0, "1"], [115.0, "1"], [130.0, "1"], [145.0, "1"]]},
        {"metric": {}, "values": [[85.0, "1"]]},
        {"metric": {}, "histogram": [100.0, {"count": "1"}]},
    ],
)
def test_unexpected_shape_is_malformed(series: dict[str, Any]) -> None:
    """Whatever was not asked for is refused and shown."""
    with pytest.raises(SignalMalformed, match="something else than series of numbers at the times asked for"):
        decode([series], _RANGE)

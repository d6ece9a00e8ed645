import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.units import Seconds
from adapter.simulation.keda_objects import Fallback, Number, ScaledObject, Trigger

ONE = Trigger(metric_name="replicas", target=Number(as_float=1.0, as_int=1))


@pytest.mark.parametrize(
    ("number", "milli"),
    [
        (Number(as_float=0.0, as_int=7), 7000),
        (Number(as_float=-3.0, as_int=-3), 0),
        (Number(as_float=0.0004), 0),
        (Number(as_float=0.0006), 1),
        (Number(as_float=float("nan"), as_int=2), 2000),
        (Number(as_float=float("inf"), as_int=2), 0),
        (Number(as_float=2.5, as_int=3), 2500),
    ],
    ids=["K3", "K4", "below half a milli", "above", "nan", "inf", "both filled"],
)
def test_number_rules(number: Number, milli: int) -> None:
    """The float counts only when > 0, prints to the nearest milli, and nonsense is 0."""
    assert number.milli == milli


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_replicas": 5, "max_replicas": 4}, "got 5 and 4"),
        ({"idle_replicas": 0}, "idle_replicas must be >= 0 and below min_replicas 0, got 0"),
    ],
)
def test_settings_out_of_order_are_named(settings: dict[str, int], message: str) -> None:
    """As KEDA's webhook would refuse them."""
    with pytest.raises(ValueError, match=message):
        ScaledObject(triggers=(ONE,), created_at=Seconds(0), **settings)


def test_values_out_of_range_are_named() -> None:
    """A target of zero, no trigger, a negative fallback."""
    with pytest.raises(ValueError, match=r"target of trigger m must be > 0, got 0\.0"):
        Trigger(metric_name="m", target=Number())
    with pytest.raises(ValueError, match="at least one trigger"):
        ScaledObject(triggers=(), created_at=Seconds(0))
    with pytest.raises(ValueError, match=r"got -1 and 2"):
        Fallback(failure_threshold=-1, replicas=2)


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(-(10**12), 10**12))
def test_printed_numbers_are_never_negative(as_float: float, as_int: int) -> None:
    """Whatever a scaler sends, the HPA gets a number it can use."""
    assert Number(as_float=as_float, as_int=as_int).milli >= 0

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.pace import in_units, within_step
from tests.core.standings import standing


@pytest.mark.parametrize(("wanted", "served"), [(0, 0), (1, 4), (4, 4), (9, 8)])
def test_replicas_come_in_whole_units(wanted: int, served: int) -> None:
    """Rounded up, and down where the bound of 10 holds no more than two units of 4."""
    after = in_units(standing("a", wanted, least=0, most=10, scale={"unit": 4}))
    assert after.replicas == served
    assert ("highest within replicas.max 10" in after.steps[-1].reason) == (wanted == 9)


@pytest.mark.parametrize(("wanted", "served"), [(9, 6), (6, 6), (3, 3), (2, 3), (0, 3)])
def test_no_further_than_a_minute_allows(wanted: int, served: int) -> None:
    """Between 4 and 5 requested within the minute, two more or fewer allowed."""
    paced = within_step(standing("a", wanted, lowest=4, highest=5, scale={"max_up": 2, "max_down": 2}))
    assert paced.replicas == served


def test_what_is_not_limited_has_no_step() -> None:
    """Nor has a hold, and a minute of which nothing is known limits nothing and says so."""
    assert within_step(standing("a", 9)).steps == ()
    assert in_units(standing("a", 9)).steps == ()
    assert within_step(standing("a", None, scale={"max_up": 1})).steps == ()
    assert within_step(standing("a", 9, scale={"max_up": 1})).steps[-1].reason.endswith("not known")


def test_the_minimum_is_reached_at_once() -> None:
    """replicas.min is what an HPA goes to without asking."""
    paced = within_step(standing("a", 7, least=5, lowest=0, highest=0, scale={"max_up": 1}))
    assert paced.replicas == 5


@given(
    wanted=st.integers(0, 20),
    low=st.integers(0, 20),
    rise=st.integers(0, 5),
    unit=st.sampled_from([1, 2, 5]),
    most=st.integers(1, 6),
)
def test_steps_are_bounded_whole_and_never_overshoot(wanted: int, low: int, rise: int, unit: int, most: int) -> None:
    """The result lies between what is wanted and what is there, in whole units, within the step or one unit."""
    scale = {"unit": unit, "max_up": most, "max_down": most}
    before = in_units(standing("a", wanted, least=0, scale=scale, lowest=low, highest=low + rise))
    after = within_step(before).replicas
    assert after % unit == 0
    assert after <= max(before.replicas, low + rise)
    assert low - max(most, unit) <= after or after >= before.replicas
    gives_back = -(-max(low + rise - max(most, unit), 0) // unit) * unit  # what is not given back stays in whole units
    assert after <= low + max(most, unit) or after <= max(before.replicas, gives_back)

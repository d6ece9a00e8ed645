"""What may be chosen by back-testing, and what people's own words leave of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.knobs import HOLDS, MARGINS, QUANTILES, candidates, knobs_of, with_knobs
from adapter.core.tuning import WorkloadTuning

WRITTEN = {
    "margin": st.floats(1.0, 5.0),
    "forecast": st.one_of(
        st.fixed_dictionaries({"enabled": st.booleans()}),
        st.fixed_dictionaries({"quantile": st.floats(0.5, 0.99)}),
        st.fixed_dictionaries({"price": st.just({"slo_minute": 19, "gpu_minute": 1})}),
    ),
    "hold": st.fixed_dictionaries(
        {},
        optional={
            "scale_in": st.floats(0, 1800),
            "break_even": st.floats(0, 7200),
            "idle": st.floats(0, 1800),
        },
    ),
}


def tuning(**values: Any) -> WorkloadTuning:
    """Return a tuning as a document says."""
    return WorkloadTuning.model_validate(values)


def test_every_combination_is_tried_where_nothing_is_written() -> None:
    """What is in force is among them, and first."""
    tried = candidates(tuning())
    assert tried[0] == knobs_of(tuning())
    assert len(tried) == len(set(tried)) == len(MARGINS) * (1 + len(QUANTILES)) * len(HOLDS)


@given(st.fixed_dictionaries({}, optional=WRITTEN))
def test_what_is_written_is_never_changed(values: dict[str, Any]) -> None:
    """Whatever is chosen: each written key keeps its value, and nothing else than margin, forecast and hold changes."""
    said = tuning(**values)
    for each in candidates(said):
        after = with_knobs(said, each)
        for section, keys in values.items():
            written = keys if isinstance(keys, dict) else {}
            for key in written:
                assert getattr(getattr(after, section), key) == getattr(getattr(said, section), key)
        if "margin" in values:
            assert after.margin == said.margin
        changed = {"margin", "forecast", "hold"}
        assert after.model_dump(exclude=changed) == said.model_dump(exclude=changed)


@given(st.fixed_dictionaries({}, optional=WRITTEN))
def test_what_is_put_in_force_is_what_was_chosen(values: dict[str, Any]) -> None:
    """A choice survives the way into a tuning and out of it, and every one of them is a valid tuning."""
    said = tuning(**values)
    for each in candidates(said):
        assert knobs_of(with_knobs(said, each)) == each
        WorkloadTuning.model_validate(with_knobs(said, each).model_dump())


def test_what_is_in_force_already_changes_nothing() -> None:
    """Not even the object, so that nothing has to be read back for it."""
    said = tuning(margin=1.4)
    assert with_knobs(said, knobs_of(said)) is said


@pytest.mark.parametrize(
    ("forecast", "forecasters"),
    [({"enabled": False}, {False}), ({"enabled": True}, {True}), ({"quantile": 0.8}, {True, False})],
)
def test_a_written_forecaster_is_kept(forecast: dict[str, Any], forecasters: set[bool]) -> None:
    """Off stays off, on stays on; a written quantile leaves the question open whether to forecast at all."""
    tried = candidates(tuning(forecast=forecast))
    assert {each.forecast for each in tried} == forecasters
    if "quantile" in forecast:
        assert {each.quantile for each in tried} == {0.8}

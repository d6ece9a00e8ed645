"""Presets are data that fits the schema, and mistakes in them are named."""

import pytest

from adapter.core.signal import UNITS, Signal
from adapter.prometheus.preset import (
    PresetInvalid,
    UnknownPreset,
    load_composed,
    load_preset,
    parse_preset,
    preset_names,
)

_DOCUMENT = """
name: x
description: y
identity: [{kind: matchers}]
anchor: {metrics: [up], series: []}
signals:
  queue_depth: {unit: requests, fold: sum, query: "sum by ($by) (x{$where})"}
"""


@pytest.mark.parametrize("name", preset_names())
def test_shipped_preset_fits_the_schema_under_its_own_name(name: str) -> None:
    """Every file loads, and its name is the file's."""
    assert load_preset(name).name == name


def test_vllm_with_what_it_includes_provides_every_signal() -> None:
    """The composed preset leaves no signal of the domain without a query."""
    provided = {signal for preset in load_composed("vllm") for signal in preset.signals}

    assert provided == set(Signal)


def test_signals_at_zero_are_replica_counts_and_gateway_demand() -> None:
    """Only components that outlive the engines may speak for a workload at zero."""
    at_zero = {
        signal for name in preset_names() for signal, how in load_preset(name).signals.items() if how.exists_at_zero
    }

    assert at_zero == {
        Signal.REPLICAS_REQUESTED,
        Signal.REPLICAS_STATUS,
        Signal.REPLICAS_READY,
        Signal.DEMAND_AT_ZERO,
        Signal.GATEWAY_ARRIVAL_RATE,
    }


def test_unknown_preset_names_the_nearest_and_all_others() -> None:
    """A typing error is answered with the likely name."""
    with pytest.raises(UnknownPreset, match="unknown preset 'vlm'; did you mean 'vllm'\\? Known presets are: dcgm"):
        load_preset("vlm")


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        ("unit: requests", "unit: bananas", f"signals.queue_depth.unit is bananas, allowed is {UNITS['queue_depth']}"),
        ("queue_depth", "queue_lenght", "signals.queue_lenght"),
        ("fold: sum", "fold: ratio", "`per` belongs to the fold `ratio`"),
        ("fold: sum", "fold: quantile", "`quantile` belongs to the fold `quantile`"),
        ("fold: sum", "folds: sum", "Extra inputs are not permitted"),
        ("kind: matchers", "kind: magic", "identity.0"),
    ],
)
def test_mistake_in_a_preset_is_named(good: str, bad: str, named: str) -> None:
    """The text carries the path of the mistake and what is allowed."""
    with pytest.raises(PresetInvalid) as caught:
        parse_preset(_DOCUMENT.replace(good, bad), source="x")

    assert named in str(caught.value)

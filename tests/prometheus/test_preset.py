"""Presets are data that fits the schema, and mistakes in them are named."""

import pytest

from adapter.core.signal import UNITS, Signal
from adapter.prometheus.preset import (
    Layer,
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
layer: engine
identity: [{kind: matchers}]
anchor: {metrics: [up], series: []}
signals:
  queue_depth: {unit: requests, fold: sum, query: "sum by ($by) (x{$where})"}
"""


@pytest.mark.parametrize("name", preset_names())
def test_shipped_preset_fits_the_schema_under_its_own_name(name: str) -> None:
    """Every file loads, and its name is the file's."""
    assert load_preset(name).name == name


def test_no_signal_is_without_a_preset() -> None:
    """What is only for other systems is quota and guards; the default preset brings the rest."""
    everything = {signal for name in preset_names() for signal in load_preset(name).signals}
    default = {signal for preset in load_composed("vllm") for signal in preset.signals}

    assert everything <= set(Signal)
    assert set(Signal) - default == {Signal.QUOTA_AVAILABLE, Signal.GUARD_QUEUE}


@pytest.mark.parametrize("name", preset_names())
def test_only_what_outlives_the_engines_speaks_for_a_workload_at_zero(name: str) -> None:
    """An engine or a GPU of a workload has nothing to say when the workload has no pod."""
    preset = load_preset(name)
    at_zero = [signal for signal, how in preset.signals.items() if how.exists_at_zero]

    assert at_zero == [] or preset.layer not in (Layer.ENGINE, Layer.HARDWARE)


def test_unknown_preset_names_the_nearest_and_all_others() -> None:
    """A typing error is answered with the likely name."""
    with pytest.raises(UnknownPreset, match="unknown preset 'vlm'; did you mean 'vllm'\\? Known presets are: aibrix"):
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

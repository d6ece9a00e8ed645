"""Twin of adapter/core/tuning/merge.py."""

import pytest

from adapter.core.tuning.merge import merge_defaults
from adapter.core.tuning.nodes import read_nodes


def _merged(defaults: str, entry: str) -> object:
    own = read_nodes(entry)
    assert own is not None
    return merge_defaults(read_nodes(defaults), own).plain()


@pytest.mark.parametrize(
    ("defaults", "entry", "merged"),
    [
        ("{a: 1, b: 2}", "{b: 3}", {"a": 1, "b": 3}),
        ("{replicas: {min: 2, max: 9}}", "{replicas: {max: 4}}", {"replicas": {"min": 2, "max": 4}}),
        ("{events: [1, 2]}", "{events: [3]}", {"events": [3]}),
        ("{override: {floor: 1, author: a}}", "{override: {ceiling: 2}}", {"override": {"ceiling": 2}}),
        ("{forecast: {quantile: 0.9}}", "{forecast: {price: {}}}", {"forecast": {"price": {}}}),
        ("{match: {app: x}}", "{match: {app: {regex: y}}}", {"match": {"app": {"regex": "y"}}}),
        ("{slo: {ttft: 1s}}", "{slo: 5}", {"slo": 5}),
    ],
)
def test_an_entry_wins_key_by_key(defaults: str, entry: str, merged: object) -> None:
    """Sections merge; lists, overrides and alternatives are the entry's own."""
    assert _merged(defaults, entry) == merged


def test_a_default_keeps_its_place_and_so_does_the_entrys_value() -> None:
    """After merging, every value still knows the line it was written in."""
    defaults, own = read_nodes("replicas:\n  min: 2"), read_nodes("\n\n\nreplicas:\n  max: 4")
    assert own is not None
    replicas = merge_defaults(defaults, own).get("replicas")
    assert replicas is not None
    assert {entry.key: entry.line for entry in replicas.entries or ()} == {"min": 2, "max": 5}

"""Which keys of scalerMetadata are read, refused and ignored."""

import pytest

from adapter.keda.keys import PATHS, PLAIN_KEYS, sort_keys


def _problems(**metadata: str) -> tuple[str, ...]:
    return sort_keys(metadata, namespace="prod").problems


def test_keys_of_the_connection_are_ignored_without_a_word() -> None:
    """KEDA always sends its own keys along."""
    keys = sort_keys({"scalerAddress": "a:1", "enableTLS": "true", "unsafeSsl": "false"}, namespace="prod")
    assert (keys.entries, keys.problems, keys.warnings) == ({}, (), ())


@pytest.mark.parametrize("key", ["colour", "metricType", "threshold", "x" * 5000])
def test_foreign_keys_are_ignored_with_a_warning(key: str) -> None:
    """A later version may know them; people may still want to see that they do nothing."""
    keys = sort_keys({key: "1"}, namespace="prod")
    assert keys.problems == ()
    assert "is ignored" in keys.warnings[0]
    assert len(keys.warnings[0]) < 100


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("minReplica", "minReplicas"),
        ("min_replicas", "minReplicas"),
        ("maxreplicas", "maxReplicas"),
        ("presets", "preset"),
        ("lead-time", "leadTime"),
        ("worklaod", "workload"),
        ("activationTreshold", "activationThreshold"),
        ("nargin", "margin"),
    ],
)
def test_a_slip_is_reported_with_the_key_that_was_meant(slip: str, meant: str) -> None:
    """Ignoring it would silently leave a default in force."""
    assert _problems(**{slip: "1"}) == (f"{slip}: unknown key; did you mean {meant}?",)


@pytest.mark.parametrize("key", [*PLAIN_KEYS, *PATHS])
def test_every_key_is_read_from_the_environment_too(key: str) -> None:
    """KEDA keeps the suffix and replaces the value."""
    keys = sort_keys({f"{key}FromEnv": " x "}, namespace="prod")
    assert keys.entries[key].text == "x"
    assert keys.problems == keys.warnings == ()


def test_values_from_the_environment_are_not_repeated() -> None:
    """They may be secret, and problems end up in events."""
    entry = sort_keys({"metricFromEnv": "hunter2"}, namespace="prod").entries["metric"]
    assert entry.complain("no such metric") == "metricFromEnv: no such metric"


def test_a_key_given_twice_is_refused() -> None:
    """Plain and from the environment: nobody could say which one counts."""
    assert _problems(preset="vllm", presetFromEnv="vllm") == (
        "preset: given twice, as preset and presetFromEnv; keep one",
    )


@pytest.mark.parametrize("key", ["namespace", "workloadNamespace"])
def test_no_other_namespace_can_be_named(key: str) -> None:
    """The own one is harmless."""
    assert "in its own namespace only, which is prod" in _problems(**{key: "other"})[0]
    assert _problems(**{key: "prod"}) == ()


def test_a_flood_of_foreign_keys_gives_few_warnings() -> None:
    """Whoever reaches the port decides how many there are."""
    assert len(sort_keys({f"foreign-{i:04}": "" for i in range(100)}, namespace="prod").warnings) == 10


def test_metadata_without_end_is_refused_unread() -> None:
    """No ScaledObject has a hundred keys, and each one costs time."""
    assert _problems(**{f"key{i}": "" for i in range(101)}) == ("101 keys; at most 100 are read",)

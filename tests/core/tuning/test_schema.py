"""Twin of adapter/core/tuning/schema.py."""

import pytest
from jsonschema import Draft202012Validator

from adapter.core.tuning.schema import allowed, document_schema, names_at, schema_at

_GOOD = {"apiVersion": "scaleahead/v1alpha1", "prometheus": {"url": "http://p:9090", "timeout": "5s"}}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("defaults.leadTime", "a duration from 0s to 1h"),
        ("defaults.slo.ttft", "a duration above 0s and at most 10m"),
        ("defaults.replicas.min", "a whole number from 0 to 10000"),
        ("defaults.slo.attainment", "a number above 0 and at most 1"),
        ("defaults.hpa.tolerance", "a number at least 0 and below 1"),
        ("defaults.mode", "one of advise, act"),
        ("defaults.forecast.enabled", "true or false"),
        ("defaults.override.author", "text of 1 to 100 characters"),
        ("prometheus.auth.basic.username", "text that is not empty"),
        ("defaults.events", "a list"),
        ("defaults.replicas", "a mapping with keys among min, max"),
        ("apiVersion", "scaleahead/v1alpha1"),
    ],
)
def test_what_is_allowed_is_said_in_words(path: str, words: str) -> None:
    """Bounds, choices and kinds read as the end of a sentence."""
    schema = schema_at(tuple(path.split(".")))
    assert schema is not None
    assert allowed(schema) == words


def test_unknown_places_have_no_schema_and_no_names() -> None:
    """A path that leads nowhere is None rather than an error."""
    assert schema_at(("defaults", "nope", "deeper")) is None
    assert names_at(("prometheus", "headers")) == ()


def test_the_schema_is_a_schema_and_accepts_a_good_document() -> None:
    """Editors can use it."""
    Draft202012Validator.check_schema(document_schema())
    Draft202012Validator(document_schema()).validate(_GOOD)


@pytest.mark.parametrize(
    "fault",
    [
        {"apiVersion": "v1"},
        {"promethus": {}},
        {"tick": {"interval": "soon"}},
        {"tick": {"interval": 0}},
        {"defaults": {"replicas": {"max": 0}}},
        {"defaults": {"mode": "off"}},
        {"defaults": {"match": {"app": 5}}},
        {"defaults": {"match": {"bad-label": "x"}}},
        {"workloads": [{"name": "a"}]},
        {"workloads": {}},
    ],
)
def test_the_schema_refuses_planted_errors(fault: dict[str, object]) -> None:
    """What an editor can know is wrong, it shows."""
    assert not Draft202012Validator(document_schema()).is_valid({**_GOOD, **fault})

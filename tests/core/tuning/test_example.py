"""The documented example: it is right, and where it states defaults they are the defaults."""

import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from adapter.core.tuning import Tuning, document_schema, parse_tuning
from adapter.core.tuning.nodes import read_nodes
from adapter.core.tuning.options import options

_TEXT = (Path(__file__).parents[3] / "docs" / "example-config.yaml").read_text()


def _parse(text: str) -> Tuning:
    return parse_tuning(text, file="example", presets=["vllm"])


def _example() -> dict[str, Any]:
    root = read_nodes(_TEXT)
    assert root is not None
    plain = root.plain()
    assert isinstance(plain, dict)
    return plain


def test_the_example_is_valid_for_us_and_for_the_schema() -> None:
    """Neither the parser nor an editor complains."""
    assert [str(tuned.workload.id) for tuned in _parse(_TEXT).workloads] == [
        "production/llama-70b",
        "production/mixtral",
        "staging/llama-70b",
    ]
    Draft202012Validator(document_schema()).validate(_example())


def test_stated_defaults_are_the_defaults() -> None:
    """Reading the example teaches the truth."""
    stated = _parse(_TEXT)
    bare = _parse(f"apiVersion: scaleahead/v1alpha1\nprometheus: {{url: '{stated.prometheus.url}'}}\n")
    assert (stated.prometheus, stated.tick, stated.defaults) == (bare.prometheus, bare.tick, bare.defaults)


def test_every_key_is_in_the_example_or_has_no_default() -> None:
    """A new key with a default must be shown; the others are in the reference."""
    example = _example()
    hidden = []
    for option in options():
        section, *keys = option.path.split(".")
        value = example.get(section)
        for key in keys if section in ("tick", "defaults", "prometheus") else ():
            value = value.get(key) if isinstance(value, dict) else None
        if value is None and option.default not in ("-", "required") and "override" not in keys:
            hidden.append(option.path)
    assert hidden == []


def test_the_commented_examples_are_valid_too() -> None:
    """Taking away the `#:` of every optional line gives a document that is right."""
    text = re.sub(r"^( *)(\w+): \{\}.*$", r"\1\2:", _TEXT, flags=re.MULTILINE)
    text = re.sub(r"^( *)#: ( *)", r"\1\2", text, flags=re.MULTILINE)
    tuning = _parse(text)
    assert tuning.prometheus.headers == {"X-Scope-OrgID": "my-tenant"}
    assert tuning.defaults.capacity.max_concurrency == 256

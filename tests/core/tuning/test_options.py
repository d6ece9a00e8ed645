"""Twin of adapter/core/tuning/options.py."""

import re
from collections.abc import Iterator
from typing import Any

from adapter.core.tuning import TuningDocument, parse_tuning
from adapter.core.tuning.options import options


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    if not isinstance(value, dict) or not value:
        yield prefix
        return
    for key, inner in value.items():
        yield from _paths(inner, f"{prefix}.{key}" if prefix else key)


def test_every_key_that_has_a_default_is_in_the_table() -> None:
    """A key cannot be added without being documented."""
    text = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p'}\n"
    document = TuningDocument.model_validate(
        {"apiVersion": "scaleahead/v1alpha1", "prometheus": {"url": "http://p"}}
    ).model_dump(by_alias=True, mode="json")
    documented = {option.path for option in options()}
    known = {path for path in _paths(document) if path != "workloads"}
    missing = {path for path in known - documented if not any(entry.startswith(path) for entry in documented)}
    assert parse_tuning(text, file="f", presets=[]).defaults.preset == "vllm"
    assert missing == set()


def test_every_option_says_what_it_is() -> None:
    """No row without a description, a type and what is allowed."""
    assert [option.path for option in options() if not (option.description and option.type and option.allowed)] == []


def test_stated_defaults_are_the_defaults() -> None:
    """Writing what the table states changes nothing."""
    head = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p'}\n"
    plain = parse_tuning(head, file="f", presets=["vllm"])
    stated = [option for option in options() if re.match(r"(defaults|tick)\.", option.path)]
    for option in stated:
        if option.default not in ("-", "required") and "override" not in option.path:
            first, *middle = option.path.split(".")
            value = "".join(f"{{{key}: " for key in middle) + option.default + "}" * len(middle)
            written = parse_tuning(f"{head}{first}: {value}\n", file="f", presets=["vllm"])
            assert (written.defaults, written.tick) == (plain.defaults, plain.tick), option.path

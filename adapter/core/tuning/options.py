"""The reference table: every key of the tuning document with type, unit, default and what is allowed.

Derived from the schema, so that it cannot say anything else than what is checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter.core.tuning.fields import format_duration
from adapter.core.tuning.schema import JsonSchema, allowed, document_schema, resolve_schema

_OWN = {"workloads[].": ("namespace", "name"), "discover[].": ("namespaces", "names", "models")}
"""What workloads and rules have besides what `defaults` has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One key of the document."""

    path: str
    """Key path; keys under `defaults` hold for `workloads[]` and `discover[]` too."""
    type: str
    unit: str
    default: str
    """As it would be written; `-` for none, `required` where the key must be written with its section."""
    allowed: str
    description: str


def options() -> tuple[Option, ...]:
    """Return every key, in the order of the document; a workload's keys once, under `defaults`."""
    return tuple(_section(document_schema(), ""))


def _section(schema: JsonSchema, prefix: str) -> Iterator[Option]:
    required = schema.get("required", ())
    for key, written in schema.get("properties", {}).items():
        if key not in _OWN.get(prefix, (key,)):
            continue
        child = resolve_schema(written)
        path = f"{prefix}{key}"
        inner = resolve_schema(child["items"]) if child.get("type") == "array" else child
        if inner.get("properties"):
            yield from _section(inner, f"{path}[]." if inner is not child else f"{path}.")
        else:
            default = "required" if key in required else _default(child)
            yield _option(path, child, default=default)


def _option(path: str, schema: JsonSchema, *, default: str) -> Option:
    unit = schema.get("x-unit", "")
    kind = "duration" if unit == "duration" else _kind(schema)
    return Option(
        path=path,
        type=kind,
        unit="" if unit == "duration" else unit,
        default=default,
        allowed=_entries(schema) if kind == "mapping" else allowed(schema),
        description=schema.get("description", ""),
    )


def _kind(schema: JsonSchema) -> str:
    names = {"string": "text", "object": "mapping", "array": "list", "integer": "whole number"}
    kind: str = schema.get("type", "text")
    return names.get(kind, kind)


def _entries(schema: JsonSchema) -> str:
    values: JsonSchema = next(iter(schema.get("patternProperties", {}).values()), {})
    return f"{schema.get('x-keys', 'text')} → {allowed(resolve_schema(values))}"


def _default(schema: JsonSchema) -> str:
    value: Any = schema.get("default")  # `Any`: JSON
    if value in (None, "", {}, []):
        return "-"
    if schema.get("x-unit") == "duration":
        return format_duration(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)

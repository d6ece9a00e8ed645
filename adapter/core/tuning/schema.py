"""The schema of the document: exported for editors, walked for the reference table and for what a problem allows.

Why it exists: bounds and units are declared once, in the models; everything said about them is derived here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from adapter.core.tuning.document import TuningDocument
from adapter.core.tuning.fields import format_duration

JsonSchema = Mapping[str, Any]  # `Any`: JSON
Location = tuple[str | int, ...]
"""Keys and indices from the document down to a value."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KINDS = {"boolean": "true or false", "array": "a list", "integer": "a whole number", "number": "a number"}


@cache
def document_schema() -> JsonSchema:
    """Return the JSON Schema (draft 2020-12) of the tuning document, without generated titles."""
    schema = TuningDocument.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, **_tidy(schema), "title": "scaleahead tuning document"}


def _tidy(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without the titles that only repeat the key, and without the defaults of whole sections."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    drop = {"title"} if isinstance(value.get("title"), str) else set()
    if value.get("default", {}) is None or isinstance(value.get("default"), dict):
        drop.add("default")
    closed = {"additionalProperties": False} if "patternProperties" in value else {}
    return {key: _tidy(item) for key, item in value.items() if key not in drop} | closed


def resolve_schema(schema: JsonSchema) -> JsonSchema:
    """Return the schema behind a reference and beside null; what is said of the key wins over the type's own words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return resolve_schema({**document_schema()["$defs"][name], **_without(schema, "$ref")})
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        return resolve_schema({**choices[0], **_without(schema, "anyOf")})
    return schema


def _without(schema: JsonSchema, key: str) -> JsonSchema:
    return {name: value for name, value in schema.items() if name != key}


def schema_at(location: Location) -> JsonSchema | None:
    """Return the schema of the value at a location, None where no key of that name is known."""
    schema: JsonSchema | None = resolve_schema(document_schema())
    for part in location:
        if schema is None:
            return None
        schema = _child(schema, part)
    return schema


def _child(schema: JsonSchema, part: str | int) -> JsonSchema | None:
    if isinstance(part, int):
        child = schema.get("items")
    else:
        section = _branch(schema, "object")
        child = section.get("properties", {}).get(part) or _free_values(section)
    return resolve_schema(child) if child else None


def _free_values(schema: JsonSchema) -> JsonSchema | None:
    """Return the schema of the values of a mapping whose keys users choose."""
    choices: Iterator[JsonSchema] = iter(schema.get("patternProperties", {}).values())
    return next(choices, None)


def names_at(location: Location) -> tuple[str, ...]:
    """Return the keys that may stand in the mapping at a location; none where users choose them."""
    schema = schema_at(location) or {}
    return tuple(_branch(schema, "object").get("properties", ()))


def _branch(schema: JsonSchema, kind: str) -> JsonSchema:
    """Return the choice of a union that has a type, the schema itself where there is no choice."""
    choices = [resolve_schema(choice) for choice in schema.get("oneOf", ())]
    return next((choice for choice in choices if choice.get("type") == kind), schema)


def allowed(schema: JsonSchema) -> str:
    """Return what a schema allows, as the end of a sentence that begins with `must be`.

    Example:
        >>> allowed({"type": "integer", "minimum": 0, "maximum": 9})
        'a whole number from 0 to 9'
        >>> allowed({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
        'a number above 0 and at most 1'
    """
    schema = _branch(schema, "string")
    if "x-allowed" in schema:
        return str(schema["x-allowed"])
    if schema.get("x-unit") == "duration":
        number = next(choice for choice in schema["anyOf"] if choice["type"] == "number")
        return "a duration" + _bounds(number, format_duration)
    if choices := _choices(schema):
        return choices
    kind = schema.get("type", "")
    if kind == "string":
        return "text" + _length(schema)
    if kind == "object":
        return "a mapping" + _keys(schema)
    return _KINDS.get(kind, "another value") + _bounds(schema, _number)


def _choices(schema: JsonSchema) -> str:
    if "const" in schema:
        return str(schema["const"])
    return "one of " + ", ".join(schema["enum"]) if "enum" in schema else ""


def _keys(schema: JsonSchema) -> str:
    names: Sequence[str] = tuple(schema.get("properties", ()))
    return f" with keys among {', '.join(names)}" if names else ""


def _length(schema: JsonSchema) -> str:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if high is not None:
        return f" of {low} to {high} characters"
    return " that is not empty" if low else ""


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) and value != int(value) else f"{int(value)}"


def _bounds(schema: JsonSchema, render: Callable[[float], str]) -> str:
    words = {
        "minimum": "from {}" if "maximum" in schema else "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}" if "minimum" in schema else "at most {}",
        "exclusiveMaximum": "below {}",
    }
    said = [text.format(render(schema[key])) for key, text in words.items() if key in schema]
    joint = " " if "minimum" in schema and "maximum" in schema else " and "
    return " " + joint.join(said) if said else ""

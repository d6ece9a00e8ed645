"""Field types of the tuning document: durations, names, patterns, and the base of its models.

Keys are camelCase in YAML, as Kubernetes users expect, and snake_case in code. Types carry, beside their bounds, the
unit and the words in which the reference table and the problems describe them (`x-unit` and `x-allowed` in the schema).
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_DURATION = r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?"
_DURATION_UNITS_S = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_DURATION_SUFFIXES_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def parse_duration(value: object) -> object:
    """Return seconds for text such as `90s`, `1h30m` or `250ms`; numbers are seconds already.

    Raises:
        ValueError: the text is no duration.

    Example:
        >>> parse_duration("1m30s")
        90.0
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(_DURATION, value.strip(), re.ASCII)
    if not value.strip() or match is None:
        raise ValueError("must be a duration such as 30s, 5m, 1h30m or 250ms")
    parts = zip(match.groups(), _DURATION_UNITS_S, strict=True)
    return round(sum(float(part) * unit for part, unit in parts if part), 6)


def format_duration(seconds: float) -> str:
    """Return the shortest text that `parse_duration` reads as `seconds`, to the millisecond.

    Example:
        >>> format_duration(90.25)
        '1m30s250ms'
        >>> format_duration(0)
        '0s'
    """
    rest = round(seconds * 1000)
    parts = []
    for suffix, unit_ms in _DURATION_SUFFIXES_MS.items():
        count, rest = divmod(rest, unit_ms)
        parts.append(f"{count}{suffix}" if count else "")
    return "".join(parts) or "0s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What people are told of a type: its unit, and what is allowed where bounds alone do not say it."""

    unit: str = ""
    allowed: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the note to the type's JSON Schema."""
        written = {"x-unit": self.unit, "x-allowed": self.allowed}
        return handler(schema) | {key: text for key, text in written.items() if text}


class _DurationText:
    """Adds the text form to a duration's JSON Schema, which would otherwise know the number only."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        standard = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
        number = {standard.get(key, key): value for key, value in handler(schema).items()}
        text: dict[str, Any] = {"type": "string", "pattern": f"^(?=.){_DURATION}$"}  # `Any`: JSON
        return {"anyOf": [text, number], "x-unit": "duration"}


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from error
    if found := re.search(r"\(\?(?:<?[=!]|>|\(|P=)|\\[1-9]", text):
        raise ValueError(f"must be a regular expression as Prometheus knows it (RE2), which has no `{found.group()}`")
    return text


Count = Annotated[int, Field(ge=0, le=10_000), Note(unit="replicas")]
PositiveCount = Annotated[int, Field(ge=1, le=10_000), Note(unit="replicas")]

Duration = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=float), _DurationText()]
"""Seconds; written as text with a unit, or as a bare number of seconds."""

DnsName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253),
    Note(allowed="a Kubernetes name: lower case letters, digits, `-` and `.`, at most 253 characters"),
]
"""A Kubernetes object name."""

LABEL_NAME = "a Prometheus label name: letters, digits and `_`, not starting with a digit"

LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$"), Note(allowed=LABEL_NAME)]
"""A Prometheus label name."""

Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(_regex), Note(allowed="a regular expression")]
"""An anchored regular expression that Prometheus understands too."""

Path = Annotated[str, StringConstraints(min_length=1), Note(allowed="a path")]
"""A file the process can read."""

Instant = Annotated[AwareDatetime, Note(allowed="a time with date and zone, such as 2026-01-31T18:00:00Z")]
"""A point in time (RFC 3339 with zone)."""


class Section(BaseModel):
    """Base of every model of the document: frozen, strict about unknown keys and types, camelCase outside."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

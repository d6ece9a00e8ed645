"""Field types of the tuning document: durations, names, and the base of its models.

Keys are camelCase in YAML, as Kubernetes users expect, and snake_case in code.
"""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?"
)
_DURATION_UNITS_S = (86400.0, 3600.0, 60.0, 1.0, 0.001)


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
    match = _DURATION.fullmatch(value.strip())
    if not value.strip() or match is None:
        raise ValueError("must be a duration such as 30s, 5m, 1h30m or 250ms")
    return sum(float(part) * unit for part, unit in zip(match.groups(), _DURATION_UNITS_S, strict=True) if part)


Duration = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=str | float)]
"""Seconds; written as text with a unit, or as a bare number of seconds."""

DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
"""A Kubernetes object name."""

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
"""A Prometheus label name."""


class Section(BaseModel):
    """Base of every model of the document: frozen, strict about unknown keys, camelCase outside."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

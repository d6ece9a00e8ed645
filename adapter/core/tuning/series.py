"""Which series are a workload's: conditions on their labels, and further presets that say what to read."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from adapter.core.tuning.fields import LABEL_NAME, LabelName, Note, Regex, Section


class LabelPattern(Section):
    """A label condition by regular expression."""

    regex: Regex = Field(description="Anchored regular expression (RE2 syntax as Prometheus uses).")


def _condition_kind(value: object) -> str:
    return "pattern" if isinstance(value, dict | LabelPattern) else "text"


LabelCondition = Annotated[
    Annotated[str, Note(allowed="text, or `{regex: ...}`"), Tag("text")] | Annotated[LabelPattern, Tag("pattern")],
    Discriminator(_condition_kind),
]
"""What a label's value must be: exact text, or a pattern."""


class SourceTuning(Section):
    """A further preset that is read for a workload, such as its gateway, its queue or its quota."""

    preset: str = Field(description="Name of the preset.")
    match: dict[LabelName, LabelCondition] = Field(
        default={},
        description="Labels of its series: text or `{regex: ...}`; as the preset recognises workloads when empty.",
        json_schema_extra={"x-keys": LABEL_NAME},
    )

"""What people set for a while, against or ahead of what the load says: manual overrides and planned events."""

from typing import Self

from pydantic import Field, model_validator

from adapter.core.tuning.fields import Count, Instant, PositiveCount, Section


class OverrideTuning(Section):
    """A manual override. It ends by itself."""

    floor: Count | None = Field(default=None, description="At least this many replicas.")
    ceiling: Count | None = Field(default=None, description="At most this many replicas.")
    freeze: bool = Field(default=False, description="Keep the replicas that are requested now.")
    until: Instant = Field(description="When the override ends, RFC 3339 with zone.")
    author: str = Field(min_length=1, max_length=100, description="Who set it.")
    reason: str = Field(default="", max_length=200, description="Why.")

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.floor is None and self.ceiling is None and not self.freeze:
            raise ValueError("set at least one of floor, ceiling and freeze")
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise ValueError(f"floor ({self.floor}) must not exceed ceiling ({self.ceiling})")
        return self


class EventTuning(Section):
    """A planned event: replicas are there by its start."""

    name: str = Field(min_length=1, max_length=100, description="What happens.")
    start: Instant = Field(
        description="When load is expected, RFC 3339 with zone; replicas are asked for one lead time earlier."
    )
    end: Instant = Field(description="When it is over.")
    floor: PositiveCount = Field(description="At least this many replicas during the event.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.end:
            raise ValueError("start must be before end")
        return self

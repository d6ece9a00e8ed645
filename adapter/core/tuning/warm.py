"""Warm hours: a minimum of replicas by weekday and time of day, for workloads that may otherwise sleep."""

from datetime import time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from adapter.core.tuning.fields import Note, PositiveCount, Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"must be a time zone such as UTC or Europe/Berlin, {name!r} is not known here") from error
    return name


Zone = Annotated[str, AfterValidator(_zone), Note(allowed="a time zone such as UTC or Europe/Berlin")]
TimeOfDay = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Note(allowed='a time of day such as "08:30"')
]


class WarmTuning(Section):
    """Hours in which replicas are kept though nothing asks for them."""

    days: tuple[Day, ...] = Field(min_length=1, description="Days on which it begins.")
    start: TimeOfDay = Field(description="When replicas must be there; they are asked for one lead time earlier.")
    end: TimeOfDay = Field(description="When they need not be there any more; on the next day if not after `start`.")
    zone: Zone = Field(description="Time zone of both.")
    floor: PositiveCount = Field(description="At least this many replicas.")

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"start and end must differ, both are {self.start}")
        return self

    @property
    def begins(self) -> time:
        """Return when it begins."""
        return time.fromisoformat(self.start)

    @property
    def ends(self) -> time:
        """Return when it ends."""
        return time.fromisoformat(self.end)

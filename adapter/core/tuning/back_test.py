"""How settings that nobody has written are chosen: by back-testing them on the workload's own history."""

from typing import Annotated, Literal

from pydantic import Field

from adapter.core.tuning.fields import Note, Section


class TuneTuning(Section):
    """Choosing margin, forecaster and holds by back-testing; what the document writes is never changed."""

    mode: Literal["off", "advise", "act"] = Field(
        default="off",
        description="`advise` shows what would be chosen, `act` puts it in force, `off` does not back-test.",
    )
    days: Annotated[int, Field(ge=2, le=13), Note(unit="days")] = Field(
        default=7, description="How much history a choice is tried on; one day more is read to forecast from."
    )
    price: Annotated[float, Field(gt=0, le=10_000), Note(unit="replica-hours")] = Field(
        default=30.0,
        description="What an hour of one replica's work costs that missed its objective, beyond the share agreed.",
    )
    least_gain: Annotated[float, Field(ge=0, le=1), Note(unit="ratio")] = Field(
        default=0.05, description="What is in force stays unless another choice costs this much less."
    )

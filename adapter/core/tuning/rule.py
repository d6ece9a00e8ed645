"""Rules of the tuning document that cover workloads which are found instead of listed."""

from typing import Self

from pydantic import Field, model_validator

from adapter.core.tuning.series import LabelCondition, LabelPattern
from adapter.core.tuning.workload import WorkloadTuning


class RuleTuning(WorkloadTuning):
    """A template for every workload that a Prometheus shows and that the conditions accept; the first rule wins.

    What a rule does not write of `preset`, `match` and `sources` is filled in by what is found, and the scale target
    always is.
    """

    namespaces: LabelCondition = Field(description="Namespace of the workload: text or `{regex: ...}`.")
    names: LabelCondition = Field(
        default=LabelPattern(regex=".+"),
        description="Name of the scale target: text or `{regex: ...}`; any when not given.",
    )
    models: LabelCondition | None = Field(
        default=None, description="A model that it serves, as the engine's label `model_name` has it."
    )

    @model_validator(mode="after")
    def _many_targets(self) -> Self:
        if self.scale_target.name is not None:
            raise ValueError(
                "scaleTarget.name belongs to a workload: a rule finds the scale targets, set names instead"
            )
        return self

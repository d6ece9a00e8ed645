"""Twin of adapter/core/tuning/series.py."""

import pytest
from pydantic import ValidationError

from adapter.core.tuning.series import LabelPattern, SourceTuning


def test_a_label_is_matched_by_text_or_by_pattern() -> None:
    """Both forms are read from a document, and both can be built in code."""
    source = SourceTuning.model_validate({"preset": "x", "match": {"app": "x", "pod": {"regex": "x-.*"}}})
    assert source.match == {"app": "x", "pod": LabelPattern(regex="x-.*")}
    assert SourceTuning(preset="x", match=source.match) == source


@pytest.mark.parametrize("condition", [{"regex": "("}, {"regex": ""}, {"regex": "x", "other": 1}, 5])
def test_anything_else_is_no_condition(condition: object) -> None:
    """A broken pattern, an unknown key and a number are refused."""
    with pytest.raises(ValidationError):
        SourceTuning.model_validate({"preset": "x", "match": {"pod": condition}})

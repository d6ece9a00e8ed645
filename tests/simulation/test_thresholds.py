"""Twin of adapter/simulation/thresholds.py."""

import pytest

from adapter.simulation.results import total
from adapter.simulation.thresholds import broken, parse_threshold
from tests.simulation.test_results import score

RESULT = total([score(attainment=0.97, gpu_hours=11.0, failed=3)])
BEFORE = total([score(attainment=0.99, gpu_hours=10.0)])


def reasons(*texts: str, baseline: bool = True) -> tuple[str, ...]:
    """Return why the result breaks some thresholds."""
    return broken(map(parse_threshold, texts), RESULT, baseline=BEFORE if baseline else None)


def test_a_broken_threshold_says_what_broke_it() -> None:
    """The figure, its value, the side and the limit."""
    assert reasons("attainment<0.98") == ("attainment<0.98: slo_attainment is 0.97, below 0.98",)
    assert reasons("gpu_hours>+5%") == ("gpu_hours>+5%: gpu_hours is 11, above 10.5 (+5.0% of the baseline's)",)
    assert reasons("failed_requests > 2", "scale_flaps>0") == ("failed_requests > 2: failed_requests is 3, above 2",)


def test_a_kept_threshold_says_nothing() -> None:
    """The limit itself is allowed, on either side."""
    assert reasons("attainment<0.97", "gpu_hours>11", "gpu_hours>+10%", "gpu_hours<-50%") == ()


def test_what_is_not_known_passes_no_gate() -> None:
    """A figure without a value, or a change without a baseline."""
    assert reasons("ttft_p95>2") == ("ttft_p95>2: ttft_p95_s is not known",)
    assert reasons("gpu_hours>+5%", baseline=False) == ("gpu_hours>+5%: gpu_hours is not known of the baseline",)


@pytest.mark.parametrize("text", ["attainment", "attainment=1", "speed>3", "gpu_hours>5%", "gpu_hours>+5", "a<b"])
def test_what_says_no_threshold_is_refused(text: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=r"such as attainment<0\.98 or gpu_hours>\+5%|has a sign and %"):
        parse_threshold(text)

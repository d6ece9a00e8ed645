from adapter.core.capacity import capacity_of
from adapter.core.decision import Capacity, DemandUnit
from tests.fakes import tuned


def test_one_replica_gives_one_engine_second_per_second() -> None:
    """Where token rates are configured, they are the capacity."""
    each = tuned("llama", capacity={"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000})
    assert capacity_of(each.tuning) == Capacity(unit=DemandUnit.WORK, per_replica=1.0, source="configured")


def test_the_source_says_who_chose() -> None:
    """A target that the user set is configured, even if it is the default's number."""
    assert capacity_of(tuned("llama").tuning).source == "default"
    assert capacity_of(tuned("llama", targets={"concurrency": 16}).tuning).source == "configured"

"""Twin of adapter/whatif/closed_loop.py and adapter/whatif/findings.py."""

import math

import pytest

from adapter.core.signal import Signal
from adapter.simulation.finding import Assumptions
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.whatif.closed_loop import find, gather_evidence, minutes_of
from adapter.whatif.findings import findings_report
from adapter.whatif.study import Study, StudyRefused, Variant
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA = tuned("llama", replicas={"min": 1, "max": 5}, lead_time=60.0)
SHOWN = {
    Signal.ARRIVAL_RATE: lambda at: 6.0 + 4.0 * math.sin((at - TICK) / 600),
    Signal.QUEUE_DEPTH: 0.0,
    Signal.REQUESTS_RUNNING: 12.0,
    Signal.REPLICAS_REQUESTED: 2.0,
    Signal.REPLICAS_READY: 2.0,
    Signal.PROMPT_TOKENS_PER_REQUEST: 800.0,
    Signal.GENERATION_TOKENS_PER_REQUEST: 120.0,
}


def study(hours: float, *, variants: int = 2) -> Study:
    """Return a study of some hours after a tick."""
    names = ("current", "candidate")[:variants]
    tuning = tuning_of(LLAMA)
    return Study(
        variants=tuple(Variant(name=name, tuning=tuning, tuned=(LLAMA,)) for name in names),
        prometheus=tuning.prometheus,
        start=TICK + 60,
        end=TICK + 60 + hours * 3600,
    )


def test_minutes_begin_on_a_multiple_of_ten_of_them() -> None:
    """Memories have their marks there; too few minutes are refused."""
    minutes = minutes_of(study(1.0))
    assert (minutes.start, minutes.count, minutes.end) == (TICK + 660, 51, TICK + 3660)
    with pytest.raises(StudyRefused, match="at least 30 min"):
        minutes_of(study(0.5))


@pytest.mark.parametrize(("variants", "subject", "baseline"), [(1, "current", "recorded"), (2, "candidate", "current")])
async def test_a_study_compares_the_last_configuration_with_the_one_before(
    variants: int, subject: str, baseline: str
) -> None:
    """Equal configurations do the same; the report says what it stands on; progress adds up."""
    asked, done, read = study(1.0, variants=variants), list[float](), list[float]()
    evidence = await gather_evidence(asked, FakeSignalSource(scripted(SHOWN)), advance=read.append)
    findings = list(
        find(
            asked,
            evidence,
            assumed=Assumptions(model=LLAMA_8B_H100),
            others=(),
            advance=lambda _, share: done.append(share),
        )
    )
    report = findings_report(asked, findings, gpu_hour_price=None)
    contest = findings[0].contest

    assert (contest.subject, report.baseline) == (subject, baseline)
    assert sum(done) == pytest.approx(1.0)
    assert sum(read) == pytest.approx(1.0)
    assert contest.requests == pytest.approx(6 * 3060, rel=0.2)
    assert any("The engine's speed is that of 8B on one H100" in note for note in report.grounds[0].notes)
    if variants == 2:
        assert contest.best("candidate").score == contest.best("current").score

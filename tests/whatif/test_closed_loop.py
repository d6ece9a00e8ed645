"""Twin of adapter/whatif/closed_loop.py and adapter/whatif/findings.py."""

import math
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from adapter.core.signal import Signal
from adapter.simulation.finding import Assumptions
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.whatif.closed_loop import find_elsewhere, find_here, gather_evidence, jobs_of, minutes_of
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
    jobs = jobs_of(asked, evidence, assumed=Assumptions(model=LLAMA_8B_H100), others=())
    findings = list(find_here(jobs, advance=lambda _, share: done.append(share)))
    report = findings_report(asked, findings, gpu_hour_price=None)
    contest = findings[0].contest

    assert (contest.subject, report.baseline) == (subject, baseline)
    assert sum(done) == pytest.approx(1.0)
    assert sum(read) == pytest.approx(1.0)
    assert contest.requests == pytest.approx(6 * 3060, rel=0.2)
    assert any("The engine's speed is that of 8B on one H100" in note for note in report.grounds[0].notes)
    if variants == 2:
        assert contest.best("candidate").score == contest.best("current").score


def far_away(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """An engine in other processes, as far as one can tell: everything is pickled, there and back."""
    for item in items:
        yield pickle.loads(pickle.dumps(function(pickle.loads(pickle.dumps(item)))))


async def test_another_engine_finds_the_same() -> None:
    """To the byte; and it says which workloads are done."""
    asked, done = study(1.0, variants=1), list[str]()
    evidence = await gather_evidence(asked, FakeSignalSource(scripted(SHOWN)), advance=lambda _: None)
    jobs = jobs_of(asked, evidence, assumed=Assumptions(model=LLAMA_8B_H100), others=())
    [here] = find_here(jobs, advance=lambda *_: None)
    [there] = find_elsewhere(jobs, far_away, advance=lambda name, _: done.append(name))
    assert done == ["prod/llama"]
    assert {name: [each.score for each in group] for name, group in there.contest.outcomes.items()} == {
        name: [each.score for each in group] for name, group in here.contest.outcomes.items()
    }
    assert repr(there.measures) == repr(here.measures)

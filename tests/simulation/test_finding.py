"""Twin of adapter/simulation/finding.py."""

import json

import pytest

from adapter.core.history import History
from adapter.simulation.finding import Assumptions, Finding, Own, Period, describe, finding_of, prepare, tasks_of
from adapter.simulation.own import Timing
from adapter.simulation.recorded import Record
from tests.fakes import tuned
from tests.simulation.records import CHAT, blank, play_and_record
from tests.simulation.workloads import TOY, fleet, random_requests

CONFIG = tuned("chat", namespace="llm", replicas={"min": 1, "max": 6}, lead_time=45.0, targets={"concurrency": 8})
BOLD = tuned("chat", namespace="llm", replicas={"min": 1, "max": 1}, lead_time=45.0, targets={"concurrency": 8})


@pytest.fixture(scope="module")
def recorded() -> Record:
    """Forty minutes of three toy engines."""
    served = fleet(random_requests(5, rate=25.0, seconds=2400), replicas=3, cold_start_s=45.0)
    return play_and_record(served, minutes=40, size=lambda _: 3)[0]


@pytest.fixture(scope="module")
def period(recorded: Record) -> Period:
    """The same, ready to be played."""
    made = prepare(recorded, CONFIG, Assumptions(model=TOY))
    assert made is not None
    return made


def own(name: str, config: object) -> Own:
    """Return a configuration that remembers nothing."""
    return Own(name=name, tuned=config, timing=Timing(epoch=600.0), history=History.empty((CHAT,)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def finding(period: Period) -> Finding:
    """Two configurations against the record and one policy."""
    tasks = tasks_of(period, [own("current", CONFIG), own("candidate", BOLD)], ["concurrency"])
    return finding_of(period, ((policy, play()) for policy, play in tasks), subject="candidate")


def test_the_last_configuration_is_the_result_and_all_play_the_same_load(finding: Finding) -> None:
    """In the order result, other configurations, record, policies with five settings each."""
    outcomes = finding.contest.outcomes
    assert list(outcomes) == ["candidate", "current", "recorded", "concurrency"]
    assert len(outcomes["concurrency"]) == 5
    assert {each.score.requests for group in outcomes.values() for each in group} == {finding.contest.requests}
    assert finding.contest.ours.policy == "candidate"


def test_a_configuration_is_played_within_its_own_bounds(finding: Finding, period: Period) -> None:
    """One replica at most costs forty minutes of two GPUs, drains aside, and serves worse than the current one."""
    candidate, current = (finding.contest.best(each).score for each in ("candidate", "current"))
    drained_h = 3 * 2 * 120 / 3600
    assert candidate.gpu_hours < 2 * period.scenario.end_s / 3600 + drained_h < current.gpu_hours + drained_h
    assert candidate.attainment <= current.attainment


def test_the_recorded_sizes_cost_what_they_cost(finding: Finding) -> None:
    """Three replicas of two GPUs for forty minutes."""
    assert finding.contest.best("recorded").score.gpu_hours == pytest.approx(4.0)
    assert abs(finding.measures[0].error) < 0.02


def test_what_it_stands_on_is_plain_json(finding: Finding) -> None:
    """The engine's source, the cold start, and the errors; NaN is null."""
    made = json.loads(json.dumps(describe(finding), allow_nan=False))
    assert made["engine"]["source"] == "model"
    assert made["cold_start_s"] == 45.0
    assert made["unknown_minutes"] <= 0.05
    assert [each["measure"] for each in made["errors"]][:2] == ["ready replica-hours", "requests in flight"]
    assert made["errors"][2]["recorded"] is None


def test_a_record_of_nothing_is_no_period() -> None:
    """There is nothing to play."""
    assert prepare(Record(workload=CHAT, start=0.0, values=blank(40)), CONFIG, Assumptions(model=TOY)) is None

import random
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.decision import FLEET_STEPS, StepName
from adapter.core.fleet_limits import UNLIMITED, limit_fleet, stand
from adapter.core.history import Tier, TierSpec
from adapter.core.recent import NOTHING_RECENT
from adapter.core.sight import look
from adapter.core.signal import Observed
from adapter.core.standing import Standing
from adapter.core.tuning import FleetTuning
from tests.core.standings import standing
from tests.factories import TICK

FLEET = FleetTuning.model_validate(
    {
        "budgets": [{"name": "all", "gpus": 20}, {"name": "big", "gpus": 9, "classes": ["big"]}],
        "ratios": [{"namespace": "prod", "prefill": "w0", "decode": "w1", "least": 0.5, "most": 2}],
    }
)
SCALES = st.fixed_dictionaries(
    {
        "gpus_per_replica": st.sampled_from([1, 2]),
        "unit": st.sampled_from([1, 2]),
        "priority": st.integers(0, 2),
        "gpu_class": st.sampled_from(["gpu", "big"]),
        "max_up": st.none() | st.integers(1, 4),
    }
)


@st.composite
def fleets(draw: st.DrawFn) -> list[Standing]:
    """Return some workloads, planned or on hold, certain or not."""
    return [
        standing(
            f"w{row}",
            draw(st.none() | st.integers(0, 12)),
            least=0,
            requested=draw(st.integers(0, 3)),
            doubtful=draw(st.booleans()),
            lowest=2,
            highest=3,
            scale=draw(SCALES),
        )
        for row in range(draw(st.integers(1, 4)))
    ]


@given(fleets(), st.integers())
def test_the_order_of_the_workloads_does_not_matter(before: list[Standing], seed: int) -> None:
    """The same decisions, for each workload, in any order and again."""
    shuffled = list(before)
    random.Random(seed).shuffle(shuffled)
    first, second = limit_fleet(before, FLEET), limit_fleet(shuffled, FLEET)
    assert list(first) == [each.id for each in before]
    assert {key: repr(each) for key, each in first.items()} == {key: repr(each) for key, each in second.items()}


@given(fleets())
def test_steps_chain_in_their_order_and_holds_stay(before: list[Standing]) -> None:
    """What is served is where the last step begins; a hold, and a doubtful workload, lose nothing that is requested."""
    for each, after in zip(before, limit_fleet(before, FLEET).values(), strict=True):
        if not each.planned:
            assert after is each.decision
            continue
        new = [step for step in after.steps if step.name in FLEET_STEPS]
        assert [step.name for step in new] == [name for name in FLEET_STEPS if name in {step.name for step in new}]
        assert after.steps[-1].name is StepName.SHAPE
        assert after.steps[-1].before == after.served
        assert after.served is not None
        assert after.served >= each.kept or not each.doubtful


def test_what_nothing_limits_is_not_touched() -> None:
    """The same objects."""
    before = [standing("a", 5), standing("b", None)]
    assert [*limit_fleet(before, UNLIMITED).values()] == [each.decision for each in before]


def test_the_last_minute_is_read_from_memory() -> None:
    """Three, then five requested; another workload of which nothing is known."""
    known, unknown = standing("a", 5), standing("b", 5)
    values = np.array([[3.0, 5.0], [np.nan, np.nan]], dtype=np.float32)
    tier = Tier(spec=TierSpec(step_s=15.0, columns=2), end=TICK, values=values)
    sights = [replace(look(Observed(at=TICK), each.tuned.tuning), doubts=()) for each in (known, unknown)]
    stood = stand(
        [known.tuned, unknown.tuned],
        {each.id: each.decision for each in (known, unknown)},
        sights,
        requested=tier,
        recent=[NOTHING_RECENT] * 2,
        at=TICK,
    )
    assert [(each.lowest, each.highest) for each in stood] == [(3, 5), (None, None)]

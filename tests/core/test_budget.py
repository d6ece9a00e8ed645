from hypothesis import given
from hypothesis import strategies as st

from adapter.core.budget import within_budgets
from adapter.core.decision import StepName
from adapter.core.tuning import FleetTuning
from tests.core.standings import standing

EIGHT = FleetTuning.model_validate({"budgets": [{"name": "h100", "gpus": 8}]})
RATIO = {"namespace": "prod", "prefill": "pre", "decode": "dec", "least": 0.5, "most": 1.0}


def test_a_cut_says_to_what_why_and_who_got_the_rest() -> None:
    """The urgent one gets all it wants, the other what is left."""
    urgent, other = within_budgets(
        [standing("urgent", 3, scale={"gpus_per_replica": 2, "priority": 9}), standing("other", 5)], EIGHT
    )
    assert [urgent.replicas, other.replicas] == [3, 2]
    assert other.steps[-1].reason == ("budget h100 has 8 GPUs: 2 of the 5 wanted here, 6 for prod/urgent (priority 9)")
    assert urgent.steps[-1].reason == "budget h100 has 8 GPUs, 8 of them given out"


def test_a_budget_covers_what_it_names() -> None:
    """Namespace and class must both fit; what no budget covers has no step."""
    fleet = FleetTuning.model_validate(
        {"budgets": [{"name": "x", "gpus": 1, "namespaces": ["prod"], "classes": ["h100"]}]}
    )
    covered, other = within_budgets([standing("a", 5, scale={"gpu_class": "h100"}), standing("b", 5)], fleet)
    assert (covered.replicas, other.replicas, other.steps) == (1, 5, ())


def test_what_is_on_hold_or_doubtful_is_served_first() -> None:
    """Six of eight GPUs stay where they are, whatever the priority of others."""
    held, doubtful, urgent = within_budgets(
        [
            standing("held", None, requested=4),
            standing("doubtful", 6, requested=2, doubtful=True),
            standing("urgent", 9, scale={"priority": 9}),
        ],
        EIGHT,
    )
    assert (held.replicas, doubtful.replicas, urgent.replicas) == (4, 2, 2)


def test_what_a_cut_makes_useless_goes_to_others() -> None:
    """Decode is cut to 2, so prefill keeps 2 of 6, and the third workload gets the rest."""
    fleet = FleetTuning.model_validate(
        {
            "budgets": [{"name": "all", "gpus": 10}, {"name": "dec", "gpus": 2, "classes": ["d"]}],
            "ratios": [RATIO],
        }
    )
    prefill, decode, third = within_budgets(
        [standing("pre", 6), standing("dec", 6, scale={"gpu_class": "d"}), standing("third", 9)], fleet
    )
    assert (prefill.replicas, decode.replicas, third.replicas) == (2, 2, 6)
    assert "all that its partner" in prefill.steps[-1].reason
    assert decode.steps[-1].reason.startswith("budget dec has 2 GPUs: 2 of the 6 wanted here")


@given(
    wants=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    gpus=st.integers(0, 30),
    priorities=st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_never_above_the_budget_and_chained(wants: list[int], gpus: int, priorities: list[int]) -> None:
    """Whatever is wanted; and each step starts where the one before ended."""
    fleet = FleetTuning.model_validate({"budgets": [{"name": "all", "gpus": gpus}]})
    standings = [
        standing(f"w{row}", want, least=0, scale={"gpus_per_replica": 1 + row % 2, "priority": priorities[row]})
        for row, want in enumerate(wants)
    ]
    after = within_budgets(standings, fleet)
    assert sum(each.replicas * each.scale.gpus_per_replica for each in after) <= gpus
    assert [(each.steps[-1].name, each.steps[-1].before) for each in after] == [(StepName.BUDGET, n) for n in wants]

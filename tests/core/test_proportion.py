from hypothesis import given
from hypothesis import strategies as st

from adapter.core.proportion import Pair, Proportion, in_proportion, lowered, raised
from adapter.core.standing import Standing
from adapter.core.tuning import RatioTuning
from tests.core.standings import standing

RATIO = RatioTuning(namespace="prod", prefill="pre", decode="dec", least=0.5, most=1.0)
COUNTS = st.integers(0, 30)
PAIRS = st.builds(Pair, prefill=COUNTS, decode=COUNTS)
PROPORTIONS = st.builds(
    lambda least, width: Proportion(least=least, most=least * width),
    st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0]),
    st.sampled_from([1.0, 2.0, 5.0]),
)


@given(pair=PAIRS, proportion=PROPORTIONS)
def test_raising_only_raises_and_leaves_no_side_short(pair: Pair, proportion: Proportion) -> None:
    """With room enough, prefill is never short; zero stays zero."""
    after = raised(pair, proportion, bounds=Pair(prefill=10_000, decode=10_000))
    assert after.prefill >= pair.prefill
    assert after.decode >= pair.decode
    assert after.prefill >= proportion.least * after.decode - 1e-6 or proportion.least * after.decode < 1
    assert (after == Pair(prefill=0, decode=0)) == (pair == Pair(prefill=0, decode=0))


@given(pair=PAIRS, proportion=PROPORTIONS, least=PAIRS)
def test_lowering_only_lowers_and_spares_the_least(pair: Pair, proportion: Proportion, least: Pair) -> None:
    """Either side stays at or above the smaller of what it has and its least."""
    after = lowered(pair, proportion, least=least)
    assert min(pair.prefill, least.prefill) <= after.prefill <= pair.prefill
    assert min(pair.decode, least.decode) <= after.decode <= pair.decode


def _replicas(standings: list[Standing]) -> list[int]:
    return [each.replicas for each in in_proportion(standings, (RATIO,))]


def test_the_short_side_is_raised_and_says_for_whom() -> None:
    """Eight of decode need four of prefill."""
    after = in_proportion([standing("dec", 8), standing("pre", 1)], (RATIO,))
    assert [each.replicas for each in after] == [8, 4]
    assert after[1].steps[-1].reason == "0.5 to 1 of pre per dec, and dec has 8"


def test_a_hold_is_taken_as_it_is() -> None:
    """Six requested of decode, on hold: prefill follows, decode does not move; a partner that is not there is none."""
    assert _replicas([standing("dec", None, requested=6), standing("pre", 1)]) == [6, 3]
    assert _replicas([standing("dec", None, requested=2), standing("pre", 5)]) == [2, 5]
    assert _replicas([standing("pre", 1)]) == [1]


def test_a_pair_that_fits_is_left_alone() -> None:
    """Its step says so."""
    assert _replicas([standing("dec", 4), standing("pre", 3)]) == [4, 3]

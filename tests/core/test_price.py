"""Which quantile of demand is provided for."""

from adapter.core.price import chosen_quantile
from tests.fakes import tuned


def test_the_quantile_follows_from_prices_or_is_given() -> None:
    """Without either it is 0.975, and 0.9 where zero is allowed."""
    assert chosen_quantile(tuned("llama", replicas={"min": 0}).tuning) == 0.9
    priced = tuned("llama", forecast={"price": {"slo_minute": 19, "gpu_minute": 1}}).tuning
    assert [chosen_quantile(each) for each in (tuned("llama").tuning, priced)] == [0.975, 0.95]
    assert chosen_quantile(tuned("llama", forecast={"quantile": 0.7}).tuning) == 0.7

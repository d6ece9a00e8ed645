import pytest

from adapter.core.errors import TuningError
from adapter.core.tuning import parse_tuning

HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
TWO = "workloads:\n- {namespace: prod, name: pre}\n- {namespace: prod, name: dec}\n"


def problems(text: str) -> list[tuple[int, str]]:
    """Return the line and the message of each problem of a document."""
    with pytest.raises(TuningError) as caught:
        parse_tuning(HEAD + TWO + text, file="f", presets=("vllm",))
    return [(each.line, each.message) for each in caught.value.problems]


def test_limits_are_read() -> None:
    """Budgets cover everything unless they name what they cover."""
    ratio = "{namespace: prod, prefill: pre, decode: dec, least: 1, most: 2}"
    text = f"fleet:\n  budgets: [{{name: all, gpus: 8}}]\n  ratios: [{ratio}]\n"
    fleet = parse_tuning(HEAD + TWO + text, file="f", presets=("vllm",)).fleet
    assert (fleet.budgets[0].gpus, fleet.budgets[0].namespaces, fleet.budgets[0].classes) == (8.0, (), ())
    assert (fleet.ratios[0].prefill, fleet.ratios[0].most) == ("pre", 2.0)


@pytest.mark.parametrize(
    ("ratio", "message"),
    [
        ("{namespace: prod, prefill: pr, decode: dec, least: 1, most: 2}", "did you mean pre?"),
        ("{namespace: stage, prefill: pre, decode: dec, least: 1, most: 2}", "unknown workload in namespace stage"),
        ("{namespace: prod, prefill: pre, decode: dec, least: 3, most: 2}", "least (3) must not exceed most (2)"),
        ("{namespace: prod, prefill: pre, decode: pre, least: 1, most: 2}", "must be two workloads, both are pre"),
    ],
)
def test_a_wrong_ratio_is_told_with_its_line(ratio: str, message: str) -> None:
    """Halves must be workloads of the document, and the two bounds in order."""
    found = problems(f"fleet:\n  ratios:\n  - {ratio}\n")
    assert {line for line, _ in found} == {8}
    assert message in found[0][1]


def test_a_unit_must_fit_the_bounds() -> None:
    """Units of four within one to three replicas are none."""
    found = problems("- {namespace: prod, name: group, replicas: {max: 3}, scale: {unit: 4}}\n")
    assert found[0][1] == "no multiple of scale.unit (4) lies between replicas.min (1) and max (3)"

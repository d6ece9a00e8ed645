"""Label selectors: the grammar of Kubernetes, all of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.external_metrics.selector import Operator, Requirement, SelectorError, parse_selector, selects

LABELS = {"workload": "llama", "namespace": "prod", "size": "70"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "workload=llama",
        "workload==llama",
        "workload = llama , namespace=prod",
        "workload!=other",
        "workload in (llama)",
        "workload in (x,llama)",
        "workload  in( x , llama )",
        "workload notin (x,y)",
        "tier notin (gold)",
        "tier!=gold",
        "workload",
        "!tier",
        "! tier",
        "size>69",
        "size<71,size>1",
        "workload notin (,x)",
    ],
)
def test_selector_that_fits(text: str) -> None:
    """Each of these is true of the labels."""
    assert selects(parse_selector(text), LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "workload=other",
        "workload=",
        "workload!=llama",
        "workload in (x)",
        "workload notin (llama)",
        "tier",
        "tier=gold",
        "!workload",
        "size>70",
        "workload>1",
        "tier<1",
        "workload=llama,namespace=dev",
        "workload in (,)",
    ],
)
def test_selector_that_does_not_fit(text: str) -> None:
    """Each of these is well formed and false of the labels."""
    assert not selects(parse_selector(text), LABELS)


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "a=1,",
        "a b",
        "a=1 b=2",
        "=1",
        "a in x",
        "a in ()",
        "a in (x",
        "a in x)",
        "a===1",
        "!a=1",
        "!!a",
        "a=b/c",
        "-a=1",
        "a/b/c=1",
        "UPPER.example/a=1",
        "a=" + "x" * 64,
        "a>b",
        "a>",
        "a=(1)",
        "{}",
    ],
)
def test_garbage_is_refused_with_the_text_and_what_was_expected(text: str) -> None:
    """The message shows what was written and what may stand there."""
    with pytest.raises(SelectorError, match=r"is no label selector: .*expected") as caught:
        parse_selector(text)
    assert text in str(caught.value)


def test_words_of_the_grammar_are_also_values_and_keys() -> None:
    """`in` and `notin` are operators only where an operator stands."""
    assert parse_selector("in in (in,notin)") == (
        Requirement(key="in", operator=Operator.IN, values=frozenset({"in", "notin"})),
    )


def test_prefixed_keys_are_read() -> None:
    """A key may carry a DNS name in front."""
    assert parse_selector("example.com/tier=gold")[0].key == "example.com/tier"


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """No text makes the parser fail in another way, or never end."""
    with contextlib.suppress(SelectorError):
        assert isinstance(parse_selector(text), tuple)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)))
def test_match_labels_as_the_hpa_prints_them_select_their_own_labels(labels: dict[str, str]) -> None:
    """Sorted `k=v` pairs joined by commas, the form of `matchLabels`, fit the labels they were made from."""
    text = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    assert selects(parse_selector(text), labels)

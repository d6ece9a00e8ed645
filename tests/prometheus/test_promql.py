"""Templates become queries that Prometheus understands."""

import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from adapter.prometheus.preset import load_preset, preset_names
from adapter.prometheus.promql import Scope, anchor_queries, quote, render
from tests.prometheus_server import binary

_BARE = Scope(by=("namespace", "pod"), window_s=60)
_FULL = Scope(
    by=("namespace", "pod"),
    window_s=90,
    match={"cluster": 'a"b', "region": "eu"},
    replica_label="prometheus_replica",
    namespaces=("llm", "llm.test"),
)


def test_placeholders_are_filled() -> None:
    """Conditions, window, grouping and deduplication go where the template says."""
    text = render('sum by ($by) (\n  $dedup(rate(x{a="1",$where}[$window]))\n)', _FULL)

    assert text == (
        'sum by (namespace, pod) ( max without (prometheus_replica) (rate(x{a="1",'
        'cluster="a\\"b",region="eu",namespace=~"llm|llm\\\\.test"}[90s])) )'
    )


def test_single_namespace_is_an_equality_and_none_is_no_condition() -> None:
    """Equality is what Prometheus finds fastest; without namespaces nothing is restricted."""
    one = Scope(by=("namespace",), window_s=60, namespaces=("llm",))

    assert render("x{$where}", one) == 'x{namespace="llm"}'
    assert render("x{$where}", _BARE) == "x{}"


def test_long_list_of_namespaces_does_not_restrict() -> None:
    """A restriction that is longer than it is useful is left out."""
    many = Scope(by=("namespace",), window_s=60, namespaces=tuple(f"namespace-{number}" for number in range(200)))

    assert render("x{$where}", many) == "x{}"


@pytest.mark.parametrize(("text", "literal"), [('a"b', '"a\\"b"'), ("a\\d", '"a\\\\d"'), ("a\nb", '"a\\nb"')])
def test_quoted_text_cannot_leave_its_literal(text: str, literal: str) -> None:
    """Quotes, backslashes and line ends are escaped."""
    assert quote(text) == literal


@pytest.mark.parametrize("scope", [_BARE, _FULL], ids=["bare", "full"])
def test_every_query_of_every_preset_is_valid_promql(scope: Scope, tmp_path: Path) -> None:
    """The real parser, promtool's, accepts all of them."""
    queries = []
    for name in preset_names():
        preset = load_preset(name)
        anchor = anchor_queries(preset.anchor, scope)
        queries += [anchor.age, anchor.reporting, anchor.expected, anchor.copies]
        queries += [render(text, scope) for how in preset.signals.values() for text in (how.query, how.per) if text]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    with file.open("w") as sink:
        YAML(typ="safe").dump({"groups": [{"name": "all", "rules": rules}]}, sink)

    checked = subprocess.run([binary("promtool"), "check", "rules", str(file)], capture_output=True, text=True)

    assert checked.returncode == 0, checked.stderr
    assert f"{len(queries)} rules found" in checked.stdout


def test_adopted_labels_are_put_around_what_the_template_marks() -> None:
    """Nested parentheses, and those in text, do not end the mark."""
    scope = Scope(by=("namespace",), window_s=60, adopt={"namespace": "route_namespace"})
    text = render('sum by ($by) ($adopt(rate(x{a=~"b|(c",$where}[$window]))) + $adopt(y)', scope)

    replaced = 'label_replace({}, "namespace", "$1", "route_namespace", "(.+)")'
    inner = 'rate(x{a=~"b|(c",}[60s])'
    assert text == f"sum by (namespace) ({replaced.format(inner)}) + {replaced.format('y')}"


def test_open_parenthesis_of_a_mark_is_an_error() -> None:
    """A template that cannot be right is not sent."""
    with pytest.raises(ValueError, match="parenthesis is not closed"):
        render("sum($adopt(x", Scope(by=("namespace",), window_s=60))

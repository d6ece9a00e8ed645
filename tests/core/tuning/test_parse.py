"""Twin of adapter/core/tuning/parse.py."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.errors import Problem, TuningError
from adapter.core.tuning import Tuning, parse_tuning

_HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
_WORKLOAD = _HEAD + "workloads:\n- namespace: prod\n  name: llama\n"

_TEN_MISTAKES = """\
apiVersion: scaleahead/v1
prometheus:
  url: ftp://prometheus:9090
  timeout: 5 minutes
tick:
  interval: 7s
defaults:
  preset: vlm
  leedTime: 60s
workloads:
  - namespace: prod
    name: llama
    replicas: {min: 5, max: 3}
    mode: shadow
  - namespace: prod
    name: llama
  - namespace: prod
    name: mixtral
    override: {floor: 2, author: sre}
"""


def _parse(text: str) -> Tuning:
    return parse_tuning(text, file="config.yaml", presets=["vllm", "sglang"])


def _problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(TuningError) as caught:
        _parse(text)
    return caught.value.problems


def test_ten_mistakes_are_ten_problems_with_their_lines() -> None:
    """Nothing is hidden behind the first mistake, and each is found where it was made."""
    found = [(problem.line, problem.path) for problem in _problems(_TEN_MISTAKES)]
    assert found == [
        (1, "apiVersion"),
        (3, "prometheus.url"),
        (4, "prometheus.timeout"),
        (6, "tick.interval"),
        (8, "defaults.preset"),
        (9, "defaults.leedTime"),
        (13, "workloads[0].replicas"),
        (14, "workloads[0].mode"),
        (16, "workloads[1].name"),
        (19, "workloads[2].override.until"),
    ]


@pytest.mark.parametrize(
    ("edit", "line", "message"),
    [
        pytest.param("", 1, "the document is empty", id="everything deleted"),
        pytest.param("# soon\n", 1, "the document is empty", id="everything commented out"),
        pytest.param("- a\n", 1, "must be a mapping", id="a list"),
        pytest.param("kind: ConfigMap\ndata: {}\n", 1, "this is a ConfigMap manifest", id="the whole manifest"),
        pytest.param(_WORKLOAD + "\tmode: act\n", 6, "indent with spaces", id="a tab"),
        pytest.param(_WORKLOAD + "  mode act\n", 6, "not YAML", id="a missing colon"),
        pytest.param(_WORKLOAD + "   mode: act\n", 6, "not YAML", id="one space too many"),
        pytest.param(_WORKLOAD + "  mode: act\n  mode: advise\n", 7, "set twice, first in line 6", id="a repeated key"),
        pytest.param(_WORKLOAD + "  modus: act\n", 6, "did you mean mode?", id="a misspelt key"),
        pytest.param(_WORKLOAD + "  max: 4\n", 6, "did you mean replicas.max?", id="a key outside of its section"),
        pytest.param(_WORKLOAD + "  lead_time: 5s\n", 6, "did you mean leadTime?", id="snake case"),
        pytest.param(_WORKLOAD + "  preset: vlm\n", 6, "did you mean vllm?", id="a misspelt preset"),
        pytest.param(_WORKLOAD + "  leadTime: 2 min\n", 6, "such as 30s, 5m", id="a bad duration"),
        pytest.param(_WORKLOAD + "  leadTime: -1\n", 6, "a duration from 0s to 1h", id="a negative duration"),
        pytest.param(_WORKLOAD + "  leadTime: .nan\n", 6, "must be a duration", id="not a number"),
        pytest.param(_WORKLOAD + "  margin: .inf\n", 6, "a number from 1 to 5", id="infinity"),
        pytest.param(_WORKLOAD + "  margin: '1.2'\n", 6, "a number from 1 to 5", id="a quoted number"),
        pytest.param(
            _WORKLOAD + "  replicas: 5\n", 6, "a mapping with keys among min, max", id="a number for a section"
        ),
        pytest.param(_WORKLOAD + "  replicas: {min: 11}\n", 6, "min (11) must not exceed max (10)", id="min over max"),
        pytest.param(_WORKLOAD + "  replicas: {max: 2.5}\n", 6, "whole number from 1 to 10000", id="half a replica"),
        pytest.param(_WORKLOAD + "  forecast: {enabled: on}\n", 6, "true or false", id="a YAML 1.1 boolean"),
        pytest.param(_WORKLOAD + "  match: {'a-b': x}\n", 6, "the key must be a Prometheus label", id="a bad label"),
        pytest.param(_WORKLOAD + "  match: {a: {regex: '('}}\n", 6, "a regular expression", id="a bad pattern"),
        pytest.param(_WORKLOAD + "  match: {a: {regex: '(?=x)'}}\n", 6, "RE2", id="a pattern RE2 does not know"),
        pytest.param(_WORKLOAD + "  override: {floor: 1, author: me}\n", 6, "is required", id="no expiry"),
        pytest.param(_WORKLOAD + "- name: b\n", 6, "is required", id="no namespace"),
        pytest.param(
            _WORKLOAD + "- {namespace: prod, name: llama}\n", 6, "already, in line 5", id="a repeated workload"
        ),
        pytest.param(_WORKLOAD + "- llama\n", 6, "must be a mapping", id="a bare name"),
        pytest.param(_WORKLOAD + "---\n", 6, "only one document", id="a second document"),
        pytest.param(_HEAD + "workloads: {a: b}\n", 3, "must be a list", id="a mapping of workloads"),
        pytest.param("apiVersion: scaleahead/v1alpha1\n", 1, "is required", id="no prometheus"),
    ],
)
def test_a_bad_edit_is_one_problem_at_its_line(edit: str, line: int, message: str) -> None:
    """Each slip of the hand is told in one sentence that says what is allowed."""
    [problem] = _problems(edit)
    assert problem.line == line
    assert message in problem.message


def test_a_problem_reads_as_one_line() -> None:
    """File, line, key path, what is allowed, what was given."""
    [problem] = _problems(_WORKLOAD + "  slo: {attainment: 98}\n")
    expected = "config.yaml:6: workloads[0].slo.attainment: must be a number above 0 and at most 1 (given: 98)"
    assert str(problem) == expected
    assert problem.column == 21


def test_entries_inherit_defaults_key_by_key() -> None:
    """Setting the maximum alone keeps the default minimum."""
    text = _HEAD + "defaults: {replicas: {min: 2, max: 4}}\nworkloads:\n- {namespace: a, name: b, replicas: {max: 9}}\n"
    [workload] = _parse(text).workloads
    assert (workload.workload.bounds.min, workload.workload.bounds.max) == (2, 9)


def test_a_mistake_in_defaults_is_reported_once() -> None:
    """Ten workloads that inherit it do not repeat it."""
    entries = "".join(f"- {{namespace: a, name: w{index}}}\n" for index in range(10))
    faults = "defaults: {leadTime: 9h, replicas: {min: 5, max: 3}, mod: act}\n"
    problems = _problems(_HEAD + faults + "workloads:\n" + entries)
    assert [problem.path for problem in problems] == ["defaults.leadTime", "defaults.replicas", "defaults.mod"]


def test_an_entry_that_clashes_with_defaults_is_told_at_the_entry() -> None:
    """The defaults alone are right; the line to change is the entry's."""
    text = _HEAD + "defaults:\n  replicas: {min: 5}\nworkloads:\n- namespace: a\n  name: b\n  replicas: {max: 3}\n"
    [problem] = _problems(text)
    assert (problem.line, problem.path) == (8, "workloads[0].replicas")


def test_null_means_not_set() -> None:
    """As in Kubernetes: a section whose keys are all commented out changes nothing."""
    assert _parse(_WORKLOAD + "  slo:\n  override: null\n").workloads == _parse(_WORKLOAD).workloads


def test_secrets_are_never_repeated() -> None:
    """A rejected document may be logged."""
    text = (
        "apiVersion: scaleahead/v1alpha1\nprometheus:\n  url: ftp://me:hunter2@p\n"
        "  headers: {Authorization: [hunter2], X: 1}\n  auth: {basic: {username: me, pasword: hunter2}}\n"
    )
    problems = _problems(text)
    assert len(problems) == 4
    assert "hunter2" not in "\n".join(map(str, problems))


def test_the_digest_follows_the_meaning_and_not_the_layout() -> None:
    """Comments and order do not count, values do."""
    text = "# note\nprometheus:\n  url: http://p:9090\napiVersion: scaleahead/v1alpha1\n"
    assert _parse(text).digest == _parse(_HEAD).digest
    assert _parse(_HEAD + "tick: {interval: 30s}\n").digest != _parse(_HEAD).digest


def test_windows_line_ends_and_a_byte_order_mark_are_no_problem() -> None:
    """Editors add them."""
    assert _parse("\ufeff" + _WORKLOAD.replace("\n", "\r\n")).digest == _parse(_WORKLOAD).digest


@settings(max_examples=300, deadline=None)
@given(text=st.text())
def test_arbitrary_text_is_only_ever_refused(text: str) -> None:
    """No text leads to another exception than the one that lists problems."""
    with pytest.raises(TuningError):
        _parse(text)


_VALUES = st.recursive(
    st.sampled_from(
        ["null", "true", "-1", "0", "1e999", ".nan", "9" * 5000, "5s", "''", "*a", "&a x", "!!int x", "[", "a"]
    ),
    lambda inner: inner.map(lambda value: f"[{value}]") | inner.map(lambda value: f"{{min: {value}, regex: {value}}}"),
    max_leaves=3,
)


@settings(max_examples=300, deadline=None)
@given(section=st.sampled_from(["defaults", "tick", "prometheus", "workloads"]), key=st.text(max_size=8), value=_VALUES)
def test_arbitrary_values_in_known_places_are_refused_or_read(section: str, key: str, value: str) -> None:
    """Wherever a value of a wrong kind turns up, the answer is a tuning or a list of problems."""
    for text in (f"{_HEAD}{section}: {value}\n", f"{_HEAD}defaults: {{{key}: {value}, replicas: {value}}}\n"):
        with suppress(TuningError):
            assert _parse(text).digest


def test_sources_carry_labels_of_their_own_and_unknown_ones_are_named_where_they_stand() -> None:
    """A queue beside an engine; a source without labels leaves it to the preset."""
    sources = "  sources:\n  - preset: {name}\n    match: {{group: workers}}\n  - preset: sglang\n"
    [tuned] = _parse(_WORKLOAD + sources.format(name="vllm")).workloads
    [problem] = _problems(_WORKLOAD + sources.format(name="vlmm"))

    queue, other = tuned.workload.sources
    assert [(each.label, each.value, each.regex) for each in queue.matchers] == [("group", "workers", False)]
    assert (queue.preset, other.preset, other.matchers) == ("vllm", "sglang", ())
    assert (problem.line, problem.path) == (7, "workloads[0].sources[0].preset")

"""Twin of adapter/core/tuning/nodes.py."""

import pytest

from adapter.core.tuning.nodes import MAX_CHARACTERS, MAX_DEPTH, Node, YamlFault, read_nodes, resolve


def _read(text: str) -> Node:
    root = read_nodes(text)
    assert root is not None
    return root


def test_every_value_and_key_knows_its_place() -> None:
    """Lines and columns count from 1."""
    entry = _read("a: 1\nb:\n  - c:  x\n").entry("b")
    assert entry is not None
    item = entry.node.get(0)
    assert item is not None
    value = item.get("c")
    assert value is not None
    assert (entry.line, entry.column, value.line, value.column) == (2, 1, 3, 9)


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", "yes"), ("012", 12), ("0x1F", 31), ("true", True), ("~", None), ("12:30", "12:30"), ("1_000", "1_000")],
)
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    """No surprises from YAML 1.1: `yes` is text, a leading zero is no octal, colons make no sexagesimal number."""
    assert resolve(text) == value


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf", "1e999", "9" * 5000])
def test_numbers_that_are_none_stay_text(text: str) -> None:
    """What cannot be a finite number of sane length never becomes one."""
    assert resolve(text) == text


def test_quoted_scalars_are_text() -> None:
    """Quotes keep a number from being one."""
    assert _read("a: '1'").plain() == {"a": "1"}


def test_an_alias_repeats_its_anchor() -> None:
    """Both places have the value."""
    assert _read("a: &x {b: 1}\nc: *x\n").plain() == {"a": {"b": 1}, "c": {"b": 1}}


def test_nothing_but_comments_is_no_document() -> None:
    """An empty text is told apart from a null."""
    assert read_nodes("# nothing\n") is None


def _bomb() -> str:
    pairs = zip("abcdefg", "bcdefgh", strict=True)
    levels = "".join(f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n" for below, name in pairs)
    return "a: &a [x, x, x, x, x, x, x, x, x]\n" + levels


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a:\n\t- b", 2, "tab"),
        ("a: [1,", 2, "not YAML"),
        ("a: 1\n---\nb: 2", 2, "only one document"),
        ("a: *x", 1, "no anchor &x"),
        ("a: &x [*x]", 1, "inside of what it names"),
        ("a: 1\nb: \x07", 2, "printable"),
        ("a: \ud800", 1, "printable"),
        ("? [a]\n: 1", 1, "a key must be text"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, "deeper than 30"),
        ("[" * 100_000, 1, "deeper than 30"),
        (_bomb(), 6, "more than 500,000 values"),
        ("#" * (MAX_CHARACTERS + 1), 1, "4,000,000 characters"),
    ],
)
def test_text_that_gives_no_tree_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    """Hostile and broken text end in one fault, never in a crash."""
    with pytest.raises(YamlFault, match=message) as caught:
        read_nodes(text)
    assert caught.value.line == line

"""YAML text as a tree that remembers where everything was written.

Why it exists: a value without its line cannot be complained about. The scanner is libyaml's; which scalars are numbers,
booleans or null follows the core schema of YAML 1.2 (so `no` is text and `012` is twelve). Must not know what the
document means.

Limits keep hostile text harmless: size, depth, and the number of values after aliases are followed.

Source: YAML 1.2.2, section 10.3.2 (core schema).
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypedDict

import yaml
from yaml._yaml import Mark as CMark

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 30
MAX_VALUES = 500_000

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


class YamlFault(Exception):
    """Text that gives no tree. Line and column count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value and the place where it starts; `children` of a mapping are its entries in the order written."""

    line: int
    column: int
    value: Scalar = None
    text: str = ""
    """A scalar as written, without quotes."""
    items: "list[Node] | None" = None
    entries: "list[Entry] | None" = None

    def get(self, key: str | int) -> "Node | None":
        """Return the child with that key or index, the last one where a key is written twice."""
        if isinstance(key, int):
            return self.items[key] if self.items is not None and 0 <= key < len(self.items) else None
        found = self.entry(key)
        return found.node if found is not None else None

    def entry(self, key: str | int) -> "Entry | None":
        """Return the entry of a mapping with that key, the last one where a key is written twice."""
        return next((entry for entry in reversed(self.entries or ()) if entry.key == key), None)

    def plain(self) -> Plain:
        """Return the value without places."""
        if self.entries is not None:
            return {entry.key: entry.node.plain() for entry in self.entries}
        return self.value if self.items is None else [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping, the place of the key, and its value."""

    key: str
    line: int
    column: int
    node: Node


def read_nodes(text: str) -> Node | None:
    """Return the tree of a YAML document, None when there is nothing but white space and comments.

    Raises:
        YamlFault: the text is no YAML, holds several documents, or exceeds a limit.
    """
    if len(text) > MAX_CHARACTERS:
        raise YamlFault(f"the document must not exceed {MAX_CHARACTERS:,} characters, it has {len(text):,}")
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.accept(event)
    except yaml.MarkedYAMLError as error:
        raise YamlFault(f"not YAML: {_reason(error)}", **_place(_mark(error))) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlFault("not YAML: not every character is printable", **_unprintable(text)) from error
    return reader.root


class _Place(TypedDict):
    line: int
    column: int


def _place(mark: yaml.Mark | CMark | None) -> _Place:
    return _Place(line=mark.line + 1, column=mark.column + 1) if mark is not None else _Place(line=1, column=1)


def _mark(error: yaml.MarkedYAMLError) -> yaml.Mark | CMark | None:
    """Return where the fault is; a key without its colon is noticed a line too late."""
    late = "could not find expected ':'" in (error.problem or "")
    return (error.context_mark if late else None) or error.problem_mark or error.context_mark


def _reason(error: yaml.MarkedYAMLError) -> str:
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    if "cannot start any token" in reason or "tab" in reason:
        reason += (
            " (indent with spaces, not with tabs; put quotes around text that starts with `@`, `%` or a back-tick)"
        )
    return reason


def _unprintable(text: str) -> _Place:
    found = re.search("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    before = text[: found.start() if found else 0]
    return _Place(line=before.count("\n") + 1, column=len(before) - (before.rfind("\n") + 1) + 1)


def resolve(text: str) -> Scalar:
    """Return what an unquoted scalar means; what is not finite stays text.

    Example:
        >>> [resolve(text) for text in ("12", "0o14", "1e3", "no", "~", ".inf")]
        [12, 12, 1000.0, 'no', None, '.inf']
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


@dataclass(slots=True)
class _Reader:
    """Builds the tree from events without recursion, so that depth is a limit and not a crash."""

    root: Node | None = None
    open: list[Node] = field(default_factory=list)
    keys: list[Node | None] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    values: int = 0

    def accept(self, event: yaml.Event) -> None:
        place = _place(event.start_mark)
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                raise YamlFault("only one document is allowed, this `---` starts a second", **place)
            case yaml.ScalarEvent():
                value = resolve(event.value) if event.implicit[0] else event.value
                self._put(Node(**place, value=value, text=event.value), anchor=event.anchor)
            case yaml.SequenceStartEvent():
                self._descend(Node(**place, items=[]), anchor=event.anchor)
            case yaml.MappingStartEvent():
                self._descend(Node(**place, entries=[]), anchor=event.anchor)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open.pop()
                self.keys.pop()
            case yaml.AliasEvent():
                self._put(self._anchored(event.anchor, place))

    def _anchored(self, name: str | None, place: _Place) -> Node:
        node = self.anchors.get(name or "")
        if node is None:
            raise YamlFault(f"alias *{name} has no anchor &{name} before it", **place)
        if any(node is outer for outer in self.open):
            raise YamlFault(f"alias *{name} stands inside of what it names", **place)
        self._count(sum(1 for _ in _walk(node, limit=MAX_VALUES)), place)
        return node

    def _count(self, values: int, place: _Place) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise YamlFault(f"the document must not hold more than {MAX_VALUES:,} values", **place)

    def _descend(self, node: Node, *, anchor: str | None) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise YamlFault(f"values must not be nested deeper than {MAX_DEPTH} levels", line=node.line)
        self._put(node, anchor=anchor)
        self.open.append(node)
        self.keys.append(None)

    def _put(self, node: Node, *, anchor: str | None = None) -> None:
        self._count(1, _Place(line=node.line, column=node.column))
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
        elif (items := self.open[-1].items) is not None:
            items.append(node)
        else:
            self._put_in_mapping(node)

    def _entries(self) -> list[Entry]:
        entries = self.open[-1].entries
        assert entries is not None  # what is open and no list is a mapping
        return entries

    def _put_in_mapping(self, node: Node) -> None:
        key = self.keys[-1]
        if key is not None:
            self._entries().append(Entry(key=key.text, line=key.line, column=key.column, node=node))
            self.keys[-1] = None
        elif node.items is not None or node.entries is not None:
            raise YamlFault("a key must be text, not a list or a mapping", line=node.line, column=node.column)
        else:
            self.keys[-1] = node


def _walk(node: Node, *, limit: int) -> Iterator[Node]:
    waiting = [node]
    while waiting and limit > 0:
        limit -= 1
        found = waiting.pop()
        yield found
        waiting.extend(found.items or ())
        waiting.extend(entry.node for entry in found.entries or ())

"""Keys on their way out: they work, under their old name, until the version that removes them.

The rule is in `docs/deprecation.md`. Every deprecated key is one row of `DEPRECATIONS`.
"""

from dataclasses import dataclass

from adapter.core.tuning.nodes import Entry, Node
from adapter.core.tuning.schema import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """A key that was renamed within its section."""

    section: tuple[str, ...]
    """Where the key stands; sections of a workload are written from `defaults` and hold for `workloads[i]` too."""
    old: str
    new: str
    since: str
    """Version that deprecated the key."""
    removed: str
    """Version that no longer knows it, at least two minor versions later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """One use of a deprecated key."""

    location: Location
    entry: Entry
    deprecation: Deprecation
    clashes: bool
    """Whether the new key is written beside the old one."""

    @property
    def message(self) -> str:
        """Return what the user is told."""
        rule = self.deprecation
        if self.clashes:
            return f"deprecated name of {rule.new}, which is set too: remove this line"
        return f"deprecated since {rule.since} and gone in {rule.removed}: write {rule.new}"


DEPRECATIONS: tuple[Deprecation, ...] = ()


def rename_deprecated(root: Node, deprecations: tuple[Deprecation, ...]) -> tuple[Node, tuple[Renamed, ...]]:
    """Return the tree with today's names, and every use of an old one."""
    if not deprecations:
        return root, ()
    found: list[Renamed] = []
    return _rename(root, (), deprecations, found), tuple(found)


def _rename(node: Node, at: Location, rules: tuple[Deprecation, ...], found: list[Renamed]) -> Node:
    if node.items is not None:
        items = [_rename(item, (*at, index), rules, found) for index, item in enumerate(node.items)]
        return Node(line=node.line, column=node.column, items=items)
    if node.entries is None:
        return node
    here = {rule.old: rule for rule in rules if rule.section == _section(at)}
    entries = []
    for entry in node.entries:
        rule = here.get(entry.key)
        if rule is not None:
            clashes = node.entry(rule.new) is not None
            found.append(Renamed(location=(*at, entry.key), entry=entry, deprecation=rule, clashes=clashes))
        key = rule.new if rule is not None else entry.key
        value = _rename(entry.node, (*at, key), rules, found)
        entries.append(Entry(key=key, line=entry.line, column=entry.column, node=value))
    return Node(line=node.line, column=node.column, entries=entries)


def _section(at: Location) -> tuple[str, ...]:
    """Return the section that a location belongs to: that of every workload is the one of `defaults`."""
    names = tuple(part for part in at if isinstance(part, str))
    return ("defaults", *names[1:]) if names[:1] == ("workloads",) else names

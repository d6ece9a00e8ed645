"""Keys on their way out: they work, under their old name, until the version that removes them.

The rule is in `docs/deprecation.md`. Every deprecated key is one row of `DEPRECATIONS`.
"""

from dataclasses import dataclass, field

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
    renaming = _Renaming(rules=deprecations)
    return renaming.tree(root, ()), tuple(renaming.found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renaming:
    """One pass over a tree, gathering the uses of old names."""

    rules: tuple[Deprecation, ...]
    found: list[Renamed] = field(default_factory=list)

    def tree(self, node: Node, at: Location) -> Node:
        """Return the tree below a location with today's names."""
        if node.items is not None:
            items = [self.tree(item, (*at, index)) for index, item in enumerate(node.items)]
            return Node(line=node.line, column=node.column, items=items)
        if node.entries is None:
            return node
        entries = (self._entry(entry, node, at) for entry in node.entries)
        return Node(line=node.line, column=node.column, entries=[entry for entry in entries if entry is not None])

    def _entry(self, entry: Entry, section: Node, at: Location) -> Entry | None:
        """Return the entry under today's name, None where that name is written too."""
        rule = next((rule for rule in self.rules if rule.old == entry.key and rule.section == _section(at)), None)
        key = entry.key
        if rule is not None:
            key, clashes = rule.new, section.entry(rule.new) is not None
            self.found.append(Renamed(location=(*at, rule.old), entry=entry, deprecation=rule, clashes=clashes))
            if clashes:
                return None
        return Entry(key=key, line=entry.line, column=entry.column, node=self.tree(entry.node, (*at, key)))


def _section(at: Location) -> tuple[str, ...]:
    """Return the section that a location belongs to: that of every workload is the one of `defaults`."""
    names = tuple(part for part in at if isinstance(part, str))
    return ("defaults", *names[1:]) if names[:1] == ("workloads",) else names

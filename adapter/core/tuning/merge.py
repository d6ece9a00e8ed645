"""Defaults poured into a workload's own entry, on the tree, so that every value keeps the place where it was written.

Sections merge key by key; lists, an override and whatever excludes a default are taken as the entry has them.
"""

from adapter.core.tuning.nodes import Entry, Node

_WHOLE = ("override", "events", "warm")
"""Keys whose value belongs together: an author answers for all of an override."""

_ALTERNATIVES = {"quantile": "price", "price": "quantile"}
"""Keys that exclude each other: writing one in an entry takes the other back out of the defaults."""


def merge_defaults(defaults: Node | None, entry: Node) -> Node:
    """Return the entry with the defaults for every key that it does not write.

    What is no mapping is returned as it is: there is nothing to pour into.
    """
    if defaults is None or defaults.entries is None or entry.entries is None:
        return entry
    merged = {item.key: item for item in defaults.entries if _wanted(item.key, entry)}
    for own in entry.entries:
        merged[own.key] = _merge_entry(merged.get(own.key), own)
    return Node(line=entry.line, column=entry.column, entries=list(merged.values()))


def _wanted(key: str, entry: Node) -> bool:
    return key not in _ALTERNATIVES or entry.entry(_ALTERNATIVES[key]) is None


def _merge_entry(default: Entry | None, own: Entry) -> Entry:
    if default is None or own.key in _WHOLE:
        return own
    return Entry(key=own.key, line=own.line, column=own.column, node=merge_defaults(default.node, own.node))

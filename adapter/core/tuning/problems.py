"""Faults in a document in the words of its author: where it stands, what was given, what is allowed.

Must not show secrets: nothing below `prometheus.auth` and `prometheus.headers`, no value of a key
that sounds like one.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic_core import ErrorDetails

from adapter.core.errors import Problem
from adapter.core.tuning.nodes import Entry, Node, resolve
from adapter.core.tuning.schema import Location, allowed, names_at, schema_at

_SECRET_SECTIONS = (("prometheus", "auth"), ("prometheus", "headers"))
_SECRET_WORD = re.compile("pass|token|secret|credential|authorization|apikey", re.IGNORECASE)
_USER_IN_URL = re.compile(r"//[^/@\s]*@")
_LONGEST = 60
_TAGS = ("text", "pattern", "[key]")
"""Parts of pydantic's locations that stand for no key: branches of a union, and `the key itself`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a location leads in a tree."""

    location: Location
    node: Node
    """The value, or the innermost section that exists."""
    entry: Entry | None
    """The key it is written under, None for list items and the document."""
    complete: bool
    """Whether the location exists in the tree."""


def find(root: Node, location: Location) -> Found:
    """Follow a location down the tree as far as it is written."""
    node, entry, path, complete = root, None, list[str | int](), True
    for part in location:
        child = node.get(part)
        if child is not None:
            entry, node = node.entry(part), child
        elif part in _TAGS:
            continue
        else:
            complete = False
        path.append(part)
    return Found(location=tuple(path), node=node, entry=entry, complete=complete)


def render_path(location: Location) -> str:
    """Return a location as users write it.

    Example:
        >>> render_path(("workloads", 2, "replicas", "min"))
        'workloads[2].replicas.min'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant, None when none is close."""
    simple = {re.sub("[-_ ]", "", known).lower(): known for known in names}
    close = difflib.get_close_matches(re.sub("[-_ ]", "", name).lower(), simple, n=1)
    return simple[close[0]] if close else None


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """Return the message for a name that does not exist, with the nearest that does."""
    known = sorted(names)
    hint = nearest(name, known)
    return f"unknown {kind}, " + (f"did you mean {hint}?" if hint else f"allowed: {', '.join(known) or 'none'}")


def show(location: Location, node: Node) -> str:
    """Return a value as written, shortened, without secrets."""
    if node.items is not None:
        return f"a list of {len(node.items)}"
    if node.entries is not None:
        return f"a mapping of {len(node.entries)}"
    if _secret(location):
        return "***"
    text = " ".join(_USER_IN_URL.sub("//***@", node.text).split())
    if isinstance(node.value, str) and not isinstance(resolve(node.text), str):
        text = f'"{text}"'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _secret(location: Location) -> bool:
    names = [part for part in location if isinstance(part, str)]
    if any(tuple(names[: len(section)]) == section for section in _SECRET_SECTIONS):
        return True
    return bool(names) and _SECRET_WORD.search(names[-1]) is not None and schema_at(location) is None


def problem_at(found: Found, *, file: str, message: str) -> Problem:
    """Return a problem at the value: its own line if it is a scalar, its key's line if it is a section."""
    scalar = found.node.items is None and found.node.entries is None and found.complete
    place = found.node if scalar or found.entry is None else found.entry
    given = show(found.location, found.node) if found.complete else ""
    path = render_path(found.location)
    return Problem(file=file, line=place.line, column=place.column, path=path, given=given, message=message)


def problem_with_key(entry: Entry, location: Location, *, file: str, message: str) -> Problem:
    """Return a problem with a key rather than with its value."""
    given = show(location, entry.node)
    path = render_path(location)
    return Problem(file=file, line=entry.line, column=entry.column, path=path, given=given, message=message)


def translate(error: ErrorDetails, found: Found, *, file: str) -> Problem:
    """Return the problem that one of pydantic's errors stands for."""
    kind, raw = error["type"], tuple(error["loc"])
    if found.entry is not None and kind == "extra_forbidden":
        message = _unknown_key(found.entry.key, found.location[:-1])
        return problem_with_key(found.entry, found.location, file=file, message=message)
    if found.entry is not None and raw[-1:] == ("[key]",):
        return problem_with_key(found.entry, found.location, file=file, message="the key must be " + _key_words(found))
    problem = problem_at(found, file=file, message=_message(error, found))
    return replace(problem, given="") if kind == "value_error" and found.node.entries is not None else problem


def _unknown_key(key: str, section: Location) -> str:
    """Return the message for an unknown key: perhaps it belongs into a section of this section."""
    names = names_at(section)
    inner = [f"{name}.{key}" for name in names if key in names_at((*section, name))]
    return f"unknown key, did you mean {inner[0]}?" if inner else unknown("key", key, names)


def _message(error: ErrorDetails, found: Found) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    words = allowed(schema_at(found.location) or {})
    if error["type"] == "missing":
        return f"is required and must be {words}"
    if error["type"] == "string_type" and found.node.text:
        return f"must be {words}; put quotes around it"
    return f"must be {words}"


def _key_words(found: Found) -> str:
    section = schema_at(found.location[:-1]) or {}
    return str(section.get("x-keys", allowed(section)))

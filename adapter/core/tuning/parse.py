"""A tuning document from its text: everything right, or every problem at once.

Why it exists: the file given to `scaleahead check`, the file a process reads and the ConfigMap's `config.yaml` must be
judged alike. Pure: text in, tuning or problems out.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from typing import NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.core.errors import Problem, TuningError
from adapter.core.tuning.deprecation import DEPRECATIONS, Deprecation, Renamed, rename_deprecated
from adapter.core.tuning.document import TunedWorkload, Tuning, TuningDocument, WorkloadEntry, resolve_workload
from adapter.core.tuning.fields import Section
from adapter.core.tuning.merge import merge_defaults
from adapter.core.tuning.nodes import Entry, Node, Plain, YamlFault, read_nodes
from adapter.core.tuning.problems import Found, find, problem_at, problem_with_key, translate, unknown
from adapter.core.tuning.remarks import remarks
from adapter.core.tuning.rule import RuleTuning
from adapter.core.tuning.schema import Location, document_schema
from adapter.core.workload import WorkloadId

M = TypeVar("M", bound=Section)
_LISTED = ("workloads", "discover")
_NEEDS = "write at least apiVersion and prometheus.url"


def parse_tuning(
    text: str, *, file: str, presets: Collection[str], deprecations: tuple[Deprecation, ...] = DEPRECATIONS
) -> Tuning:
    """Return the tuning that a document describes, with defaults filled in.

    Args:
        text: the document, YAML 1.2.
        file: what problems call the document, a path or `ConfigMap namespace/name`.
        presets: names of the serving systems that exist.
        deprecations: keys that still work under an old name.

    Raises:
        TuningError: with every problem of the document, ordered by line.
    """
    root = _read(text, file=file)
    root, renamed = rename_deprecated(root, deprecations)
    reading = _Reading(root, file=file)
    reading.problems.extend(_duplicate_keys(root, (), file=file))
    reading.problems.extend(_warning(use, file=file) for use in renamed if use.clashes)
    reading.problems.extend(_unknown_presets(root, presets, file=file))
    reading.problems.extend(_duplicate_workloads(root, file=file))
    reading.problems.extend(_unknown_partners(root, file=file))
    document = reading.document()
    entries = reading.listed("workloads", WorkloadEntry)
    rules = reading.listed("discover", RuleTuning)
    if reading.problems or document is None:
        raise TuningError(_in_order(reading.problems))
    return Tuning(
        prometheus=document.prometheus,
        tick=document.tick,
        defaults=document.defaults,
        workloads=tuple(_resolve(entry) for entry in entries),
        discover=rules,
        fleet=document.fleet,
        digest=_digest(root),
        warnings=_in_order([*(_warning(use, file=file) for use in renamed), *_remarks(root, entries, file=file)]),
    )


def _read(text: str, *, file: str) -> Node:
    try:
        root = read_nodes(text)
    except YamlFault as fault:
        _refuse(fault.message, file=file, line=fault.line, column=fault.column)
    if root is None or (root.items is None and root.entries is None and root.value is None):
        _refuse(f"the document is empty: {_NEEDS}", file=file)
    if root.entries is None:
        _refuse(f"the document must be a mapping: {_NEEDS}", file=file, line=root.line, column=root.column)
    kind = root.get("kind")
    if kind is not None and kind.value == "ConfigMap":
        message = "this is a ConfigMap manifest: give the text of its data key config.yaml instead"
        _refuse(message, file=file, line=kind.line, column=kind.column)
    return root


def _refuse(message: str, *, file: str, line: int = 1, column: int = 1) -> NoReturn:
    raise TuningError((Problem(file=file, line=line, column=column, path="", given="", message=message),))


class _Reading:
    """One pass over a document, gathering its problems."""

    def __init__(self, root: Node, *, file: str) -> None:
        self.root = root
        self.file = file
        self.problems: list[Problem] = []
        self._faulty_defaults: set[Location] = set()

    def document(self) -> TuningDocument | None:
        """Validate everything but the workloads and the rules for them."""
        head = [entry for entry in self.root.entries or () if entry.key not in _LISTED or entry.node.items is None]
        node = Node(line=self.root.line, column=self.root.column, entries=head)
        document, faults = _validate(TuningDocument, node)
        for error in faults:
            found = find(self.root, error["loc"])
            if found.location[:1] == ("defaults",):
                self._faulty_defaults.add(found.location[1:])
            self.problems.append(translate(error, found, file=self.file))
        return document

    def listed(self, key: str, model: type[M]) -> tuple[M, ...]:
        """Validate every item of a list with the defaults poured in; return the good ones."""
        listed = self.root.get(key)
        own = listed.items or () if listed is not None else ()
        read = (self._item((key, index), entry, model) for index, entry in enumerate(own))
        return tuple(entry for entry in read if entry is not None)

    def _item(self, at: Location, own: Node, model: type[M]) -> M | None:
        merged = merge_defaults(self.root.get("defaults"), own)
        entry, faults = _validate(model, merged)
        for error in faults:
            if not self._inherited(find(own, error["loc"])):
                found = find(merged, error["loc"])
                found = replace(found, location=(*at, *found.location))
                self.problems.append(translate(error, found, file=self.file))
        return entry

    def _inherited(self, found: Found) -> bool:
        """Return whether the fault is one of `defaults`, reported there already."""
        if not found.complete:
            return found.location in self._faulty_defaults
        section = found.node.entries is not None
        return section and found.location in self._faulty_defaults


def _validate(model: type[M], node: Node) -> tuple[M | None, list[ErrorDetails]]:
    text = json.dumps(_set(node.plain()))
    try:
        return model.model_validate_json(text, strict=True, by_alias=True, by_name=False), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def _set(value: Plain) -> Plain:
    """Return the value without known keys that are null: as in Kubernetes, null means not set."""
    if isinstance(value, list):
        return [_set(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _set(item) for key, item in value.items() if item is not None or key not in _known_names()}


@cache
def _known_names() -> frozenset[str]:
    sections = (document_schema(), *document_schema()["$defs"].values())
    return frozenset(name for section in sections for name in section.get("properties", ()))


def _duplicate_keys(node: Node, at: Location, *, file: str) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for entry in node.entries or ():
        here = (*at, entry.key)
        if entry.key in first:
            message = f"the key is set twice, first in line {first[entry.key].line}"
            yield problem_with_key(entry, here, file=file, message=message)
        first.setdefault(entry.key, entry)
        yield from _duplicate_keys(entry.node, here, file=file)
    for index, item in enumerate(node.items or ()):
        yield from _duplicate_keys(item, (*at, index), file=file)


def _sections(root: Node) -> Iterator[Location]:
    """Give the location of every section that tunes workloads: the defaults, then each workload and rule."""
    yield ("defaults",)
    for key in _LISTED:
        listed = root.get(key)
        for index, _ in enumerate(listed.items or () if listed is not None else ()):
            yield (key, index)


def _unknown_presets(root: Node, presets: Collection[str], *, file: str) -> Iterator[Problem]:
    for section in _sections(root):
        listed = find(root, (*section, "sources"))
        sources = enumerate(listed.node.items or () if listed.complete else ())
        for at in (section, *((*section, "sources", index) for index, _ in sources)):
            found = find(root, (*at, "preset"))
            name = found.node.value
            if found.complete and isinstance(name, str) and name not in presets:
                yield problem_at(found, file=file, message=unknown("preset", name, presets))


def _duplicate_workloads(root: Node, *, file: str) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for section in _sections(root):
        namespace, name = (find(root, (*section, key)) for key in ("namespace", "name"))
        if section == ("defaults",) or not (namespace.complete and name.complete):
            continue
        identity = (namespace.node.text, name.node.text)
        if identity in first:
            message = f"workload {'/'.join(identity)} is listed already, in line {first[identity]}"
            yield problem_at(name, file=file, message=message)
        first.setdefault(identity, name.node.line)


def _unknown_partners(root: Node, *, file: str) -> Iterator[Problem]:
    """Give the halves of ratios that are no workload of the document."""
    listed: dict[str, set[str]] = {}
    for section in _sections(root):
        namespace, name = (find(root, (*section, key)) for key in ("namespace", "name"))
        if namespace.complete and name.complete:
            listed.setdefault(namespace.node.text, set()).add(name.node.text)
    ratios = find(root, ("fleet", "ratios")).node.items or ()
    for index, _ in enumerate(ratios):
        at: Location = ("fleet", "ratios", index)
        namespace = find(root, (*at, "namespace"))
        for half in (find(root, (*at, key)) for key in ("prefill", "decode")):
            known = listed.get(namespace.node.text, set())
            if namespace.complete and half.complete and half.node.text not in known:
                kind = f"workload in namespace {namespace.node.text}"
                yield problem_at(half, file=file, message=unknown(kind, half.node.text, known))


def _warning(use: Renamed, *, file: str) -> Problem:
    return problem_with_key(use.entry, use.location, file=file, message=use.message)


def _remarks(root: Node, entries: tuple[WorkloadEntry, ...], *, file: str) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        for location, message in remarks(entry):
            own = find(root, ("workloads", index)).node
            found = find(merge_defaults(root.get("defaults"), own), location)
            yield problem_at(replace(found, location=("workloads", index, *location)), file=file, message=message)


def _resolve(entry: WorkloadEntry) -> TunedWorkload:
    return resolve_workload(WorkloadId(namespace=entry.namespace, name=entry.name), entry)


def _digest(root: Node) -> str:
    canonical = json.dumps(root.plain(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems by line, without those that an alias repeats."""
    places = {(problem.line, problem.column, problem.message): problem for problem in reversed(problems)}
    return tuple(sorted(places.values(), key=lambda problem: (problem.line, problem.column, problem.path)))

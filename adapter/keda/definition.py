"""An inline definition: keys of `scalerMetadata` -> a workload, validated by the models of the tuning document.

Why it exists: with a ScaledObject alone nothing need be configured elsewhere, and the same rules must hold in both
places, so the flat keys are laid over the `defaults` section and go through the same models.
Must not know: gRPC, how long a definition lives.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.tuning.schema import allowed, schema_at
from adapter.core.workload import WorkloadId
from adapter.keda.keys import PATHS, Entry

_BEFORE_NEXT_LABEL = re.compile(r",\s*(?=[a-zA-Z_]\w*\s*(?:=|!))")  # a comma inside a regular expression splits nothing
_CONDITION = re.compile(r"\s*(?P<label>[a-zA-Z_]\w*)\s*(?P<operator>=~|=)(?P<value>.*)", re.DOTALL)

# Patterns are matched by backtracking, and whoever reaches the port may send one: without these limits a single pattern
# could keep the loop busy for hours. Three repetitions over a label value of 253 characters are milliseconds at worst.
_LONGEST_PATTERN = 200
_MOST_REPETITIONS = 3
_REPETITION = re.compile(r"[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_GROUP_START = re.compile(r"\(\?:")


def define(
    workload_id: WorkloadId,
    entries: Mapping[str, Entry],
    *,
    defaults: WorkloadTuning,
    presets: Collection[str],
) -> tuple[TunedWorkload | None, tuple[str, ...]]:
    """Return the workload that inline keys define, or None and everything that is wrong with them.

    Args:
        workload_id: its namespace and name.
        entries: the keys given, by name; those without a path are left alone.
        defaults: values of all keys that are not given.
        presets: names of the presets there are.
    """
    given: dict[str, Entry] = {key: entry for key, entry in entries.items() if key in PATHS}
    problems: list[str] = []
    preset = given["preset"]
    if preset.text not in presets:
        problems.append(preset.complain(f"no such preset; there are: {', '.join(sorted(presets))}"))
    document = _document(given, defaults, problems)
    try:
        tuning = WorkloadTuning.model_validate(document)
    except ValidationError as error:
        problems.extend(_explain(each, given) for each in error.errors(include_url=False))
    if problems:
        return None, tuple(problems)
    return resolve_workload(workload_id, tuning), ()


def parse_match(text: str) -> dict[str, str | dict[str, str]]:
    """Return label conditions as the tuning document writes them.

    Raises:
        ValueError: a condition is malformed, repeats a label, or names the namespace.

    Example:
        >>> parse_match('app=llama, pod=~llama-[a-z]{1,5}')
        {'app': 'llama', 'pod': {'regex': 'llama-[a-z]{1,5}'}}
    """
    conditions: dict[str, str | dict[str, str]] = {}
    for part in _BEFORE_NEXT_LABEL.split(text):
        found = _CONDITION.fullmatch(part)
        if found is None:
            raise ValueError(
                f"{part[:60]!r} is no condition; allowed are label=value and label=~regex, joined by commas"
            )
        label, value = found["label"], found["value"].strip().strip('"')
        if label == "namespace":
            raise ValueError("namespace is always the ScaledObject's own; leave it out")
        if label in conditions:
            raise ValueError(f"label {label} has two conditions; one is allowed")
        conditions[label] = value if found["operator"] == "=" else {"regex": _quick(label, value)}
    return conditions


def _quick(label: str, pattern: str) -> str:
    """Return a pattern that no text can make slow; whether it is a valid one is for the models to say."""
    plain = _GROUP_START.sub("(", pattern)
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"the regular expression of {label} is longer than {_LONGEST_PATTERN} characters")
    if _REPEATED_GROUP.search(plain) or len(_REPETITION.findall(plain)) > _MOST_REPETITIONS:
        raise ValueError(
            f"the regular expression of {label} may hold at most {_MOST_REPETITIONS} of * + ? {{ and none of * + {{ "
            "after a group; configure the workload in the tuning document instead"
        )
    return pattern


def _document(given: Mapping[str, Entry], defaults: WorkloadTuning, problems: list[str]) -> dict[str, Any]:
    """Return the defaults with the given keys laid over them; a bad `match` is left out and reported."""
    document: dict[str, Any] = defaults.model_dump(by_alias=True, exclude_unset=True)
    for key, entry in given.items():
        value: object = entry.text
        if key == "match":
            try:
                value = parse_match(entry.text)
            except ValueError as error:
                problems.append(entry.complain(str(error)))
                continue
        *sections, last = PATHS[key]
        section = document
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = value
    if "quantile" in given:
        document["forecast"].pop("price", None)  # the two exclude each other, and the nearer one counts
    return document


def _explain(error: ErrorDetails, given: Mapping[str, Entry]) -> str:
    location = tuple(str(part) for part in error["loc"])
    concerned = [key for key in given if _meet(PATHS[key], location)]
    message = _message(error)
    if len(concerned) == 1:
        return given[concerned[0]].complain(message)
    return f"{', '.join(concerned) or 'defaults.' + '.'.join(location)}: {message}"


def _message(error: ErrorDetails) -> str:
    """Return what is wrong in the words of the tuning document."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"must be {allowed(schema_at(('defaults', *error['loc'])) or {})}"


def _meet(path: tuple[str, ...], location: tuple[str, ...]) -> bool:
    """Tell whether one of the two leads to the other."""
    common = min(len(path), len(location))
    return path[:common] == location[:common]

"""The schema of presets, and how they are found.

A preset is data: one YAML document in `adapter/presets` per serving system. This module must not know how queries are
sent; `promql` turns templates into text, `matching` turns identities into conditions.
"""

from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML

from adapter.core.errors import ScaleaheadError
from adapter.core.signal import UNITS, Signal
from adapter.core.tuning.fields import LabelName, Section
from adapter.core.workload import TargetKind


class UnknownPreset(ScaleaheadError):
    """A workload names a preset that does not exist."""


class PresetInvalid(ScaleaheadError):
    """A preset document does not fit the schema; only possible with an edited installation."""


class _Part(Section):
    """Base of preset models: strict, and snake_case like the documents."""

    model_config = ConfigDict(alias_generator=None)


class MatchersIdentity(_Part):
    """A series is the workload's if the workload's own matchers accept its labels."""

    kind: Literal["matchers"]


class PodsIdentity(_Part):
    """By pod: the workload's matcher on `pod`, or the pod names of its scale target; and the namespace."""

    kind: Literal["pods"]
    label: LabelName


class TargetIdentity(_Part):
    """By the name of the scale target, for the given kinds of target; and the namespace."""

    kind: Literal["target"]
    label: LabelName
    targets: tuple[TargetKind, ...]


class MatcherIdentity(_Part):
    """By the workload's matcher on another label, if it has one; and the namespace."""

    kind: Literal["matcher"]
    label: LabelName
    matcher: LabelName
    ignore_case: bool = False


class NamesIdentity(_Part):
    """By names that follow from `{namespace}`, `{workload}` or `{target}`; and the namespace.

    They are anchored regular expressions around the names, as routes and revisions carry numbers.
    """

    kind: Literal["names"]
    label: LabelName
    names: tuple[str, ...]
    without: str = ""
    """A suffix that the names of workload and target do not carry over, such as `-deployment` of Knative revisions."""


class NamespaceIdentity(_Part):
    """By the namespace alone, for what all its workloads share, such as its quota."""

    kind: Literal["namespace"]


Identity = Annotated[
    MatchersIdentity | PodsIdentity | TargetIdentity | MatcherIdentity | NamesIdentity | NamespaceIdentity,
    Field(discriminator="kind"),
]


class Layer(StrEnum):
    """What a preset speaks for, in order of trust: of two presets with the same signal the earlier is read first."""

    CLUSTER = "cluster"
    CACHE = "cache"
    ENGINE = "engine"
    HARDWARE = "hardware"
    PLATFORM = "platform"
    QUEUE = "queue"
    GATEWAY = "gateway"
    CLIENT = "client"
    GUARD = "guard"


class Anchor(_Part):
    """The series whose presence and age stand for the freshness of a preset's signals."""

    metrics: tuple[str, ...] = Field(min_length=1)
    where: str = ""
    """More conditions on its labels, as in a selector."""
    adopt: dict[LabelName, LabelName] = Field(default={})
    """Label → label that replaces it where present (`exported_...` of scrapes that do not honour labels)."""
    series: tuple[LabelName, ...] | None
    """Labels that, with job and instance, tell an exporter's series apart: two alike are a double. None where users
    configure labels of their own, so that doubles cannot be told."""
    shared_exporter: bool = False
    """Whether one exporter speaks for many workloads, so that a group may end while its exporter is up."""


class SignalQuery(_Part):
    """How one signal is read.

    Placeholders of the templates: `$by` grouping labels, `$where` and `$match` label conditions with and without the
    namespaces in use, `$window` rate window, `$seconds` the same as a number, `$dedup(...)` one of the series of highly
    available Prometheus replicas, `$adopt(...)` the same with the anchor's adopted labels in place.
    """

    unit: str
    fold: Literal["sum", "same", "ratio", "quantile", "share"]
    """Over the groups of one workload: sum; equal values (others are malformed); ratio of sums; quantile of buckets;
    share of the observations in buckets that met the objective named by `within`."""
    query: str
    per: str | None = None
    """Denominator of a ratio; where it sums to 0 there is no value."""
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    within: Literal["ttft", "itl"] | None = None
    """The objective of the workload that an observation must meet."""
    at_marks: bool = False
    """Whether only the ten-minute marks need it, which spares the ticks between them a query."""
    scale: Annotated[float, Field(gt=0)] = 1.0
    """Factor from the unit of the buckets to that of the signal, 0.001 for buckets in milliseconds."""
    clamp: bool = False
    """Whether single groups may be negative; the fold over all of them is then at least 0."""
    exists_at_zero: bool = False
    """Whether the signal can be seen while the workload has no replica."""
    demand: Literal["held", "in_flight", "lost"] | None = None
    """Which requests `demand_at_zero` counts: those that wait at the gateway; those and what engines have of them; or
    those of the last window that were refused, so that callers must try again to be served."""

    exposed: tuple[str, ...] = ()
    """Gauges that show the same on the metrics page of the gateway itself, to be read there directly; the first that is
    on the page counts, summed."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.fold == "ratio") != (self.per is not None):
            raise ValueError("`per` belongs to the fold `ratio`, and only to it")
        if (self.fold == "quantile") != (self.quantile is not None):
            raise ValueError("`quantile` belongs to the fold `quantile`, and only to it")
        if (self.fold == "share") != (self.within is not None):
            raise ValueError("`within` belongs to the fold `share`, and only to it")
        if self.demand is not None and not self.exists_at_zero:
            raise ValueError("`demand` belongs to what exists at zero")
        if self.scale != 1.0 and self.fold not in ("quantile", "share"):
            raise ValueError("`scale` is for buckets: belongs to the folds `quantile` and `share`")
        return self


class Preset(_Part):
    """One serving system."""

    name: str
    description: str
    layer: Layer
    namespaced: bool = True
    """Whether the series carry the workload's namespace, by themselves or by adoption."""
    includes: tuple[str, ...] = ()
    """Presets whose signals are read as well; their series may be missing, that is then absent."""
    identity: tuple[Identity, ...] = Field(min_length=1)
    """Ways to recognise a workload's series; one of them suffices."""
    group: tuple[LabelName, ...] | None = None
    """Grouping labels; without them, the namespace and every label that a workload of the preset matches on."""
    anchor: Anchor
    signals: dict[Signal, SignalQuery]

    @model_validator(mode="after")
    def _units(self) -> Self:
        for signal, query in self.signals.items():
            if query.unit != UNITS[signal]:
                raise ValueError(f"signals.{signal}.unit is {query.unit}, allowed is {UNITS[signal]}")
            if (query.demand is not None) != (signal is Signal.DEMAND_AT_ZERO):
                raise ValueError("`demand` belongs to the signal demand_at_zero, and only to it")
        return self


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    folder = files("adapter.presets")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def parse_preset(text: str, *, source: str) -> Preset:
    """Return the preset that a YAML document describes.

    Raises:
        PresetInvalid: the document does not fit the schema; the text lists every problem.
    """
    try:
        return Preset.model_validate(YAML(typ="safe", pure=True).load(text))
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise PresetInvalid(f"preset {source}: " + "; ".join(problems)) from error


@lru_cache(maxsize=100)
def load_preset(name: str) -> Preset:
    """Return a preset by name; read once per process.

    Raises:
        UnknownPreset: there is none; the text names the nearest and all others.
    """
    known = preset_names()
    if name not in known:
        nearest = get_close_matches(name, known, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise UnknownPreset(f"unknown preset {name!r}{hint} Known presets are: {', '.join(known)}")
    return parse_preset((files("adapter.presets") / f"{name}.yaml").read_text(), source=name)


def load_composed(name: str) -> tuple[Preset, ...]:
    """Return a preset and all that it includes, itself first, each once.

    Raises:
        UnknownPreset: the preset, or one that it includes, does not exist.
    """
    found: dict[str, Preset] = {}
    waiting = [name]
    while waiting:
        preset = load_preset(waiting.pop(0))
        if preset.name not in found:
            found[preset.name] = preset
            waiting.extend(preset.includes)
    return tuple(found.values())

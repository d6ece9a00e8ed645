"""What a what-if study is asked: which configurations, which workloads, which Prometheus, which stretch of time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from pydantic import ValidationError

from adapter.cluster.tuning_file import read_document
from adapter.cluster.tuning_keeper import decode_document
from adapter.core.errors import ScaleaheadError
from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning, TunedWorkload, Tuning, parse_tuning
from adapter.ports import SignalSource
from adapter.prometheus.preset import preset_names
from adapter.stretch import Reader

_DAY_S = 86_400.0
_PATIENCE_S = 60.0  # for a query over days, which may take longer than one within a tick


class StudyRefused(ScaleaheadError):
    """The question makes no sense; the text says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One configuration, and its workloads that are studied."""

    name: str
    tuning: Tuning
    tuned: tuple[TunedWorkload, ...]

    def reader(self, source: SignalSource) -> Reader:
        """Return how a process with this configuration reads."""
        return Reader(source=source, prometheus=self.tuning.prometheus, tick=self.tuning.tick)

    def ticks(self, start: float, end: float) -> Grid:
        """Return the ticks after `start`, up to `end`."""
        step_s = self.tuning.tick.interval
        first, last = math.floor(start / step_s) + 1, math.floor(end / step_s)
        if last < first:
            raise StudyRefused(f"there is no tick between {instant(start)} and {instant(end)}")
        return Grid(start=first * step_s, step_s=step_s, count=last - first + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A question: two configurations at most, over the same workloads and time."""

    variants: tuple[Variant, ...]
    """The current configuration, then the candidate, if there is one."""
    prometheus: PrometheusTuning
    start: float
    """Seconds since epoch; the end is included."""
    end: float


def make_study(files: Sequence[str], *, workloads: Sequence[str], url: str | None, days: float, until: float) -> Study:
    """Return the question that files and flags ask.

    Args:
        files: paths of tuning documents: the current one, then the candidate, if there is one.
        workloads: `namespace/name` of those that are studied; all when empty.
        url: of the Prometheus; the one that the current document names when None.
        days: how far back.
        until: end, seconds since epoch.

    Raises:
        TuningError: a document is rejected.
        StudyRefused: the flags do not fit the documents.
    """
    texts = [decode_document(read_document(file), file=file) for file in files]
    tunings = [parse_tuning(text, file=file, presets=preset_names()) for text, file in zip(texts, files, strict=True)]
    names = ["current", "candidate"]
    variants = tuple(
        Variant(name=name, tuning=tuning, tuned=_chosen(tuning, workloads, file=file))
        for name, tuning, file in zip(names, tunings, files, strict=False)
    )
    _check_same([[each.workload.id for each in variant.tuned] for variant in variants])
    prometheus = tunings[0].prometheus if url is None else _elsewhere(tunings[0].prometheus, url)
    prometheus = prometheus.model_copy(update={"timeout": max(prometheus.timeout, _PATIENCE_S)})
    return Study(variants=variants, prometheus=prometheus, start=until - days * _DAY_S, end=until)


def parse_instant(text: str) -> float:
    """Return seconds since epoch of a number of them, or of a time such as 2026-08-20T10:00:00Z; UTC if not said.

    Raises:
        ValueError: it is neither.

    Example:
        >>> parse_instant("2026-08-20T10:00:00Z") == parse_instant("1787220000")
        True
    """
    try:
        value = float(text)
    except ValueError:
        parsed = datetime.fromisoformat(text)
        value = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{text!r} is no time after 1970")
    return value


def instant(at: float) -> str:
    """Return a time for people.

    Example:
        >>> instant(1787220000.0)
        '2026-08-20 10:00:00 UTC'
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _chosen(tuning: Tuning, wanted: Sequence[str], *, file: str) -> tuple[TunedWorkload, ...]:
    known = {str(each.workload.id): each for each in tuning.workloads}
    if not known:
        raise StudyRefused(f"{PurePath(file).name} defines no workloads; name those to study in its `workloads`")
    if unknown := [each for each in wanted if each not in known]:
        shown = ", ".join(sorted(known)[:20])
        raise StudyRefused(f"{PurePath(file).name} has no workload {', '.join(unknown)}; it has {shown}")
    return tuple(each for key, each in known.items() if not wanted or key in wanted)


def _check_same(ids: Iterable[Sequence[object]]) -> None:
    """Both configurations must have the same workloads, or there is nothing to compare."""
    first, *rest = (set(each) for each in ids)
    for each in rest:
        if each != first:
            odd = ", ".join(sorted(str(one) for one in first ^ each))
            raise StudyRefused(f"only one of the two configurations has {odd}; name common workloads with --workload")


def _elsewhere(prometheus: PrometheusTuning, url: str) -> PrometheusTuning:
    try:
        checked = PrometheusTuning.model_validate({"url": url})
    except ValidationError as error:
        raise StudyRefused(f"--prometheus {url}: {error.errors()[0]['msg']}") from error
    return prometheus.model_copy(update={"url": checked.url})

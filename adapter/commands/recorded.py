"""Recorded load for the commands that ask for it: a file, or a range of a Prometheus."""

import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning
from adapter.ports import LoadArchive
from adapter.prometheus.load import PrometheusLoad
from forecasting.series_file import SeriesSet, coarser, read_series

_DAY_S = 86_400.0
_DEFAULT_STEP_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a user asked for."""

    file: Path | None
    value: str | None
    prometheus: PrometheusTuning | None
    query: str | None
    days: float
    step_s: float | None
    only: tuple[str, ...]


def prometheus_at(url: str | None) -> PrometheusTuning | None:
    """Return how to ask the Prometheus at `url`; None if none is named.

    Raises:
        ValueError: the address is no URL; says what is allowed.
    """
    if url is None:
        return None
    try:
        return PrometheusTuning.model_validate({"url": url})
    except ValidationError as error:
        raise ValueError(f"--prometheus {url}: {error.errors()[0]['msg']}") from error


def recorded_load(wanted: Wanted) -> SeriesSet:
    """Return the series that were asked for.

    Raises:
        ValueError: the file, the options or the answer are unusable; says what was wrong and what is allowed.
        SignalError: Prometheus does not answer, or not with load.
    """
    if (wanted.file is None) == (wanted.prometheus is None):
        raise ValueError("give either FILE or --prometheus URL with --query PROMQL")
    if wanted.prometheus is not None:
        return _chosen(_from_prometheus(wanted, PrometheusLoad(wanted.prometheus)), wanted.only)
    assert wanted.file is not None  # the other one of the two
    if wanted.query is not None:
        raise ValueError("--query belongs to --prometheus URL")
    found = _chosen(read_series(wanted.file, wanted.value), wanted.only)
    return found if wanted.step_s is None else _summed(found, wanted.step_s)


def _from_prometheus(wanted: Wanted, archive: LoadArchive) -> SeriesSet:
    if not wanted.query:
        raise ValueError("--prometheus needs --query PROMQL, such as 'sum by (model) (increase(requests_total[1m]))'")
    if wanted.value is not None:
        raise ValueError("--value names a column of a file; --query says what is read from Prometheus")
    step_s = wanted.step_s or _DEFAULT_STEP_S
    count = int(wanted.days * _DAY_S / step_s)
    if count < 2:
        raise ValueError(f"--days {wanted.days:g} holds fewer than two steps of {step_s:g} s")
    end = time.time() // step_s * step_s
    load = archive.read(wanted.query, Grid(start=end - (count - 1) * step_s, step_s=step_s, count=count))
    return SeriesSet(names=load.names, values=load.values, step_s=load.step_s)


def _chosen(found: SeriesSet, only: tuple[str, ...]) -> SeriesSet:
    if not only:
        return found
    rows = [i for i, name in enumerate(found.names) if name.startswith(only)]
    if not rows:
        raise ValueError(f"--series {', '.join(only)}: no series starts so; there are {', '.join(found.names[:20])}")
    return SeriesSet(names=tuple(found.names[i] for i in rows), values=found.values[rows], step_s=found.step_s)


def _summed(found: SeriesSet, step_s: float) -> SeriesSet:
    factor = round(step_s / found.step_s)
    if factor < 1 or abs(factor * found.step_s - step_s) > 1e-6:
        raise ValueError(f"--step {step_s:g} must be a multiple of the file's step of {found.step_s:g} s")
    return SeriesSet(names=found.names, values=coarser(found.values, factor), step_s=step_s)

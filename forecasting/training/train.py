"""Train the pooled model: `python -m forecasting.training.train data/traces/*.csv.gz` (or `make train`).

The series are read, cut at the last training day, mixed with synthetic load, and a few small networks are fitted.
With `--without SERVICE` every series of that service stays out, to measure how the model does on a service it has
never met. The same data, options and seed give the same model.
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from rich.console import Console
from rich.progress import track

from forecasting.arrays import FloatArray
from forecasting.model_file import save_model
from forecasting.pooled import Network, PooledModel, standardised
from forecasting.series_file import read_series
from forecasting.training.altered import altered_load
from forecasting.training.fitting import Samples, fit
from forecasting.training.samples import GRIDS, SHORT_GRIDS, Grid, RawSamples, collect, join, sums_of_clients
from forecasting.training.synthetic import synthetic_load

_DAY = 1440  # minutes
_STEP_S = 60.0
_SUMS_PER_SERVICE = 16
_SYNTHETIC = 64
_ALTERED_PER_SERVICE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is trained on what."""

    files: tuple[Path, ...]
    without: tuple[str, ...]
    days: int
    seed: int
    networks: int
    passes: int
    output: Path


def main() -> None:
    """Train as the command line says."""
    console = Console(stderr=True)
    try:
        train(_plan(), console)
    except ValueError as error:
        console.print(f"error: {error}", highlight=False, soft_wrap=True)
        sys.exit(2)


def train(plan: Plan, console: Console) -> None:
    """Write a model trained as planned.

    Raises:
        ValueError: a file cannot be read, or is no series of minutes; names it and what is allowed.
    """
    rng = np.random.default_rng(plan.seed)
    services = _services(plan)
    raw = join(_all_samples(services, plan, rng))
    console.print(
        f"{len(raw.features)} samples of {sum(map(len, services.values()))} series and {_SYNTHETIC} synthetic"
    )
    centre, spread = raw.features.mean(axis=0), raw.features.std(axis=0) + np.float32(1e-3)
    samples = Samples(
        features=standardised(raw.features, centre, spread),
        peak=raw.peak,
        path=raw.path,
        truth=raw.truth,
        weight=raw.weight,
    )
    networks: list[Network] = [
        fit(samples, plan.passes, np.random.default_rng([plan.seed, i]))
        for i in track(range(plan.networks), "training", console=console)
    ]
    model = PooledModel(centre=centre, spread=spread, networks=tuple(networks))
    save_model(plan.output, model, _record(plan, services, len(raw.features)))
    console.print(f"wrote {plan.output}")


def _services(plan: Plan) -> dict[str, FloatArray]:
    """Return the minutes of every service's series, up to the last training day."""
    rows: dict[str, list[FloatArray]] = {}
    for file in plan.files:
        found = read_series(file)
        if found.step_s != _STEP_S:
            raise ValueError(f"{file} has steps of {found.step_s:g} s; training needs series of minutes, {_STEP_S:g} s")
        for name, values in zip(found.names, found.values[:, : plan.days * _DAY], strict=True):
            service = name.split("/")[0]
            if service not in plan.without:
                rows.setdefault(service, []).append(values)
    return {service: np.array(found) for service, found in rows.items()}


def _all_samples(services: dict[str, FloatArray], plan: Plan, rng: Generator) -> list[RawSamples]:
    parts: list[RawSamples] = []
    for minutes in services.values():
        single = [collect(minutes, grid, rng) for grid in GRIDS]
        sums = sums_of_clients(minutes, _SUMS_PER_SERVICE, rng)
        parts += [p for found in single for p in found]
        altered = altered_load(minutes, _ALTERED_PER_SERVICE, rng)
        parts += [p for grid in GRIDS[:2] for p in collect(np.concatenate([sums, altered]), _thinned(grid), rng)]
        parts += [p for grid in SHORT_GRIDS for p in collect(altered, _thinned(grid), rng)]
    synthetic = synthetic_load(_SYNTHETIC, plan.days * _DAY, rng)
    for grid in (*GRIDS, *SHORT_GRIDS):
        parts += collect(synthetic, _thinned(grid), rng)
    return parts


def _thinned(grid: Grid) -> Grid:
    """Return `grid` with a third of the origins: what was made up should not outweigh what was measured."""
    return replace(grid, origins=grid.origins // 3)


def _record(plan: Plan, services: dict[str, FloatArray], samples: int) -> dict[str, object]:
    return {
        "files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in plan.files},
        "services": {service: len(rows) for service, rows in services.items()},
        "without": list(plan.without),
        "days": plan.days,
        "seed": plan.seed,
        "samples": samples,
        "altered_series_per_service": _ALTERED_PER_SERVICE,
        "synthetic_series": _SYNTHETIC,
        "passes": plan.passes,
        "networks": plan.networks,
    }


def _plan() -> Plan:
    parser = argparse.ArgumentParser(description="Train the pooled model.")
    parser.add_argument("files", nargs="+", type=Path, help="series of minutes, .csv or .csv.gz")
    parser.add_argument("--without", action="append", default=[], metavar="SERVICE", help="leave this service out")
    parser.add_argument("--days", type=int, default=8, help="train on the first days only (default 8)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--networks", type=int, default=2, help="networks to average (default 2)")
    parser.add_argument("--passes", type=int, default=12, help="passes over the samples (default 12)")
    parser.add_argument("--output", type=Path, default=Path("forecasting/pooled_model.npz"))
    asked = parser.parse_args()
    return Plan(
        files=tuple(asked.files),
        without=tuple(asked.without),
        days=asked.days,
        seed=asked.seed,
        networks=asked.networks,
        passes=asked.passes,
        output=asked.output,
    )


if __name__ == "__main__":
    main()

"""What a forecast that is wrong costs: `python -m tests.benchmarks.wrong_forecast FILE SERIES [SERIES ...]`.

Each series is played for two days with a forecaster that goes wrong at the start of the first, after a week of good
ones, and with the forecast switched off, which is our own reactive sizing. Every number is relative to the latter.
"""

import gzip
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapter.core.following import Forecaster
from adapter.core.tuning import TunedWorkload, resolve_workload
from adapter.simulation.contest import run_policy, tuning_of
from adapter.simulation.load_files import Load, read_loads
from adapter.simulation.own import Scaleahead
from adapter.simulation.past import history_of
from adapter.simulation.profiles import MODELS
from adapter.simulation.scenario import Scenario, Terms, build_scenario
from adapter.simulation.score import Score
from forecasting import follow
from tests.wrong_forecasts import WRONG

_DAY_S = 86_400.0
_MODEL = "8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Two days with one forecaster, next to reactive sizing."""

    forecaster: str
    days: tuple[Score, ...]
    reactive: tuple[Score, ...]

    def text(self) -> str:
        """Return one line: points of attainment and per cent of GPU-hours, day by day."""
        pairs = list(zip(self.days, self.reactive, strict=True))
        points = [100 * (mine.attainment - plain.attainment) for mine, plain in pairs]
        costs = [100 * (mine.gpu_hours / plain.gpu_hours - 1) for mine, plain in pairs]
        shown = " | ".join(f"{each:+6.2f} points {cost:+6.1f} %" for each, cost in zip(points, costs, strict=True))
        return f"  {self.forecaster:20s} {shown}"


def reactive(tuned: TunedWorkload) -> TunedWorkload:
    """Return the same workload with the forecast switched off."""
    off = tuned.tuning.forecast.model_copy(update={"enabled": False})
    return resolve_workload(tuned.workload.id, tuned.tuning.model_copy(update={"forecast": off}))


def days_of(scenario: Scenario, tuned: TunedWorkload, forecaster: Forecaster = follow) -> tuple[Score, ...]:
    """Return what each day of a scenario was worth."""
    policy = Scaleahead(tuned, history=history_of(scenario, tuned), forecaster=forecaster)
    return run_policy(scenario, policy).days


def rows_of(load: Load, *, hours: float) -> Iterator[Row]:
    """Yield a row for our own forecaster and for each wrong one."""
    scenario = build_scenario(load, Terms(profile=MODELS[_MODEL], scored_s=hours * 3600))
    if scenario is None:
        return
    tuned = tuning_of(scenario)
    plain = days_of(scenario, reactive(tuned))
    kind = "may sleep" if scenario.may_sleep else "steady"
    shown = "; ".join(f"{each.attainment:.2%} at {each.gpu_hours:.1f} GPU-hours" for each in plain)
    sys.stdout.write(f"{load.name}, {kind}, reactive: {shown}\n")
    yield Row(forecaster="ours", days=days_of(scenario, tuned), reactive=plain)
    for name, make in WRONG.items():
        yield Row(forecaster=name, days=days_of(scenario, tuned, make()), reactive=plain)


def main(arguments: Sequence[str]) -> None:
    """Print a block for each series."""
    path, *wanted = arguments
    text = gzip.decompress(Path(path).read_bytes()).decode()
    name = Path(path).name.removesuffix(".csv.gz")
    for load in read_loads(text, name=name):
        if any(each in load.name for each in wanted):
            for row in rows_of(load, hours=2 * _DAY_S / 3600):
                sys.stdout.write(f"{row.text()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

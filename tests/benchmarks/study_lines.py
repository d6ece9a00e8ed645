"""What the study has found out so far: one JSON line for each policy with one setting on one scenario."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from adapter.simulation.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One policy with one setting on one scenario."""

    key: str
    """Of the scenario: series, cold start, model."""
    policy: str
    knob: float | None
    """The setting; None for none."""
    engine: str
    """`fluid`, or `requests` where single requests were played."""
    intermittent: bool
    hours: float
    """Scored."""
    requests: int
    attainment: float
    gpu_hours: float
    failed: int
    flaps: int
    wakeups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A policy with one setting on a scenario."""

    key: str
    policy: str
    knob: float
    """NaN for none."""
    engine: str
    intermittent: bool
    hours: float

    def line(self, score: Score) -> Line:
        """Return the line of what it came to."""
        return Line(
            key=self.key,
            policy=self.policy,
            knob=None if math.isnan(self.knob) else self.knob,
            engine=self.engine,
            intermittent=self.intermittent,
            hours=self.hours,
            requests=score.requests,
            attainment=score.attainment,
            gpu_hours=score.gpu_hours,
            failed=score.failed,
            flaps=score.flaps,
            wakeups=score.wakeups,
        )


def read_lines(results: Path) -> list[Line]:
    """Return the lines of a file, none without a file; a last line that was cut off is not there."""
    lines = []
    for text in results.read_text(encoding="utf-8").splitlines() if results.exists() else []:
        try:
            lines.append(Line(**json.loads(text)))
        except ValueError:
            continue
    return lines


def add_lines(results: Path, lines: Iterable[Line]) -> None:
    """Append lines to a file, on a line of their own even where the last one was cut off."""
    cut_off = results.exists() and results.stat().st_size > 0 and not results.read_bytes().endswith(b"\n")
    with results.open("a", encoding="utf-8") as file:
        file.write(("\n" if cut_off else "") + "".join(json.dumps(asdict(line)) + "\n" for line in lines))

"""Write `kernels.json`, inputs and reference results: `python -m tests.golden.make`.

Only the constants of the mix are taken from the package, so that tuning them needs a new file and not new code here.
"""

import json
import random
from fractions import Fraction
from pathlib import Path

from forecasting.mixing import MEMORY, PEAK_PRIOR, PRIOR_ORIGINS, SHARPNESS
from tests.golden import reference

FILE = Path(__file__).with_name("kernels.json")
LEVELS = (0.5, 0.9, 0.95, 0.99)
GRID = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)


def load(rng: random.Random, steps: int, *, gaps: float) -> list[float | None]:
    """Counts with bursts, silence, nine gaps in a row and a share of single ones."""
    values = [None if rng.random() < gaps else float(rng.choice([0, 0, 3, 5, 8, 40])) for _ in range(steps)]
    return values[: steps // 2] + [None] * 9 + values[steps // 2 + 9 :]


def cases() -> dict[str, object]:
    """All inputs and results."""
    rng = random.Random(20240229)
    row, long_row, whole_row = load(rng, 40, gaps=0.08), load(rng, 960, gaps=0.08), load(rng, 960, gaps=0.003)
    said = [sorted(rng.uniform(0, 30) for _ in LEVELS) for _ in row]
    sample = [None if rng.random() < 0.2 else rng.gauss(0, 3) for _ in range(57)]
    members = [[rng.choice([1.0, 2.0, 2.0, 7.0, 90.0]) for _ in range(5)] for _ in range(8)]
    shares = [[rng.random() for _ in range(5)] for _ in range(8)]
    truths = [rng.uniform(5, 15) for _ in range(30)]
    opinions = [[rng.uniform(0, 20) for _ in range(30)] for _ in PEAK_PRIOR.near]
    losses = [[reference.pinball(t, s, 0.5) for t, s in zip(truths, row_, strict=True)] for row_ in opinions]
    return {
        "wql": {"truths": row, "said": said, "is": reference.weighted_quantile_loss(row, said, LEVELS)},
        "conformal": {
            "errors": sample,
            "is": [reference.conformal_quantile(sample, Fraction(str(q))) for q in LEVELS],
        },
        "peaks": {"row": row, "is": {str(h): reference.peaks_ahead(row, h) for h in (1, 2, 3, 7, 16)}},
        "weighted_median": {
            "values": members,
            "weights": shares,
            "is": [reference.weighted_median(v, w) for v, w in zip(members, shares, strict=True)],
        },
        "grid_quantiles": {"sample": sample, "is": [reference.interpolated_quantile(sample, q) for q in GRID]},
        "rolling_means": {
            "row": long_row,
            "is": {str(span): reference.rolling_means(long_row, span)[-120:] for span in (2, 4, 16, 256)},
        },
        "trend_peak": {
            "row": whole_row,
            "is": {str(h): [reference.trend_peak(whole_row, h, q) for q in GRID] for h in (1, 10, 60)},
        },
        "mixing_weights": {
            "truths": truths,
            "said": opinions,
            "is": reference.mixing_weights(
                losses, prior=PEAK_PRIOR.near, sharpness=SHARPNESS, worth=PRIOR_ORIGINS, memory=MEMORY
            ),
        },
    }


def text() -> str:
    """Return the text of the file, one case a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in cases().items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

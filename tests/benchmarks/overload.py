"""How well arriving work is known at twice what a fleet can serve: `python -m tests.benchmarks.overload`.

Three replicas are offered half of what they sustain for two minutes, then twice as much. From two minutes after that
on, for five minutes, each tick's estimate is set against the work of the requests that truly came in its window.
"""

import sys

import numpy as np

from adapter.simulation.profiles import MODELS, RequestShape
from tests.simulation.overloads import overloaded

_SHAPES = ((1000, 200), (200, 400), (6000, 150))


def main() -> None:
    """Print a table."""
    sys.stdout.write("| model | tokens in, out | arrivals from | mean error | 5 to 95 % of ticks | served |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for model, profile in MODELS.items():
        for prompt, output in _SHAPES:
            for gateway in (False, True):
                shape = RequestShape(prompt_tokens=prompt, output_tokens=output)
                seen = overloaded(profile, shape, gateway=gateway)
                mean = seen.estimated.mean() / seen.true.mean() - 1
                low, high = np.quantile(seen.estimated / seen.true - 1, (0.05, 0.95)).tolist()
                sys.stdout.write(
                    f"| {model} | {prompt}, {output} | {'gateway' if gateway else 'engines'} | {mean:+.1%} "
                    f"| {low:+.1%} to {high:+.1%} | {seen.served.mean() / seen.true.mean():.0%} |\n"
                )


if __name__ == "__main__":
    main()

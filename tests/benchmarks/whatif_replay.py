"""CPU time of `scaleahead whatif --replay` on a real Prometheus: `python -m tests.benchmarks.whatif_replay [HOURS]`.

The Prometheus holds three days of the two workloads of the tests. What is timed is the command's own CPU time, reading
back what decisions remember before the first tick included; that of Prometheus is not in it.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.openmetrics import as_openmetrics
from tests.prometheus_server import PrometheusServer
from tests.whatif.days import CONFIG, COUNT, STEP_S, tracks


def main(arguments: Sequence[str]) -> None:
    """Print what the command answers, and what it took."""
    hours = float(arguments[0]) if arguments else 24.0
    start = float(int(time.time() / 7200) * 7200 - (COUNT - 1) * STEP_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = PrometheusServer(folder)
        server.backfill(as_openmetrics(tracks(), start=start, step_s=STEP_S, count=COUNT))
        with server:
            config = folder / "current.yaml"
            config.write_text(CONFIG.format(url=server.url))
            command = [sys.executable, "-m", "adapter", "whatif", "--config", str(config), "--replay", "--json"]
            command += ["--days", f"{hours / 24:g}"]
            before = getrusage(RUSAGE_CHILDREN)
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            after = getrusage(RUSAGE_CHILDREN)
    result = json.loads(done.stdout.splitlines()[-1])["result"]
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(f"{hours:g} hours of two workloads: {cpu_s:.1f} s of CPU time; {json.dumps(result)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

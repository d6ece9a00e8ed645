"""What a user without the extra sees."""

import subprocess
import sys


def test_without_numba_the_error_names_the_extra() -> None:
    """Importing the fleet says what to install."""
    code = "import sys; sys.modules['numba'] = None; import adapter.simulation.fleet"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "pip install 'scaleahead[sim]'" in result.stderr.splitlines()[-1]


def test_traces_and_profiles_need_no_numba() -> None:
    """Capacities and traces can be read without the extra."""
    code = "import sys; sys.modules['numba'] = None; import adapter.simulation.traces, adapter.simulation.profiles"
    subprocess.run([sys.executable, "-c", code], check=True)

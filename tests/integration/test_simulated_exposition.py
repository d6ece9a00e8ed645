"""The simulated targets, judged by Prometheus' own checker."""

import subprocess

import pytest

from adapter.simulation.exports import Exporter
from adapter.simulation.identity import Identity
from tests.simulation.workloads import fleet, random_requests

pytestmark = pytest.mark.integration

_ACCEPTED = (0, 3)
"""Fine, or complaints about style (the colon in vLLM's names); text that is not valid gives 1."""


def test_promtool_accepts_every_simulated_target() -> None:
    """A fleet with ready, starting and draining pods: every exposition is valid text."""
    served = fleet(random_requests(1, rate=40, seconds=60), replicas=3)
    served.advance(30.0)
    served.scale_to(2)
    served.scale_to(4)
    served.advance(31.0)
    targets = [target for target in Exporter(served, Identity()).scrape() if target.is_up]
    assert len(targets) == 6
    for target in targets:
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=target.text(), capture_output=True, text=True, check=False
        )
        assert checked.returncode in _ACCEPTED, (dict(target.target), checked.stderr)


def test_promtool_refuses_text_that_is_not_valid() -> None:
    """The check above can fail: a sample without a value is an error."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input="broken{\n", capture_output=True, text=True, check=False
    )
    assert checked.returncode not in _ACCEPTED

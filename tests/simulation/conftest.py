"""Compile the simulation kernels before the first test, outside any test's time limit."""

import numpy as np
import pytest

from adapter.simulation.fleet import Fleet
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import load_of
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.simulation.traces import Requests


def pytest_collection_finish(session: pytest.Session) -> None:
    """Serve one request, which compiles everything (about ten seconds, then kept on disk)."""
    if session.config.option.collectonly:
        return
    one = np.array([1])
    requests = Requests(arrival_s=np.array([0.5]), prompt_tokens=one, output_tokens=one)
    load = load_of(requests, end_s=10.0, judged_from=8)
    amounts = FluidFleet(profile=LLAMA_8B_H100, load=load, cold_start=lambda: 0.0)
    amounts.advance(2.0)
    amounts.scale_to(0)
    fleet = Fleet(profile=LLAMA_8B_H100, requests=requests, cold_start=lambda: 0.0)
    fleet.advance(0.2)
    fleet.scale_to(0)
    fleet.advance(1.0)
    fleet.scale_to(1)
    fleet.advance(2.0)

"""A metrics page is read as the query on its scrapes would read it, and nothing on it can be taken for a zero."""

import pytest

from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.prometheus.exposition import waiting_on
from tests.expositions import load_exposition
from tests.fakes import tuned

PAGE = load_exposition("llm-d-epp", "llm-d-epp-zero").text
LLAMA = tuned("llama-70b", namespace="llm", match={"model_name": "meta-llama/Llama-3.1-70B-Instruct"})
MISTRAL = tuned("mistral-24b", namespace="llm")
OTHER = tuned("qwen", namespace="llm")


def waiting(text: str, *workloads: TunedWorkload) -> dict[WorkloadId, float]:
    """Return what a page shows, which is in order."""
    seen = waiting_on(text, [each.workload for each in workloads])
    assert seen.strange == ""
    return dict(seen.waiting)


def test_requests_that_an_endpoint_picker_holds_are_seen() -> None:
    """Three for one model, by the name of the model; four for another, by that of its pool; old twins count once."""
    assert waiting(PAGE, LLAMA, MISTRAL, OTHER) == {LLAMA.workload.id: 3.0, MISTRAL.workload.id: 4.0}


def test_old_names_are_read_where_there_are_no_new_ones() -> None:
    """As in releases before the names changed."""
    old = PAGE.replace("llm_d_epp_flow_control", "some_other_thing")
    assert waiting(old, LLAMA) == {LLAMA.workload.id: 3.0}


def test_a_page_with_an_empty_queue_shows_nothing() -> None:
    """A queue that holds nothing is not listed; the pool's saturation says that flow control is on."""
    assert waiting("\n".join(each for each in PAGE.splitlines() if "queue_size" not in each), LLAMA, MISTRAL) == {}


def test_a_page_without_flow_control_is_a_problem() -> None:
    """It cannot show demand at all, which is no zero; what is missing is named."""
    seen = waiting_on("up 1\n", [LLAMA.workload])
    assert seen.waiting == {}
    assert "none of llm_d_epp_flow_control_queue_size" in seen.strange


def test_a_preset_that_knows_no_such_page_is_a_problem() -> None:
    """A workload with the wrong preset learns that its gateway is asked in vain."""
    assert "no preset" in waiting_on(PAGE, [tuned("llama", preset="dcgm").workload]).strange


def test_a_namespace_on_the_page_is_obeyed() -> None:
    """A gateway that tells namespaces apart wakes nobody of the same name elsewhere."""
    labelled = PAGE.replace('{fairness_id="default-flow",', '{namespace="llm",')
    elsewhere = tuned("mistral-24b", namespace="elsewhere")
    assert waiting(labelled, MISTRAL, elsewhere) == {MISTRAL.workload.id: 4.0}
    assert waiting(PAGE, MISTRAL, elsewhere) == {MISTRAL.workload.id: 4.0, elsewhere.workload.id: 4.0}


@pytest.mark.parametrize("value", ["NaN", "-1", "+Inf"])
def test_a_value_that_counts_nothing_wakes_nobody(value: str) -> None:
    """NaN, negatives and infinity are no requests."""
    line = 'llm_d_epp_flow_control_queue_size{inference_pool="mistral-24b-pool"} '
    assert waiting(f"{line}{value}\n", MISTRAL) == {}


def test_what_is_no_exposition_is_refused() -> None:
    """A line that should matter and cannot be read is an error, not nothing."""
    with pytest.raises(ValueError, match="inference_pool"):
        waiting_on('llm_d_epp_flow_control_queue_size{inference_pool="mistral', [MISTRAL.workload])

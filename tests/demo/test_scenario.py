import pytest

from adapter.demo.scenario import bundled_services, service_from_trace, tuning_for


def test_the_tuning_document_of_the_demo_is_accepted() -> None:
    """Both services are configured; only the idle one may go to zero."""
    tuned = {each.workload.id.name: each.tuning for each in tuning_for(bundled_services()).workloads}

    assert {name: tuning.replicas.min for name, tuning in tuned.items()} == {"code": 1, "chat": 0}
    assert tuned["code"].capacity.prompt_tokens_per_second is not None


def test_a_trace_of_requests_and_a_trace_of_counts_are_both_taken() -> None:
    """The header tells which one it is."""
    requests = service_from_trace("t_s,input_tokens,output_tokens\n0,100,10\n5,200,20\n", name="a.csv")
    counts = service_from_trace("t_s,arrivals\n0,30\n60,0\n120,5\n", name="b.csv")

    assert requests.requests.duration_s >= 5
    assert counts.requests.duration_s > 60


@pytest.mark.parametrize("text", ["", "t_s,arrivals\n0,0\n60,0\n", "a,b\n1,2\n3,4\n"])
def test_a_file_that_is_no_trace_is_refused_with_words(text: str) -> None:
    """An empty trace, or other columns, raise ValueError with what was expected."""
    with pytest.raises(ValueError, match=r"trace|column"):
        service_from_trace(text, name="x.csv")

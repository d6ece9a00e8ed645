"""Panels pick the series of what was chosen."""

from tests.dashboards.selectors import of, own


def test_conditions_of_a_metric_are_kept() -> None:
    """Beside those of the choice."""
    assert own('x{outcome="hold"}') == 'x{job=~"$job", instance=~"$instance", outcome="hold"}'


def test_processes_that_agree_are_counted_once() -> None:
    """By the largest, with the labels that the panel tells apart."""
    assert of("x", labels="part") == (
        'max by (namespace, workload, part) (x{namespace=~"$namespace", workload=~"$workload"})'
    )

"""Names in expressions are found, whatever surrounds them."""

from tests.dashboards.exported import exported, names_in, recorded


def test_names_are_told_from_label_values() -> None:
    """A job that is called scaleahead is no metric."""
    assert names_in('absent(scaleahead_up{job="scaleahead"}) or n:scaleahead_z:max') == {
        "scaleahead_up",
        "n:scaleahead_z:max",
    }


def test_counters_and_facts_have_their_suffixes() -> None:
    """As a scrape shows them."""
    assert {"scaleahead_ticks_total", "scaleahead_build_info"} <= exported()


def test_recording_rules_are_known_by_what_they_record() -> None:
    """So that dashboards may use them."""
    assert "namespace_workload:scaleahead_existing_gpus:max" in recorded()

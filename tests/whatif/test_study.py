"""Twin of adapter/whatif/study.py."""

from pathlib import Path

import pytest

from adapter.core.signal import Grid
from adapter.whatif.study import Study, StudyRefused, make_study, parse_instant

_NAMES = ("chat", "code")


def document(tmp_path: Path, name: str, *workloads: str, interval: str = "15s") -> str:
    """Write a tuning document with some workloads."""
    entries = "".join(f"  - {{name: {each}, namespace: llm}}\n" for each in workloads)
    path = tmp_path / name
    path.write_text(
        "apiVersion: scaleahead/v1alpha1\n"
        "prometheus: {url: 'http://prometheus:9090', rateWindow: 2m}\n"
        f"tick: {{interval: {interval}}}\n" + (f"workloads:\n{entries}" if workloads else "")
    )
    return str(path)


def study(*files: str, workloads: tuple[str, ...] = (), url: str | None = None) -> Study:
    """Return the study of half a day until a fixed time."""
    return make_study(files, workloads=workloads, url=url, days=0.5, until=1_787_220_000.0)


def test_the_stretch_ends_where_it_is_told_to(tmp_path: Path) -> None:
    """Ticks lie on multiples of each configuration's interval, the start left out and the end included."""
    made = study(document(tmp_path, "a.yaml", *_NAMES), document(tmp_path, "b.yaml", *_NAMES, interval="30s"))
    assert (made.start, made.end) == (1_787_220_000.0 - 43_200.0, 1_787_220_000.0)
    first, second = made.variants
    assert (first.name, second.name) == ("current", "candidate")
    assert first.ticks(made.start, made.end) == Grid(start=made.start + 15.0, step_s=15.0, count=2880)
    assert second.ticks(made.start, made.end).count == 1440


def test_workloads_can_be_chosen(tmp_path: Path) -> None:
    """In both configurations alike."""
    made = study(document(tmp_path, "a.yaml", *_NAMES), document(tmp_path, "b.yaml", "code"), workloads=("llm/code",))
    assert [[str(each.workload.id) for each in variant.tuned] for variant in made.variants] == [["llm/code"]] * 2


def test_another_address_keeps_all_else(tmp_path: Path) -> None:
    """The window of rates, credentials, matchers."""
    made = study(document(tmp_path, "a.yaml", "chat"), url="http://localhost:9999/prometheus")
    assert (str(made.prometheus.url), made.prometheus.rate_window) == ("http://localhost:9999/prometheus", 120.0)


def test_what_does_not_fit_is_refused_with_the_reason(tmp_path: Path) -> None:
    """An unknown workload, none at all, another set in the candidate, an address that is none, no tick."""
    both, one, none = (document(tmp_path, f"{n}.yaml", *_NAMES[:n]) for n in (2, 1, 0))
    with pytest.raises(StudyRefused, match=r"2\.yaml has no workload llm/mail; it has llm/chat, llm/code"):
        study(both, workloads=("llm/mail",))
    with pytest.raises(StudyRefused, match=r"0\.yaml defines no workloads"):
        study(none)
    with pytest.raises(StudyRefused, match="only one of the two configurations has llm/code"):
        study(both, one)
    with pytest.raises(StudyRefused, match="--prometheus ftp://x: URL scheme should be"):
        study(both, url="ftp://x")
    made = study(both)
    with pytest.raises(StudyRefused, match="no tick between 2026-08-20 10:00:01 UTC and 2026-08-20 10:00:02 UTC"):
        made.variants[0].ticks(made.end + 1, made.end + 2)


@pytest.mark.parametrize(
    "text", ["2026-08-20T10:00:00Z", "2026-08-20T12:00:00+02:00", "2026-08-20 10:00", "1787220000"]
)
def test_times_are_read_as_people_write_them(text: str) -> None:
    """UTC where they do not say."""
    assert parse_instant(text) == 1_787_220_000.0


@pytest.mark.parametrize("text", ["yesterday", "-5", "nan", "inf"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """With a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)

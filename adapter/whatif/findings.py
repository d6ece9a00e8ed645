"""Findings in words: what was studied, what it stands on, and how far the simulation is off the record."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from adapter.simulation.finding import Finding
from adapter.simulation.past_period import RECORDED_SIZES
from adapter.simulation.report import Ground, Report
from adapter.whatif.closed_loop import minutes_of
from adapter.whatif.study import Study, instant


def findings_report(study: Study, findings: Sequence[Finding], *, gpu_hour_price: float | None) -> Report:
    """Return the report of a study.

    Args:
        study: the question.
        findings: at least one.
        gpu_hour_price: None for no costs.
    """
    minutes = minutes_of(study)
    start, subject = minutes.start - minutes.step_s, study.variants[-1].name
    names = " and ".join(f"{variant.name} ({variant.tuning.digest[:19]})" for variant in study.variants)
    lines = (
        f"{instant(start)} to {instant(minutes.end)}, {(minutes.end - start) / 3600:.1f} hours, simulated from what "
        "the Prometheus remembers.",
        f"Configurations: {names}.",
        *(f"{each} had no recorded arrivals and is left out." for each in _left_out(study, findings)),
    )
    return Report(
        title="What if",
        lines=lines,
        contests=tuple(each.contest for each in findings),
        grounds=tuple(Ground(notes=notes_of(each), measures=each.measures) for each in findings),
        baseline=_baseline(findings, subject=subject),
        epoch=start,
        gpu_hour_price=gpu_hour_price,
    )


def notes_of(finding: Finding) -> tuple[str, ...]:
    """Return what one workload's simulation stands on, a sentence each."""
    period, engine = finding.period, finding.period.engine
    scenario = period.scenario
    notes = [
        {
            "learnt": f"The engine's speed is learnt from {5 * engine.stretches} busy minutes, off by "
            f"{engine.error:.0%} at the median.",
            "configured": f"The engine's speed is the configured capacity: {engine.why}.",
            "model": f"The engine's speed is that of {engine.profile.name}: {engine.why}, and none is configured.",
        }[engine.source],
        f"A start takes {scenario.terms.cold_start_s:.0f} s. GPUs a replica: {scenario.profile.gpus}.",
        f"Objective: first token within {scenario.terms.objective.ttft_s:g} s, gaps of "
        f"{scenario.terms.objective.itl_s * 1000:g} ms at most on average.",
        "Requests are placed at random within their minute: bursts of seconds are not in the record.",
    ]
    if period.reenactment is not None:
        notes.insert(
            1, f"All its times are multiplied by {period.reenactment.slowed:.3f}, so that the requests in flight agree."
        )
    if period.unknown > 0:
        notes.append(f"In {period.unknown:.1%} of the minutes arrivals are not known; nothing arrives then.")
    if scenario.end_s < period.recorded_s:
        notes.append(f"Only the first {scenario.end_s / 3600:.1f} hours are simulated: there are too many requests.")
    return tuple(notes)


def error_table(findings: Sequence[Finding]) -> Table:
    """Return the recorded period next to its own simulation."""
    table = Table(title="the recorded period, simulated with the sizes that it had", title_justify="left")
    table.add_column("workload", overflow="fold")
    table.add_column("measure")
    for name in ("recorded", "simulated", "error"):
        table.add_column(name, justify="right")
    for finding in findings:
        for index, each in enumerate(finding.measures):
            numbers = (f"{each.recorded:.3g}", f"{each.simulated:.3g}", f"{each.error:+.1%}")
            shown = ["" if number.startswith(("nan", "+nan")) else number for number in numbers]
            table.add_row("" if index else escape(finding.contest.workload), f"{each.name}, {each.unit}", *shown)
        table.add_section()
    return table


def _left_out(study: Study, findings: Sequence[Finding]) -> list[str]:
    found = {each.contest.workload for each in findings}
    return [str(each.workload.id) for each in study.variants[0].tuned if str(each.workload.id) not in found]


def _baseline(findings: Sequence[Finding], *, subject: str) -> str | None:
    """Return what changes are relative to: the current configuration, or the record where that is the subject."""
    before = "current" if subject == "candidate" else RECORDED_SIZES
    return before if all(before in each.contest.outcomes for each in findings) else None

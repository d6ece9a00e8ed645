"""`whatif --replay`: what would have been planned on the recorded signals, next to what was requested."""

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from adapter.ports import SignalSource
from adapter.simulation.replayed import Change, ReplayBook, WorkloadReplay
from adapter.ui.sentences import why
from adapter.whatif.replay import replay
from adapter.whatif.study import Study, Variant, instant

_SHOWN = 8  # latest changes and most frequent reasons, a workload


async def replay_variant(
    variant: Variant, study: Study, source: SignalSource, *, advance: Callable[[float], None]
) -> tuple[WorkloadReplay, ...]:
    """Return what one configuration would have planned.

    Args:
        variant: the configuration.
        study: the stretch of time.
        source: where to read.
        advance: called with the share of the stretch that is newly done, as it is done.

    Raises:
        NothingRead: the source did not answer.
    """
    ticks = variant.ticks(study.start, study.end)
    book = ReplayBook(step_s=ticks.step_s, why=why)
    async for piece in replay(variant.reader(source), variant.tuned, ticks, limits=variant.tuning.fleet):
        for each in piece:
            book.note(each.decisions.values())
        advance(len(piece) / ticks.count)
    return book.replays()


def replay_tables(variants: Sequence[tuple[str, tuple[WorkloadReplay, ...]]]) -> RenderableType:
    """Return the tables of all configurations: the sums, and the reasons and latest changes of each workload."""
    table = Table(title="planned on the recorded signals, next to what was requested", title_justify="left")
    table.add_column("workload", overflow="fold")
    table.add_column("config", no_wrap=True)
    for name in ("replica-h", "requested", "changes", "requested", "flaps", "requested", "held"):
        table.add_column(name, justify="right")
    for each in zip(*(replays for _, replays in variants), strict=True):
        for index, (name, replayed) in enumerate(zip((name for name, _ in variants), each, strict=True)):
            table.add_row("" if index else str(replayed.workload), name, *_numbers(replayed))
        table.add_section()
    details = [_details(name, each) for name, replays in variants for each in replays]
    return Group(table, *details)


def _numbers(each: WorkloadReplay) -> tuple[str, ...]:
    planned, requested = each.both
    return (
        f"{planned:.2f}",
        f"{requested:.2f}",
        str(each.planned.changes),
        str(each.requested.changes),
        str(each.planned.flaps),
        str(each.requested.flaps),
        f"{each.held / each.ticks:.1%}",
    )


def _details(name: str, each: WorkloadReplay) -> RenderableType:
    lines = [f"\n[bold]{escape(str(each.workload))}[/], {name}"]
    lines.extend(_change(one) for one in each.changes[-_SHOWN:])
    if len(each.changes) > _SHOWN:
        lines.insert(1, f"  (the latest {_SHOWN} of {len(each.changes)} changes)")
    lines.extend(f"  held for {ticks} ticks: {escape(reason)}" for reason, ticks in list(each.holds.items())[:_SHOWN])
    return "\n".join(lines)


def _change(one: Change) -> str:
    return f"  {instant(one.at)}  {one.before} -> {one.after}: {escape(one.why)}"

"""The log: structured lines, spoken once when something changes.

A tick every 15 s for a thousand workloads would bury what matters, so each snapshot is compared with the one before and
only differences are told: plans, holds, signals that went or came back, problems, tuning. Must not know: how decisions
are made; the reasons come with them.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import orjson

from adapter.core.decision import Decision, Outcome
from adapter.core.signal import ABSENT, Signal, SignalProblem, State
from adapter.core.snapshot import Snapshot

_LINES_PER_EVENT: Final = 20  # in one tick
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({})))

logger = logging.getLogger("scaleahead.decisions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something worth telling."""

    level: int
    event: str
    """Fixed words, to search by."""
    fields: Mapping[str, object] = field(default_factory=dict)


class ChangeLog:
    """Tells what changed from one snapshot to the next."""

    def __init__(self) -> None:
        self._last: Snapshot | None = None

    def publish(self, snapshot: Snapshot) -> None:
        """Log the differences to the snapshot before; the first one is compared with nothing."""
        for line in condensed(changes(self._last, snapshot)):
            logger.log(line.level, line.event, extra=line.fields)
        self._last = snapshot


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, then whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; a traceback becomes one field."""
        body: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        body.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(body, default=str, option=orjson.OPT_SERIALIZE_NUMPY).decode()


class TextFormatter(logging.Formatter):
    """One line for people: time in UTC, level, event, then whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text; a traceback follows on lines of its own."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        extra = [f"{key}={_text(value)}" for key, value in vars(record).items() if key not in _STANDARD]
        line = " ".join([time, f"{record.levelname:<7}", record.getMessage(), *extra])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _text(value: object) -> str:
    """Return a value as one word, or in quotes.

    Example:
        >>> _text("llama"), _text("no such series"), _text({"queue_depth": "fresh -> stale"}), _text(None)
        ('llama', '"no such series"', '"queue_depth: fresh -> stale"', '-')
    """
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}: {each}" for key, each in value.items())
    shown = "-" if value is None else str(value)
    return f'"{shown}"' if not shown or any(each.isspace() for each in shown) else shown


def changes(before: Snapshot | None, after: Snapshot) -> Iterator[Line]:
    """Yield what is different, in a fixed order.

    Args:
        before: the previous snapshot; None at first, when everything but good news is new.
        after: the newest snapshot.
    """
    yield from _tuning_changes(before, after)
    yield from _problem_changes(before, after)
    known = before.decisions if before is not None else {}
    for workload in sorted(after.decisions):
        yield from _decision_changes(known.get(workload), after.decisions[workload])
    for workload in sorted(known.keys() - after.decisions.keys()):
        yield Line(
            level=logging.INFO,
            event="workload removed",
            fields={"namespace": workload.namespace, "workload": workload.name},
        )


def condensed(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the first lines of each event, then how many more there were.

    When Prometheus goes, thousands of workloads hold in one tick for one reason; writing that many lines would delay
    answers and drown the reason.
    """
    counts: Counter[str] = Counter()
    for line in lines:
        counts[line.event] += 1
        if counts[line.event] <= _LINES_PER_EVENT:
            yield line
    for event, count in counts.items():
        if count > _LINES_PER_EVENT:
            more = {"more": count - _LINES_PER_EVENT}
            yield Line(level=logging.WARNING, event=f"{event}, and more", fields=more)


def _tuning_changes(before: Snapshot | None, after: Snapshot) -> Iterator[Line]:
    if before is None or before.tuning_digest != after.tuning_digest:
        fields = {"digest": after.tuning_digest, "workloads": len(after.decisions)}
        yield Line(level=logging.INFO, event="tuning in force", fields=fields)


def _problem_changes(before: Snapshot | None, after: Snapshot) -> Iterator[Line]:
    old = {_key(problem) for problem in before.problems} if before is not None else set()
    new = {_key(problem) for problem in after.problems}
    for problem in after.problems:
        if _key(problem) not in old:
            fields = {"signal": problem.signal, "query": problem.query, "reason": problem.message}
            yield Line(level=logging.WARNING, event="signal problem", fields=fields)
    for signal, query in sorted(old - new):
        yield Line(level=logging.INFO, event="signal problem solved", fields={"signal": signal, "query": query})


def _key(problem: SignalProblem) -> tuple[str, str]:
    """Tell problems apart without their message, which may hold ages and counts that change with every tick."""
    return problem.signal, problem.query


def _decision_changes(before: Decision | None, after: Decision) -> Iterator[Line]:
    where = {"namespace": after.workload.namespace, "workload": after.workload.name}
    held = before is not None and before.outcome is Outcome.HOLD
    if after.outcome is Outcome.HOLD:
        if not held:
            yield Line(level=logging.WARNING, event="holding", fields={**where, "reason": after.hold_reason})
    elif before is None or held or before.planned != after.planned or before.served != after.served:
        yield Line(level=logging.INFO, event="plan", fields={**where, **_plan_fields(before, after)})
    if before is not None and before.mode != after.mode:
        yield Line(level=logging.INFO, event="mode", fields={**where, "mode": after.mode})
    yield from _signal_changes(before, after, where)


def _plan_fields(before: Decision | None, after: Decision) -> dict[str, object]:
    setting = [step for step in after.steps if step.after == after.planned and step.before != step.after]
    return {
        "planned": after.planned,
        "served": after.served,
        "before": before.planned if before is not None else None,
        "ready": after.replicas.ready,
        "step": setting[-1].name.value if setting else None,
        "reason": setting[-1].reason if setting else None,
    }


def _signal_changes(before: Decision | None, after: Decision, where: Mapping[str, object]) -> Iterator[Line]:
    """Yield one line for all signals of the workload: at zero replicas most of them go at once."""
    states = {signal: (_state(before, signal), _state(after, signal)) for signal in Signal if signal in after.signals}
    changed = {
        signal.value: new.name.lower() if before is None else f"{old.name.lower()} -> {new.name.lower()}"
        for signal, (old, new) in states.items()
        if old != new
    }
    if changed:
        yield Line(level=logging.INFO, event="signals", fields={**where, "changed": changed})


def _state(decision: Decision | None, signal: Signal) -> State:
    """Return the state of a signal; before the first decision fresh is expected, so only bad news is new."""
    return State.FRESH if decision is None else decision.signals.get(signal, ABSENT).state

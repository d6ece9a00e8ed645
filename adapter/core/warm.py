"""A minimum of replicas by schedule: there by the time the hours begin, so asked for one lead time earlier.

Local times follow the clock of the zone, summer time included.
Must not know: load, forecasts.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapter.core.decision import Step, StepName
from adapter.core.tuning.warm import WarmTuning

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def keep_warm(plan: int, hours: Sequence[WarmTuning], *, lead_s: float, now: float) -> Step:
    """Raise the plan to the highest floor of the hours that are on, or that begin within the lead time.

    Args:
        plan: replicas so far.
        hours: the schedule.
        lead_s: lead time of a replica, seconds.
        now: tick time, seconds since epoch.
    """
    due = [each for each in hours if is_on(each, now) or begins_within(each, lead_s, now=now)]
    if not due:
        return Step(name=StepName.WARM, before=plan, after=plan, reason="no warm hours")
    most = max(due, key=lambda each: each.floor)
    reason = f"warm hours {most.start} to {most.end} ({most.zone}) keep at least {most.floor}"
    return Step(name=StepName.WARM, before=plan, after=max(plan, most.floor), reason=reason)


def is_on(hours: WarmTuning, at: float) -> bool:
    """Tell whether a time lies within the hours, their end excluded; hours past midnight belong to the day before."""
    local = datetime.fromtimestamp(at, tz=UTC).astimezone(ZoneInfo(hours.zone))
    today, yesterday = (_DAYS[(local - timedelta(days=back)).weekday()] in hours.days for back in (0, 1))
    clock = local.time()
    if hours.begins < hours.ends:
        return today and hours.begins <= clock < hours.ends
    return (today and clock >= hours.begins) or (yesterday and clock < hours.ends)


def begins_within(hours: WarmTuning, lead_s: float, *, now: float) -> bool:
    """Tell whether the hours begin within a lead time from now."""
    local = datetime.fromtimestamp(now, tz=UTC).astimezone(ZoneInfo(hours.zone))
    for ahead in range(int(lead_s // 86400) + 2):
        day = local.date() + timedelta(days=ahead)
        begin = datetime.combine(day, hours.begins, tzinfo=ZoneInfo(hours.zone)).timestamp()
        if _DAYS[day.weekday()] in hours.days and now <= begin <= now + lead_s:
            return True
    return False

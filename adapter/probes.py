"""Liveness and readiness, in the text form of Kubernetes' own servers.

Live: the loop starts its ticks on time; nothing else, for restarting heals nothing else, least of all a dead
Prometheus. Ready: there is a fresh snapshot to answer from, be it full of holds, and after a start the memory behind it
has been read back and the settings that back-tests choose are known, so that another process would say the same. Open
to anyone, as kubelets have no credentials.

Source: `k8s.io/apiserver/pkg/server/healthz`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from adapter.core.snapshot import staleness
from adapter.ports import Clock, LoopReader, SnapshotReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that must hold."""

    name: str
    fault: Callable[[], str | None]
    """Returns what is wrong, None while all is well."""


def build_probes(
    reader: SnapshotReader, loop: LoopReader, clock: Clock, *, before_ready: Sequence[Check] = ()
) -> APIRouter:
    """Return the routes `/livez`, `/readyz` and `/healthz` (which is liveness under its older name).

    Args:
        reader: where the newest snapshot is.
        loop: reports on itself.
        clock: tells how old both are.
        before_ready: what must hold besides for readiness.
    """
    ping = Check(name="ping", fault=lambda: None)
    ticking = Check(name="loop", fault=lambda: loop.statistics().stuck(now=clock.now()))
    fresh = Check(name="snapshot", fault=lambda: staleness(reader.current(), now=clock.now()))
    memory = Check(name="memory", fault=lambda: loop.statistics().amnesia(now=clock.now()))
    tested = Check(name="tuning", fault=lambda: loop.statistics().untested())
    router = APIRouter()
    ready = (ping, fresh, memory, tested, *before_ready)
    for name, checks in {"livez": (ping, ticking), "healthz": (ping, ticking), "readyz": ready}.items():
        _add_probe(router, name, checks)
    return router


def _add_probe(router: APIRouter, name: str, checks: Sequence[Check]) -> None:
    @router.get(f"/{name}")
    async def probe(request: Request) -> Response:
        excluded = frozenset(request.query_params.getlist("exclude"))
        return _answer(name, checks, excluded=excluded, verbose="verbose" in request.query_params)


def _answer(name: str, checks: Sequence[Check], *, excluded: frozenset[str], verbose: bool) -> Response:
    faults = {check.name: check.fault() for check in checks if check.name not in excluded}
    failed = any(faults.values())
    if not failed and not verbose:
        return _text("ok", code=200)
    lines = [_line(check.name, faults) for check in checks]
    lines += [f"warn: there is no check {each} to exclude" for each in sorted(excluded - {c.name for c in checks})]
    lines.append(f"{name} check {'failed' if failed else 'passed'}")
    return _text("\n".join(lines) + "\n", code=500 if failed else 200)


def _line(name: str, faults: dict[str, str | None]) -> str:
    if name not in faults:
        return f"[+]{name} excluded: ok"
    return f"[-]{name} failed: {faults[name]}" if faults[name] else f"[+]{name} ok"


def _text(body: str, *, code: int) -> Response:
    return Response(body, status_code=code, media_type="text/plain")

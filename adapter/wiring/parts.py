"""Settings become objects: every port gets its implementation here and nowhere else."""

from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import APIRouter

from adapter.clock import SystemClock
from adapter.decision_log import DecisionLog
from adapter.external_metrics.app import build_aggregated_app
from adapter.feed import SnapshotFeed
from adapter.keda.server import KedaServer, ServerTls
from adapter.keda.service import KedaScaler
from adapter.ports import Clock
from adapter.probes import build_probes
from adapter.prometheus.preset import preset_names
from adapter.server import HttpServer
from adapter.settings import Address, Settings
from adapter.telemetry.app import build_ops_app
from adapter.telemetry.metrics import build_registry
from adapter.ui.app import build_json_app
from adapter.ui.credentials import Credentials
from adapter.ui.credentials_file import read_credentials
from adapter.ui.pages import Sources, page_routes
from adapter.ui.past import past_routes
from adapter.wiring.deciding import Deciding, assemble_deciding
from adapter.wiring.doors import Doors
from adapter.wiring.membership import Membership
from adapter.wiring.opened_tuning import OpenedTuning
from adapter.wiring.tuning_watch import TunedLoopReader, TuningWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs side by side."""

    deciding: Deciding
    watch: TuningWatch
    web: tuple[HttpServer, ...]
    keda: KedaServer
    doors: Doors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Works:
    """What the listeners answer from."""

    feed: SnapshotFeed
    decisions: DecisionLog
    reports: TunedLoopReader
    clock: Clock
    doors: Doors
    tuning: TuningWatch


def assemble(settings: Settings, opened: OpenedTuning, membership: Membership | None) -> Parts:
    """Return all parts, with the HTTP ports bound and nothing running.

    Args:
        settings: what the process was started with.
        opened: the tuning document.
        membership: our place in the cluster; None when there is none.

    Raises:
        ListenError: a port is taken.
        CertificateError: certificate files do not work.
        CredentialsError: the file of credentials cannot be used.
    """
    clock, tuning = SystemClock(), opened.document
    deciding = assemble_deciding(tuning, clock, hpas=None if membership is None else membership.hpas)
    tellers = () if membership is None else (membership.tuning_events(opened.regarding),)
    watch = TuningWatch(tuning, clock, tellers=tellers)
    works = _Works(
        feed=deciding.feed,
        decisions=deciding.archive,
        reports=TunedLoopReader(deciding.loop, watch),
        clock=clock,
        doors=Doors(settings, clock, membership=membership),
        tuning=watch,
    )
    scaler = KedaScaler(feed=deciding.feed, tuning=tuning, inline=deciding.inline, clock=clock, presets=preset_names())
    return Parts(
        deciding=deciding,
        watch=watch,
        web=_web_servers(settings, works),
        keda=_keda_server(settings.keda, scaler),
        doors=works.doors,
    )


def _web_servers(settings: Settings, works: _Works) -> tuple[HttpServer, ...]:
    release, doors = _release(), works.doors
    probes = build_probes(works.feed, works.reports, works.clock, before_ready=doors.checks)
    registry = build_registry(works.feed, works.reports, works.clock, version=release)
    aggregated = build_aggregated_app(
        works.feed, works.clock, version=release, probes=probes, guard=doors.guard(settings.external_metrics)
    )
    ops = build_ops_app(registry, probes=probes, guard=doors.guard(settings.ops))
    return (
        HttpServer(aggregated, doors.external_metrics(settings.external_metrics)),
        _json_server(settings, works),
        HttpServer(ops, doors.listener("metrics and probes", settings.ops)),
    )


def _json_server(settings: Settings, works: _Works) -> HttpServer:
    path, guard = settings.api_credentials, works.doors.guard(settings.api)
    credentials = Credentials() if path is None else read_credentials(path)
    listener = works.doors.listener("the JSON API", settings.api)
    asked = replace(listener, authenticated=listener.authenticated or path is not None)
    app = build_json_app(
        works.feed,
        works.clock,
        credentials=credentials,
        guard=guard,
        tuning=works.tuning,
        routers=_people_routes(works),
    )
    return HttpServer(app, asked)


def _people_routes(works: _Works) -> tuple[APIRouter, ...]:
    """Return what people read beside the JSON API: the past, and the pages."""
    sources = Sources(
        reader=works.feed, archive=works.decisions, loop=works.reports, clock=works.clock, release=_release()
    )
    return past_routes(works.feed, works.decisions, works.clock), page_routes(sources)


def _release() -> str:
    try:
        return version("scaleahead")
    except PackageNotFoundError:
        return "0.0.0"  # run from a source tree that is not installed


def _keda_server(address: Address, scaler: KedaScaler) -> KedaServer:
    tls = None
    if address.certificate is not None and address.key is not None:
        client_ca = None if address.client_ca is None else Path(address.client_ca)
        tls = ServerTls(cert_file=Path(address.certificate), key_file=Path(address.key), client_ca_file=client_ca)
    return KedaServer(scaler, host=address.host, port=address.port, tls=tls)

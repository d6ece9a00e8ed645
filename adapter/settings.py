"""How a process starts: where it listens, and how it logs. Everything else is in the tuning document.

The only module that knows flags and environment variables of `scaleahead serve`; the rest of the program gets a frozen
`Settings`. Names of variables end in LISTEN_PORT, because Kubernetes itself sets SCALEAHEAD_PORT and the like in every
pod that runs beside a Service called `scaleahead`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from adapter.core.errors import ScaleaheadError
from adapter.loopback import is_loopback

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_PORT = click.IntRange(0, 65535)


class SettingsError(ScaleaheadError):
    """Options that do not go together; nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one listener is, and its PEM files."""

    host: str
    port: int
    certificate: str | None = None
    """The chain, leaf first; None serves plain text."""
    key: str | None = None
    client_ca: str | None = None
    """Only clients with a certificate signed by it are served; None asks for no certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is fixed once a process runs."""

    config: str
    """Path of the tuning document, read again every few seconds."""
    external_metrics: Address
    keda: Address
    api: Address
    ops: Address
    api_credentials: str | None = None
    """Path of a file with what callers of the JSON API must show one of; None asks for nothing."""
    log_format: str = "text"
    log_level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listener:
    """How the flags of one listener are called and described."""

    name: str
    port: int
    what: str
    client_ca: bool = False


_LISTENERS: Final = (
    _Listener(name="external-metrics", port=6443, what="external metrics for HPAs"),
    _Listener(name="keda", port=9090, what="the KEDA scaler", client_ca=True),
    _Listener(name="api", port=8080, what="the JSON API"),
    _Listener(name="ops", port=8081, what="/metrics and the probes"),
)


def settings_options(command: _Command) -> _Command:
    """Add all flags to a click command; it is called with their values by name, for `read_settings`."""
    for option in reversed(_options()):
        command = option(command)
    return command


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return the settings that a click command was called with.

    Raises:
        SettingsError: a certificate lacks its key, or external metrics have no certificate.
    """
    addresses = {listener.name: _address(listener, given) for listener in _LISTENERS}
    _check_external_metrics(addresses["external-metrics"], plain=given["external_metrics_plain"])
    return Settings(
        config=given["config"],
        external_metrics=addresses["external-metrics"],
        keda=addresses["keda"],
        api=addresses["api"],
        ops=addresses["ops"],
        api_credentials=given["api_credentials"],
        log_format=given["log_format"],
        log_level=given["log_level"],
    )


def _options() -> list[Callable[[_Command], _Command]]:
    common = [
        _option("--config", "CONFIG", help="The tuning document; changes take effect while running.", required=True),
        _option(
            "--host",
            "LISTEN_HOST",
            default="127.0.0.1",
            help="Address of all listeners; callers are not authenticated, so the default is this machine only.",
        ),
    ]
    plain = click.option(
        "--external-metrics-plain",
        is_flag=True,
        envvar="SCALEAHEAD_EXTERNAL_METRICS_PLAIN",
        show_envvar=True,
        help="Serve external metrics without TLS, on loopback only, to try them without a certificate.",
    )
    credentials = _option(
        "--api-credentials",
        "API_CREDENTIALS",
        type=_FILE,
        help="File of what JSON API callers must show one of: lines `key KEY`, `bearer TOKEN`, `basic USER:PASSWORD`.",
    )
    logs = [
        _option("--log-format", "LOG_FORMAT", default="text", type=click.Choice(["text", "json"]), help="Log lines."),
        _option(
            "--log-level",
            "LOG_LEVEL",
            default="info",
            type=click.Choice(["debug", "info", "warning", "error"]),
            help="Lowest level that is logged.",
        ),
    ]
    listeners = [option for listener in _LISTENERS for option in _listener_options(listener)]
    return [*common, *listeners, plain, credentials, *logs]


def _listener_options(listener: _Listener) -> list[Callable[[_Command], _Command]]:
    name, variable = listener.name, listener.name.upper().replace("-", "_")
    found: list[Callable[[_Command], _Command]] = [
        _option(f"--{name}-host", f"{variable}_LISTEN_HOST", help=f"Address of {listener.what}, if not --host."),
        _option(
            f"--{name}-port",
            f"{variable}_LISTEN_PORT",
            type=_PORT,
            default=listener.port,
            help=f"Port of {listener.what}; 0 lets the system choose.",
        ),
        _option(f"--{name}-tls-cert", f"{variable}_TLS_CERT", type=_FILE, help=f"PEM certificate of {listener.what}."),
        _option(f"--{name}-tls-key", f"{variable}_TLS_KEY", type=_FILE, help="Its PEM key."),
    ]
    if listener.client_ca:
        words = "PEM certificates that clients must be signed by (mutual TLS)."
        found.append(_option(f"--{name}-client-ca", f"{variable}_CLIENT_CA", type=_FILE, help=words))
    return found


def _option(flag: str, variable: str, **more: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401 - click's
    shown = more.get("default") is not None
    return click.option(flag, envvar=f"SCALEAHEAD_{variable}", show_envvar=True, show_default=shown, **more)


def _address(listener: _Listener, given: Mapping[str, Any]) -> Address:
    prefix = listener.name.replace("-", "_")
    certificate, key = given[f"{prefix}_tls_cert"], given[f"{prefix}_tls_key"]
    if (certificate is None) != (key is None):
        missing = "key" if key is None else "cert"
        raise SettingsError(f"--{listener.name}-tls-{missing} is missing: TLS needs both the certificate and its key")
    client_ca = given.get(f"{prefix}_client_ca")
    if client_ca is not None and certificate is None:
        raise SettingsError(
            f"--{listener.name}-client-ca needs --{listener.name}-tls-cert and --{listener.name}-tls-key"
        )
    return Address(
        host=given[f"{prefix}_host"] or given["host"],
        port=given[f"{prefix}_port"],
        certificate=certificate,
        key=key,
        client_ca=client_ca,
    )


def _check_external_metrics(address: Address, *, plain: bool) -> None:
    if plain and address.certificate is not None:
        raise SettingsError("--external-metrics-plain and --external-metrics-tls-cert contradict each other; give one")
    if plain and not is_loopback(address.host):
        raise SettingsError(
            f"--external-metrics-plain is for loopback only, the address is {address.host}; give "
            "--external-metrics-tls-cert and --external-metrics-tls-key, or --external-metrics-host 127.0.0.1"
        )
    if not plain and address.certificate is None:
        raise SettingsError(
            "external metrics need --external-metrics-tls-cert and --external-metrics-tls-key, because kube-apiserver "
            "speaks HTTPS only; to try them on this machine without a certificate, give --external-metrics-plain"
        )

"""Where a process listens, with which certificates, and whether it asks who calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import click

from adapter.loopback import is_loopback
from adapter.settings.option import FILE, Command, SettingsError, option

Access = Literal["delegated", "open"]
"""Whether callers are checked with the cluster, or not at all."""

_PORT = click.IntRange(0, 65535)
_ACCESS = click.Choice(["delegated", "open"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one listener is, its PEM files, and who may call."""

    host: str
    port: int
    certificate: str | None = None
    """The chain, leaf first; None serves plain text."""
    key: str | None = None
    client_ca: str | None = None
    """Only clients with a certificate signed by it are served; None asks for no certificate."""
    access: Access = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listener:
    """How the flags of one listener are called and described."""

    name: str
    port: int
    what: str
    client_ca: bool = False
    delegates: bool = False
    """Whether its callers can be checked with the cluster."""


_LISTENERS: Final = (
    _Listener(name="external-metrics", port=6443, what="external metrics for HPAs", delegates=True),
    _Listener(name="keda", port=9090, what="the KEDA scaler", client_ca=True),
    _Listener(name="api", port=8080, what="the JSON API", delegates=True),
    _Listener(name="ops", port=8081, what="/metrics and the probes", delegates=True),
)


def listener_options() -> list[Callable[[Command], Command]]:
    """Return the options of all listeners, in the order of the help."""
    return [each for listener in _LISTENERS for each in _options(listener)]


def read_addresses(given: Mapping[str, Any], *, cluster: bool, self_signed: bool) -> dict[str, Address]:
    """Return the addresses that a command was called with, by listener.

    Args:
        given: values of the options.
        cluster: whether there is a cluster to check callers with.
        self_signed: whether external metrics get a certificate of our own CA.

    Raises:
        SettingsError: they do not go together.
    """
    addresses = {listener.name: _address(listener, given, cluster=cluster) for listener in _LISTENERS}
    plain = given["external_metrics_plain"]
    _check_external_metrics(addresses["external-metrics"], plain=plain, self_signed=self_signed)
    guarded = {"external-metrics": False, "api": given["api_credentials"] is not None}
    for name, otherwise in guarded.items():
        if given[f"{name.replace('-', '_')}_access"] is None and not otherwise:
            _check_open(name, addresses[name])
    return addresses


def _options(listener: _Listener) -> list[Callable[[Command], Command]]:
    name, variable = listener.name, listener.name.upper().replace("-", "_")
    found: list[Callable[[Command], Command]] = [
        option(f"--{name}-host", f"{variable}_LISTEN_HOST", help=f"Address of {listener.what}, if not --host."),
        option(
            f"--{name}-port",
            f"{variable}_LISTEN_PORT",
            type=_PORT,
            default=listener.port,
            help=f"Port of {listener.what}; 0 lets the system choose.",
        ),
        option(f"--{name}-tls-cert", f"{variable}_TLS_CERT", type=FILE, help=f"PEM certificate of {listener.what}."),
        option(f"--{name}-tls-key", f"{variable}_TLS_KEY", type=FILE, help="Its PEM key."),
    ]
    if listener.client_ca:
        words = "PEM certificates that clients must be signed by (mutual TLS)."
        found.append(option(f"--{name}-client-ca", f"{variable}_CLIENT_CA", type=FILE, help=words))
    if listener.delegates:
        usual = "open" if listener.name == "ops" else "delegated where there is a cluster, open on loopback"
        words = f"Check callers of {listener.what} with the cluster, or let in everybody; {usual} when not given."
        found.append(option(f"--{name}-access", f"{variable}_ACCESS", type=_ACCESS, help=words))
    return found


def _address(listener: _Listener, given: Mapping[str, Any], *, cluster: bool) -> Address:
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
        access=_access(listener, given, cluster=cluster),
    )


def _access(listener: _Listener, given: Mapping[str, Any], *, cluster: bool) -> Access:
    wanted: Access | None = given.get(f"{listener.name.replace('-', '_')}_access")
    if wanted == "delegated" and not cluster:
        raise SettingsError(f"--{listener.name}-access delegated needs a cluster: give --kubeconfig or run in a pod")
    if wanted is not None:
        return wanted
    static = listener.name == "api" and given["api_credentials"] is not None
    return "delegated" if listener.delegates and listener.name != "ops" and cluster and not static else "open"


def _check_open(name: str, address: Address) -> None:
    if address.access == "open" and not is_loopback(address.host):
        remedy = ", --api-credentials," if name == "api" else ""
        raise SettingsError(
            f"nobody would be asked who they are on {address.host}: give a cluster with --kubeconfig or run in a "
            f"pod{remedy} or say --{name}-access open"
        )


def _check_external_metrics(address: Address, *, plain: bool, self_signed: bool) -> None:
    if plain and (address.certificate is not None or self_signed):
        other = "--serving-secret" if self_signed else "--external-metrics-tls-cert"
        raise SettingsError(f"--external-metrics-plain and {other} contradict each other; give one")
    if plain and not is_loopback(address.host):
        raise SettingsError(
            f"--external-metrics-plain is for loopback only, the address is {address.host}; give "
            "--external-metrics-tls-cert and --external-metrics-tls-key, or --external-metrics-host 127.0.0.1"
        )
    if not plain and address.certificate is None and not self_signed:
        raise SettingsError(
            "external metrics need --external-metrics-tls-cert and --external-metrics-tls-key, because kube-apiserver "
            "speaks HTTPS only; to try them on this machine without a certificate, give --external-metrics-plain"
        )

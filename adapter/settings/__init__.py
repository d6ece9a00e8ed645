"""How a process starts: where it listens, which cluster it uses, and how it logs. The rest is in the tuning document.

The only package that knows flags and environment variables of `scaleahead serve`; the rest of the program gets a frozen
`Settings`. Names of variables end in LISTEN_PORT, because Kubernetes itself sets SCALEAHEAD_PORT and the like in every
pod that runs beside a Service called `scaleahead`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from adapter.settings.cluster import ClusterSettings, cluster_options, read_cluster
from adapter.settings.listeners import Address, listener_options, read_addresses
from adapter.settings.option import FILE, Command, SettingsError, option

__all__ = ["Address", "ClusterSettings", "Settings", "SettingsError", "read_settings", "settings_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is fixed once a process runs."""

    config: str | None
    """Path of the tuning document, read again every few seconds; None reads the ConfigMap of `cluster`."""
    external_metrics: Address
    keda: Address
    api: Address
    ops: Address
    cluster: ClusterSettings | None = None
    """None uses no cluster."""
    api_credentials: str | None = None
    """Path of a file with what callers of the JSON API must show one of; None asks for nothing."""
    log_format: str = "text"
    log_level: str = "info"


def settings_options(command: Command) -> Command:
    """Add all flags to a click command; it is called with their values by name, for `read_settings`."""
    for each in reversed(_options()):
        command = each(command)
    return command


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Return the settings that a click command was called with.

    Raises:
        SettingsError: options do not go together, such as a certificate without its key.
    """
    cluster = read_cluster(given)
    self_signed = cluster is not None and cluster.serving_secret is not None
    addresses = read_addresses(given, cluster=cluster is not None, self_signed=self_signed)
    in_cluster = cluster is not None and cluster.config_map is not None
    if (given["config"] is None) != in_cluster:
        raise SettingsError("give the tuning document either as --config FILE or as --config-map NAME")
    return Settings(
        config=given["config"],
        external_metrics=addresses["external-metrics"],
        keda=addresses["keda"],
        api=addresses["api"],
        ops=addresses["ops"],
        cluster=cluster,
        api_credentials=given["api_credentials"],
        log_format=given["log_format"],
        log_level=given["log_level"],
    )


def _options() -> list[Callable[[Command], Command]]:
    common: list[Callable[[Command], Command]] = [
        option("--config", "CONFIG", help="The tuning document; changes take effect while running."),
        option(
            "--host",
            "LISTEN_HOST",
            default="127.0.0.1",
            help="Address of all listeners.",
        ),
    ]
    plain: Callable[[Command], Command] = click.option(
        "--external-metrics-plain",
        is_flag=True,
        envvar="SCALEAHEAD_EXTERNAL_METRICS_PLAIN",
        show_envvar=True,
        help="Serve external metrics without TLS, on loopback only, to try them without a certificate.",
    )
    credentials: Callable[[Command], Command] = option(
        "--api-credentials",
        "API_CREDENTIALS",
        type=FILE,
        help="File of what JSON API callers must show one of: lines `key KEY`, `bearer TOKEN`, `basic USER:PASSWORD`.",
    )
    logs: list[Callable[[Command], Command]] = [
        option("--log-format", "LOG_FORMAT", default="text", type=click.Choice(["text", "json"]), help="Log lines."),
        option(
            "--log-level",
            "LOG_LEVEL",
            default="info",
            type=click.Choice(["debug", "info", "warning", "error"]),
            help="Lowest level that is logged.",
        ),
    ]
    return [*common, *listener_options(), plain, credentials, *cluster_options(), *logs]

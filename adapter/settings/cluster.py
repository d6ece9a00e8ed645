"""What a process has to do with a cluster: which one, and which objects of it are its own."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from adapter.settings.option import FILE, Command, SettingsError, option

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_DEFAULT_NAMESPACE: Final = "scaleahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """The cluster that is asked, and our objects in it; all are in one namespace."""

    namespace: str
    kubeconfig: str | None = None
    """None uses the service account of the pod."""
    pod: str = "scaleahead"
    """Name of this process, for leases and events."""
    pod_uid: str = ""
    """Of this process, for events about it; empty writes none."""
    config_map: str | None = None
    """Holds the tuning document under the key `config.yaml`; None reads a file."""
    lease: str | None = None
    """Elects who writes; None takes this process for the only one."""
    serving_secret: str | None = None
    """Holds our own CA; None takes the certificate from files."""
    service: str | None = None
    """What the certificate of our own CA is for."""
    api_service: bool = False
    """Whether the CA is written into the APIService."""


def cluster_options() -> list[Callable[[Command], Command]]:
    """Return the options, in the order of the help."""
    return [
        option(
            "--cluster",
            "CLUSTER",
            default="auto",
            type=click.Choice(["auto", "on", "off"]),
            help="Whether a Kubernetes API is asked; auto: if --kubeconfig is given or this is a pod.",
        ),
        option("--kubeconfig", "KUBECONFIG_FILE", type=FILE, help="The cluster, where not the one of this pod."),
        option("--namespace", "NAMESPACE", help="Namespace of our own objects; the pod's own when not given."),
        option("--pod-name", "POD_NAME", help="Name of this process in leases and events; the host name if not given."),
        option("--pod-uid", "POD_UID", default="", help="UID of this pod, for events about a tuning file."),
        option("--config-map", "CONFIG_MAP", help="ConfigMap with the tuning document, instead of --config."),
        option("--lease", "LEASE", help="Lease by which several processes elect the one that writes."),
        option("--serving-secret", "SERVING_SECRET", help="Secret for a CA of our own, instead of certificate files."),
        option("--service", "SERVICE", help="Service in front of external metrics, for certificates of our own CA."),
        click.option(
            "--api-service/--no-api-service",
            default=True,
            envvar="SCALEAHEAD_API_SERVICE",
            show_envvar=True,
            show_default=True,
            help="Keep our own CA in the APIService up to date, as long as it points to --service.",
        ),
    ]


def read_cluster(given: Mapping[str, Any]) -> ClusterSettings | None:
    """Return the settings that a command was called with; None uses no cluster.

    Raises:
        SettingsError: they do not go together.
    """
    objects = {key: given[key] for key in ("config_map", "lease", "serving_secret", "service")}
    if not _wanted(given):
        named = [f"--{key.replace('_', '-')}" for key, value in objects.items() if value]
        if named:
            raise SettingsError(f"{', '.join(named)}: needs a cluster, give --kubeconfig or run in a pod")
        return None
    if objects["serving_secret"] and not objects["service"]:
        raise SettingsError("--serving-secret needs --service, the name that its certificates are for")
    return ClusterSettings(
        namespace=given["namespace"] or _own_namespace(),
        kubeconfig=given["kubeconfig"],
        pod=given["pod_name"] or os.uname().nodename,
        pod_uid=given["pod_uid"],
        api_service=given["api_service"] and objects["serving_secret"] is not None,
        **objects,
    )


def _wanted(given: Mapping[str, Any]) -> bool:
    if given["cluster"] != "auto":
        return bool(given["cluster"] == "on")
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and (_SERVICE_ACCOUNT / "token").exists()
    return given["kubeconfig"] is not None or in_pod


def _own_namespace() -> str:
    try:
        return (_SERVICE_ACCOUNT / "namespace").read_text().strip()
    except OSError:
        return _DEFAULT_NAMESPACE

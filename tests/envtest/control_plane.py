"""A real control plane: etcd and kube-apiserver on loopback, with aggregation and RBAC, and nothing else.

The programs are those in KUBEBUILDER_ASSETS.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import yaml
from cryptography.hazmat.primitives import serialization

from tests.certificates import Authority, CertificateFiles
from tests.ports import free_port

_START_LIMIT_S = 120.0


@dataclass(frozen=True)
class ControlPlane:
    """A running kube-apiserver, and the CAs that it knows."""

    url: str
    folder: Path
    serving: Authority
    clients: Authority
    proxies: Authority

    def kubeconfig(self, user: str, *groups: str) -> Path:
        """Return a kubeconfig for somebody, by client certificate."""
        path = self.folder / f"{user.replace(':', '_')}.kubeconfig"
        files = self.clients.sign(user, *groups).write(self.folder, path.stem)
        path.write_text(_kubeconfig(self.url, self.folder / "serving-ca.crt", files))
        return path

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl as an administrator and return what it prints."""
        config = self.kubeconfig("admin", "system:masters")
        command = ["kubectl", "--kubeconfig", str(config), *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout


@contextmanager
def control_plane(assets: Path, folder: Path) -> Iterator[ControlPlane]:
    """Run one while the block lasts.

    Args:
        assets: holds `etcd` and `kube-apiserver`.
        folder: for data, certificates and logs.
    """
    plane = _plane(folder)
    etcd = f"http://127.0.0.1:{free_port()}"
    peers = f"http://127.0.0.1:{free_port()}"
    commands = {
        "etcd": [
            str(assets / "etcd"),
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
        ],
        "kube-apiserver": [str(assets / "kube-apiserver"), *_flags(plane, etcd)],
    }
    running = [_start(name, command, folder) for name, command in commands.items()]
    try:
        _wait(plane, running[1])
        yield plane
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(timeout=60)


def _plane(folder: Path) -> ControlPlane:
    serving, clients, proxies = (Authority.make(name) for name in ("serving", "clients", "front-proxy"))
    for name, authority in {"serving-ca": serving, "client-ca": clients, "front-proxy-ca": proxies}.items():
        (folder / f"{name}.crt").write_text(authority.pem)
    serving.sign("localhost").write(folder, "apiserver")
    proxies.sign("front-proxy-client").write(folder, "front-proxy-client")
    account = clients.sign("service-accounts")
    (folder / "accounts.key").write_bytes(account.key_pem)
    public = account.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "accounts.pub").write_bytes(public)
    return ControlPlane(f"https://127.0.0.1:{free_port()}", folder, serving, clients, proxies)


def _flags(plane: ControlPlane, etcd: str) -> list[str]:
    folder = plane.folder
    return [
        f"--etcd-servers={etcd}",
        f"--secure-port={plane.url.rpartition(':')[2]}",
        "--bind-address=127.0.0.1",
        f"--tls-cert-file={folder / 'apiserver.crt'}",
        f"--tls-private-key-file={folder / 'apiserver.key'}",
        f"--client-ca-file={folder / 'client-ca.crt'}",
        f"--requestheader-client-ca-file={folder / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={folder / 'front-proxy-client.crt'}",
        f"--proxy-client-key-file={folder / 'front-proxy-client.key'}",
        f"--service-account-key-file={folder / 'accounts.pub'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount,PodSecurity,Priority",
        f"--cert-dir={folder / 'apiserver'}",
    ]


def _start(name: str, command: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def _wait(plane: ControlPlane, apiserver: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        if apiserver.poll() is not None:
            raise RuntimeError(f"kube-apiserver ended: {(plane.folder / 'kube-apiserver.log').read_text()[-3000:]}")
        try:
            if requests.get(f"{plane.url}/readyz", verify=str(plane.folder / "serving-ca.crt"), timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"kube-apiserver was not ready within {_START_LIMIT_S:g} s")


def _kubeconfig(url: str, ca: Path, files: CertificateFiles) -> str:
    named = {"name": "envtest"}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "envtest",
            "clusters": [{**named, "cluster": {"server": url, "certificate-authority": str(ca)}}],
            "users": [{**named, "user": {"client-certificate": str(files.certificate), "client-key": str(files.key)}}],
            "contexts": [{**named, "context": {"cluster": "envtest", "user": "envtest"}}],
        }
    )

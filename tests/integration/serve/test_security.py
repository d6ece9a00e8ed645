"""Who gets in to the aggregated API: a real process, real TLS, and a server that speaks the Kubernetes API.

Nothing is decided here, so who is let in reads 503 with the reason of a hold.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import Authority, Signed
from tests.kube_api import KubeApiServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_METRIC = (
    "/apis/external.metrics.k8s.io/v1beta1/namespaces/llm/scaleahead-replicas?labelSelector=workload%3Dllama-70b-vllm"
)
_DISCOVERY = "/apis/external.metrics.k8s.io/v1beta1"
_TRUST = "/api/v1/namespaces/kube-system/configmaps"
_HEADERS = {
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
}


@dataclass
class _World:
    """The process, the API it asks, and the CAs that this API says are trusted."""

    kube: KubeApiServer
    serve: ServeProcess
    serving: Authority
    proxies: Authority
    clients: Authority
    folder: Path

    def trust(self, **changes: str) -> None:
        """Say whom to trust."""
        cas = {"requestheader-client-ca-file": self.proxies.pem, "client-ca-file": self.clients.pem}
        self.kube.put(_TRUST, "extension-apiserver-authentication", data={**cas, **_HEADERS, **changes})

    def get(
        self,
        path: str,
        *,
        signed: Signed | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    ) -> httpx.Response:
        """Ask once, on a connection of its own."""
        context = ssl.create_default_context(cadata=self.serving.pem)
        if signed is not None:
            files = signed.write(self.folder, "client")
            context.load_cert_chain(files.certificate, files.key)
        return httpx.get(self.serve.url("metrics") + path, headers=headers, verify=context, timeout=10)

    def proxied(self, user: str, *groups: str, path: str = _METRIC, **more: str) -> httpx.Response:
        """Ask as the front proxy does for somebody."""
        named = [("X-Remote-User", user), *(("X-Remote-Group", group) for group in groups), *more.items()]
        return self.get(path, signed=self.proxies.sign("front-proxy-client"), headers=named)

    def asked(self) -> list[dict[str, Any]]:
        """Return the specs of the SubjectAccessReviews so far."""
        return self.kube.reviews("subjectaccessreviews")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    """One process for all tests of this file."""
    folder = tmp_path_factory.mktemp("security")
    serving = Authority.make("serving")
    files = serving.sign("localhost").write(folder, "serving")
    kubeconfig = folder / "kubeconfig"
    kube = KubeApiServer()
    with kube.running():
        kubeconfig.write_text(kube.kubeconfig())
        flags = ("--external-metrics-tls-cert", str(files.certificate), "--external-metrics-tls-key", str(files.key))
        serve = ServeProcess(
            folder, write_tuning(folder, "http://127.0.0.1:9"), *flags, "--kubeconfig", str(kubeconfig)
        )
        authorities = (serving, Authority.make("proxies"), Authority.make("clients"))
        world = _World(kube, serve, *authorities, folder)
        world.trust()
        with serve:
            yield world


@pytest.fixture
def world(running: _World) -> _World:
    """The process, with the usual trust in force and nobody allowed anything."""
    running.kube.allows = lambda _spec: False
    running.kube.down, running.kube.tokens = False, {}
    running.trust()
    wait_until(lambda: running.proxied("kube", "system:masters").status_code == 503)
    running.kube.received.clear()
    return running


def test_identity_headers_without_the_front_proxys_certificate_are_worth_nothing(world: _World) -> None:
    """Any pod could be system:masters otherwise; who says nothing else is anonymous."""
    answer = world.get(_METRIC, headers={"X-Remote-User": "admin", "X-Remote-Group": "system:masters"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
    assert 'user "system:anonymous" cannot list resource "scaleahead-replicas"' in answer.json()["message"]
    assert [spec["user"] for spec in world.asked()] == ["system:anonymous"]


def test_a_client_certificate_is_who_it_says_whatever_the_headers_say(world: _World) -> None:
    """Common name and organisations are user and groups."""
    world.kube.allows = lambda spec: spec["user"] == "jane"
    spoofed = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}
    answer = world.get(_METRIC, signed=world.clients.sign("jane", "team-a", "team-b"), headers=spoofed)
    assert answer.status_code == 503
    [spec] = world.asked()
    assert (spec["user"], spec["groups"]) == ("jane", ["team-a", "team-b", "system:authenticated"])


def test_the_front_proxy_speaks_for_others_with_all_their_groups_and_extras(world: _World) -> None:
    """Each repeated header counts; the review asks for `list` on the metric in its namespace."""
    world.kube.allows = lambda _spec: True
    answer = world.proxied("hpa", "a", "b", "c", **{"X-Remote-Extra-Scopes%2Fx": "1", "X-Remote-Uid": "spoofed"})
    assert (answer.status_code, answer.json()["reason"]) == (503, "ServiceUnavailable")
    [spec] = world.asked()
    assert (spec["user"], spec["groups"]) == ("hpa", ["a", "b", "c", "system:authenticated"])
    assert spec["extra"] == {"scopes/x": ["1"]}
    assert "uid" not in spec
    assert spec["resourceAttributes"] == {
        "verb": "list",
        "group": "external.metrics.k8s.io",
        "version": "v1beta1",
        "namespace": "llm",
        "resource": "scaleahead-replicas",
    }


def test_who_comes_without_groups_is_authenticated_all_the_same(world: _World) -> None:
    """As the aggregator itself, whose discovery would be refused otherwise."""
    world.kube.allows = lambda spec: "system:authenticated" in spec.get("groups", [])
    answer = world.proxied("system:aggregator", path="/openapi/v2")
    assert (answer.status_code, answer.json()["kind"]) == (404, "Status")
    [spec] = world.asked()
    assert (spec["groups"], spec["nonResourceAttributes"]) == (
        ["system:authenticated"],
        {"path": "/openapi/v2", "verb": "get"},
    )


def test_masters_pass_without_being_asked_about_also_while_the_api_is_down(world: _World) -> None:
    """The availability probe is one of them."""
    world.kube.down = True
    assert world.proxied("system:kube-aggregator", "system:masters", path=_DISCOVERY).status_code == 200
    assert world.asked() == []


def test_without_an_answer_nobody_gets_in(world: _World) -> None:
    """Fails closed, and says why."""
    world.kube.down = True
    answer = world.proxied("hpa", "unanswered")
    assert (answer.status_code, "subjectaccessreviews" in answer.json()["message"]) == (503, True)


def test_a_denied_caller_is_told_what_is_missing(world: _World) -> None:
    """User, verb, resource, group, namespace, and the words of who decided."""
    answer = world.proxied("jane", "team-a")
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        'user "jane" cannot list resource "scaleahead-replicas" in API group "external.metrics.k8s.io" '
        'in the namespace "llm": no rule allows it'
    )


def test_an_answer_counts_for_a_moment(world: _World) -> None:
    """Ten reads are one review, and another namespace is another question."""
    world.kube.allows = lambda _spec: True
    answers = {world.proxied("busy").status_code for _ in range(10)}
    assert (answers, len(world.asked())) == ({503}, 1)
    world.proxied("busy", path=_METRIC.replace("/llm/", "/other/"))
    assert len(world.asked()) == 2


@pytest.mark.parametrize("allowed_names", ['["front-proxy-client"]', "[]"])
def test_the_name_of_the_front_proxy_counts_unless_any_is_allowed(world: _World, allowed_names: str) -> None:
    """Another certificate of its CA is nobody's unless all names are allowed."""
    world.trust(**{"requestheader-allowed-names": allowed_names, "client-ca-file": world.serving.pem})
    other = world.proxies.sign("somebody-else")
    named = {"X-Remote-User": "kube", "X-Remote-Group": "system:masters"}
    expected = 200 if allowed_names == "[]" else 401
    wait_until(lambda: world.get(_DISCOVERY, signed=other, headers=named).status_code == expected)


def test_a_certificate_of_a_foreign_ca_does_not_get_past_the_handshake(world: _World) -> None:
    """Whatever its name."""
    foreign = Authority.make("proxies").sign("front-proxy-client")
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        world.get(_DISCOVERY, signed=foreign, headers={"X-Remote-User": "x", "X-Remote-Group": "system:masters"})


@pytest.mark.parametrize("kind", ["expired", "server"])
def test_a_certificate_out_of_its_time_or_for_servers_does_not_get_in(world: _World, kind: str) -> None:
    """Neither for the front proxy nor for itself."""
    signed = (
        world.proxies.sign("front-proxy-client", lasts=timedelta(minutes=-1))
        if kind == "expired"
        else world.proxies.sign("front-proxy-client", usages=[ExtendedKeyUsageOID.SERVER_AUTH])
    )
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        world.get(_DISCOVERY, signed=signed, headers={"X-Remote-User": "x", "X-Remote-Group": "system:masters"})


def test_a_bearer_token_is_reviewed_once_and_a_wrong_one_is_refused(world: _World) -> None:
    """The user, uid, groups and extras of the review are those of the caller."""
    user = {"username": "system:serviceaccount:llm:reader", "uid": "7", "groups": ["g"], "extra": {"pod": ["p"]}}
    world.kube.tokens["good"] = user
    world.kube.allows = lambda spec: spec["user"].endswith(":reader")
    for _ in range(3):
        assert world.get(_METRIC, headers={"Authorization": "Bearer good"}).status_code == 503
    assert len(world.kube.reviews("tokenreviews")) == 1
    [spec] = world.asked()
    assert (spec["uid"], spec["groups"], spec["extra"]) == ("7", ["g", "system:authenticated"], {"pod": ["p"]})

    refused = world.get(_METRIC, headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, refused.json()["reason"], refused.json()["code"]) == (401, "Unauthorized", 401)
    assert "www-authenticate" not in refused.headers
    assert "wrong" not in refused.text


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
def test_probes_are_open_and_nothing_below_them(world: _World, path: str) -> None:
    """Kubelets have no credentials."""
    assert world.get(path).text == "ok"
    assert world.get(f"{path}/loop").status_code == 403


def test_another_front_proxy_ca_counts_without_a_restart_and_the_old_one_no_longer(world: _World) -> None:
    """First both, then the new one alone, as clusters rotate it."""
    old, new = world.proxies.sign("front-proxy-client"), Authority.make("proxies 2")
    named = {"X-Remote-User": "kube", "X-Remote-Group": "system:masters"}
    renewed = new.sign("front-proxy-client")
    world.trust(**{"requestheader-client-ca-file": world.proxies.pem + new.pem})
    wait_until(lambda: _status(world, renewed, named) == 200)
    assert _status(world, old, named) == 200
    world.trust(**{"requestheader-client-ca-file": new.pem})
    wait_until(lambda: _status(world, old, named) != 200)
    assert _status(world, renewed, named) == 200


def test_an_open_connection_does_not_outlive_its_ca(world: _World) -> None:
    """What was trusted in the handshake is asked about at each request, and the refused connection is closed."""
    context = ssl.create_default_context(cadata=world.serving.pem)
    files = world.clients.sign("jane").write(world.folder, "kept")
    context.load_cert_chain(files.certificate, files.key)
    world.kube.allows = lambda _spec: True
    with httpx.Client(verify=context, base_url=world.serve.url("metrics")) as client:
        assert client.get(_DISCOVERY).status_code == 200
        world.trust(**{"client-ca-file": ""})
        wait_until(lambda: client.get(_DISCOVERY).status_code == 401)


def test_another_client_ca_counts_without_a_restart(world: _World) -> None:
    """Its clients get in as soon as the ConfigMap has it."""
    world.kube.allows = lambda spec: spec["user"] == "joe"
    new = Authority.make("clients 2")
    joe = new.sign("joe")
    world.trust(**{"client-ca-file": world.clients.pem + new.pem})
    wait_until(lambda: _status(world, joe, {}) == 200)


def test_a_trust_that_vanishes_or_is_garbled_changes_nothing(world: _World) -> None:
    """What was read last stays in force."""
    named = {"X-Remote-User": "kube", "X-Remote-Group": "system:masters"}
    world.trust(**{"requestheader-client-ca-file": "no certificate"})
    wait_until(lambda: any("must hold PEM" in line["event"] for line in world.serve.log()))
    world.kube.delete(_TRUST, "extension-apiserver-authentication")
    wait_until(lambda: any("does not exist" in line["event"] for line in world.serve.log()))
    assert _status(world, world.proxies.sign("front-proxy-client"), named) == 200


def test_huge_headers_are_cut_off_and_others_go_on(world: _World) -> None:
    """Before anything is looked at."""
    with pytest.raises(httpx.TransportError):
        world.get(_DISCOVERY, headers=[("X-Remote-Group", "g" * 8000)] * 20)
    assert world.get("/livez").text == "ok"


def test_a_client_that_stalls_in_the_handshake_keeps_nobody_waiting(world: _World) -> None:
    """Fifty of them do not slow down the next one."""
    host, _, port = world.serve.url("metrics").removeprefix("https://").partition(":")
    stalled = [socket.create_connection((host, int(port))) for _ in range(50)]
    began = time.monotonic()
    assert world.get("/livez").text == "ok"
    assert time.monotonic() - began < 5
    for each in stalled:
        each.close()


def _status(world: _World, signed: Signed, headers: Mapping[str, str]) -> int:
    try:
        return world.get(_DISCOVERY, signed=signed, headers=headers).status_code
    except (httpx.TransportError, ssl.SSLError):
        return 0

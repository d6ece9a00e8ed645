"""Twin of adapter/settings.py."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from adapter.settings import Address, Settings, SettingsError, read_settings, settings_options

_PLAIN = ["--config", "tuning.yaml", "--external-metrics-plain"]


def _read(*flags: str, env: dict[str, str] | None = None) -> tuple[Result, list[Settings]]:
    found: list[Settings] = []

    @click.command
    @settings_options
    def command(**given: Any) -> None:
        found.append(read_settings(given))

    return CliRunner().invoke(command, list(flags), env=env), found


def _settings(*flags: str, env: dict[str, str] | None = None) -> Settings:
    result, found = _read(*flags, env=env)
    assert result.exit_code == 0, result.output
    return found[0]


def test_every_listener_is_on_loopback_at_its_own_port_unless_told_otherwise() -> None:
    """Nobody is authenticated, so nothing is open by default."""
    settings = _settings(*_PLAIN)
    addresses = (settings.external_metrics, settings.keda, settings.api, settings.ops)
    assert [(each.host, each.port) for each in addresses] == [
        ("127.0.0.1", 6443),
        ("127.0.0.1", 9090),
        ("127.0.0.1", 8080),
        ("127.0.0.1", 8081),
    ]


def test_one_host_holds_for_all_listeners_and_each_may_have_its_own() -> None:
    """A container opens all of them with one flag."""
    flags = ("--host", "0.0.0.0", "--external-metrics-host", "127.0.0.1", "--api-access", "open")
    settings = _settings(*_PLAIN, *flags)
    assert settings.keda == Address(host="0.0.0.0", port=9090)
    assert settings.external_metrics.host == "127.0.0.1"


def test_what_kubernetes_puts_into_the_environment_beside_a_service_is_not_taken_for_a_port() -> None:
    """A Service named scaleahead-keda sets SCALEAHEAD_KEDA_PORT=tcp://... in every pod of its namespace."""
    settings = _settings(
        *_PLAIN, env={"SCALEAHEAD_KEDA_PORT": "tcp://10.0.0.7:9090", "SCALEAHEAD_KEDA_LISTEN_PORT": "9999"}
    )
    assert settings.keda.port == 9999


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--config", "x"), "external metrics need --external-metrics-tls-cert"),
        ((*_PLAIN, "--host", "0.0.0.0"), "for loopback only"),
        ((*_PLAIN, "--api-tls-cert", "CERT"), "--api-tls-key is missing"),
        ((*_PLAIN, "--keda-tls-key", "CERT"), "--keda-tls-cert is missing"),
        ((*_PLAIN, "--keda-client-ca", "CERT"), "needs --keda-tls-cert"),
        ((*_PLAIN, "--external-metrics-tls-cert", "CERT", "--external-metrics-tls-key", "CERT"), "contradict"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_the_way_out(
    flags: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """The message names flags, not internals."""
    file = tmp_path / "tls.pem"
    file.write_text("")
    result, found = _read(*(str(file) if each == "CERT" else each for each in flags))
    assert not found
    assert isinstance(result.exception, SettingsError)
    assert words in str(result.exception)


def test_a_certificate_that_is_not_there_is_a_usage_error() -> None:
    """Click names the flag and the file."""
    result, _ = _read(*_PLAIN, "--api-tls-cert", "/nowhere.pem", "--api-tls-key", "/nowhere.pem")
    assert result.exit_code == 2
    assert "--api-tls-cert" in result.output
    assert "/nowhere.pem" in result.output


_OPEN = ["--config", "tuning.yaml", "--host", "0.0.0.0", "--external-metrics-tls-cert", __file__]
_SELF_SIGNED = ["--config", "c", "--kubeconfig", __file__, "--serving-secret", "s", "--service", "s"]
_TLS = [*_OPEN, "--external-metrics-tls-key", __file__]


def test_nothing_that_asks_nobody_is_reached_from_elsewhere_unless_it_is_said_so() -> None:
    """Each listener is named with its remedies."""
    for flags, named in [
        (_TLS, "--external-metrics-access open"),
        ([*_TLS, "--external-metrics-access", "open"], "--api-credentials, or say --api-access open"),
    ]:
        result, _ = _read(*flags)
        assert isinstance(result.exception, SettingsError)
        assert named in str(result.exception)
    opened = _settings(*_TLS, "--external-metrics-access", "open", "--api-access", "open")
    assert (opened.external_metrics.access, opened.api.access) == ("open", "open")


def test_with_a_cluster_callers_are_checked_unless_told_otherwise() -> None:
    """Metrics and probes are open, and credentials of the JSON API come before."""
    settings = _settings(*_TLS, "--kubeconfig", __file__)
    addresses = (settings.external_metrics, settings.api, settings.ops)
    assert [each.access for each in addresses] == ["delegated", "delegated", "open"]
    assert _settings(*_TLS, "--kubeconfig", __file__, "--api-credentials", __file__).api.access == "open"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--config", "c", "--external-metrics-plain", "--api-access", "delegated"], "needs a cluster"),
        (["--config-map", "c", "--external-metrics-plain"], "--config-map: needs a cluster"),
        (["--external-metrics-plain"], "either as --config FILE or as --config-map NAME"),
        (["--config", "c", "--config-map", "c", "--kubeconfig", __file__, "--external-metrics-plain"], "either as"),
        (["--config", "c", "--kubeconfig", __file__, "--serving-secret", "s"], "--serving-secret needs --service"),
        (
            [
                "--config",
                "c",
                "--kubeconfig",
                __file__,
                "--serving-secret",
                "s",
                "--service",
                "s",
                "--external-metrics-plain",
            ],
            "--serving-secret contradict",
        ),
    ],
)
def test_options_about_the_cluster_that_do_not_go_together_are_named(flags: list[str], words: str) -> None:
    """Nothing is started."""
    result, _ = _read(*flags)
    assert isinstance(result.exception, SettingsError)
    assert words in str(result.exception)

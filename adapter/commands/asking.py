"""Asking a running `scaleahead serve`: where it is, what it is shown, and what its answers and silences mean."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final

import click
import requests
from rich.console import Console

from adapter.core.errors import ScaleaheadError
from adapter.ui.credentials import API_KEY_HEADER

_FAILED: Final = 2
_TIMEOUT_S: Final = 10.0
_PLAIN_WIDTH: Final = 160  # without a terminal, as in a pipe


class CannotAsk(ScaleaheadError):
    """The server gave no answer; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server and what it asks for."""

    url: str
    api_key: str | None = field(default=None, repr=False)

    def ask(self, path: str, **query: str) -> Mapping[str, Any]:
        """Return the JSON at a path below `/api/v1`.

        Raises:
            CannotAsk: nobody answers there, or not with what was asked for; says which.
        """
        url = f"{self.url.rstrip('/')}/api/v1/{path}"
        headers = {} if self.api_key is None else {API_KEY_HEADER: self.api_key}
        try:
            answer = requests.get(url, params=query, headers=headers, timeout=_TIMEOUT_S)
            body = answer.json()
        except requests.exceptions.JSONDecodeError:
            raise CannotAsk(f"{url} answers, but is no JSON API of scaleahead; check --url") from None
        except requests.RequestException as error:
            raise CannotAsk(f"{url} cannot be reached, is `scaleahead serve` running there? {_words(error)}") from error
        if not isinstance(body, dict) or not answer.ok:
            raise CannotAsk(_refusal(body) or f"{url} answers {answer.status_code}, and no words of scaleahead")
        return body


def asks_a_server(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where the server is, as its argument `server`; end it where none answers."""

    @click.option(
        "--url",
        default="http://127.0.0.1:8080",
        envvar="SCALEAHEAD_URL",
        show_default=True,
        show_envvar=True,
        help="Where the JSON API of `scaleahead serve` is.",
    )
    @click.option(
        "--api-key", envvar="SCALEAHEAD_API_KEY", show_envvar=True, help="One of its keys, if it asks for one."
    )
    @wraps(function)
    def asking(*, url: str, api_key: str | None, **arguments: object) -> None:
        try:
            function(server=Server(url=url, api_key=api_key), **arguments)
        except CannotAsk as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(_FAILED)

    return asking


def people_console() -> Console:
    """Return where to print what people read; wide enough where there is no terminal."""
    return Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)


def _words(error: requests.RequestException) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return str(reason or error).rpartition(": ")[2]


def _refusal(body: object) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""

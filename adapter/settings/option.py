"""How an option is written, a flag with its environment variable, and the error when some do not go together."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from adapter.core.errors import ScaleaheadError

Command = TypeVar("Command", bound=Callable[..., Any])


class SettingsError(ScaleaheadError):
    """Options that do not go together; nothing was started."""


FILE: Final = click.Path(exists=True, dir_okay=False, readable=True)


def option(flag: str, variable: str, **more: Any) -> Callable[[Command], Command]:  # noqa: ANN401 - click's
    """Return an option that can also be set by an environment variable, `SCALEAHEAD_` before its name."""
    shown = more.get("default") is not None
    return click.option(flag, envvar=f"SCALEAHEAD_{variable}", show_envvar=True, show_default=shown, **more)

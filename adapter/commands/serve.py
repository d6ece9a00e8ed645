"""`scaleahead serve`: read Prometheus, decide, and answer HPAs, KEDA and people, until told to stop."""

import asyncio
import logging
import sys

import click

from adapter.certificate_files import CertificateError
from adapter.cluster.api import ClusterConfigError
from adapter.core.errors import TuningError
from adapter.server import ListenError
from adapter.settings import SettingsError, read_settings, settings_options
from adapter.ui.credentials_file import CredentialsError
from adapter.wiring.log_output import configure_logging
from adapter.wiring.process import KedaListenError, run_process

_log = logging.getLogger(__name__)
_BUG, _USER_ERROR, _CANNOT_LISTEN = 1, 2, 3


@click.command("serve", context_settings={"max_content_width": 120})
@settings_options
def command(**given: object) -> None:
    """Serve HPAs and KEDA from a Prometheus, as a tuning document says.

    Exit code 0: stopped by SIGTERM or SIGINT. Exit code 2: the options or the tuning document are rejected.
    Exit code 3: a listener cannot listen, its port being taken for instance.
    """
    try:
        settings = read_settings(given)
        configure_logging(settings.log_format, settings.log_level)
        asyncio.run(run_process(settings))
    except (SettingsError, TuningError, CredentialsError, ClusterConfigError) as error:
        _end(error, code=_USER_ERROR)
    except (ListenError, CertificateError, KedaListenError) as error:
        _end(error, code=_CANNOT_LISTEN)
    except Exception:  # noqa: BLE001 - the edge of the process: a bug is logged like everything else
        _log.critical("stopped by an unexpected error, which is a bug of scaleahead", exc_info=True)
        sys.exit(_BUG)


def _end(error: Exception, *, code: int) -> None:
    click.echo(f"error: {error}", err=True)
    sys.exit(code)

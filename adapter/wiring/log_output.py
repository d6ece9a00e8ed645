"""Where log records go: one line each, to standard error."""

import logging
import sys
from typing import Final

from adapter.telemetry.logs import JsonFormatter, TextFormatter

_CHATTY: Final = ("uvicorn", "urllib3", "asyncio", "grpc")  # their news repeat ours, or are about each request


def configure_logging(form: str, level: str) -> None:
    """Send all log records to standard error.

    Args:
        form: `text` for people, `json` for machines.
        level: lowest level that is shown, such as `info`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)

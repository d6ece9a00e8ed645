"""The tuning document in a file, or in a ConfigMap mounted as one.

Contents are compared, not modification times: the kubelet updates a mounted ConfigMap by swapping the symbolic link
`..data`, and the path is opened anew at each refresh.

Source: Kubernetes, "Mounted ConfigMaps are updated automatically" (AtomicWriter in kubernetes/pkg/volume/util).
"""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Final

from adapter.cluster.tuning_keeper import MAX_BYTES, TuningKeeper, refuse
from adapter.core.errors import TuningError
from adapter.core.tuning import Tuning, TuningState

_EVERY_S: Final = 2.0


def read_document(path: str) -> bytes:
    """Return what a tuning document holds.

    Raises:
        TuningError: the file is missing or unreadable; with a single problem that says so.
    """
    try:
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        refuse(f"the file cannot be read: {reason}", file=path)


class TuningFile:
    """The tuning in force, kept up with a file.

    Raises:
        TuningError: on construction, when the document is rejected: there is no last good one to fall back on.
    """

    def __init__(self, path: str, *, presets: Collection[str], now: float) -> None:
        self._path = path
        self._keeper = TuningKeeper(read_document(path), file=path, presets=presets, now=now)

    def current(self) -> Tuning:
        """Return the last good tuning."""
        return self._keeper.current()

    @property
    def state(self) -> TuningState:
        """How the document stood at the last refresh."""
        return self._keeper.state

    async def arrival(self) -> None:
        """Return once it is time to look again."""
        await asyncio.sleep(_EVERY_S)

    def refresh(self, now: float) -> bool:
        """Read the file again and return whether another tuning is in force now.

        What is wrong with the file is no exception: see `state`.
        """
        try:
            content = read_document(self._path)
        except TuningError as error:
            self._keeper.reject(error, now=now)
            return False
        return self._keeper.take(content, now=now)

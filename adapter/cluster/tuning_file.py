"""The tuning document in a file, or in a ConfigMap mounted as one.

A rejected document never takes effect: the last good tuning stays in force, and the state says what is wrong.
Contents are compared, not modification times: the kubelet updates a mounted ConfigMap by swapping the symbolic link
`..data`, and the path is opened anew at each refresh.

Source: Kubernetes, "Mounted ConfigMaps are updated automatically" (AtomicWriter in kubernetes/pkg/volume/util).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from adapter.core.errors import Problem, TuningError
from adapter.core.tuning import Tuning, parse_tuning

_MAX_BYTES = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningState:
    """How the document stands; `digest` is that of the tuning in force, whatever the document says now."""

    valid: bool
    """Whether the document as it is now is the one in force."""
    digest: str
    since: float
    """Since when it has stood like this (valid, or wrong in this way), in seconds since the epoch."""
    problems: tuple[Problem, ...] = ()


def read_document(path: str) -> str:
    """Return the text of a tuning document.

    Raises:
        TuningError: the file is missing, unreadable, too large or not UTF-8; with a single problem that says so.
    """
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _refuse(f"the file cannot be read: {reason}", file=path)
    return decode_document(content, file=path)


def decode_document(content: bytes, *, file: str) -> str:
    """Return the text of bytes that must be UTF-8.

    Raises:
        TuningError: they are too many or no UTF-8, with the line of the first wrong byte.
    """
    if len(content) > _MAX_BYTES:
        _refuse(f"the file must not exceed {_MAX_BYTES:,} bytes", file=file)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        wrong = content[error.start]
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(f"the file must be UTF-8 text, byte 0x{wrong:02x} is not", file=file, line=line)


def _refuse(message: str, *, file: str, line: int = 0) -> NoReturn:
    problem = Problem(file=file, line=line, column=1 if line else 0, path="", given="", message=message)
    raise TuningError((problem,))


class TuningFile:
    """The tuning in force, kept up with a file.

    Raises:
        TuningError: on construction, when the document is rejected: there is no last good one to fall back on.
    """

    def __init__(self, path: str, *, presets: Collection[str], now: float) -> None:
        self._path = path
        self._presets = presets
        self._text = read_document(path)
        self._tuning = self._parse(self._text)
        self._state = TuningState(valid=True, digest=self._tuning.digest, since=now)

    def current(self) -> Tuning:
        """Return the last good tuning."""
        return self._tuning

    @property
    def state(self) -> TuningState:
        """How the document stood at the last refresh."""
        return self._state

    def refresh(self, now: float) -> bool:
        """Read the file again and return whether another tuning is in force now.

        What is wrong with the file is no exception: see `state`.
        """
        try:
            text = read_document(self._path)
            if text == self._text and self._state.valid:
                return False
            tuning = self._parse(text)
        except TuningError as error:
            self._note(replace(self._state, valid=False, problems=error.problems), now=now)
            return False
        changed = tuning.digest != self._tuning.digest
        self._text, self._tuning = text, tuning
        self._note(TuningState(valid=True, digest=tuning.digest, since=self._state.since), now=now)
        return changed

    def _parse(self, text: str) -> Tuning:
        return parse_tuning(text, file=self._path, presets=self._presets)

    def _note(self, state: TuningState, *, now: float) -> None:
        """Keep a state; its time moves only if something else about it did."""
        self._state = state if state == self._state else replace(state, since=now)

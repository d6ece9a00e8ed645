"""The tuning in force, and how the newest document stands; the same judgement wherever documents come from.

A rejected document never takes effect: the last good tuning stays in force, and the state says what is wrong. Pure but
for what it keeps. Must not know: where the bytes come from.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, NoReturn

from adapter.core.errors import Problem, TuningError
from adapter.core.tuning import Tuning, TuningState, parse_tuning

MAX_BYTES: Final = 16_000_000


def decode_document(content: bytes, *, file: str) -> str:
    """Return the text of bytes that must be UTF-8.

    Raises:
        TuningError: they are too many or no UTF-8, with the line of the first wrong byte.
    """
    if len(content) > MAX_BYTES:
        refuse(f"the file must not exceed {MAX_BYTES:,} bytes", file=file)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        wrong = content[error.start]
        line = content.count(b"\n", 0, error.start) + 1
        refuse(f"the file must be UTF-8 text, byte 0x{wrong:02x} is not", file=file, line=line)


def refuse(message: str, *, file: str, line: int = 0) -> NoReturn:
    """Raise the error of a document that cannot be read at all.

    Raises:
        TuningError: with a single problem.
    """
    problem = Problem(file=file, line=line, column=1 if line else 0, path="", given="", message=message)
    raise TuningError((problem,))


class TuningKeeper:
    """The tuning in force.

    Args:
        content: the first document.
        file: what problems call the document, a path or `ConfigMap namespace/name`.
        presets: names of the serving systems that exist.
        now: seconds since the epoch.

    Raises:
        TuningError: the first document is rejected: there is no last good one to fall back on.
    """

    def __init__(self, content: bytes, *, file: str, presets: Collection[str], now: float) -> None:
        self._file = file
        self._presets = presets
        self._content = content
        self._tuning = self._parse(content)
        self._state = TuningState(valid=True, digest=self._tuning.digest, since=now)

    def current(self) -> Tuning:
        """Return the last good tuning."""
        return self._tuning

    @property
    def state(self) -> TuningState:
        """How the newest document stands."""
        return self._state

    def take(self, content: bytes, *, now: float) -> bool:
        """Judge the newest document and return whether another tuning is in force now."""
        if content == self._content and self._state.valid:
            return False
        try:
            tuning = self._parse(content)
        except TuningError as error:
            self.reject(error, now=now)
            return False
        changed = tuning.digest != self._tuning.digest
        self._content, self._tuning = content, tuning
        self._note(TuningState(valid=True, digest=tuning.digest, since=self._state.since), now=now)
        return changed

    def reject(self, error: TuningError, *, now: float) -> None:
        """Take note that there is no usable document."""
        self._note(replace(self._state, valid=False, problems=error.problems), now=now)

    def _parse(self, content: bytes) -> Tuning:
        return parse_tuning(decode_document(content, file=self._file), file=self._file, presets=self._presets)

    def _note(self, state: TuningState, *, now: float) -> None:
        """Keep a state; its time moves only if something else about it did."""
        self._state = state if state == self._state else replace(state, since=now)

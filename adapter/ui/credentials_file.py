"""Credentials of the JSON API from a file, one a line.

Read once at start; a mounted Secret is the usual place. Errors never show what stands in the file.
"""

from adapter.core.errors import ScaleaheadError
from adapter.ui.credentials import Credentials

_FORMS = "`key KEY`, `bearer TOKEN` or `basic USER:PASSWORD`"


class CredentialsError(ScaleaheadError):
    """The file cannot be used; nothing is served."""


def read_credentials(path: str) -> Credentials:
    """Return what the lines of a file say; empty lines and lines that begin with # are skipped.

    Raises:
        CredentialsError: the file cannot be read, has a line of another form, or has none at all.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CredentialsError(f"--api-credentials: {path} cannot be read: {reason}") from error
    return parse_credentials(lines, file=path)


def parse_credentials(lines: list[str], *, file: str) -> Credentials:
    """Return what the lines say.

    Args:
        lines: as in the file.
        file: its name, for errors.

    Raises:
        CredentialsError: a line has another form, or there is none at all.
    """
    found: dict[str, list[str]] = {"key": [], "bearer": [], "basic": []}
    for number, line in enumerate(lines, start=1):
        form, _, secret = line.strip().partition(" ")
        if not form or form.startswith("#"):
            continue
        if form not in found or not secret.strip() or (form == "basic" and ":" not in secret):
            raise CredentialsError(f"{file}:{number}: must be {_FORMS}; nothing is served until it is")
        found[form].append(secret.strip())
    if not any(found.values()):
        raise CredentialsError(f"{file}: holds no credentials; lines are {_FORMS}")
    pairs = (pair.partition(":") for pair in found["basic"])
    return Credentials(
        api_keys=tuple(found["key"]),
        bearer_tokens=tuple(found["bearer"]),
        basic=tuple((user, password) for user, _, password in pairs),
    )

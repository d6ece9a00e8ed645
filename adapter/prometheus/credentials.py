"""How we prove who we are: credentials that are added to each request, and what a connection trusts.

Files are read at each use, because tokens rotate.
"""

from pathlib import Path

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from adapter.core.tuning.source import PrometheusAuth
from adapter.prometheus.failures import CredentialsUnreadable


def secure(session: requests.Session, auth: PrometheusAuth) -> None:
    """Set what the connections of a session trust, and the certificate they show."""
    session.verify = auth.ca_file or True
    if auth.client_certificate is not None:
        session.cert = (auth.client_certificate.cert_file, auth.client_certificate.key_file)


class Credentials(AuthBase):
    """Adds credentials to each request.

    Also used when there are none: requests would otherwise look for some in ~/.netrc.
    """

    def __init__(self, auth: PrometheusAuth) -> None:
        self._auth = auth

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with credentials."""
        for path in _tls_files(self._auth):
            _require(path)
        if self._auth.bearer_token_file is not None:
            request.headers["Authorization"] = f"Bearer {_secret(self._auth.bearer_token_file)}"
        elif self._auth.basic is not None:
            basic = self._auth.basic
            password = (
                basic.password.get_secret_value() if basic.password is not None else _secret(str(basic.password_file))
            )
            HTTPBasicAuth(basic.username.encode(), password.encode())(request)
        return request


def _tls_files(auth: PrometheusAuth) -> tuple[str, ...]:
    mine = auth.client_certificate
    own = () if mine is None else (mine.cert_file, mine.key_file)
    return own if auth.ca_file is None else (auth.ca_file, *own)


def _require(path: str) -> None:
    """Say which file is missing; requests itself raises a bare OSError."""
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise CredentialsUnreadable(f"the certificate file {path} cannot be read ({error.strerror})") from error


def _secret(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise CredentialsUnreadable(f"the credentials file {path} cannot be read ({reason})") from error

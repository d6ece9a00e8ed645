"""What can go wrong between us and a Prometheus, in one table: foreign error → our error and words for people.

Texts name the address, the query, what was wrong and what happens meanwhile. Credentials never appear: addresses are
shown without user information, and neither headers nor bodies of requests are quoted.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3.exceptions

from adapter.core.errors import SignalError, SignalMalformed, SignalUnavailable
from adapter.core.signal import MEANWHILE
from adapter.prometheus.transport import BodyTooLarge, DeadlinePassed

_LONGEST_QUOTE = 300  # characters of a query or of a server's words in one text


class AnswerTooLarge(SignalMalformed):
    """The answer is larger than allowed; a shorter range may fit."""


class AnswerRefused(requests.RequestException):
    """The server answered with a status other than success; carries its words.

    Args:
        status: HTTP status.
        kind: `errorType` of the answer, empty if it has none.
        words: what the server said, shortened.
    """

    def __init__(self, status: int, *, kind: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.kind = kind
        self.words = words


class AnswerUnreadable(requests.RequestException):
    """The server answered success with something that is no Prometheus answer."""


class CredentialsUnreadable(requests.RequestException):
    """A file with credentials cannot be read."""


# The most specific row wins: the first whose class is found on the error or on anything that caused it.
ERRORS: tuple[tuple[type[BaseException], type[SignalError], str], ...] = (
    (DeadlinePassed, SignalUnavailable, "{error}"),
    (BodyTooLarge, AnswerTooLarge, "{error}; raise {section}.maxBodyBytes or match fewer series"),
    (AnswerUnreadable, SignalMalformed, "{error}"),
    (CredentialsUnreadable, SignalUnavailable, "{error}"),
    (requests.exceptions.SSLError, SignalUnavailable, "TLS failed ({cause}); see {section}.auth.caFile"),
    (ssl.SSLError, SignalUnavailable, "TLS failed ({cause}); see {section}.auth"),
    (requests.exceptions.ProxyError, SignalUnavailable, "the proxy failed ({cause})"),
    (urllib3.exceptions.NameResolutionError, SignalUnavailable, "the host name cannot be resolved"),
    (ConnectionRefusedError, SignalUnavailable, "connection refused: nothing listens there"),
    (requests.exceptions.ConnectTimeout, SignalUnavailable, "no connection within the time-out"),
    (requests.exceptions.Timeout, SignalUnavailable, "no answer within the time-out"),
    (requests.exceptions.ChunkedEncodingError, SignalUnavailable, "the answer was cut off in the middle"),
    (requests.exceptions.ContentDecodingError, SignalMalformed, "the body cannot be decompressed"),
    (requests.exceptions.InvalidURL, SignalUnavailable, "the address is no valid URL"),
    (requests.exceptions.ConnectionError, SignalUnavailable, "the connection failed ({cause})"),
    (requests.exceptions.RequestException, SignalUnavailable, "the request failed ({cause})"),
    (urllib3.exceptions.HTTPError, SignalUnavailable, "the request failed ({cause})"),
    (OSError, SignalUnavailable, "the request failed ({cause})"),
)

# By HTTP status, then by the answer's errorType; the rest is unavailable.
_STATUSES = {
    401: "it refused our credentials; see {section}.auth",
    403: "our credentials do not permit this query; see {section}.auth",
    404: "there is no {offer} below this address; see {section}.url",
    429: "it has too many requests",
    503: "it is not ready, or the query was cut off there",
}
_MALFORMED_KINDS = ("bad_data", "execution")


def public_url(url: str) -> str:
    """Return an address without user information, query and fragment.

    Example:
        >>> public_url("https://me:secret@prom.example:9090/tenant?key=1")
        'https://prom.example:9090/tenant'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


def shorten(text: str) -> str:
    """Return the text on one line and not longer than a text for people may be."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Whom we asked, in words for people."""

    name: str
    offer: str
    """What there should be at its address."""
    section: str
    """Section of the tuning document that says how it is asked."""
    meanwhile: str = MEANWHILE
    """What happens while it does not answer."""


PROMETHEUS = Party(name="Prometheus", offer="Prometheus API", section="prometheus")


def translate(error: Exception, *, url: str, query: str, party: Party = PROMETHEUS) -> SignalError:
    """Return our error for a foreign one, to be raised from it.

    The query is a note on it and not part of its text, so that one outage reads the same for every query.

    Args:
        error: what a library raised.
        url: what was asked.
        query: what for.
        party: who was asked.
    """
    kind, words = _status(error) if isinstance(error, AnswerRefused) else _row(error)
    wrong = words.replace("{section}", party.section).replace("{offer}", party.offer)
    translated = kind(f"{party.name} at {public_url(url)}: {wrong}; {party.meanwhile}")
    translated.add_note(f"Query: {shorten(query)}")
    return translated


def _status(error: AnswerRefused) -> tuple[type[SignalError], str]:
    malformed = error.kind in _MALFORMED_KINDS
    wrong = _STATUSES.get(error.status, "it rejected the query" if malformed else "it failed")
    said = f": {error.kind + ': ' if error.kind else ''}{shorten(error.words)}" if error.words else ""
    return SignalMalformed if malformed else SignalUnavailable, f"{wrong} (HTTP {error.status}{said})"


def _row(error: Exception) -> tuple[type[SignalError], str]:
    chain = list(_causes(error))
    for foreign, ours, words in ERRORS:
        if any(isinstance(each, foreign) for each in chain):
            # Only our own errors are quoted: theirs may hold addresses with secrets.
            own = shorten(str(error)) if "{error}" in words else ""
            cause = type(chain[-1]).__name__
            return ours, words.replace("{error}", own).replace("{cause}", cause)
    raise error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, also where a library keeps that in arguments."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        wrapped = next((each for each in error.args if isinstance(each, BaseException)), None)
        error = getattr(error, "reason", None) or wrapped or error.__cause__ or error.__context__
        if not isinstance(error, BaseException):
            return

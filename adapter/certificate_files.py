"""Certificates in files, read again while running, so that a mounted Secret that is renewed takes effect.

Contents are compared, not times: the kubelet swaps a link, and cert-manager writes certificate and key together. A pair
that does not fit, such as one half written, changes nothing. Must not know: what is served.
"""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapter.core.errors import ScaleaheadError
from adapter.serving_tls import KeyPair, ServingTls

_log = logging.getLogger(__name__)
_EVERY_S: Final = 10.0


class CertificateError(ScaleaheadError):
    """The certificate files cannot be used; nothing is served with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """The PEM files of a serving certificate."""

    certificate: str
    """The chain, leaf first."""
    key: str

    def read(self) -> KeyPair:
        """Return what they hold.

        Raises:
            CertificateError: one cannot be read.
        """
        try:
            return KeyPair(certificate=Path(self.certificate).read_bytes(), key=Path(self.key).read_bytes())
        except OSError as error:
            raise CertificateError(f"certificate {self.certificate} with key {self.key}: {error}") from error

    def tls(self) -> ServingTls:
        """Return TLS with them.

        Raises:
            CertificateError: they cannot be read, or do not belong together.
        """
        try:
            return ServingTls(self.read())
        except OSError as error:  # ssl.SSLError is one
            raise CertificateError(
                f"certificate {self.certificate} with key {self.key} cannot be used: {error}"
            ) from error


class CertificateWatch:
    """Renews TLS from files.

    Args:
        files: the PEM files.
        tls: where they take effect.
        every_s: time between two looks, in seconds.
    """

    def __init__(self, files: CertificateFiles, tls: ServingTls, *, every_s: float = _EVERY_S) -> None:
        self._files = files
        self._tls = tls
        self._every_s = every_s
        self._told = ""

    async def run(self) -> None:
        """Keep up until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            self.refresh()

    def refresh(self) -> None:
        """Look once."""
        try:
            changed = self._tls.renew(pair=self._files.read())
        except (CertificateError, OSError) as error:
            if str(error) != self._told:
                _log.error("the certificate in use stays, the new one cannot be used: %s", error)
                self._told = str(error)
            return
        self._told = ""
        if changed:
            _log.info("certificate renewed from %s", self._files.certificate)

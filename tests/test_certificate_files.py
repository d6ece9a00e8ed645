"""Twin of adapter/certificate_files.py."""

import logging
from pathlib import Path

import pytest

from adapter.certificate_files import CertificateError, CertificateFiles, CertificateWatch
from tests.certificates import Authority

_CA = Authority.make("serving")


def _files(folder: Path) -> CertificateFiles:
    written = _CA.sign("localhost").write(folder)
    return CertificateFiles(certificate=str(written.certificate), key=str(written.key))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    """A missing file and a file of something else are both errors with the file's name."""
    path = tmp_path / "tls.crt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CertificateError, match=r"certificate .*tls\.crt"):
        CertificateFiles(certificate=str(path), key=str(path)).tls()


def test_new_files_take_effect_and_halves_do_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A fault is told once, and the renewal once."""
    files = _files(tmp_path)
    watch = CertificateWatch(files, files.tls())
    renewed = _CA.sign("localhost")
    Path(files.certificate).write_text(renewed.pem)
    with caplog.at_level(logging.INFO):
        watch.refresh()
        watch.refresh()
        Path(files.key).write_bytes(renewed.key_pem)
        watch.refresh()
        watch.refresh()
    assert [message.split(" ", 2)[1] for message in caplog.messages] == ["certificate", "renewed"]

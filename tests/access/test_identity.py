"""Twin of adapter/access/identity.py."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapter.access.identity import (
    Identity,
    authenticated,
    identity_from_certificate,
    identity_from_headers,
    without_identity_headers,
)
from adapter.access.trust import FrontProxy
from tests.certificates import Authority

_RULES = FrontProxy(
    username_headers=("X-Remote-User", "X-User"),
    group_headers=("X-Remote-Group",),
    extra_prefixes=("X-Remote-Extra-",),
    uid_headers=("X-Remote-Uid",),
)
_HEADERS = [
    (b"x-remote-user", b""),
    (b"x-user", b"jane"),
    (b"x-remote-group", b"a"),
    (b"x-remote-group", b""),
    (b"accept", b"*/*"),
    (b"x-remote-group", b"b"),
    (b"x-remote-extra-acme.com%2fscope", b"1"),
    (b"x-remote-extra-acme.com%2fscope", b"2"),
    (b"x-remote-uid", b"7"),
]


def test_the_first_name_that_is_not_empty_and_all_groups_count() -> None:
    """Extra names are decoded, and keep all their values."""
    assert identity_from_headers(_HEADERS, _RULES) == Identity(
        user="jane", uid="7", groups=("a", "b"), extra=(("acme.com/scope", ("1", "2")),)
    )


def test_without_a_name_there_is_nobody_and_unknown_headers_say_nothing() -> None:
    """Groups alone name nobody, and headers that the rules do not have are headers like any other."""
    assert identity_from_headers([(b"x-remote-group", b"system:masters")], _RULES) is None
    assert identity_from_headers(_HEADERS, FrontProxy()) is None


def test_headers_that_name_a_caller_are_taken_out() -> None:
    """The others stay in their order."""
    assert without_identity_headers(_HEADERS, _RULES) == [(b"accept", b"*/*")]


def test_a_certificate_without_a_common_name_names_nobody() -> None:
    """With one, its organisations are groups."""
    authority = Authority.make("ca")
    assert identity_from_certificate(authority.sign("").certificate) is None
    assert identity_from_certificate(authority.sign("joe", "x", "y").certificate) == Identity(
        user="joe", groups=("x", "y")
    )


def test_of_several_common_names_the_last_counts() -> None:
    """As in kube-apiserver: whoever approves requests for certificates reads that one."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in ("admin", "joe")]
    subject, now = x509.Name(names), datetime.now(UTC)
    certificate = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + timedelta(hours=1)).sign(
        key, hashes.SHA256()
    )
    assert identity_from_certificate(certificate) == Identity(user="joe")


def test_everyone_known_is_in_the_group_of_the_known_once() -> None:
    """Twice adds nothing."""
    once = authenticated(Identity(user="joe"))
    assert once.groups == ("system:authenticated",)
    assert authenticated(once) == once

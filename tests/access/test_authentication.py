"""Twin of adapter/access/authentication.py; over sockets in tests/integration/serve/test_security.py."""

import time
from dataclasses import dataclass, field

import pytest

from adapter.access.authentication import Authenticator, Unauthenticated
from adapter.access.identity import ANONYMOUS, Identity
from adapter.access.reviews import ReviewUnavailable
from adapter.access.trust import NOBODY, FrontProxy, Trust
from tests.certificates import Authority, Signed
from tests.factories import FixedClock

_PROXIES, _CLIENTS = Authority.make("proxies"), Authority.make("clients")
_TRUST = Trust(
    front_proxy=FrontProxy(
        cas=(_PROXIES.certificate,), allowed_names=("proxy",), username_headers=("X-User",), group_headers=("X-Group",)
    ),
    client_cas=(_CLIENTS.certificate,),
)
_SAYS_JANE = [(b"x-user", b"jane"), (b"x-group", b"a")]


@dataclass
class _Tokens:
    """Knows one token."""

    asked: list[str] = field(default_factory=list)
    down: bool = False

    async def review_token(self, token: str) -> Identity | None:
        self.asked.append(token)
        if self.down:
            raise ReviewUnavailable("down")
        return Identity(user="robot") if token == "good" else None


@dataclass
class _Believed:
    """Trusts as it is told."""

    trust: Trust = _TRUST

    def current(self) -> Trust:
        return self.trust


async def _identify(
    *shown: Signed,
    headers: list[tuple[bytes, bytes]] | None = None,
    trust: Trust = _TRUST,
    tokens: _Tokens | None = None,
) -> Identity:
    authenticator = Authenticator(_Believed(trust), tokens or _Tokens(), FixedClock(at=time.time()))
    return await authenticator.identify(headers or [], tuple(each.certificate for each in shown))


async def test_the_front_proxy_comes_before_its_own_certificate() -> None:
    """If it names nobody, and its CA is one of clients too, it is itself."""
    proxy = _PROXIES.sign("proxy", "o")
    both = Trust(front_proxy=_TRUST.front_proxy, client_cas=_TRUST.front_proxy.cas)
    assert (await _identify(proxy, headers=_SAYS_JANE, trust=both)).user == "jane"
    assert (await _identify(proxy, trust=both)).user == "proxy"


async def test_a_token_counts_where_the_certificate_does_not() -> None:
    """An error of one way does not end the chain."""
    foreign = Authority.make("foreign").sign("x")
    found = await _identify(foreign, headers=[(b"authorization", b"Bearer good")])
    assert found == Identity(user="robot", groups=("system:authenticated",))


async def test_what_nobody_recognises_is_refused_with_the_reasons() -> None:
    """Not taken for anonymous: the caller believes to be somebody."""
    with pytest.raises(Unauthenticated, match=r'certificate of "other" is neither .*its name is none of proxy.*client'):
        await _identify(_PROXIES.sign("other"), headers=_SAYS_JANE)
    with pytest.raises(Unauthenticated, match="the bearer token is not valid"):
        await _identify(headers=[(b"authorization", b"bearer bad")])


async def test_who_shows_nothing_is_anonymous() -> None:
    """Basic authentication is nothing here."""
    assert await _identify(headers=[*_SAYS_JANE, (b"authorization", b"Basic x")]) == ANONYMOUS


async def test_while_no_trust_is_known_no_certificate_counts() -> None:
    """Least of all the front proxy's."""
    with pytest.raises(Unauthenticated, match="no CA is known"):
        await _identify(_PROXIES.sign("proxy"), headers=_SAYS_JANE, trust=NOBODY)


async def test_an_endless_token_is_not_even_asked_about() -> None:
    """Nobody has one."""
    tokens = _Tokens()
    with pytest.raises(Unauthenticated):
        await _identify(headers=[(b"authorization", b"Bearer " + b"x" * 20_000)], tokens=tokens)
    assert tokens.asked == []


async def test_a_token_that_cannot_be_reviewed_lets_nobody_in() -> None:
    """It is told apart from a wrong one."""
    with pytest.raises(ReviewUnavailable):
        await _identify(headers=[(b"authorization", b"Bearer good")], tokens=_Tokens(down=True))

"""The ports through which a cluster is asked who somebody is and what they may do: Protocols only."""

from dataclasses import dataclass
from typing import Protocol

from adapter.access.attributes import Access
from adapter.access.identity import Identity
from adapter.access.trust import Trust
from adapter.core.errors import ScaleaheadError


class ReviewUnavailable(ScaleaheadError):
    """The cluster does not say; nobody gets in on that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May somebody do something?"""

    identity: Identity
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether they may, and why in the words of whoever decided."""

    allowed: bool
    reason: str = ""


class TokenReviewer(Protocol):
    """Who knows bearer tokens."""

    async def review_token(self, token: str) -> Identity | None:
        """Return who a token belongs to, None if to nobody.

        Raises:
            ReviewUnavailable: the cluster does not say.
        """
        ...


class AccessReviewer(Protocol):
    """Who knows rights."""

    async def review_access(self, question: Question) -> Answer:
        """Return whether somebody may do something.

        Raises:
            ReviewUnavailable: the cluster does not say.
        """
        ...


class TrustReader(Protocol):
    """Who knows whose certificates are believed."""

    def current(self) -> Trust:
        """Return the trust of now; `trust.NOBODY` while it is not known."""
        ...

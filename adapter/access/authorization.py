"""May they: the cluster's own rules decide, asked with a SubjectAccessReview.

Fails closed: without an answer nobody gets in. Members of `system:masters` are not asked about, as everywhere in
Kubernetes; the aggregation layer probes as one of them, also while kube-apiserver cannot answer us.

Source: `k8s.io/apiserver/pkg/server/options/authorization.go`.
"""

from typing import Final, Protocol

from adapter.access.attributes import Access
from adapter.access.identity import MASTERS, Identity
from adapter.access.recent import Recent
from adapter.access.reviews import AccessReviewer, Answer, Question
from adapter.ports import Clock

_LONGEST_REMEMBERED: Final = 10_000


class Gate(Protocol):
    """Who decides whether somebody may do something."""

    async def check(self, identity: Identity, access: Access) -> Answer:
        """Return whether they may.

        Raises:
            ReviewUnavailable: nobody says.
        """
        ...


class Authorizer:
    """The gate that asks the cluster.

    Args:
        reviewer: knows rights.
        clock: tells how old answers are.
    """

    def __init__(self, reviewer: AccessReviewer, clock: Clock) -> None:
        self._reviewer = reviewer
        self._recent: Recent[Question, Answer] = Recent(clock)

    async def check(self, identity: Identity, access: Access) -> Answer:
        """Return whether they may; see `Gate`."""
        if MASTERS in identity.groups:
            return Answer(allowed=True, reason=f"member of {MASTERS}")
        question = Question(identity=identity, access=access)
        if len(repr(question)) > _LONGEST_REMEMBERED:  # callers choose the text, so it could fill our memory
            return await self._reviewer.review_access(question)
        return await self._recent.get(question, lambda: self._reviewer.review_access(question))

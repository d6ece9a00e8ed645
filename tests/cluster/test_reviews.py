"""Twin of adapter/cluster/reviews.py; what is asked for in tests/integration/serve/test_security.py."""

import asyncio
from pathlib import Path

import pytest

from adapter.access.attributes import PathAccess
from adapter.access.identity import Identity
from adapter.access.reviews import Answer, Question, ReviewUnavailable
from adapter.cluster.api import KubernetesClient, connect
from adapter.cluster.reviews import ClusterReviews
from tests.kube_api import KubeApiServer

_QUESTION = Question(identity=Identity(user="jane", groups=("a",)), access=PathAccess(verb="get", path="/metrics"))


async def test_who_a_token_belongs_to_is_what_the_cluster_says(kube: KubeApiServer, api: KubernetesClient) -> None:
    """None of the user's fields has to be there, but a name."""
    reviews = ClusterReviews(api)
    kube.tokens = {
        "full": {"username": "u", "uid": "1", "groups": ["g"], "extra": {"k": ["v"]}},
        "no-name": {"uid": "1"},
    }
    assert await reviews.review_token("full") == Identity(user="u", uid="1", groups=("g",), extra=(("k", ("v",)),))
    assert await reviews.review_token("no-name") is None
    assert await reviews.review_token("unknown") is None


async def test_only_what_is_allowed_is_allowed(kube: KubeApiServer, api: KubernetesClient) -> None:
    """With the reason if not."""
    reviews = ClusterReviews(api)
    assert await reviews.review_access(_QUESTION) == Answer(allowed=False, reason="no rule allows it")
    kube.allows = lambda spec: (
        spec
        == {
            "user": "jane",
            "groups": ["a"],
            "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
        }
    )
    assert await reviews.review_access(_QUESTION) == Answer(allowed=True)


async def test_without_an_answer_there_is_no_right(kube: KubeApiServer, api: KubernetesClient) -> None:
    """A refusal to review is none either."""
    kube.down = True
    with pytest.raises(ReviewUnavailable, match="subjectaccessreviews: kube-apiserver answered 503"):
        await ClusterReviews(api).review_access(_QUESTION)


async def test_nobody_waits_longer_than_the_limit(kube: KubeApiServer, api: KubernetesClient) -> None:
    """Neither for an answer, nor for one's turn while others wait; the HPA has few workers to stand there."""
    kube.delay_s = 0.8
    reviews = ClusterReviews(api, limit_s=0.1)
    asked = [asyncio.create_task(reviews.review_token(f"t-{each}")) for each in range(40)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert {str(each) for each in found} == {"tokenreviews: no answer within 0.1 s"}


async def test_who_is_not_there_gives_no_right_either(kube: KubeApiServer, tmp_path: Path) -> None:
    """After a few tries."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kube.kubeconfig().replace(kube.url, "http://127.0.0.1:9"))
    async with await connect(str(kubeconfig)) as nobody:
        with pytest.raises(ReviewUnavailable, match="subjectaccessreviews: kube-apiserver does not answer"):
            await ClusterReviews(nobody, pause_s=0.0).review_access(_QUESTION)

"""The gateway or activator that holds requests for a workload without replicas, read directly.

Only operators name its address: definitions inline in a ScaledObject have no key for it.
"""

from typing import Annotated

from pydantic import Field

from adapter.core.tuning.fields import Duration, Note, Section
from adapter.core.tuning.source import BaseUrl, PrometheusAuth


class GatewayTuning(Section):
    """A metrics page that shows what waits, between two scrapes of it."""

    url: BaseUrl | None = Field(
        default=None,
        description="Address of the metrics page itself, such as http://epp.llm:9090/metrics; nothing is read without.",
    )
    auth: PrometheusAuth = Field(default=PrometheusAuth(), description="Credentials and certificates.")
    timeout: Annotated[Duration, Field(gt=0, le=5)] = Field(
        default=1.0, description="Total time for one look, body included."
    )
    max_body_bytes: Annotated[int, Field(ge=10_000, le=200_000_000), Note(unit="bytes")] = Field(
        default=10_000_000, description="Largest page that is read; a larger one is an error."
    )

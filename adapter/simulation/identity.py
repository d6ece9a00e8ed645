"""Names under which a simulated fleet appears in Prometheus."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Names and the start of time. Pods are named as a Deployment would name them."""

    namespace: str = "llm"
    workload: str = "llama-8b"
    """Name of the Deployment."""
    model: str = "meta-llama/Llama-3.1-8B-Instruct"
    started_at: float = 0.0
    """Unix time of the fleet's second 0."""

    @property
    def pool(self) -> str:
        """Return the name of the inference pool of the endpoint picker."""
        return f"{self.workload}-pool"

    @property
    def replica_set(self) -> str:
        """Return the name of the Deployment's only ReplicaSet."""
        return f"{self.workload}-5d9c7f6b48"

    def pod_name(self, serial: int) -> str:
        """Return the name of the pod that was created as number `serial`.

        Example:
            >>> Identity().pod_name(12)
            'llama-8b-5d9c7f6b48-00012'
        """
        return f"{self.replica_set}-{serial:05d}"

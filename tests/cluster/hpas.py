"""HPAs as kube-apiserver answers them: one of one's own, and one that KEDA has made."""

from typing import Any


def own_hpa(name: str = "chat-hpa", *, workload: str = "chat", namespace: str = "llm", **spec: Any) -> dict[str, Any]:
    """Return an HPA on our metric, whose selector names a workload."""
    return {
        "metadata": {"name": name, "namespace": namespace, "resourceVersion": "7"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": workload, "apiVersion": "apps/v1"},
            "minReplicas": 2,
            "maxReplicas": 12,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": "scaleahead-replicas", "selector": {"matchLabels": {"workload": workload}}},
                        "target": {"type": "AverageValue", "averageValue": "1"},
                    },
                }
            ],
            **spec,
        },
        "status": {"currentReplicas": 3, "desiredReplicas": 3},
    }


def keda_hpa(scaled_object: str = "chat", *, target: str = "chat", namespace: str = "llm") -> dict[str, Any]:
    """Return the HPA of a ScaledObject with an external trigger."""
    found = own_hpa(f"keda-hpa-{scaled_object}", workload=target, namespace=namespace)
    found["spec"]["minReplicas"] = 1
    found["spec"]["metrics"][0]["external"]["metric"] = {
        "name": "s0-scaleahead-replicas",
        "selector": {"matchLabels": {"scaledobject.keda.sh/name": scaled_object}},
    }
    return found

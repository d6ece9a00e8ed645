"""JSON shapes of `external.metrics.k8s.io/v1beta1`: a metric's value list, and the Status that carries an error.

Pure: values in, plain dictionaries out. Must not know where values come from or how they are asked for.

Source: `k8s.io/metrics/pkg/apis/external_metrics/v1beta1/types.go`, `k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.
"""

from datetime import UTC, datetime
from typing import Final

from adapter.core.metric import MetricValue
from adapter.core.units import format_quantity
from adapter.core.workload import WorkloadId

GROUP: Final = "external.metrics.k8s.io"
VERSION: Final = "v1beta1"
GROUP_VERSION: Final = f"{GROUP}/{VERSION}"
LIST_KIND: Final = "ExternalMetricValueList"

WORKLOAD_LABEL: Final = "workload"
NAMESPACE_LABEL: Final = "namespace"

_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def labels_of(workload: WorkloadId) -> dict[str, str]:
    """Return the labels that selectors are matched against and that answers carry."""
    return {WORKLOAD_LABEL: workload.name, NAMESPACE_LABEL: workload.namespace}


def value_list(metric_name: str, *, workload: WorkloadId, value: MetricValue) -> dict[str, object]:
    """Return the list document with exactly one item: the HPA adds up all items.

    Args:
        metric_name: name as it was asked for.
        workload: whose value it is.
        value: a finite number; see `adapter.core.metric`.

    Raises:
        ValueError: the value is NaN, infinite or beyond 1e12.
    """
    item = {
        "metricName": metric_name,
        "metricLabels": labels_of(workload),
        "timestamp": timestamp(value.at),
        "window": 0,  # an instantaneous value
        "value": format_quantity(value.value),
    }
    return {"kind": LIST_KIND, "apiVersion": GROUP_VERSION, "metadata": {}, "items": [item]}


def timestamp(at: float) -> str:
    """Return a time as Kubernetes writes it: UTC, whole seconds.

    Args:
        at: seconds since epoch; fractions are cut.

    Example:
        >>> timestamp(1787220000.9)
        '2026-08-20T10:00:00Z'
    """
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(code: int, *, message: str) -> dict[str, object]:
    """Return the Status document of a failure.

    Args:
        code: HTTP status, 400 or above; the reply must carry the same.
        message: shown verbatim in the events of the HPA: what is wrong and what to write instead, free of secrets.
    """
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": _REASONS.get(code, "Unknown"),
        "code": code,
    }

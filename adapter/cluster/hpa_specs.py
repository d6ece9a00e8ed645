"""HPAs in the JSON of `autoscaling/v2` → the specs that values are shaped for, and whose they are. Pure.

An HPA of one's own names its workload in the selector of the external metric, `workload=NAME`. KEDA's HPAs select by
their ScaledObject, which has the workload's name or scales its target.

What an HPA does not say is filled in as the controller does: a window of 300 s for scaling down, none for scaling up.
One without `behavior` is taken for one with these defaults, which allow four more pods at a time where it would allow
four in all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from adapter.cluster.api import Json
from adapter.core.hpa_behavior import DOWNSCALE_STABILIZATION_S
from adapter.core.metric import Metric
from adapter.core.seen_hpa import SeenHpa
from adapter.core.tuning import HpaTuning, TunedWorkload
from adapter.core.workload import WorkloadId

_OURS: Final = (Metric.REPLICAS, Metric.DEMAND)
_WORKLOAD: Final = "workload"
_SCALED_OBJECT: Final = "scaledobject.keda.sh/name"
_MILLI = {"m": 1e-3, "u": 1e-6, "n": 1e-9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An HPA of ours that cannot be understood."""

    name: str
    reason: str


def find_hpas(
    items: Iterable[Json], workloads: Sequence[TunedWorkload]
) -> tuple[dict[WorkloadId, SeenHpa], tuple[Unread, ...]]:
    """Return the HPA of each workload that has one, and those that cannot be understood.

    Where several read the same workload, the first by name counts: they would fight over its replicas anyway.

    Args:
        items: HPAs of any namespace, other people's among them.
        workloads: that may have one.
    """
    known = {each.workload.id: each for each in workloads}
    found: dict[WorkloadId, SeenHpa] = {}
    unread = []
    for item in sorted(items, key=_name):
        metric = next(_metrics(item), None)
        owner = None if metric is None else _owner(item, metric, known)
        if metric is None or owner is None or owner in found:
            continue
        try:
            found[owner] = SeenHpa(name=_name(item), spec=_spec(item["spec"], metric))
        except (ValidationError, ValueError, TypeError, LookupError, AttributeError) as error:
            unread.append(Unread(name=_name(item), reason=" ".join(str(error).split())[:300]))
    return found, tuple(unread)


def _name(item: Json) -> str:
    meta = item.get("metadata") or {}
    return f"{meta.get('namespace', '')}/{meta.get('name', '')}"


def _metrics(item: Json) -> Iterator[Json]:
    """Yield the external metrics that are ours and decide on replicas; KEDA's have a number in front, such as `s0-`."""
    for metric in (item.get("spec") or {}).get("metrics") or ():
        external = metric.get("external") or {}
        name = str((external.get("metric") or {}).get("name", ""))
        if any(name == ours or name.endswith(f"-{ours}") for ours in _OURS):
            yield external


def _owner(item: Json, metric: Json, known: Mapping[WorkloadId, TunedWorkload]) -> WorkloadId | None:
    namespace = str((item.get("metadata") or {}).get("namespace", ""))
    labels = ((metric.get("metric") or {}).get("selector") or {}).get("matchLabels") or {}
    if _SCALED_OBJECT not in labels:
        wanted = WorkloadId(namespace, str(labels.get(_WORKLOAD, "")))
        return wanted if wanted in known else None
    wanted = WorkloadId(namespace, str(labels[_SCALED_OBJECT]))
    if wanted in known:
        return wanted
    return next((key for key, each in known.items() if key.namespace == namespace and _scales(item, each)), None)


def _scales(item: Json, each: TunedWorkload) -> bool:
    target = (item.get("spec") or {}).get("scaleTargetRef") or {}
    return (target.get("kind"), target.get("name")) == (each.workload.target.kind.value, each.workload.target.name)


def _spec(spec: Json, metric: Json) -> HpaTuning:
    """Return what a spec says.

    Raises:
        ValueError: it is none; the same for ValidationError and others of the sort.
    """
    behavior = spec.get("behavior") or {}
    up, down = behavior.get("scaleUp") or {}, behavior.get("scaleDown") or {}
    keda = _SCALED_OBJECT in (((metric.get("metric") or {}).get("selector") or {}).get("matchLabels") or {})
    return HpaTuning.model_validate(
        {
            "target": (metric.get("target") or {})["type"],
            "min": None if keda else spec.get("minReplicas", 1),  # KEDA itself goes below it, to zero
            "max": spec["maxReplicas"],
            "tolerance_up": _quantity(up.get("tolerance")),
            "tolerance_down": _quantity(down.get("tolerance")),
            "scale_up": _rules(up, window_s=0.0),
            "scale_down": _rules(down, window_s=DOWNSCALE_STABILIZATION_S),
        }
    )


def _rules(rules: Json, *, window_s: float) -> dict[str, Any]:
    window = rules.get("stabilizationWindowSeconds")
    return {
        "select": rules.get("selectPolicy"),
        "window": float(window_s if window is None else window),
        "policies": [
            {"type": each["type"], "value": each["value"], "period": float(each["periodSeconds"])}
            for each in rules.get("policies") or ()
        ],
    }


def _quantity(value: object) -> float | None:
    """Return a Kubernetes quantity below 1, such as `0.05` or `50m`."""
    if value is None:
        return None
    text = str(value)
    scale = _MILLI.get(text[-1:], 1.0)
    return float(text.rstrip("mun")) * scale

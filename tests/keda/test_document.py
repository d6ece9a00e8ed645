"""The page about KEDA is true."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from adapter.core.metric import RAW_SIGNALS, Metric
from adapter.core.tuning import WorkloadTuning
from adapter.core.workload import WorkloadId
from adapter.keda.keys import PATHS, PLAIN_KEYS
from adapter.keda.metadata import parse_trigger
from adapter.keda.status import CODES
from adapter.prometheus.preset import preset_names

_PAGE = (Path(__file__).parents[2] / "docs" / "keda.md").read_text()


def _first_column(heading: str) -> set[str]:
    """Return what stands in backquotes in the first column of the table below a heading."""
    section = _PAGE.split(f"## {heading}\n", maxsplit=1)[1].split("\n## ", maxsplit=1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_key_is_in_the_table() -> None:
    """And nothing else."""
    assert _first_column("Keys of `metadata`") == {*PLAIN_KEYS, *PATHS}


def test_every_metric_is_in_the_table() -> None:
    """The forecast twins are described in a sentence."""
    assert _first_column("Metrics") == {Metric.REPLICAS, Metric.DEMAND, *RAW_SIGNALS}


def test_every_status_is_in_the_table() -> None:
    """Besides the errors of the scaler there is the time limit."""
    assert _first_column("When something is missing") == {*(code.name for code in CODES.values()), "DEADLINE_EXCEEDED"}


def test_the_example_is_accepted_as_it_stands() -> None:
    """It defines a workload, without a warning."""
    example = YAML(typ="safe").load(_PAGE.split("```yaml\n")[1].split("```")[0])
    name, (trigger,) = example["metadata"], example["spec"]["triggers"]
    asked = parse_trigger(
        WorkloadId(name["namespace"], name["name"]),
        trigger["metadata"],
        defaults=WorkloadTuning(),
        presets=preset_names(),
    )
    assert asked.warnings == ()
    assert asked.definition is not None
    bounds = asked.definition.workload.bounds
    assert (bounds.min, bounds.max) == (example["spec"]["minReplicaCount"], example["spec"]["maxReplicaCount"])


def test_defaults_in_the_table_are_those_of_the_models() -> None:
    """Written out in a ScaledObject they change nothing; the quantile is 0.9 where neither it nor prices are set."""
    stated = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", _PAGE, flags=re.MULTILINE))
    keys = {key: text for key, text in stated.items() if key in PATHS}
    assert keys.pop("quantile") == "0.9"
    assert set(keys) == {"scaleTargetKind", "minReplicas", "maxReplicas", "leadTime", "margin", "concurrency", "mode"}
    metadata = {"preset": "vllm", **keys}
    asked = parse_trigger(WorkloadId("prod", "llama"), metadata, defaults=WorkloadTuning(), presets=preset_names())
    assert asked.definition is not None
    assert asked.definition.tuning == WorkloadTuning()

"""What kubectl makes of the manifests."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "manifests"
GOLDEN = Path(__file__).parent / "golden"
OVERLAYS = tuple(sorted(path.name for path in (MANIFESTS / "overlays").iterdir()))
COMPONENTS = tuple(sorted(path.name for path in (MANIFESTS / "components").iterdir()))

Json = dict[str, Any]


@cache
def rendered(folder: Path) -> str:
    """Return the text that `kubectl kustomize` prints for a folder."""
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(folder: Path) -> list[Json]:
    """Return the objects of a folder."""
    return [each for each in yaml.safe_load_all(rendered(folder)) if each]


def overlay(name: str) -> list[Json]:
    """Return the objects of an overlay."""
    return objects(MANIFESTS / "overlays" / name)


def one(found: list[Json], kind: str, name: str) -> Json:
    """Return the object of a kind and name."""
    [item] = [each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return item


def container(found: list[Json]) -> Json:
    """Return the container of our Deployment."""
    [only] = one(found, "Deployment", "scaleahead")["spec"]["template"]["spec"]["containers"]
    return dict(only)


def environment(found: list[Json]) -> dict[str, str]:
    """Return the variables of our container; those from fields have the field's name."""
    variables = container(found)["env"]
    return {each["name"]: each.get("value") or each["valueFrom"]["fieldRef"]["fieldPath"] for each in variables}

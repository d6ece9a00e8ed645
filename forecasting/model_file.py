"""Read and write the pooled model: a compressed numpy archive with its training record inside."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from forecasting.pooled import Network, PooledModel

FORMAT = 1
"""Version of the file's layout; a file of another version is refused."""

_SHIPPED = "pooled_model.npz"


@cache
def shipped_model() -> PooledModel:
    """Return the model that comes with the package, read once and never changed."""
    with files("forecasting").joinpath(_SHIPPED).open("rb") as stream, np.load(stream) as archive:
        return _from_arrays(dict(archive))


def load_model(path: Path) -> PooledModel:
    """Return the model stored at `path`.

    Raises:
        ValueError: the file is something else, or has another layout; names it and what is read.
    """
    try:
        with np.load(path) as archive:
            arrays = dict(archive)
    except (OSError, EOFError, ValueError, AttributeError, TypeError, BadZipFile) as error:
        raise ValueError(f"{path} is no pooled model: expected a file that `make train` wrote") from error
    if "format" not in arrays:
        raise ValueError(f"{path} is no pooled model, but an archive of {sorted(arrays)}")
    return _from_arrays(arrays)


def training_record(path: Path) -> dict[str, object]:
    """Return what is written in the model file about its training: data, days, seed, samples, losses."""
    with np.load(path) as archive:
        record: dict[str, object] = json.loads(str(archive["record"]))
        return record


def save_model(path: Path, model: PooledModel, record: dict[str, object]) -> None:
    """Write `model` and the record of its training to `path`."""
    arrays = {"centre": model.centre, "spread": model.spread, "format": np.array(FORMAT)}
    arrays["record"] = np.array(json.dumps(record, sort_keys=True))
    for i, network in enumerate(model.networks):
        for j in range(3):
            arrays[f"weight_{i}_{j}"], arrays[f"offset_{i}_{j}"] = network.weights[j], network.offsets[j]
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def _from_arrays(arrays: dict[str, np.ndarray]) -> PooledModel:
    found = int(arrays["format"])
    if found != FORMAT:
        raise ValueError(f"model file has format {found}, this package reads format {FORMAT}: train it again")
    networks: list[Network] = []
    while f"weight_{len(networks)}_0" in arrays:
        i = len(networks)
        networks.append(
            Network(
                weights=(arrays[f"weight_{i}_0"], arrays[f"weight_{i}_1"], arrays[f"weight_{i}_2"]),
                offsets=(arrays[f"offset_{i}_0"], arrays[f"offset_{i}_1"], arrays[f"offset_{i}_2"]),
            )
        )
    return PooledModel(centre=arrays["centre"], spread=arrays["spread"], networks=tuple(networks))

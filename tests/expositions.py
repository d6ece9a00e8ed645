"""Expositions of real serving systems as scrape targets: text, and the target labels from its `# scrape:` line."""

import re
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "fixtures" / "expositions"
_SETTINGS = ("job", "instance", "metrics_path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposition:
    """What one endpoint returns, and how it is labelled when scraped."""

    text: str
    job: str
    labels: dict[str, str]


def load_exposition(*names: str) -> Exposition:
    """Return the exposition of the files, which belong to one endpoint."""
    texts = [(_FOLDER / f"{name}.prom").read_text() for name in names]
    found = dict(re.findall(r'(\w+)="([^"]*)"', texts[0].splitlines()[0]))
    labels = {label: value for label, value in found.items() if label not in _SETTINGS}
    return Exposition(text="".join(texts), job=found["job"], labels=labels)

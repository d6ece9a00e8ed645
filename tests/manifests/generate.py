"""Renders the overlays again: `python -m tests.manifests.generate`."""

from tests.manifests.rendered import GOLDEN, MANIFESTS, OVERLAYS, rendered

if __name__ == "__main__":
    for name in OVERLAYS:
        (GOLDEN / f"{name}.yaml").write_text(rendered(MANIFESTS / "overlays" / name), encoding="utf-8")

"""The project's own files agree with one another: lock and dependencies, make targets, changelog and version."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
_LOCK = (_ROOT / "requirements.lock").read_text()
_LOCKED_EXTRAS = ("sim", "dev")
_LOCKED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)", re.MULTILINE)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared() -> Iterator[str]:
    extras = _PROJECT["optional-dependencies"]
    for requirement in chain(_PROJECT["dependencies"], *(extras[extra] for extra in _LOCKED_EXTRAS)):
        yield _normal(re.split(r"[\[<>=!~; ]", requirement)[0])


def test_every_declared_dependency_is_locked() -> None:
    """What pyproject.toml asks for is pinned; `make update` pins what was added."""
    locked = {_normal(one["name"]) for one in _LOCKED.finditer(_LOCK)}
    assert set(_declared()) - locked == set()


def test_every_locked_version_carries_hashes() -> None:
    """An install refuses an archive that is not one of those locked."""
    entries = re.split(r"\n(?=\S)", _LOCK.strip())
    assert len(entries) == len(_LOCKED.findall(_LOCK))
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    "trace", ["://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host", "/tmp", "/home"]
)
def test_the_lock_names_no_place(trace: str) -> None:
    """The lock holds on every machine: no addresses, no options, no paths."""
    assert trace not in _LOCK


def test_changelog_starts_with_unreleased() -> None:
    """Changes that no release carries yet come first."""
    headings = re.findall(r"^## (.*)$", (_ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "envtest", "soak", "update"])
def test_make_help_explains_the_target(target: str) -> None:
    """Every target a person would call is listed with a sentence."""
    listed = subprocess.run(["make", "help"], cwd=_ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE)


@pytest.mark.parametrize("script", sorted((_ROOT / ".ci").iterdir()), ids=lambda path: path.name)
def test_scripts_are_executable_and_parse(script: Path) -> None:
    """The shell accepts each script and the file mode lets make call it."""
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o111 == 0o111


def test_missing_program_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    """Where neither apt-get nor the program exists, set-up fails and says what to do."""
    bash = "/bin/bash"
    outcome = subprocess.run(
        [bash, ".ci/debian-packages", "the program prometheus", "prometheus"],
        cwd=_ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert "Missing: the program prometheus." in outcome.stderr
    assert "sudo apt-get install prometheus" in outcome.stderr.replace("sudo apt-get update && ", "")

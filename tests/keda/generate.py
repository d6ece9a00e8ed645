"""Generate `adapter/keda/_generated` from the proto file: `python -m tests.keda.generate`.

The proto is given the path of the generated package, so that the generated modules import each other from there.
"""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
PACKAGE = Path("adapter/keda/_generated")
_PROTO = Path("adapter/keda/proto")
_NAME = "externalscaler.proto"


def generate(into: Path) -> None:
    """Write the Python modules and their type stubs below a folder, at the package's path."""
    plugins = Path(sys.executable).parent
    arguments = [
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--proto_path={PACKAGE}={_PROTO}",
        *(f"--{kind}_out={into}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")),
        str(PACKAGE / _NAME),
    ]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], cwd=_ROOT, check=True)


if __name__ == "__main__":
    generate(_ROOT)

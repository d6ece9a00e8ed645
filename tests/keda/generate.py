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
_DOCSTRING = '''\
"""Messages and rpcs of KEDA's external scaler, as `python -m tests.keda.generate` makes them of the proto file.

Not a line is written by hand. The methods of `ExternalScalerServicer` raise NotImplementedError because the generator
of gRPC writes its base class so: it answers UNIMPLEMENTED for whatever a servicer leaves out. Ours leaves out nothing,
which `tests/keda/test_generated.py` holds it to.
"""
'''


def generate(into: Path) -> None:
    """Write the Python modules, their type stubs and what the package says, below a folder at the package's path."""
    plugins = Path(sys.executable).parent
    arguments = [
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--proto_path={PACKAGE}={_PROTO}",
        *(f"--{kind}_out={into}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")),
        str(PACKAGE / _NAME),
    ]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], cwd=_ROOT, check=True)
    (into / PACKAGE / "__init__.py").write_text(_DOCSTRING)


if __name__ == "__main__":
    generate(_ROOT)

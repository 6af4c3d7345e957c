"""Fixtures of the container tests: deployed image and embedded cloud.

These tests are left out unless they are asked for: `make test-container`, or `pytest -m container tests/container`.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.event_sources.invocation import Function
from blastlens.local.stack.template import find_template
from tests.container.running import Bare, Cloud, Sam, bridge_address, engine_fault

REPOSITORY = Path(__file__).resolve().parents[2]
SAM = REPOSITORY / ".venv-sam" / "bin" / "sam"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out of every run that does not name their mark."""
    if "container" in (config.getoption("-m") or ""):
        return
    here = [item for item in items if Path(item.path).is_relative_to(Path(__file__).parent)]
    config.hook.pytest_deselected(items=here)
    items[:] = [item for item in items if item not in here]


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> None:
    """Takes the place of the guard in tests/conftest.py: the engine's bridge is a second address of this machine."""


@pytest.fixture(scope="session")
def engine() -> None:
    """A running Docker engine with the base image; the tests are skipped where there is none."""
    if fault := engine_fault(REPOSITORY):
        pytest.skip(fault)
    if not SAM.is_file():
        pytest.skip(f"{SAM.relative_to(REPOSITORY)} is missing: run `make test-container`")


@pytest.fixture(scope="session")
def built(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what `sam build` made of the classify function: its template; the image is with the engine."""
    folder = tmp_path_factory.mktemp("sam")
    command = [str(SAM), "build", "ClassifyFunction", "--build-dir", str(folder / "build")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.fixture(scope="session")
def cloud(engine: None) -> Iterator[Cloud]:
    """The embedded cloud, where containers reach it; its own functions do nothing, so that only containers answer."""

    def idle(name: str) -> Function:
        return Function(name, lambda event, context: {"batchItemFailures": []})

    names = ("ClassifyFunction", "NotifyFunction", "ApiFunction")
    with EmbeddedCloud(
        find_template(REPOSITORY / "template.yaml"), lambda *_: {name: idle(name) for name in names}, bridge_address()
    ) as running:
        yield Cloud(running)


@pytest.fixture(autouse=True)
def nothing_stored(cloud: Cloud) -> None:
    """Every test begins with an empty table and no artifacts."""
    cloud.clear()


@pytest.fixture(scope="session")
def sam(built: Path, cloud: Cloud) -> Sam:
    """`sam local`, with the function pointed to the embedded cloud."""
    variables = built / "variables.json"
    variables.write_text(json.dumps({"ClassifyFunction": cloud.variables}))
    return Sam(SAM, REPOSITORY, built / "build" / "template.yaml", variables, cloud.region)


@pytest.fixture(scope="session")
def emulator() -> Path:
    """Lambda's runtime interface emulator, which comes with the SAM CLI."""
    (found,) = SAM.parents[1].glob("lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64")
    return found


@pytest.fixture
def start(built: Path, cloud: Cloud, emulator: Path) -> Iterator[Callable[..., Bare]]:
    """Starts the image with options of `docker run`; what was started is taken away with the test."""
    started: list[Bare] = []
    given = {**cloud.variables, "AWS_DEFAULT_REGION": cloud.region}
    given |= {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}

    def start(*options: str) -> Bare:
        started.append(Bare(emulator, given, *options))
        return started[-1]

    yield start
    for each in started:
        each.remove()


@pytest.fixture(scope="session")
def smear() -> bytes:
    """A drawn smear as a PNG file."""
    return encode_png(draw_smear(1, LABELS[2]).image)


@pytest.fixture(scope="session", autouse=True)
def linux_only() -> None:
    """The engine's bridge is reached by its address on Linux alone."""
    if sys.platform != "linux":
        pytest.skip("the container tests need Docker on Linux: its bridge has no address elsewhere")

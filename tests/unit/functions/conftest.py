import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from blastlens.functions.telemetry import Telemetry, make_telemetry
from tests.aws import Services, services
from tests.unit.functions.runtime_api import ENVIRONMENT, RuntimeApi


@pytest.fixture
def aws() -> Iterator[Services]:
    with services() as made:
        yield made


@pytest.fixture
def start_function() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return what starts a handler under Lambda's own runtime client, as a process that is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(
        api: RuntimeApi, handler: str, prepare: Callable[[], None] | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        given = {**os.environ, "AWS_LAMBDA_RUNTIME_API": api.address, **ENVIRONMENT, **environment}
        command = [sys.executable, "-B", "-m", "awslambdaric", handler]
        process = subprocess.Popen(
            command, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=prepare
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@dataclass
class RecordedLog:
    """Log and metrics of a handler.

    Attributes:
        telemetry: telemetry for the handler.
        stream: its output.
    """

    telemetry: Telemetry
    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines if "message" in line]

    def metrics(self) -> dict[str, Any]:
        """The metrics of an invocation, in its last line; counts by dimension have lines before it."""
        return [line for line in self.lines if "_aws" in line][-1]

    def counted(self, name: str, dimension: str) -> list[str]:
        """The values of a dimension of a counted metric."""
        return [line[dimension] for line in self.lines if name in line and dimension in line]


@pytest.fixture
def recorded() -> RecordedLog:
    stream = io.StringIO()
    # Loggers are shared by name: a test needs one of its own.
    return RecordedLog(make_telemetry(f"test-{uuid.uuid4()}", stream), stream)

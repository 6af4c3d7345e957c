"""Docker, embedded cloud and `sam local` for the container tests."""

import http.client
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config

from blastlens.functions.s3_events import read_body
from blastlens.local.cloud import EmbeddedCloud
from tests.unit.functions.corpus import bodies, event, pointed_at

IMAGE = "classifyfunction:classify"
# Where AWS's registry is out of reach, a machine may have a script beside the checkout that makes a base to stand in.
_BASE_MAKER = Path("shared", "tools", "lambda-base-image")


def engine_fault(repository: Path) -> str:
    """Return in one line why Docker cannot run here, "" where it can; start it where a script beside us does that."""
    maker = repository.parent / _BASE_MAKER
    if maker.is_file() and os.geteuid() == 0:
        made = subprocess.run(["bash", str(maker)], capture_output=True, text=True, check=False)
        if made.returncode:
            return f"no base image could be made: {(made.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "Docker is not installed: the container tests need it"
    return "" if asked.returncode == 0 else f"Docker does not run: {asked.stderr.strip().splitlines()[-1]}"


def bridge_address() -> str:
    """Return this machine's address on the network that containers are put into."""
    form = "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
    asked = docker("network", "inspect", "bridge", "--format", form)
    return next((address for address in asked.split() if "." in address), "172.17.0.1")


def docker(*arguments: str) -> str:
    """Run a docker command and return what it printed, errors too."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).strip()


@dataclass(frozen=True)
class Cloud:
    """The embedded cloud's services."""

    running: EmbeddedCloud

    @property
    def bucket(self) -> str:
        """The bucket of uploads."""
        return self.running.stack.resources["UploadBucket"]

    @property
    def region(self) -> str:
        """Where the table lies."""
        return str(self.running.clients.client("dynamodb").meta.region_name)

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables that the function needs to reach the services."""
        return {
            "RESULTS_TABLE": self.running.stack.resources["ResultsTable"],
            "UPLOAD_QUEUE_URL": self.running.stack.resources["UploadQueue"],
            "UPLOAD_DEAD_LETTER_QUEUE_URL": self.running.stack.resources["UploadDeadLetterQueue"],
            "UPLOAD_MAX_RECEIVES": "5",
            "AWS_ENDPOINT_URL": self.running.endpoint,
        }

    def upload(self, key: str, data: bytes) -> str:
        """Put an object and return its version; a gigabyte may take minutes on a busy machine."""
        patient = Config(proxies={}, read_timeout=600, s3={"addressing_style": "path"})
        session = self.running.clients.session()
        s3: Any = session.client("s3", endpoint_url=self.running.endpoint, config=patient)
        version: str = s3.put_object(Bucket=self.bucket, Key=key, Body=data)["VersionId"]
        return version

    def make_event(self, name: str, version: str | None = None) -> Any:
        """Return an event of events/ that points at our bucket, and at this version of its object."""
        return pointed_at(event(name), self.bucket, version)

    def key_in(self, name: str) -> str:
        """Return the key of the first object in an event of events/."""
        return read_body(bodies(event(name))[0]).created[0].source.key

    def upload_for(self, name: str, data: bytes) -> Any:
        """Store an object under the key in an event of events/, and return that event."""
        return self.make_event(name, self.upload(self.key_in(name), data))

    def records(self) -> list[dict[str, Any]]:
        """Return every record of the table, as DynamoDB writes them."""
        table = self.running.stack.resources["ResultsTable"]
        return list(self.running.clients.client("dynamodb").scan(TableName=table)["Items"])

    def artifacts(self) -> list[str]:
        """Return the keys of all artifacts."""
        listed = self.running.clients.client("s3").list_objects_v2(Bucket=self.bucket, Prefix="artifacts/")
        return [one["Key"] for one in listed.get("Contents", [])]

    def clear(self) -> None:
        """Forget all records and artifacts."""
        dynamodb, s3 = self.running.clients.client("dynamodb"), self.running.clients.client("s3")
        table = self.running.stack.resources["ResultsTable"]
        for item in self.records():
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("upload", "reading")})
        for key in self.artifacts():
            s3.delete_object(Bucket=self.bucket, Key=key)


@dataclass(frozen=True)
class Answer:
    """What came of an invocation: the function's answer, and its log."""

    value: Any
    log: str

    @property
    def failures(self) -> list[str]:
        """The ids of the messages that failed."""
        return [one["itemIdentifier"] for one in self.value["batchItemFailures"]]


@dataclass(frozen=True)
class Sam:
    """`sam local` with its options."""

    program: Path
    repository: Path
    template: Path
    variables: Path
    region: str

    def command(self, *arguments: str) -> list[str]:
        """Return a command line of `sam local`."""
        options = ["--template", str(self.template), "--env-vars", str(self.variables), "--region", self.region]
        return [str(self.program), "local", *arguments, *options, "--skip-pull-image"]

    @property
    def environment(self) -> dict[str, str]:
        """What `sam` itself needs to know."""
        return {**os.environ, "SAM_CLI_TELEMETRY": "0"}

    def invoke(self, event: Any, folder: Path, *options: str) -> Answer:
        """Run `sam local invoke ClassifyFunction` with an event, which is written into `folder`."""
        file = folder / "event.json"
        file.write_text(json.dumps(event))
        command = self.command("invoke", "ClassifyFunction", "--event", str(file), *options)
        done = subprocess.run(
            command, cwd=self.repository, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return Answer(json.loads(done.stdout.strip().splitlines()[-1]), done.stderr)


class Bare:
    """The image in a container of our own, under Lambda's emulator, with what Docker takes away from it."""

    def __init__(self, emulator: Path, environment: dict[str, str], *options: str) -> None:
        given = [f"--env={name}={value}" for name, value in environment.items()]
        mounted = ["--volume", f"{emulator}:/emulator:ro", "--entrypoint", "/emulator", "--publish", "127.0.0.1::8080"]
        command = [IMAGE, "/lambda-entrypoint.sh", "blastlens.functions.entry.classify.handler"]
        self.name = docker("run", "--detach", *given, *mounted, *options, *command)
        self.port = int(docker("port", self.name, "8080/tcp").rpartition(":")[2])

    def invoke(self, event: Any) -> Any:
        """Return what the function answers to an event, or the error in its place."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations"
        for _ in range(300):
            try:
                with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=300) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:  # the emulator's word for a function that did not start
                return json.loads(error.read() or b"{}")
            except (ConnectionError, http.client.HTTPException, urllib.error.URLError):
                time.sleep(0.1)
        raise AssertionError(f"the emulator does not listen: {self.log}")

    @property
    def log(self) -> str:
        """Log of the function so far."""
        return docker("logs", self.name)

    def remove(self) -> None:
        """Stop the container and take it away."""
        docker("rm", "--force", self.name)

"""Microscopes of the demo: each a folder, an identity, and an agent in a process of its own that can be killed."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from blastlens.cloud.iot.things import Things, stack_facts
from blastlens.devices.certificate_request import write_certificate_request
from blastlens.devices.configuration import DeviceConfiguration, format_configuration, read_configuration
from blastlens.devices.status import AgentStatus, read_status
from blastlens.local.clients import REGION
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.stack.deployment import STACK_NAME

_START = "from blastlens.cli.main import main; main()"


@dataclass
class Microscope:
    """One of them.

    Attributes:
        configuration: of its agent; `folder` is what the agent watches.
        path: the configuration's file.
        kills: how often it lost its power.
    """

    configuration: DeviceConfiguration
    path: Path
    kills: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def folder(self) -> Path:
        """What is watched."""
        assert self.configuration.folder is not None
        return self.configuration.folder

    def start(self) -> None:
        """Start the agent as its unit would."""
        with self.path.with_suffix(".log").open("ab") as log:
            command = [sys.executable, "-c", _START, "device", "watch", "--config", str(self.path)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> bool:
        """Take the agent's power away and give it back; False where it was not at work."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1
        self.start()
        return True

    def stop(self) -> None:
        """End the agent in peace."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def is_alive(self) -> bool:
        """Whether its agent runs."""
        return self._process is not None and self._process.poll() is None

    def status(self) -> AgentStatus:
        """Return what its agent remembers."""
        return read_status(self.configuration.spool)


def enroll_microscopes(
    cloud: EmbeddedCloud, folder: Path, clinics: tuple[str, ...], count: int, ports: Callable[[str], int]
) -> list[Microscope]:
    """Enroll microscopes as `blastlens device request` and `enroll` do.

    Args:
        cloud: the running cloud.
        folder: holds everything of theirs.
        clinics: ids; they take turns.
        count: how many microscopes.
        ports: under which port of this machine `storage`, `credentials` and `api` are reached.
    """
    facts = stack_facts(cloud.clients.client("cloudformation"), STACK_NAME)
    things = Things(cloud.clients.client("iot"))
    found = []
    for number in range(1, count + 1):
        name, clinic = f"microscope-{number}", clinics[(number - 1) % len(clinics)]
        home = folder / name
        request = write_certificate_request(name, home)
        enrolled = things.enroll(name, clinic, request.read_text("utf-8"), facts["DevicePolicyName"])
        (home / f"{name}.pem").write_text(enrolled.certificate, "utf-8")
        watched = home / "images"
        watched.mkdir()
        configuration = DeviceConfiguration(
            name=name,
            clinic=clinic,
            region=REGION,
            bucket=facts["UploadBucketName"],
            credentials=f"https://127.0.0.1:{ports('credentials')}",
            role_alias=facts["DeviceRoleAliasName"],
            certificate=Path(f"{name}.pem"),
            private_key=Path(f"{name}.key"),
            spool=Path("spool"),
            api=f"http://127.0.0.1:{ports('api')}",
            storage=f"http://127.0.0.1:{ports('storage')}",
            authority=cloud.credentials.authority_file,
            folder=watched,
            settle_seconds=0.5,
            scan_seconds=0.5,
        )
        path = home / f"{name}.toml"
        path.write_text(format_configuration(replace(configuration, folder=Path("images"))), "utf-8")
        found.append(Microscope(read_configuration(path), path))
    return found

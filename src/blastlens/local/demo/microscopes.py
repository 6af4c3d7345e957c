"""The demo's microscopes, each with a certificate and an agent process."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from blastlens.cloud.iot.things import ThingRegistry, device_stack_outputs
from blastlens.devices.certificate_request import write_certificate_request
from blastlens.devices.configuration import DeviceConfiguration, read_configuration
from blastlens.devices.configuration_text import format_configuration
from blastlens.devices.status import AgentStatus, read_status
from blastlens.local.clients import REGION
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.stack.clinics import add_clinic
from blastlens.local.stack.deployment import STACK_NAME

REST_SECONDS = 8.0
"""Time without a new image after which an examination is over: short, so that nobody waits for it."""

_START = "from blastlens.cli.main import main; main()"


@dataclass
class Microscope:
    """One microscope.

    Attributes:
        configuration: configuration of its agent; `folder` is the watched folder.
        path: file of the configuration.
        kills: number of power cuts.
    """

    configuration: DeviceConfiguration
    path: Path
    kills: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def folder(self) -> Path:
        """The watched folder."""
        assert self.configuration.folder is not None
        return self.configuration.folder

    def start(self) -> None:
        """Start the agent as its systemd unit does."""
        with self.path.with_suffix(".log").open("ab") as log:
            command = [sys.executable, "-c", _START, "device", "watch", "--config", str(self.path)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> bool:
        """Kill and restart the agent; False if it was not running."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1
        self.start()
        return True

    def stop(self) -> None:
        """Terminate the agent."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def status(self) -> AgentStatus:
        """Return the status of its agent."""
        return read_status(self.configuration.spool)


def enroll_microscopes(
    cloud: EmbeddedCloud, folder: Path, clinics: tuple[str, ...], count: int, ports: Callable[[str], int]
) -> list[Microscope]:
    """Add the clinics, and enroll microscopes as `blastlens device request` and `enroll` do.

    Args:
        cloud: the running cloud.
        folder: folder for their files.
        clinics: ids of clinics, assigned in turn.
        count: number of microscopes.
        ports: `storage`, `credentials` or `api` → port on this machine.
    """
    facts = device_stack_outputs(cloud.clients.client("cloudformation"), STACK_NAME)
    things = ThingRegistry(cloud.clients.client("iot"))
    for clinic in clinics[:count]:
        add_clinic(cloud.clients, cloud.deployment, clinic)
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
            rest_seconds=REST_SECONDS,
            scan_seconds=0.5,
        )
        path = home / f"{name}.toml"
        path.write_text(format_configuration(replace(configuration, folder=Path("images"))), "utf-8")
        found.append(Microscope(read_configuration(path), path))
    return found

"""Puts an agent together from its configuration."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time

from blastlens.cloud.iot.connection import DeviceConnection
from blastlens.cloud.iot.credentials import CredentialsProvider
from blastlens.cloud.iot.storage import DeviceStorage, bucket_address
from blastlens.cloud.iot.upload_status import UploadStatusClient
from blastlens.devices.agent import Agent
from blastlens.devices.bandwidth import Bandwidth
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.devices.folder import WatchedFolder
from blastlens.devices.intake import Intake
from blastlens.devices.sending import Sending
from blastlens.devices.spool import Spool
from blastlens.domain.errors import InvalidSettings

_BYTES = 1000


@contextmanager
def assembled_agent(given: DeviceConfiguration, folder: Path, say: Callable[[str], None]) -> Iterator[Agent]:
    """Hand out an agent that watches `folder`, the only one of its spool for as long as the block lasts.

    Raises:
        InvalidSettings: the folder is not there, the spool cannot be opened, or another agent has it.
    """
    if not folder.is_dir():
        raise InvalidSettings(f"{folder} is no folder: name the one that the microscope's software writes to")
    spool = Spool(given.spool)
    with (given.spool / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it when the process ends
        except OSError:
            raise InvalidSettings(f"another agent is at work with the spool in {given.spool}") from None
        try:
            yield _agent(given, folder, spool, say)
        finally:
            spool.close()


def _agent(given: DeviceConfiguration, folder: Path, spool: Spool, say: Callable[[str], None]) -> Agent:
    credentials = CredentialsProvider(
        given.credentials, given.role_alias, given.name, given.certificate, given.private_key, given.authority
    )
    connection = DeviceConnection(credentials, given.region)
    storage = DeviceStorage(connection, bucket_address(given.bucket, given.region, given.storage))
    return Agent(
        folder=WatchedFolder(folder, given.settle_seconds, monotonic),
        intake=Intake(given.name, given.clinic, folder, given.patience_seconds),
        sending=Sending(folder, storage, spool, Bandwidth(given.kilobytes_per_second * _BYTES)),
        spool=spool,
        answers=UploadStatusClient(connection, given.api) if given.api else None,
        scan_seconds=given.scan_seconds,
        clock=time,
        say=say,
    )

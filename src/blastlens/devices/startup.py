"""Construction of an agent from its configuration."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time

from blastlens.cloud.iot.certificate_proof import CertificateProof
from blastlens.cloud.iot.connection import DeviceConnection
from blastlens.cloud.iot.credentials import CredentialsProvider
from blastlens.cloud.iot.storage import DeviceStorage, bucket_address
from blastlens.cloud.iot.upload_status import UploadStatusClient
from blastlens.devices.agent import LAST_ERROR, Agent
from blastlens.devices.bandwidth import Bandwidth
from blastlens.devices.configuration import DeviceConfiguration
from blastlens.devices.examination_end import ExaminationEnd
from blastlens.devices.file_check import FileCheck
from blastlens.devices.folder import WatchedFolder
from blastlens.devices.lock import lock_file
from blastlens.devices.proof_of_use import ProofOfUse
from blastlens.devices.screening import PAUSED, Screener, Screening
from blastlens.devices.spool import Spool
from blastlens.devices.uploader import Uploader
from blastlens.domain.declared_pixel_size import make_metadata
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.field import PixelSizeSource

_BYTES = 1000


@contextmanager
def open_agent(
    configuration: DeviceConfiguration,
    folder: Path,
    report: Callable[[str], None],
    make_screener: Callable[[DeviceConfiguration], Screener] | None = None,
) -> Iterator[Agent]:
    """Open an agent that watches `folder`; the block holds the lock of its spool.

    Args:
        configuration: of the agent.
        folder: the watched folder.
        report: receives one sentence for each event.
        make_screener: returns what screens the images, if the configuration has a package; None to screen none.

    Raises:
        InvalidSettings: the folder does not exist, the spool cannot be opened, or another agent uses it.
    """
    if not folder.is_dir():
        raise InvalidSettings(f"{folder} is not a folder: name the one that the microscope's software writes to")
    spool = Spool(configuration.spool)
    with (configuration.spool / "lock").open("w") as lock:
        try:
            lock_file(lock)  # the system releases it when the process ends
        except OSError:
            raise InvalidSettings(
                f"another agent uses the spool in {configuration.spool}: stop it, or set another [spool] folder"
            ) from None
        try:
            screening = _make_screening(configuration, folder, spool, report, make_screener)
            yield _make_agent(configuration, folder, spool, report, screening)
        finally:
            spool.close()


def _make_screening(
    configuration: DeviceConfiguration,
    folder: Path,
    spool: Spool,
    report: Callable[[str], None],
    make_screener: Callable[[DeviceConfiguration], Screener] | None,
) -> Screening | None:
    """Return the screening of an agent's files; None where none is configured."""

    def fail(path: str, message: str) -> None:
        text = f"{path} {message}".strip()
        spool.note(LAST_ERROR, text, time())
        report(text)

    package = configuration.screening_package
    if make_screener is None or not package:
        return None
    screening = Screening(package, lambda: make_screener(configuration), folder, spool.screenings, fail)
    if screening.is_paused:
        fail("", PAUSED)
    return screening


def _make_agent(
    configuration: DeviceConfiguration,
    folder: Path,
    spool: Spool,
    report: Callable[[str], None],
    screening: Screening | None,
) -> Agent:
    credentials = CredentialsProvider(
        configuration.credentials,
        configuration.role_alias,
        configuration.name,
        configuration.certificate,
        configuration.private_key,
        configuration.authority,
    )
    connection = DeviceConnection(credentials, configuration.region)
    um = configuration.pixel_size_um
    address = bucket_address(configuration.bucket, configuration.region, configuration.storage)
    storage = DeviceStorage(
        connection, address, metadata={} if um is None else make_metadata(um, PixelSizeSource.DEVICE)
    )
    proof = CertificateProof(
        DeviceStorage(connection, address), configuration.clinic, configuration.name, configuration.certificate
    )
    watched, rule = WatchedFolder(folder, configuration.settle_seconds, monotonic), configuration.examinations
    patience = configuration.patience_seconds
    return Agent(
        folder=watched,
        file_check=FileCheck(configuration.name, configuration.clinic, folder, patience, rule),
        uploader=Uploader(
            folder,
            storage,
            spool,
            Bandwidth(configuration.kilobytes_per_second * _BYTES),
            screening=screening,
        ),
        spool=spool,
        ends=ExaminationEnd(spool.examinations, watched, configuration.rest_seconds, patience, rule),
        answers=UploadStatusClient(connection, configuration.api) if configuration.api else None,
        proof=ProofOfUse(proof, spool),
        scan_seconds=configuration.scan_seconds,
        clock=time,
        report=report,
    )

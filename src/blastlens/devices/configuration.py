"""Configuration of a microscope's agent, and the reader of its file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blastlens.domain.declared_pixel_size import LARGEST_UM, LEAST_UM
from blastlens.domain.device import FOLDERS_ONLY, ExaminationRule, check_device_name, make_examination_rule
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader
from blastlens.domain.upload import is_valid_id

SHIPPED_PACKAGES = ("screening", "fusion")
"""Names of the packages that ship with blastlens; another text names a folder."""

MAX_THREADS = 64

DEFAULT_PATH = Path("/etc/blastlens/device.toml")

_KNOWN = {
    "device": {"name", "clinic"},
    "cloud": {"region", "bucket", "credentials", "role_alias", "api", "storage"},
    "identity": {"certificate", "private_key", "authority"},
    "watch": {"folder", "settle_seconds", "patience_seconds", "scan_seconds"},
    "examination": {"pattern", "rest_seconds"},
    "upload": {"kilobytes_per_second"},
    "screening": {"package", "threads"},
    "optics": {"pixel_size_um", "objective", "adapter", "camera_pixel_um"},
    "spool": {"folder"},
}


@dataclass(frozen=True)
class DeviceConfiguration:
    """Configuration of an agent.

    Attributes:
        name: name of the device.
        clinic: id of the clinic that owns it.
        region: AWS region.
        bucket: bucket for uploads.
        credentials: address of the credentials provider.
        role_alias: role alias for which credentials are requested.
        api: address of the HTTP API; "" to request no answers.
        storage: address of S3 if it is not the one of AWS, else "".
        certificate: PEM file.
        private_key: PEM file.
        authority: PEM file of the certificate authority of the services; None for those of the system.
        folder: watched folder; None if the command line names it.
        settle_seconds: time without a change after which a file is checked.
        patience_seconds: time after which an incomplete file is refused.
        scan_seconds: time between two scans of the folder.
        examinations: which images are fields of one examination.
        rest_seconds: time without a new image after which an examination is over.
        kilobytes_per_second: limit of the upload rate; 0 for no limit.
        spool: folder of the spool.
        pixel_size_um: micrometres per pixel of the images; None where the optics are not configured.
        screening_package: model package that screens images before they are sent: the name of a shipped one, or a
            folder; "" to screen none.
        screening_threads: number of threads of the screening.
    """

    name: str
    clinic: str
    region: str
    bucket: str
    credentials: str
    role_alias: str
    certificate: Path
    private_key: Path
    spool: Path
    api: str = ""
    storage: str = ""
    authority: Path | None = None
    folder: Path | None = None
    settle_seconds: float = 5.0
    patience_seconds: float = 600.0
    scan_seconds: float = 2.0
    examinations: ExaminationRule = FOLDERS_ONLY
    rest_seconds: float = 60.0
    kilobytes_per_second: float = 0.0
    pixel_size_um: float | None = None
    screening_package: str = ""
    screening_threads: int = 1


def read_configuration(path: Path) -> DeviceConfiguration:
    """Read a configuration; its paths are relative to its folder.

    Raises:
        InvalidSettings: the file or a value in it is missing or wrong; the message names it.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise InvalidSettings(
            f"{path} cannot be read: {fault.strerror}. `blastlens device enroll` writes this file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidSettings(f"{path} is not valid TOML: {fault}") from None
    _refuse_unknown(given, path)
    return _make_configuration(_Reader(given, path))


@dataclass(frozen=True)
class _Reader:
    given: Mapping[str, Any]
    path: Path

    def section(self, section: str) -> FieldReader:
        def invalid(name: str, expected: str, value: object) -> InvalidSettings:
            return InvalidSettings(f"{self.path}: [{section}] {name} must be {expected}, not {value!r}")

        return FieldReader(self.given.get(section, {}), invalid)

    def text(self, section: str, name: str, default: str | None = None) -> str:
        return self.section(section).text(name, default)

    def file(self, section: str, name: str) -> Path:
        return self.path.parent / self.text(section, name)

    def optional_file(self, section: str, name: str) -> Path | None:
        return self.path.parent / text if (text := self.text(section, name, "")) else None

    def number(self, section: str, name: str, default: float) -> float:
        return self.section(section).number(name, default)

    def examinations(self) -> ExaminationRule:
        pattern = self.text("examination", "pattern", "")
        try:
            return make_examination_rule(pattern)
        except ValueError as error:
            raise InvalidSettings(
                f"{self.path}: [examination] pattern must be {error}, not {pattern!r}: write it in single quotes, "
                "such as '(?P<examination>[^_]+)_.*'"
            ) from None

    def address(self, section: str, name: str, default: str | None = None) -> str:
        value = self.text(section, name, default).rstrip("/")
        if value and not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise InvalidSettings(f"{self.path}: [{section}] {name} must begin with https://, not {value!r}")
        return value


def _make_configuration(reader: _Reader) -> DeviceConfiguration:
    clinic = reader.text("device", "clinic")
    if not is_valid_id(clinic):
        raise InvalidSettings(
            f"{reader.path}: [device] clinic must be an id of 1 to 64 letters, digits, '-' or '_', not {clinic!r}"
        )
    return DeviceConfiguration(
        name=check_device_name(reader.text("device", "name")),
        clinic=clinic,
        region=reader.text("cloud", "region"),
        bucket=reader.text("cloud", "bucket"),
        credentials=reader.address("cloud", "credentials"),
        role_alias=reader.text("cloud", "role_alias"),
        api=reader.address("cloud", "api", ""),
        storage=reader.address("cloud", "storage", ""),
        certificate=reader.file("identity", "certificate"),
        private_key=reader.file("identity", "private_key"),
        authority=reader.optional_file("identity", "authority"),
        folder=reader.optional_file("watch", "folder"),
        settle_seconds=reader.number("watch", "settle_seconds", 5.0),
        patience_seconds=reader.number("watch", "patience_seconds", 600.0),
        scan_seconds=reader.number("watch", "scan_seconds", 2.0),
        examinations=reader.examinations(),
        rest_seconds=reader.number("examination", "rest_seconds", 60.0),
        kilobytes_per_second=reader.number("upload", "kilobytes_per_second", 0.0),
        spool=reader.file("spool", "folder"),
        pixel_size_um=_read_pixel_size(reader),
        screening_package=_read_package(reader),
        screening_threads=_read_threads(reader),
    )


def _read_package(reader: _Reader) -> str:
    """Return the package of the screening: the name of a shipped one, or the path of its folder."""
    text = reader.text("screening", "package", "")
    return text if text in ("", *SHIPPED_PACKAGES) else str(reader.path.parent / text)


def _read_threads(reader: _Reader) -> int:
    threads = reader.number("screening", "threads", 1)
    if threads not in range(1, MAX_THREADS + 1):
        raise InvalidSettings(
            f"{reader.path}: [screening] threads must be a whole number from 1 to {MAX_THREADS}, not {threads:g}"
        )
    return int(threads)


def _read_pixel_size(reader: _Reader) -> float | None:
    """Return micrometres per pixel: as configured, or of camera, objective and adapter."""
    names = reader.given.get("optics", {}).keys()
    if not names:
        return None
    if "pixel_size_um" in names and len(names) > 1:
        others = ", ".join(sorted(names - {"pixel_size_um"}))
        raise InvalidSettings(f"{reader.path}: [optics] pixel_size_um states the result: remove it, or remove {others}")
    for name in () if "pixel_size_um" in names else ("objective", "camera_pixel_um"):
        if name not in names:
            raise InvalidSettings(f"{reader.path}: [optics] {name} is missing: set it, or set pixel_size_um alone")
    magnification = reader.number("optics", "objective", 1.0) * reader.number("optics", "adapter", 1.0)
    camera_pixel_um = reader.number("optics", "pixel_size_um", reader.number("optics", "camera_pixel_um", 1.0))
    um = camera_pixel_um / magnification if magnification else 0.0
    if not LEAST_UM <= um <= LARGEST_UM:
        raise InvalidSettings(
            f"{reader.path}: [optics] results in {um:g} micrometres per pixel, which no microscope has: it must be "
            f"{LEAST_UM:g} to {LARGEST_UM:g}. It is camera_pixel_um divided by objective and adapter"
        )
    return um


def _refuse_unknown(given: Mapping[str, Any], path: Path) -> None:
    for section, values in given.items():
        if section not in _KNOWN or not isinstance(values, Mapping):
            raise InvalidSettings(f"{path}: section [{section}] is unknown; the known sections are {', '.join(_KNOWN)}")
        for name in values:
            if name not in _KNOWN[section]:
                raise InvalidSettings(
                    f"{path}: [{section}] {name} is unknown; the known names are {', '.join(sorted(_KNOWN[section]))}"
                )

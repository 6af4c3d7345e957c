"""The one file that configures a microscope's agent."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blastlens.domain.device import valid_device_name
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader
from blastlens.domain.upload import is_valid_id

DEFAULT_PATH = Path("/etc/blastlens/device.toml")

_KNOWN = {
    "device": {"name", "clinic"},
    "cloud": {"region", "bucket", "credentials", "role_alias", "api", "storage"},
    "identity": {"certificate", "private_key", "authority"},
    "watch": {"folder", "settle_seconds", "patience_seconds", "scan_seconds"},
    "upload": {"kilobytes_per_second"},
    "spool": {"folder"},
}


@dataclass(frozen=True)
class DeviceConfiguration:
    """What an agent is told.

    Attributes:
        name: the device's.
        clinic: id of the clinic whose it is.
        region: where the cloud is.
        bucket: that takes uploads.
        credentials: address of the credentials provider.
        role_alias: through which credentials are asked for.
        api: address of the HTTP API; "" to ask for no answers.
        storage: address of S3 where it is not AWS's own, else "".
        certificate: PEM file.
        private_key: PEM file.
        authority: PEM file of who vouches for the services; None for the system's.
        folder: what is watched; None where the command names it.
        settle_seconds: how long a file must stay as it is before it is looked at.
        patience_seconds: how long a file that is not whole may take to become so, before it is refused.
        scan_seconds: time between two looks at the folder.
        kilobytes_per_second: most that is sent; 0 for as fast as it goes.
        spool: folder of the agent's memory.
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
    kilobytes_per_second: float = 0.0


def read_configuration(path: Path) -> DeviceConfiguration:
    """Read a configuration; paths inside are seen from its own folder.

    Raises:
        InvalidSettings: the file or something in it is missing or wrong; the message names it.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise InvalidSettings(
            f"{path} cannot be read: {fault.strerror}. `blastlens device enroll` writes one."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidSettings(f"{path} is no TOML: {fault}") from None
    _refuse_unknown(given, path)
    return _configuration(_Reader(given, path))


@dataclass(frozen=True)
class _Reader:
    given: Mapping[str, Any]
    path: Path

    def section(self, section: str) -> FieldReader:
        def invalid(name: str, expected: str, value: object) -> InvalidSettings:
            return InvalidSettings(f"{self.path}: [{section}] {name} has to be {expected}, and is {value!r}")

        return FieldReader(self.given.get(section, {}), invalid)

    def text(self, section: str, name: str, default: str | None = None) -> str:
        return self.section(section).text(name, default)

    def file(self, section: str, name: str) -> Path:
        return self.path.parent / self.text(section, name)

    def optional_file(self, section: str, name: str) -> Path | None:
        return self.path.parent / text if (text := self.text(section, name, "")) else None

    def number(self, section: str, name: str, default: float) -> float:
        return self.section(section).number(name, default)

    def address(self, section: str, name: str, default: str | None = None) -> str:
        value = self.text(section, name, default).rstrip("/")
        if value and not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise InvalidSettings(f"{self.path}: [{section}] {name} has to begin with https://, and is {value!r}")
        return value


def _configuration(reader: _Reader) -> DeviceConfiguration:
    clinic = reader.text("device", "clinic")
    if not is_valid_id(clinic):
        raise InvalidSettings(
            f"{reader.path}: [device] clinic is {clinic!r}, no id of 1 to 64 letters, digits, '-' or '_'"
        )
    return DeviceConfiguration(
        name=valid_device_name(reader.text("device", "name")),
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
        kilobytes_per_second=reader.number("upload", "kilobytes_per_second", 0.0),
        spool=reader.file("spool", "folder"),
    )


def _refuse_unknown(given: Mapping[str, Any], path: Path) -> None:
    for section, values in given.items():
        if section not in _KNOWN or not isinstance(values, Mapping):
            raise InvalidSettings(f"{path}: there is no section [{section}]; there are {', '.join(_KNOWN)}")
        for name in values:
            if name not in _KNOWN[section]:
                raise InvalidSettings(
                    f"{path}: [{section}] knows no {name}; it knows {', '.join(sorted(_KNOWN[section]))}"
                )

"""Text of a microscope's configuration file, with comments for its editor."""

from blastlens.devices.configuration import DeviceConfiguration
from blastlens.domain.device import ExaminationRule


def format_configuration(given: DeviceConfiguration) -> str:
    """Format a configuration as TOML for `read_configuration`."""
    watch = f"folder = {_quote(str(given.folder))}" if given.folder else '# folder = "/data/images"'
    authority = f"authority = {_quote(str(given.authority))}\n" if given.authority else ""
    more = "".join(
        f"{name} = {_quote(value)}\n" for name, value in (("api", given.api), ("storage", given.storage)) if value
    )
    return f"""# A microscope of blastlens. Paths are relative to this file's folder.

[device]
name = {_quote(given.name)}
clinic = {_quote(given.clinic)}

[cloud]
region = {_quote(given.region)}
bucket = {_quote(given.bucket)}
credentials = {_quote(given.credentials)}
role_alias = {_quote(given.role_alias)}
{more}
[identity]
certificate = {_quote(str(given.certificate))}
private_key = {_quote(str(given.private_key))}
{authority}
[watch]
# The folder that the microscope's software writes to. Inside it, a folder for each patient, named by the patient's id.
{watch}
settle_seconds = {given.settle_seconds:g}       # time without a change after which a file is checked
patience_seconds = {given.patience_seconds:g}   # time after which an incomplete file is refused
scan_seconds = {given.scan_seconds:g}

[examination]
# A folder inside the patient's is an examination. Without such folders, file names can say what belongs together.
{_format_pattern(given.examinations)}
rest_seconds = {given.rest_seconds:g}       # time without a new image after which an examination is over

[upload]
kilobytes_per_second = {given.kilobytes_per_second:g}   # 0: no limit

[screening]
# A model package that reads each image before it is sent: "screening", "fusion", or a folder. Its verdict is shown
# beside the answer, which does not depend on it.
{_format_screening(given)}
[optics]
# Magnifications of objective and camera adapter, and the size of the camera's pixel in micrometres.
{_format_optics(given.pixel_size_um)}
[spool]
folder = {_quote(str(given.spool))}
"""


def _format_pattern(rule: ExaminationRule) -> str:
    if rule.pattern is not None:
        return f"pattern = {_quote(rule.pattern.pattern)}"
    return "# pattern = '(?P<examination>[^_]+)_.*'"


def _format_screening(given: DeviceConfiguration) -> str:
    package = _quote(given.screening_package) if given.screening_package else '"screening"'
    return f"{'' if given.screening_package else '# '}package = {package}\nthreads = {given.screening_threads}\n"


def _format_optics(um: float | None) -> str:
    if um is not None:
        return f"pixel_size_um = {um!r}\n"
    return "# objective = 100\n# adapter = 0.5\n# camera_pixel_um = 3.45\n"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Writes the configuration that `blastlens device enroll` hands to a microscope."""

from blastlens.devices.configuration import DeviceConfiguration


def configuration_text(given: DeviceConfiguration) -> str:
    """Return a configuration as TOML, which `read_configuration` reads back."""
    watch = f"folder = {_quoted(str(given.folder))}" if given.folder else '# folder = "/data/images"'
    authority = f"authority = {_quoted(str(given.authority))}\n" if given.authority else ""
    more = "".join(
        f"{name} = {_quoted(value)}\n" for name, value in (("api", given.api), ("storage", given.storage)) if value
    )
    return f"""# A microscope of blastlens. Paths are seen from this file's own folder.

[device]
name = {_quoted(given.name)}
clinic = {_quoted(given.clinic)}

[cloud]
region = {_quoted(given.region)}
bucket = {_quoted(given.bucket)}
credentials = {_quoted(given.credentials)}
role_alias = {_quoted(given.role_alias)}
{more}
[identity]
certificate = {_quoted(str(given.certificate))}
private_key = {_quoted(str(given.private_key))}
{authority}
[watch]
# The folder that the microscope's software writes to. Inside it, a folder for each patient, named by the patient's id.
{watch}
settle_seconds = {given.settle_seconds:g}       # a file must stay as it is for so long before it is looked at
patience_seconds = {given.patience_seconds:g}   # a file that is not whole may take so long to become so
scan_seconds = {given.scan_seconds:g}

[upload]
kilobytes_per_second = {given.kilobytes_per_second:g}   # 0: as fast as it goes

[spool]
folder = {_quoted(str(given.spool))}
"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

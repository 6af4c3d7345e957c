"""Resolution that an image file states, as micrometres per pixel."""

import math
import re
import struct

from blastlens.imaging.containers.tag_directory import Directory, NoDirectory, OutOfData, read_directory, read_start

PLAUSIBLE_UM = (0.02, 5.0)
"""Range of micrometres per pixel of a microscope's image. 300 dots per inch, which programs write without having
measured anything, are 85."""

_X, _Y, _UNIT, _DESCRIPTION = 282, 283, 296, 270
_UM_OF_UNIT = {2: 25_400.0, 3: 10_000.0}  # inch, centimetre
_INCH = 2
_RATIO = 5  # a kind of entry, two whole numbers
_GREATEST_ANISOTROPY = 1.05
_MAX_DESCRIPTION = 1024 * 1024
_OME_SIZE = re.compile(rb'\bPhysicalSize([XY])="([0-9.eE+-]{1,32})"')
_OME_UNIT = re.compile(rb'\bPhysicalSize([XY])Unit="([^"]{1,16})"')
_UM_OF_OME_UNIT = {"nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "&#181;m": 1.0, "&#xB5;m": 1.0, "mm": 1e3}
_IMAGEJ_UNIT = re.compile(rb"^unit=([^\r\n]{1,16})", re.MULTILINE)
_UM_OF_IMAGEJ_UNIT = {"micron": 1.0, "microns": 1.0, "um": 1.0, "µm": 1.0, "\\u00b5m": 1.0, "nm": 1e-3, "mm": 1e3}


def resolve(across: float, down: float) -> float | None:
    """Return the micrometres per pixel of both directions where they are plausible and equal, else None."""
    least, greatest = PLAUSIBLE_UM
    if not all(math.isfinite(um) and least <= um <= greatest for um in (across, down)):
        return None
    return across if max(across, down) / min(across, down) <= _GREATEST_ANISOTROPY else None


def resolve_density(across: int, down: int, um_of_unit: float) -> float | None:
    """Return micrometres per pixel from pixels per unit, or None where that is not plausible."""
    return resolve(um_of_unit / across, um_of_unit / down) if across > 0 and down > 0 else None


def read_exif_resolution(block: bytes) -> float | None:
    """Return the micrometres per pixel that an EXIF block states, or None where it is damaged or has none."""
    try:
        layout, offset = read_start(block)
        return read_resolution(read_directory(block, layout, offset))
    except (NoDirectory, OutOfData):
        return None


def read_resolution(page: Directory) -> float | None:
    """Return the micrometres per pixel that a directory states in OME-XML, by ImageJ or in its own tags, or None."""
    entry = page.entries.get(_DESCRIPTION)
    description = bytes(entry.values[:_MAX_DESCRIPTION]) if entry else b""
    if b"PhysicalSize" in description:
        return _read_ome(description)
    pixels = _read_ratio(page, _X), _read_ratio(page, _Y)
    um = _read_imagej_unit(description) or _UM_OF_UNIT.get(_read_unit(page))
    return resolve(um / pixels[0], um / pixels[1]) if um and all(pixels) else None


def _read_ome(description: bytes) -> float | None:
    units = {axis: unit.decode("utf-8", "replace") for axis, unit in _OME_UNIT.findall(description)}
    sizes: dict[bytes, float] = {}
    for axis, text in _OME_SIZE.findall(description):
        try:
            sizes.setdefault(axis, float(text) * _UM_OF_OME_UNIT.get(units.get(axis, "µm"), math.nan))
        except ValueError:
            return None
    return resolve(sizes[b"X"], sizes.get(b"Y", sizes[b"X"])) if b"X" in sizes else None


def _read_imagej_unit(description: bytes) -> float | None:
    """Return the micrometres of ImageJ's unit; pixels per unit are then in the resolution tags."""
    unit = _IMAGEJ_UNIT.search(description) if description.startswith(b"ImageJ=") else None
    return _UM_OF_IMAGEJ_UNIT.get(unit[1].decode("utf-8", "replace").strip().lower()) if unit else None


def _read_unit(page: Directory) -> int:
    try:
        return page.number(_UNIT, _INCH)
    except (NoDirectory, OutOfData):
        return 0


def _read_ratio(page: Directory, tag: int) -> float:
    """Return a fraction, or 0 where there is none."""
    entry = page.entries.get(tag)
    if entry is None or entry.kind != _RATIO or entry.count != 1 or not entry.is_whole:
        return 0.0
    above, below = struct.unpack(f"{page.layout.order}II", entry.values)
    return float(above / below) if below else 0.0

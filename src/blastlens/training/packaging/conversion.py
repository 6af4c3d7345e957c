"""Conversion of packages with a manifest of format 2 to the present format."""

import hashlib
import json
from pathlib import Path

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.manifest import FORMAT
from blastlens.inference.manifest_json import to_manifest
from blastlens.inference.package import MANIFEST_FILE, ModelPackage, load_package, write_manifest


def load_or_convert(folder: Path) -> ModelPackage:
    """Load a package; one of format 2 is rewritten in its folder first.

    Format 3 added values that may be absent, so the contents stay and the digest changes.

    Raises:
        DamagedPackage: as `load_package`, or an older manifest was changed after it was written.
    """
    file = folder / MANIFEST_FILE
    if not file.is_file():
        return load_package(folder)
    values = json.loads(file.read_text("utf-8"))
    if values.get("format") != FORMAT - 1:
        return load_package(folder)
    digest = values.pop("digest", None)
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(canonical.encode()).hexdigest() != digest:
        raise DamagedPackage(f"{file} was changed after it was written: its digest does not match.")
    del values["format"]
    return write_manifest(folder, to_manifest(values))

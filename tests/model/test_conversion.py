import hashlib
import json

import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.package import load_package
from blastlens.training.packaging.conversion import load_or_convert
from tests.tiny_package import write_tiny

ADDED = {"pixel_size_um", "window_um"}


def write_as_format_2(folder, **changed):
    """Rewrite a manifest as version 0.9 of blastlens wrote it."""
    values = json.loads((folder / "manifest.json").read_text())
    older = {**{name: value for name, value in values.items() if name not in ADDED | {"digest"}}, "format": 2}
    canonical = json.dumps(older, sort_keys=True, separators=(",", ":"))
    older["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({**older, **changed}))


def test_a_package_of_format_2_is_converted_once_and_keeps_its_contents(tmp_path):
    package = write_tiny(tmp_path)
    write_as_format_2(tmp_path)
    with pytest.raises(DamagedPackage, match="format 2"):
        load_package(tmp_path)
    assert load_or_convert(tmp_path).manifest == package.manifest
    assert load_package(tmp_path).identity == package.identity == load_or_convert(tmp_path).identity


def test_a_package_of_format_2_that_was_changed_is_refused(tmp_path):
    write_tiny(tmp_path)
    write_as_format_2(tmp_path, size=64)
    with pytest.raises(DamagedPackage, match="changed after it was written"):
        load_or_convert(tmp_path)


def test_a_folder_without_a_package_is_refused_as_always(tmp_path):
    with pytest.raises(DamagedPackage, match="not a model package"):
        load_or_convert(tmp_path)

import json
import shutil
from dataclasses import replace

import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import Calibration, digest_of, from_json, to_json
from blastlens.inference.package import SHIPPED, load_package


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(SHIPPED, tmp_path / "fusion")


def change_manifest(folder, change):
    """Write a changed manifest whose digest fits, as somebody who builds packages wrongly would."""
    manifest = from_json((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(to_json(change(manifest)))


def test_the_shipped_package_is_whole_and_below_25_megabytes():
    package = load_package(SHIPPED)
    assert package.graph.stat().st_size < 25_000_000
    assert package.identity.digest == digest_of(package.manifest)


def test_a_folder_without_a_manifest_is_no_package(tmp_path):
    with pytest.raises(DamagedPackage, match=r"manifest\.json is missing"):
        load_package(tmp_path)


def test_a_missing_graph_is_named(package):
    (package / "model.tflite").unlink()
    with pytest.raises(DamagedPackage, match=r"lacks its graph model\.tflite"):
        load_package(package)


def test_one_changed_byte_of_the_graph_is_noticed(package):
    graph = package / "model.tflite"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with pytest.raises(DamagedPackage, match="SHA-256"):
        load_package(package)


def test_a_changed_threshold_is_noticed(package):
    values = json.loads((package / "manifest.json").read_text())
    values["segmentation"]["hue_low"] += 1
    (package / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(DamagedPackage, match="digest does not fit"):
        load_package(package)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"format": 1, "digest": "x"}'])
def test_a_manifest_that_is_none_is_refused(package, text):
    (package / "manifest.json").write_text(text)
    with pytest.raises(DamagedPackage):
        load_package(package)


def test_a_manifest_of_another_format_is_refused_by_its_number(package):
    values = json.loads((package / "manifest.json").read_text()) | {"format": 99}
    (package / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(DamagedPackage, match="format 99"):
        load_package(package)


def test_a_manifest_with_foreign_classes_is_refused(package):
    change_manifest(package, lambda manifest: replace(manifest, classes=manifest.classes[:3]))
    with pytest.raises(DamagedPackage, match="knows the classes"):
        load_package(package)


def test_a_graph_whose_shapes_do_not_fit_the_manifest_is_refused(package):
    change_manifest(package, lambda manifest: replace(manifest, size=96))
    with pytest.raises(DamagedPackage, match="inputs"):
        Classifier(load_package(package), threads=1)


def test_a_graph_that_is_no_flatbuffer_is_refused(package):
    import hashlib

    (package / "model.tflite").write_bytes(b"not a graph" * 100)
    sha256 = hashlib.sha256(b"not a graph" * 100).hexdigest()
    change_manifest(package, lambda manifest: replace(manifest, weights=replace(manifest.weights, sha256=sha256)))
    with pytest.raises(DamagedPackage, match="no graph that LiteRT can run"):
        Classifier(load_package(package), threads=1)


def test_a_graph_outside_the_package_is_refused(package):
    change_manifest(package, lambda manifest: replace(manifest, weights=replace(manifest.weights, file="../x.tflite")))
    with pytest.raises(DamagedPackage, match="lacks its graph"):
        load_package(package)


def test_the_digest_covers_the_calibration():
    manifest = load_package(SHIPPED).manifest
    assert digest_of(replace(manifest, calibration=Calibration(3.0, 0.2, 0.9))) != digest_of(manifest)


@pytest.mark.parametrize("wrong", [(0.0, 0.1, 0.99), (1.0, 1.5, 0.99), (1.0, 0.1, 1.0)])
def test_an_impossible_calibration_is_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        Calibration(*wrong)

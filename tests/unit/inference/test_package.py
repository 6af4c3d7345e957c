import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import SCREENING_LABELS, Label
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.inference.aggregation import windows_alone
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import Branch, Calibration, FieldGraph, digest_of
from blastlens.inference.manifest_json import from_json, to_json
from blastlens.inference.package import DISTANCE_FILE, HEAD_FILE, check_reads_fields, load_package, write_manifest
from tests.tiny_field import EXAMINATION
from tests.tiny_package import WIDE, manifest, write_tiny

FILES = ["model.tflite", HEAD_FILE, DISTANCE_FILE]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny").folder


def change_manifest(folder: Path, change) -> None:
    """Write a changed manifest whose digest fits, as somebody who builds packages wrongly would."""
    given = from_json((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(to_json(change(given)))


def change_values(folder: Path, change) -> None:
    """Change the JSON and leave its digest, as somebody who edits packages would."""
    values = json.loads((folder / "manifest.json").read_text())
    change(values)
    (folder / "manifest.json").write_text(json.dumps(values))


def test_a_whole_package_is_read_as_it_was_written(package):
    found = load_package(package)
    assert found.manifest == replace(manifest(WIDE), weights=found.manifest.weights, files=found.manifest.files)
    assert set(found.manifest.files) == {HEAD_FILE, DISTANCE_FILE}
    assert found.identity.digest == digest_of(found.manifest)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(DamagedPackage, match=r"manifest\.json is missing"):
        load_package(tmp_path)


def test_a_manifest_that_is_not_text_is_refused_with_its_name(package):
    (package / "manifest.json").write_bytes(b'{"format": "\xff"}')
    with pytest.raises(DamagedPackage, match=r"manifest\.json is not UTF-8 text from byte 12 on"):
        load_package(package)


def test_what_cannot_be_opened_is_named(package, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    # Whoever runs the tests may be let into every file.
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(DamagedPackage, match=r"manifest\.json cannot be read: Permission denied"):
        load_package(package)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(package, name):
    (package / name).unlink()
    with pytest.raises(DamagedPackage, match=f"has no file {name}"):
        load_package(package)


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_of_any_file_is_noticed_and_the_file_is_named(package, name):
    data = bytearray((package / name).read_bytes())
    data[len(data) // 2] ^= 1
    (package / name).write_bytes(data)
    with pytest.raises(DamagedPackage, match=rf"{name} was changed.*SHA-256"):
        load_package(package)


@pytest.mark.parametrize("name", [HEAD_FILE, DISTANCE_FILE])
def test_a_file_that_is_needed_must_be_in_the_manifest(package, name):
    def forget(given):
        return replace(given, files={each: sha256 for each, sha256 in given.files.items() if each != name})

    change_manifest(package, forget)
    with pytest.raises(DamagedPackage, match=name):
        load_package(package)


def test_a_package_without_a_limit_needs_no_statistics(tmp_path):
    package = write_tiny(tmp_path, limit=None)
    assert list(package.manifest.files) == [HEAD_FILE]
    assert package.manifest.distance is None


def test_a_changed_threshold_is_noticed(package):
    change_values(package, lambda values: values["segmentation"].update(hue_low=120))
    with pytest.raises(DamagedPackage, match="digest does not match"):
        load_package(package)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"format": 3, "digest": "x"}'])
def test_an_invalid_manifest_is_refused(package, text):
    (package / "manifest.json").write_text(text)
    with pytest.raises(DamagedPackage):
        load_package(package)


@pytest.mark.parametrize("form", [1, 2, 99])
def test_a_manifest_of_another_format_is_refused_by_its_number(package, form):
    change_values(package, lambda values: values.update(format=form))
    with pytest.raises(DamagedPackage, match=f"format {form}; this version of blastlens reads format 3"):
        load_package(package)


IMPOSSIBLE = {
    "colour": lambda values: values.update(colour="sepia"),
    "no branches": lambda values: values.update(branches=[]),
    "a branch that looks elsewhere": lambda values: values["branches"][0].update(input="mask"),
    "an unknown way to find blasts": lambda values: values["segmentation"].update(method="rgb"),
    "a limit that is none": lambda values: values["distance"].update(residual=0),
    "a limit that is no number": lambda values: values["distance"].update(residual=float("nan")),
    "no calibration": lambda values: values.pop("calibration"),
    "a window of no size": lambda values: values.update(window_um=0),
    "a range that ends where it begins": lambda values: values.update(evaluated_um=[0.5, 0.5]),
    "a range of one number": lambda values: values.update(evaluated_um=[0.5]),
    "a graph without a hash": lambda values: values.update(scale={"file": "scale.tflite"}),
    "an unknown constant": lambda values: values.update(aggregation={"mean": 1}),
    "an unknown constant of examinations": lambda values: values.update(examination={"weight": 1}),
    "files that are no table": lambda values: values.update(files=["head.npz"]),
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_invalid_value_is_refused(package, change):
    change_values(package, change)
    with pytest.raises(DamagedPackage, match="invalid value"):
        load_package(package)


@pytest.mark.parametrize("classes", [tuple(Label)[:3], (Label.BENIGN, Label.BENIGN, Label.PRE_B, Label.PRO_B)])
def test_a_manifest_with_foreign_classes_is_refused(package, classes):
    change_manifest(package, lambda given: replace(given, classes=classes))
    with pytest.raises(DamagedPackage, match="has the classes"):
        load_package(package)


def test_a_limit_of_white_is_kept_in_the_manifest_and_one_that_is_not_there_leaves_no_trace():
    limited = replace(manifest(), calibration=replace(manifest().calibration, greatest_white=0.15))
    assert from_json(to_json(limited)) == limited
    assert "greatest_white" not in to_json(manifest())
    assert from_json(to_json(manifest())).calibration.greatest_white is None


def test_the_screening_models_manifest_comes_back_from_its_json():
    screening = replace(
        manifest(),
        classes=SCREENING_LABELS,
        segmentation=LabSettings(),
        branches=(Branch("mobilenet_v2", "segmented"),),
        colour="normalised",
    )
    assert from_json(to_json(screening)) == screening
    assert json.loads(to_json(screening))["segmentation"]["method"] == "lab"
    assert json.loads(to_json(manifest()))["segmentation"]["method"] == "hsv"


def with_graphs(folder: Path) -> Path:
    """Add a graph of the scale and one of the cells to a package."""
    for name in GRAPHS:
        (folder / name).write_bytes(name.encode() * 50)
    scale, cells = (FieldGraph(name, hashlib.sha256(name.encode() * 50).hexdigest(), {"side": 48}) for name in GRAPHS)
    change_manifest(
        folder,
        lambda given: replace(
            given,
            scale=scale,
            cells=cells,
            evaluated_um=(0.1, 1.0),
            aggregation=windows_alone(0.1, 0.99),
            examination=EXAMINATION,
        ),
    )
    return folder


GRAPHS = ("scale.tflite", "cells.tflite")


def test_one_digest_covers_every_graph_and_constant_of_a_field(package):
    before = load_package(package).identity.digest
    found = load_package(with_graphs(package))
    assert found.identity.digest not in (before, digest_of(replace(found.manifest, evaluated_um=(0.1, 0.9))))
    assert found.manifest.evaluated_um == (0.1, 1.0)
    assert found.manifest.aggregation == windows_alone(0.1, 0.99)
    assert found.manifest.examination == EXAMINATION
    assert (found.scale_graph, found.cell_graph) == tuple(package / name for name in GRAPHS)


def test_a_package_of_windows_alone_says_nothing_of_further_graphs(package):
    found = load_package(package)
    assert (found.scale_graph, found.cell_graph) == (None, None)
    assert not {"scale", "cells", "aggregation", "evaluated_um", "examination"} & set(
        json.loads(to_json(found.manifest))
    )


def test_only_a_package_with_graphs_of_scale_and_cells_is_served(package):
    with pytest.raises(DamagedPackage, match="blastlens assemble"):
        check_reads_fields(load_package(package))
    assert check_reads_fields(load_package(with_graphs(package))).reads_fields


@pytest.mark.parametrize("name", GRAPHS)
def test_a_changed_graph_of_a_field_is_noticed(package, name):
    (with_graphs(package) / name).write_bytes(b"another graph")
    with pytest.raises(DamagedPackage, match=rf"{name} was changed"):
        load_package(package)


def test_a_graph_whose_shapes_do_not_fit_the_manifest_is_refused(package):
    change_manifest(package, lambda given: replace(given, size=96))
    with pytest.raises(DamagedPackage, match="inputs"):
        Classifier(load_package(package), threads=1)


def test_a_graph_that_is_not_a_flatbuffer_is_refused(package):
    (package / "model.tflite").write_bytes(b"not a graph" * 100)
    sha256 = hashlib.sha256(b"not a graph" * 100).hexdigest()
    change_manifest(package, lambda given: replace(given, weights=replace(given.weights, sha256=sha256)))
    with pytest.raises(DamagedPackage, match="not a graph that LiteRT can run"):
        Classifier(load_package(package), threads=1)


@pytest.mark.parametrize("name", ["../x.npz", "/etc/hostname"])
def test_a_file_outside_the_package_is_refused(package, name):
    change_manifest(package, lambda given: replace(given, files={**given.files, name: "0" * 64}))
    with pytest.raises(DamagedPackage, match="has no file"):
        load_package(package)


def test_a_manifest_can_be_replaced_without_changing_the_files(package):
    before = load_package(package)
    after = write_manifest(package, replace(before.manifest, measured={"accuracy": 0.5}))
    assert after.manifest.measured == {"accuracy": 0.5}
    assert after.manifest.files == before.manifest.files
    assert after.identity.digest != before.identity.digest


def test_the_digest_covers_the_calibration():
    assert digest_of(manifest(calibration=Calibration(3.0, 0.2, 0.9))) != digest_of(manifest())


@pytest.mark.parametrize("wrong", [(0.0, 0.1, 0.99), (1.0, 1.5, 0.99), (1.0, 0.1, 1.0)])
def test_an_impossible_calibration_is_refused(wrong):
    with pytest.raises(ValueError, match="out of range"):
        Calibration(*wrong)

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.errors import InvalidData
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.inference.classifier import Classifier
from blastlens.inference.manifest import FIELDS_AS
from blastlens.inference.package import load_package, write_manifest
from blastlens.training.data.dataset import find_examples
from blastlens.training.data.leakage import parts_sha256
from blastlens.training.data.splits import SplitPlan, data_sha256
from blastlens.training.packaging.assemble import AssemblyRequest, assemble
from blastlens.training.packaging.examination_calibration import main
from blastlens.training.packaging.field_calibration import START
from blastlens.training.packaging.field_samples import KINDS, load_samples
from blastlens.training.progress import NoReporter
from tests.model.folders import draw_data
from tests.tiny_field import PRE, cell_graph, fixed_scale
from tests.tiny_package import write_tiny

PLAN = SplitPlan("group", 0, (0.5, 0.3, 0.2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images, a package of windows trained on them, and folders with graphs of scale and cells."""
    folder = tmp_path_factory.mktemp("parts")
    examples = find_examples(draw_data(folder / "data", images=10))
    package = write_tiny(folder / "windows")
    recorded = {
        "split": PLAN.plain(),
        "data_sha256": data_sha256(examples),
        "parts_sha256": parts_sha256(PLAN.split(examples)),
    }
    write_manifest(package.folder, replace(package.manifest, training_data=recorded))
    for name, graph in (("scale", b"the scale is fixed"), ("cells", cell_graph(PRE))):
        (folder / name).mkdir()
        (folder / name / f"{name}.tflite").write_bytes(graph)
        (folder / name / f"{name}.json").write_text(json.dumps({"recipe": name}))
    return folder


def request(folder: Path, package: Path, **changed) -> AssemblyRequest:
    given = AssemblyRequest(
        windows=folder / "windows",
        scale=folder / "scale",
        cells=folder / "cells",
        data=folder / "data",
        groups=None,
        package=package,
        version="1.0.0",
        evaluated_um=(0.05, 1.0),
    )
    return replace(given, **changed)


def test_a_package_is_assembled_calibrated_and_reads_fields(folder, tmp_path):
    before = load_package(folder / "windows").identity
    with fixed_scale():
        package = assemble(
            request(folder, tmp_path / "fusion", samples=tmp_path / "samples.npz", constants={"far": 1.7}), NoReporter()
        )
        answer = Classifier(package, threads=1).classify(decode(next((folder / "data" / "Pre").iterdir()).read_bytes()))
    manifest = package.manifest
    assert (manifest.version, manifest.evaluated_um) == ("1.0.0", (0.05, 1.0))
    assert manifest.scale is not None and manifest.scale.constants == {"recipe": "scale"}
    assert manifest.cells is not None
    assert manifest.cells.sha256 == hashlib.sha256((folder / "cells" / "cells.tflite").read_bytes()).hexdigest()
    assert manifest.aggregation is not None
    assert (manifest.aggregation.far, manifest.aggregation.floor) == (1.7, START.floor)
    assert set(manifest.measured["calibration_fields"]) <= {*(kind.name for kind in KINDS), "all"}
    samples = load_samples(tmp_path / "samples.npz")
    scores = manifest.measured["calibration_fields"]["all"]
    assert len(samples) == scores["fields"]
    assert isinstance(answer, Prediction) and answer.field is not None and answer.field.windows == 1
    assert manifest.examination is not None and manifest.examination.coverage == manifest.aggregation.coverage
    assert manifest.measured["validation_examinations"]["all"]["examinations"] > 0
    assert load_package(folder / "windows").identity == before


def test_images_that_the_windows_were_not_trained_on_are_refused(folder, tmp_path):
    other = draw_data(tmp_path / "other", images=6)
    with fixed_scale(), pytest.raises(InvalidData):
        assemble(request(folder, tmp_path / "fusion", data=other), NoReporter())


def test_a_missing_graph_is_named(folder, tmp_path):
    with pytest.raises(InvalidData, match=r"has no cells\.tflite with cells\.json"):
        assemble(request(folder, tmp_path / "fusion", cells=tmp_path), NoReporter())


def test_the_command_writes_a_package_and_prints_what_each_kind_of_field_gets(folder, tmp_path):
    parts = [text for name in ("windows", "scale", "cells", "data") for text in (f"--{name}", str(folder / name))]
    options = ["assemble", *parts, "--package-version", "2.0.0", "--package", str(tmp_path / "fusion")]
    with fixed_scale():
        result = CliRunner().invoke(cli, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "as taken: accuracy" in result.output
    assert "5 of like staining: accuracy" in result.output
    assert load_package(tmp_path / "fusion").manifest.version == "2.0.0"
    again = CliRunner().invoke(cli, options)
    assert again.exit_code == 2 and "is not empty" in again.output


def test_the_examinations_of_a_package_are_calibrated_again_under_a_new_version(folder, tmp_path, monkeypatch, capsys):
    with fixed_scale():
        first = tmp_path / "first.json"
        before = assemble(request(folder, tmp_path / "fusion", examinations=first), NoReporter()).manifest
        older = write_manifest(tmp_path / "fusion", replace(before, examination=None, version="0.9.0"))
        report = tmp_path / "report.json"
        options = ["--version", "1.0.0", "--report", str(report)]
        monkeypatch.setattr("sys.argv", ["command", str(tmp_path / "fusion"), str(folder / "data"), *options])
        main()
    found = load_package(tmp_path / "fusion").manifest
    assert (found.version, found.examination) == ("1.0.0", before.examination)
    assert found.measured["validation_examinations"] == before.measured["validation_examinations"]
    assert found.measured[FIELDS_AS] == asdict(older.identity)
    printed = json.loads(report.read_text())
    assert printed == {**json.loads(first.read_text()), "package": asdict(found.identity)}
    assert json.loads(capsys.readouterr().out) == printed
    assert printed["package"]["version"] == "1.0.0"
    assert {"constants", "calibration", "validation"} <= set(printed)

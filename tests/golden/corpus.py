"""Golden corpus: drawn fields with the value of every step of their reading.

`python -m tests.golden.corpus FOLDER` writes it; `make golden` compares it in Node and in Chromium (docs/adr/0059).
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.cli.answer_formats import to_plain_answer
from blastlens.domain.errors import UploadRefused
from blastlens.imaging.containers.parser import parse_container
from blastlens.imaging.decode import decode
from blastlens.imaging.pixel_size import size_in_file
from blastlens.inference.classifier import Classifier
from blastlens.inference.package import MODELS, SCREENING, load_package, write_manifest
from tests.golden.fields import GoldenField, list_fields
from tests.golden.files import list_files, list_files_of_the_service
from tests.golden.recording import Steps, record_steps

FOLDER = Path("build/golden")
ANSWERS = Path(__file__).parent / "answers.json"
PACKAGES = ("screening", "fusion")
"""Packages that are shipped."""
STRICT = "strict"
"""The screening package with a stricter limit of the distance: drawn fields do not reach its own."""

Plain = dict[str, Any]


def write_corpus(folder: Path, fields: Iterable[GoldenField], packages: Iterable[str] = PACKAGES) -> list[Plain]:
    """Write fields with their steps into a folder, and return their entries of `index.json`.

    Args:
        folder: target folder, with a folder for each field.
        fields: to write.
        packages: that read them, where a field names them.
    """
    make_strict_package(folder / STRICT)
    classifiers = {name: Classifier(load_package(MODELS / name), 1) for name in packages}
    classifiers[STRICT] = Classifier(load_package(folder / STRICT), 1)
    entries = [_write_field(folder, field, classifiers) for field in fields]
    files = [*_write_files(folder / "files")]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.json").write_text(json.dumps({"fields": entries, "files": files}))
    return entries


def make_strict_package(folder: Path) -> None:
    """Write the package `STRICT` into a folder."""
    shipped = load_package(SCREENING)
    rule = shipped.manifest.aggregation
    assert rule is not None
    shutil.copytree(SCREENING, folder, dirs_exist_ok=True)
    write_manifest(folder, replace(shipped.manifest, aggregation=replace(rule, far=1.0)))


def answer_all(fields: Iterable[GoldenField], package: str) -> dict[str, Plain]:
    """Return what a package answers to each field, by the field's name."""
    classifier = Classifier(load_package(MODELS / package), 1)
    chosen = [field for field in fields if package in field.packages]
    return {field.name: _plain_answer(classifier.read_bytes(field.draw(), field.declared).answer) for field in chosen}


def _write_field(folder: Path, field: GoldenField, classifiers: Mapping[str, Classifier]) -> Plain:
    place = folder / field.name
    place.mkdir(parents=True, exist_ok=True)
    data = field.draw()
    (place / "file").write_bytes(data)
    container, image = parse_container(data, keep=False), decode(data)
    um = container.um_per_pixel
    declared = field.declared or size_in_file(um)
    readings = {}
    for name in (each for each in field.packages if each in classifiers):
        with record_steps() as steps:
            reading = classifiers[name].read(image, declared)
        answer = _plain_answer(reading.answer)
        answer["cells"] = [
            {
                "box": list(cell.box),
                "nucleus_um": cell.nucleus_um,
                "blast_probability": cell.blast_probability,
                "kind": str(cell.kind),
            }
            for cell in reading.cells
        ]
        answer["windows"] = [list(box) for box in reading.windows]
        readings[name] = {"steps": _write_steps(place / name, steps), "answer": answer}
    return {
        "name": field.name,
        "is_exact": container.format_name == "PNG" and container.profile is None,
        "um_in_file": um,
        "declared": None if field.declared is None else {"um": field.declared.um, "source": str(field.declared.source)},
        "decode": _write_array(place / "decode.gz", image),
        "readings": readings,
    }


def _write_steps(folder: Path, steps: Steps) -> Plain:
    folder.mkdir(parents=True, exist_ok=True)
    written: Plain = {
        name: _write_array(folder / f"{name}.gz", value) if value.dtype == np.uint8 else value.tolist()
        for name, value in steps.arrays.items()
    }
    written["mask"] = [_write_array(folder / f"mask_{i}.gz", mask) for i, mask in enumerate(steps.masks)]
    written["pixel_size"] = steps.pixel_size
    return {name: value for name, value in written.items() if value not in (None, [])}


def _write_array(file: Path, values: NDArray[np.uint8]) -> Plain:
    """Write uint8 (H, W) or (H, W, C) row by row, and return where it lies and its shape."""
    file.write_bytes(gzip.compress(np.ascontiguousarray(values).tobytes(), 1))
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    return {"file": file.name, "width": width, "height": height, "channels": channels}


def _write_files(folder: Path) -> Iterable[Plain]:
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: make() for name, make in list_files().items()}
    reasons = {name: _refusal(data) for name, data in made.items()}
    for name, (make, reason) in list_files_of_the_service().items():
        made[name], reasons[name] = make(), reason
    for name, data in made.items():
        (folder / name).write_bytes(data)
        yield {"name": name, "reason": reasons[name]}


def _refusal(data: bytes) -> str:
    try:
        decode(data)
    except UploadRefused as refusal:
        return str(refusal.reason)
    raise ValueError("a file that is to be refused can be read")


def _plain_answer(answer: Any) -> Plain:
    """Return an answer as `classify --json` prints it, without path, message and model."""
    plain = to_plain_answer("", answer)
    return {name: value for name, value in plain.items() if name not in ("path", "message", "model")}


def main(arguments: list[str]) -> None:
    """Write the corpus, or `--answers`: the committed answers."""
    fields = list_fields()
    if arguments == ["--answers"]:
        answers = {package: answer_all(fields, package) for package in PACKAGES}
        ANSWERS.write_text(_format(_round(answers)))
        return
    folder = Path(arguments[0]) if arguments else FOLDER
    entries = write_corpus(folder, fields)
    print(f"Wrote {len(entries)} fields and {len([*(folder / 'files').iterdir()])} files to {folder}.")


def _format(answers: Plain) -> str:
    """Return JSON with one line for each field."""
    parts = [
        f" {json.dumps(package)}: {{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(answer)}" for name, answer in given.items())
        + "\n }"
        for package, given in answers.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _round(value: Any) -> Any:
    """Return numbers with six digits behind the point."""
    if isinstance(value, dict):
        return {name: _round(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_round(each) for each in value]
    return round(value, 6) if isinstance(value, float) else value


if __name__ == "__main__":
    main(sys.argv[1:])

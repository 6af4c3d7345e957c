"""The phone's answer to an examination against the service's, on random fields."""

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from blastlens.domain.examination_answer import ExaminationConstants, answer_examination
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, Caution, FieldSummary
from blastlens.domain.labels import LABEL_SETS, Label
from blastlens.domain.prediction import ModelIdentity, Prediction, Quality
from blastlens.inference.package import MODELS
from tests.web.nodejs import run_node

_ANSWER = """
import { readFile } from "node:fs/promises";
import { answerExamination } from "./src/blastlens/web/screening/core/examination_answer.js";
const { constants, examinations } = JSON.parse(await readFile(process.argv[1], "utf8"));
console.log(JSON.stringify(examinations.map((fields) => answerExamination(fields, constants))));
"""
_EXAMINATIONS = 300
_QUALITY = Quality(*[0.5] * len(Quality.__dataclass_fields__))
_MODEL = ModelIdentity("screening", "1.0.0", "0" * 64)


def _draw_field(rng: random.Random, labels: tuple[Label, ...], lean: float) -> Prediction:
    weights = [rng.random() ** 4 + lean * (label is Label.BENIGN) + 1e-9 for label in labels]
    probabilities = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    order = sorted(labels, key=lambda label: -probabilities[label])
    kept = tuple(order[: rng.choice([1, 1, 1, 2, len(labels)])])
    cells = rng.randrange(0, 40)
    blasts = min(cells, rng.choice([0, 0, 1, cells // 2]))
    cautions = (Caution.FEW_CELLS,) if cells < 3 else ()
    summary = FieldSummary(UNKNOWN_PIXEL_SIZE, 1, cells, cautions, blasts=blasts)
    return Prediction(order[0], probabilities, kept, _QUALITY, _MODEL, summary)


def _to_plain_values(probabilities: Mapping[Label, float]) -> dict[str, float]:
    return {str(label): value for label, value in probabilities.items()}


def _to_plain(one: Prediction) -> dict[str, object]:
    assert one.field is not None
    return {
        "probabilities": _to_plain_values(one.probabilities),
        "prediction_set": [str(label) for label in one.prediction_set],
        "field": {
            "white_cells": one.field.white_cells,
            "blasts": one.field.blasts,
            "cautions": [str(caution) for caution in one.field.cautions],
        },
    }


def test_the_phone_answers_an_examination_as_the_service_does(tmp_path: Path) -> None:
    rng = random.Random(7)
    values = json.loads((MODELS / "screening" / "manifest.json").read_text())["examination"]
    examinations = [
        [_draw_field(rng, labels, rng.choice([0.0, 3.0])) for _ in range(rng.randint(1, 12))]
        for labels in LABEL_SETS
        for _ in range(_EXAMINATIONS)
    ]
    file = tmp_path / "examinations.json"
    plain = [[_to_plain(one) for one in fields] for fields in examinations]
    file.write_text(json.dumps({"constants": values, "examinations": plain}))

    done = run_node("--input-type=module", "--eval", _ANSWER, str(file))

    assert done.returncode == 0, done.stderr
    findings = set()
    for fields, answer in zip(examinations, json.loads(done.stdout), strict=True):
        expected = answer_examination(fields, ExaminationConstants(**values))
        assert expected is not None
        findings.add(expected.suspicion)
        assert answer["predictionSet"] == [str(label) for label in expected.prediction_set]
        assert (answer["whiteCells"], answer["blasts"]) == (expected.white_cells, expected.blasts)
        assert (answer["missingCells"], answer["contradicts"]) == (expected.missing_cells, expected.contradicts)
        assert answer["probabilities"] == pytest.approx(_to_plain_values(expected.probabilities), abs=1e-9)
    assert len(findings) == 3

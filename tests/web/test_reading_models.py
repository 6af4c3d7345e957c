"""Tests of the reading engine's models in JavaScript against those in Python."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blastlens.domain.chance import exceeds_chance
from blastlens.domain.field import Caution
from blastlens.inference.aggregation import AggregationSettings, Evidence, aggregate, measure_distance
from blastlens.inference.distance import Statistics
from blastlens.inference.graph import Graph
from blastlens.inference.package import DISTANCE_FILE, MODELS, load_package
from blastlens.inference.uncertainty import apply_temperature
from tests.web.nodejs import WASM, run_node

PACKAGES = ("screening", "fusion")

_PRELUDE = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(process.argv[1], "utf8"));
const READING = "./src/blastlens/web/reading/";
"""


def run_reading(script: str, given: Any, folder: Path) -> Any:
    """Run a script of Node that finds its values in `given`, and return what it prints as JSON."""
    file = folder / "given.json"
    file.write_text(json.dumps(given))
    done = run_node("--input-type=module", "--eval", _PRELUDE + script, str(file))
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def _settings(name: str) -> AggregationSettings:
    settings = load_package(MODELS / name).manifest.aggregation
    assert settings is not None
    return settings


def _draw(generator: np.random.Generator, classes: int) -> Evidence:
    """Draw evidence of all kinds: few and many cells, sure and unsure ones, near and far windows."""
    windows, cells = int(generator.integers(1, 6)), int(generator.integers(0, 40))
    sharpness = 10.0 ** generator.uniform(-1.5, 0.7)
    leaning = np.full(6, 0.3)
    leaning[generator.integers(0, 6)] = 4.0
    leaning[5] = 0.2
    cautions = tuple(caution for caution in Caution if generator.random() < 0.05)
    return Evidence(
        generator.dirichlet(np.full(classes, sharpness), windows),
        generator.exponential(0.6, windows),
        None if generator.random() < 0.1 else generator.dirichlet(leaning * sharpness, cells).reshape(-1, 6),
        cautions,
        bool(generator.random() < 0.1),
    )


_AGGREGATE = """
const { aggregate } = await import(READING + "inference/aggregation.js");
const { measureDistance } = await import(READING + "inference/evidence.js");
console.log(JSON.stringify(given.map(({ evidence, settings }) => ({
  ...aggregate(evidence, settings), distance: measureDistance(evidence),
}))));
"""


@pytest.mark.parametrize("name", PACKAGES)
def test_aggregation_gives_the_same_answers_as_in_python(name: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    classes = 2 if name == "screening" else 4
    rules = [_settings(name), replace(_settings(name), set_threshold=0.4, half_cells=3.0, least_benign=0.5)]
    cases = [(_draw(generator, classes), rules[number % 2]) for number in range(600)]
    plain = [
        {
            "evidence": {
                "windows": one.windows.tolist(),
                "distances": one.distances.tolist(),
                "cells": None if one.cells is None else one.cells.tolist(),
                "cautions": list(map(str, one.cautions)),
                "isOpen": one.is_open,
            },
            "settings": asdict(rule),
        }
        for one, rule in cases
    ]

    found = run_reading(_AGGREGATE, plain, tmp_path)

    sets = set()
    for (evidence, rule), answer in zip(cases, found, strict=True):
        wanted = aggregate(evidence, rule)
        np.testing.assert_allclose(answer["probabilities"], wanted.probabilities, rtol=0, atol=1e-9)
        assert tuple(answer["predictionSet"]) == wanted.prediction_set
        assert answer["cautions"] == list(map(str, wanted.cautions))
        assert answer["distance"] == pytest.approx(measure_distance(evidence), abs=1e-12)
        sets.add((wanted.prediction_set, wanted.cautions))
    assert len(sets) > 20  # the draws reach the rules, not only one of them


_CHANCE = """
const { exceedsChance } = await import(READING + "domain/chance.js");
console.log(JSON.stringify(given.map((values) => exceedsChance(...values))));
"""


def test_more_than_chance_is_the_same_as_in_python(tmp_path: Path) -> None:
    cases = [
        (count, number, share, significance)
        for number in (1, 7, 60, 600)
        for count in (0, 1, 2, 3, 5, 9, 30)
        for share in (0.0, 0.002, 0.01, 0.3, 1.0)
        for significance in (0.001, 0.05)
        if count <= number
    ]

    assert run_reading(_CHANCE, cases, tmp_path) == [exceeds_chance(*case) for case in cases]


_DISTANCE = """
const { Statistics } = await import(READING + "inference/distance.js");
const { applyTemperature } = await import(READING + "inference/uncertainty.js");
const statistics = Statistics.load(readFileSync(given.file), "distance.npz");
console.log(JSON.stringify({
  distances: given.features.map((each) => statistics.measure(Float32Array.from(each))),
  calibrated: given.outputs.map((each) => applyTemperature(each, given.temperature)),
}));
"""


@pytest.mark.parametrize("name", PACKAGES)
def test_distances_and_calibration_are_those_of_python(name: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    package = load_package(MODELS / name)
    statistics = Statistics.load(package.folder / DISTANCE_FILE)
    features = np.abs(generator.normal(0.4, 0.5, (6, len(statistics.mean)))).astype(np.float32)
    features[0] = 0
    outputs = generator.dirichlet(np.full(4, 0.2), 8)
    outputs[0] = [0, 1, 0, 0]
    temperature = package.manifest.calibration.temperature
    given = {
        "file": str(package.folder / DISTANCE_FILE),
        "features": features.astype(float).tolist(),
        "outputs": outputs.tolist(),
        "temperature": temperature,
    }

    found = run_reading(_DISTANCE, given, tmp_path)

    for each, distance in zip(features, found["distances"], strict=True):
        wanted = statistics.measure(each)
        assert distance["mahalanobis"] == pytest.approx(wanted.mahalanobis, rel=1e-4)
        assert distance["residual"] == pytest.approx(wanted.residual, rel=1e-4)
    np.testing.assert_allclose(found["calibrated"], apply_temperature(outputs, temperature), atol=1e-12)


_GRAPHS = """
const { openInNode } = await import(READING + "runtime/node.js");
const runtime = await openInNode(given.wasm);
console.log(JSON.stringify(given.graphs.map(({ file, inputs }) => {
  const graph = runtime.compile(readFileSync(file));
  const arrays = Object.fromEntries(Object.entries(inputs).map(([name, seed]) => {
    const values = new Float32Array(graph.inputs.get(name).reduce((product, size) => product * size, 1));
    for (let at = 0; at < values.length; at++) values[at] = (at * seed) % 256;
    return [name, values];
  }));
  const outputs = graph.run(arrays);
  graph.delete();
  return Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, Array.from(values)]));
})));
"""


@pytest.mark.skipif(not WASM.is_dir(), reason="LiteRT.js is not installed: run `make web`.")
@pytest.mark.parametrize("name", PACKAGES)
def test_graphs_return_the_values_of_python(name: str, tmp_path: Path) -> None:
    package = load_package(MODELS / name)
    files = [file for file in (package.graph, package.scale_graph, package.cell_graph) if file is not None]
    graphs = [Graph(file, 1) for file in files]
    seeds = [{each: 7919 + 2 * place for place, each in enumerate(sorted(graph.inputs))} for graph in graphs]
    given = [{"file": str(file), "inputs": each} for file, each in zip(files, seeds, strict=True)]

    found = run_reading(_GRAPHS, {"wasm": str(WASM), "graphs": given}, tmp_path)

    for graph, inputs, outputs in zip(graphs, seeds, found, strict=True):
        wanted = graph.run({each: _fill(graph.inputs[each], seed) for each, seed in inputs.items()})
        assert set(outputs) == set(wanted)
        for each, values in wanted.items():
            np.testing.assert_allclose(outputs[each], values.ravel(), rtol=1e-4, atol=1e-4, err_msg=each)


def _fill(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    return (np.arange(np.prod(shape)) * seed % 256).astype(np.float32).reshape(shape)

"""Golden corpus, read by the page's engine in Node."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden.corpus import STRICT
from tests.golden.effort import FIELDS, SHIPPED, WHOLE, prepare_corpus
from tests.web.nodejs import ROOT, WASM, run_node

MODELS = ROOT / "src/blastlens/models"
BOUNDS = json.loads((ROOT / "tests/golden/bounds.json").read_text())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_corpus(tmp_path_factory.mktemp("golden"))


def differences(report: Any) -> Iterator[tuple[str, str, float, float, str]]:
    """Yield field, step, difference, bound and detail of each comparison; JSON has no infinite numbers."""
    for field in report["fields"]:
        for each in field["differences"]:
            yield field["field"], each["step"], float(each["difference"]), each["bound"], each["detail"]


@pytest.mark.timeout(1800 if WHOLE else 300)
def test_every_step_in_node_is_that_of_python_within_its_bound(corpus):
    if not WASM.is_dir():
        pytest.skip("LiteRT.js is not installed: run `make web`.")
    done = run_node("tests/golden/run_in_node.mjs", str(corpus), str(WASM), str(MODELS), timeout=1800)
    assert done.returncode == 0, done.stderr[-4000:]
    if WHOLE:
        print(f"\n{done.stdout}")

    compared = [*differences(json.loads((corpus / "differences-node.json").read_text()))]

    readings = {
        (field.name, package) for field in FIELDS for package in field.packages if package in (*SHIPPED, STRICT)
    }
    assert {each[0] for each in compared} == {f"{name} ({package})" for name, package in readings}
    assert {each[1] for each in compared} == set(BOUNDS) - {"decode"}
    assert not [each for each in compared if not (math.isfinite(each[2]) and each[2] <= each[3])]


_PARSE = """
import { readFile } from "node:fs/promises";
import { findConversion } from "./src/blastlens/web/reading/decode/colour_profile.js";
import { parseFile } from "./src/blastlens/web/reading/decode/file.js";
const found = {};
for (const path of process.argv.slice(1)) {
  const data = new Uint8Array(await readFile(path));
  try {
    const container = await parseFile(data);
    const isConverted = findConversion(container) !== null;
    found[path] = { um: container.um, lacksEnd: container.lacksEnd, isConverted };
  } catch (error) {
    found[path] = { reason: error.reason ?? error.stack };
  }
}
console.log(JSON.stringify(found));
"""


def test_files_are_refused_for_the_reasons_of_the_service_and_state_the_same_scale(corpus):
    index = json.loads((corpus / "index.json").read_text())
    files = {corpus / "files" / each["name"]: each for each in index["files"]}
    fields = {corpus / each["name"] / "file": each for each in index["fields"]}

    done = run_node("--input-type=module", "--eval", _PARSE, *map(str, [*files, *fields]))

    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout)
    for path, each in files.items():
        answer = found[str(path)]
        # Whether data are missing before a lost end is seen by decoding, which Node cannot.
        assert answer.get("lacksEnd") or answer == {"reason": each["reason"]}, each["name"]
    for path, each in fields.items():
        assert found[str(path)]["um"] == pytest.approx(each["um_in_file"]), each["name"]
        assert found[str(path)]["isConverted"] == ("display_p3" in each["name"]), each["name"]

"""What the image leaves out of its dependencies is never loaded."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from blastlens.domain.labels import LABELS
from blastlens.imaging.synthetic import draw_smear

ROOT = Path(__file__).parents[3]
INSTALLED = Path(np.__file__).parents[1]
# Writes the path of all that is opened or mapped while the function starts, and while it reads the files it is given.
PROGRAM = """
import os, sys
opened = set()
sys.addaudithook(lambda event, given: opened.add(str(given[0])) if event == "open" else None)
from blastlens.functions.entry import classify
from blastlens.functions.snapshots import warm_up
warm_up(classify._reader)
for path in sys.argv[1:]:
    answer = classify._reader.read_bytes(open(path, "rb").read()).answer
    assert type(answer).__name__ == "Prediction", (path, answer)
with open("/proc/self/maps") as maps:
    opened |= {line.split(maxsplit=5)[-1].strip() for line in maps if len(line.split()) == 6}
print(*opened, sep="\\n")
"""


def load_trim():
    spec = importlib.util.spec_from_file_location("trim", ROOT / "layers" / "image" / "trim.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("smears")
    drawn = draw_smear(1, LABELS[2]).image
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    paths = [folder / f"smear.{ending}" for ending in ("jpg", "png", "bmp", "tif")]
    for path in paths:
        options: dict[str, Any] = {} if path.suffix == ".bmp" else {"icc_profile": profile}
        Image.fromarray(drawn).save(path, **options)
    Image.fromarray(drawn).save(folder / "packed.tif", compression="tiff_lzw")
    cv2.imwrite(str(folder / "deep.png"), drawn[..., ::-1].astype(np.uint16) * 257)
    return [*paths, folder / "packed.tif", folder / "deep.png"]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has mapped")
def test_nothing_is_trimmed_that_classifying_opens(files):
    names = (
        "RESULTS_TABLE",
        "CONTENTS_TABLE",
        "UPLOAD_QUEUE_URL",
        "UPLOAD_DEAD_LETTER_QUEUE_URL",
        "UPLOAD_MAX_RECEIVES",
    )
    environment = {**os.environ, **dict.fromkeys(names, "5"), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PROGRAM, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    # Bytecode stands for its source: __pycache__/name.cpython-313.pyc for name.py.
    opened = {Path(re.sub(r"__pycache__/(\w+)\..*\.pyc", r"\1.py", line)) for line in done.stdout.splitlines()}
    gone = set(load_trim().find_unused(INSTALLED))
    assert {path for path in opened if gone & {path, *path.parents}} == set()
    assert any("numpy" in str(path) for path in opened), "nothing was seen to be opened"


def test_the_services_that_the_function_calls_keep_their_descriptions():
    gone = set(load_trim().find_unused(INSTALLED))
    descriptions = INSTALLED / "botocore" / "data"
    assert descriptions / "s3" not in gone
    assert descriptions / "dynamodb" not in gone
    assert descriptions / "sqs" not in gone
    assert descriptions / "sns" in gone


def test_licences_and_what_scanners_read_stay():
    gone = set(load_trim().find_unused(INSTALLED))
    kept = [*INSTALLED.glob("*.dist-info/METADATA"), *INSTALLED.glob("*.dist-info/licenses/*")]
    assert kept
    assert not [path for path in kept if path in gone]


def test_the_image_is_let_have_the_script_that_trims_it():
    assert "!layers/image/trim.py" in (ROOT / ".dockerignore").read_text().splitlines()

"""The camera's meter against the measurements and limits of the service."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from blastlens.domain.labels import Label
from blastlens.imaging.quality import LIMITS
from blastlens.imaging.sharpness import measure_sharpness
from blastlens.imaging.synthetic import draw_smear
from tests.web.nodejs import run_node

_MEASURE = """
import { readFile } from "node:fs/promises";
import { FRAME_SIDE, Meter } from "./src/blastlens/web/screening/camera/meter.js";
const readings = [];
for (const { path, width, height } of JSON.parse(process.argv[1])) {
  if (Math.max(width, height) !== FRAME_SIDE) throw new Error(`frames have ${FRAME_SIDE} pixels`);
  readings.push(new Meter().measure({ data: await readFile(path), width, height }, 0));
}
console.log(JSON.stringify(readings));
"""
_SIDE = 448
_BLURS = (0, 1, 2, 4, 8)
"""Standard deviations in pixels of an image that is 448 pixels wide."""


def _measure(folder: Path, images: list[np.ndarray]) -> list[dict]:
    """Return what the page's meter makes of images (H, W, 3), shrunk as the page shrinks a camera's frame."""
    frames = []
    for number, image in enumerate(images):
        scale = _SIDE / max(image.shape[:2])
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        rgb = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        path = folder / f"{number}.rgba"
        path.write_bytes(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA).tobytes())
        frames.append({"path": str(path), "width": size[0], "height": size[1]})
    done = run_node("--input-type=module", "--eval", _MEASURE, json.dumps(frames))
    assert done.returncode == 0, done.stderr
    readings: list[dict] = json.loads(done.stdout)
    return readings


@pytest.fixture(scope="module")
def smears() -> list[np.ndarray]:
    """A drawn smear of a phone's shape, ever more out of focus."""
    sharp = draw_smear(41, Label.PRE_B, size=(672, 896), blasts=24).image
    return [cv2.GaussianBlur(sharp, (0, 0), 2 * blur) if blur else sharp for blur in _BLURS]


def test_focus_is_the_measurement_of_the_service(tmp_path, smears):
    readings = _measure(tmp_path, smears)

    expected = [measure_sharpness(image)[0] for image in smears]
    assert [reading["focus"] for reading in readings] == pytest.approx(expected, rel=0.05, abs=0.2)


def test_a_frame_that_the_service_would_refuse_is_called_blurred(tmp_path, smears):
    readings = _measure(tmp_path, smears)

    for image, reading in zip(smears, readings, strict=True):
        if measure_sharpness(image)[0] < LIMITS.least_focus:
            assert reading["advice"] == "blurred"
    assert readings[0]["advice"] == "ready"
    assert readings[-1]["advice"] == "blurred"


def test_light_that_the_service_would_refuse_is_named_first(tmp_path, smears):
    dark, bright = (np.clip(smears[-1] * gain, 0, 255).astype(np.uint8) for gain in (0.35, 1.8))

    assert [reading["advice"] for reading in _measure(tmp_path, [dark, bright])] == ["dark", "bright"]


@pytest.mark.parametrize("share", [0.35, 0.45, 0.6])
def test_the_disc_of_an_eyepiece_is_found_and_its_dark_surround_does_not_count(tmp_path, smears, share):
    image = smears[0].copy()
    height, width = image.shape[:2]
    middle, radius = (int(width * 0.53), int(height * 0.47)), int(share * height)
    outside = np.ones((height, width), np.uint8)
    cv2.circle(outside, middle, radius, 0, -1)
    image[outside > 0] = 8

    (reading,) = _measure(tmp_path, [image])

    circle = reading["circle"]
    assert (circle["x"], circle["y"]) == pytest.approx((middle[0] / width, middle[1] / width), abs=0.01)
    assert circle["radius"] == pytest.approx(radius / width, rel=0.03)
    assert reading["light"] == "good"
    assert reading["brightness"] == pytest.approx(smears[0][outside == 0].mean() / 255, abs=0.06)


def test_a_frame_without_a_dark_surround_has_no_disc(tmp_path, smears):
    crowded = draw_smear(42, Label.PRE_B, size=(672, 896), blasts=60).image

    assert [reading["circle"] for reading in _measure(tmp_path, [*smears, crowded])] == [None] * (len(smears) + 1)

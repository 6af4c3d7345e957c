"""Matching of cells and pixel sizes in benchmarks/cells.py."""

import json
import sys

import cv2
import numpy as np
import pytest

from blastlens.domain.field import Cell, CellKind
from blastlens.domain.labels import Label
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from blastlens.inference.classifier import Reading
from cells import find_boxes, main, match_boxes, read_boxes, true_pixel_size
from tests import answers
from tests.tiny_package import write_tiny


def boxes(*values):
    return np.array(values, np.float64).reshape(-1, 4)


def test_drawn_boxes_are_shares_around_a_centre_and_come_by_class(tmp_path):
    (tmp_path / "a.boxes.txt").write_text("0 0.5 0.5 0.2 0.1\n1 0.25 0.5 0.1 0.1\n2 0.1 0.1 0.1 0.1\n")
    white, red = read_boxes(tmp_path / "a.boxes.txt", height=100, width=200)
    assert white.tolist() == [[80, 45, 40, 10]] and red.tolist() == [[40, 45, 20, 10]]


@pytest.mark.parametrize(
    ("found", "matched"),
    [
        ([(10, 10, 20, 20)], 1),
        ([(18, 18, 4, 4)], 1),  # a small box with its centre inside
        ([(30, 10, 20, 20)], 0),
        ([(10, 10, 20, 20), (12, 12, 6, 6)], 1),  # two pieces of one cell count once
        ([(12, 12, 6, 6), (62, 60, 20, 20)], 2),
        ([(0, 0, 100, 100)], 0),  # one box around everything
        ([], 0),
    ],
)
def test_a_drawn_cell_is_found_once_by_overlap_or_by_a_centre_inside(found, matched):
    assert match_boxes(boxes(*found), boxes((10, 10, 20, 20), (60, 60, 20, 20))) == matched


def test_the_pixel_size_follows_from_whole_red_cells_only():
    red = boxes((50, 50, 20, 10), (80, 80, 10, 20), (0, 40, 90, 90))
    assert true_pixel_size(red, 200, 200) == pytest.approx(7.5 / np.sqrt(200))
    assert true_pixel_size(boxes((0, 40, 90, 90)), 200, 200) is None
    assert true_pixel_size(boxes(), 200, 200) is None


def test_boxes_are_those_of_the_cells_or_of_pieces_of_the_mask():
    mask = np.zeros((40, 60), bool)
    mask[5:15, 10:30] = mask[20:30, 40:50] = True
    cell = Cell((1, 2, 3, 4), (), 9.0, 0.5, CellKind.PRE_B)
    reading = Reading(answers.prediction(Label.PRE_B), None, mask, None, (cell,))
    assert find_boxes(reading, by_cells=True).tolist() == [[1, 2, 3, 4]]
    assert find_boxes(reading, by_cells=False).tolist() == [[10, 5, 20, 10], [40, 20, 10, 10]]
    assert find_boxes(Reading(answers.rejection()), by_cells=False).shape == (0, 4)


def run(capsys, monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["cells.py", *map(str, options)])
    main()
    return capsys.readouterr().out.splitlines()


def test_a_package_without_a_cell_model_is_measured_by_its_mask(tmp_path, capsys, monkeypatch):
    write_tiny(tmp_path / "package")
    (tmp_path / "other-smears").mkdir()
    (tmp_path / "labs" / "chula").mkdir(parents=True)
    (tmp_path / "wbc-masks").mkdir()
    smear = draw_smear(3, Label.PRE_B)
    for file in (tmp_path / "other-smears" / "a.jpg", tmp_path / "labs" / "chula" / "b.jpg"):
        assert cv2.imwrite(str(file), cv2.cvtColor(smear.image, cv2.COLOR_RGB2BGR))
    (tmp_path / "other-smears" / "a.boxes.txt").write_text("0 0.5 0.5 1 1\n1 0.25 0.25 0.07 0.07\n")
    (tmp_path / "wbc-masks" / "001.png").write_bytes(encode_png(smear.image))
    assert cv2.imwrite(str(tmp_path / "wbc-masks" / "001_mask.png"), smear.mask.astype(np.uint8) * 255)
    lines = run(capsys, monkeypatch, "--package", tmp_path / "package", "--data", tmp_path, "--json")
    figures = json.loads(lines[-1])
    assert figures["counted"] == "pieces of the mask; cells are not available"
    assert figures["other-smears"]["recall"]["count"] == 1 and figures["other-smears"]["pixel_size"] == "not available"
    assert figures["chula"]["white_cells_per_ten_fields"] >= 10
    assert figures["wbc-masks"]["nucleus_recall"] > 0.8


def test_without_images_the_benchmark_is_skipped_with_a_message(tmp_path, capsys, monkeypatch):
    write_tiny(tmp_path / "package")
    lines = run(capsys, monkeypatch, "--package", tmp_path / "package", "--data", tmp_path)
    assert lines[-1].startswith("skipped: there are no real images in ")

import re

import cv2
import numpy as np

from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear
from docs.measure_cell_shape import main, measure_nuclei


def mask_of(*ellipses):
    drawn = np.zeros((200, 200), np.uint8)
    for centre, axes in ellipses:
        cv2.ellipse(drawn, centre, axes, 0, 0, 360, 1, -1)
    return drawn > 0


def test_the_ratio_of_a_nucleus_is_height_over_width():
    assert [round(shape, 1) for shape in measure_nuclei(mask_of(((60, 60), (20, 28)), ((140, 140), (30, 30))))] == [
        1.4,
        1.0,
    ]


def test_every_folder_of_images_is_measured_and_masks_are_left_out(tmp_path, monkeypatch, capsys):
    (tmp_path / "smears").mkdir()
    for seed in range(3):
        drawn = encode_png(draw_smear(seed).image)
        (tmp_path / "smears" / f"{seed}.png").write_bytes(drawn)
        (tmp_path / "smears" / f"{seed}_mask.png").write_bytes(b"no image")
    monkeypatch.setattr("sys.argv", ["measure_cell_shape", str(tmp_path)])
    main()
    assert re.fullmatch(r"smears: \d\.\d\d \(median of \d+ blasts\)\n", capsys.readouterr().out)


def test_cells_that_touch_lie_at_the_edge_or_are_specks_are_not_measured():
    touching = ((60, 60), (20, 20)), ((99, 60), (20, 20))
    assert not list(measure_nuclei(mask_of(*touching, ((5, 150), (20, 20)), ((150, 150), (3, 3)))))

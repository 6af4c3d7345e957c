from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear


@pytest.fixture(scope="module")
def picture() -> bytes:
    return encode_png(draw_smear(1, LABELS[1], (180, 240)).image)


def write(file: Path, picture: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    return file


def run(*arguments):
    return CliRunner().invoke(cli, ["segment", *map(str, arguments)])


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_segment_writes_mask_and_segmented_image_at_the_inputs_size(tmp_path):
    smear = draw_smear(1, LABELS[1], (180, 240))
    (tmp_path / "smear.png").write_bytes(encode_png(smear.image))
    out = tmp_path / "new" / "masks"
    result = CliRunner().invoke(cli, ["segment", str(tmp_path / "smear.png"), "--out", str(out)])
    assert result.exit_code == 0
    mask = cv2.imread(str(out / "smear_mask.png"), cv2.IMREAD_UNCHANGED)
    segmented = cv2.imread(str(out / "smear_segmented.png"))
    assert mask is not None
    assert segmented is not None
    assert mask.shape == (180, 240)
    assert set(np.unique(mask)) == {0, 255}
    assert segmented.shape == (180, 240, 3)
    assert not segmented[mask == 0].any()


def test_the_outlines_are_drawn_on_the_image_around_every_cell(tmp_path, picture):
    smear = write(tmp_path / "smear.png", picture)
    result = run(smear, "--out", tmp_path)
    image, outlines = (cv2.imread(str(tmp_path / name)) for name in ("smear.png", "smear_outlines.png"))
    mask = cv2.imread(str(tmp_path / "smear_mask.png"), cv2.IMREAD_GRAYSCALE)
    assert image is not None and outlines is not None and mask is not None
    changed = (image != outlines).any(axis=2)
    edge = mask - cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    assert changed[edge > 0].mean() > 0.9
    assert not changed[cv2.dilate(edge, np.ones((11, 11), np.uint8)) == 0].any()
    assert result.stderr == ""


def test_an_image_that_the_quality_gate_refuses_is_segmented_with_a_warning(tmp_path):
    blurred = cv2.GaussianBlur(draw_smear(1, LABELS[1]).image, (31, 31), 0)
    smear = write(tmp_path / "smear.png", encode_png(np.asarray(blurred, np.uint8)))
    result = run(smear, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert names_in(tmp_path / "out") == ["smear_mask.png", "smear_outlines.png", "smear_segmented.png"]
    assert result.stderr.startswith(f"Warning: {smear}: classify would reject this image as blurred: ")
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_an_image_is_reported_and_the_others_are_written(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    (tmp_path / "b.png").write_bytes(encode_png(draw_smear(1, LABELS[1]).image))
    out = tmp_path / "out"
    result = CliRunner().invoke(cli, ["segment", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 2
    assert "a.png" in result.stderr
    assert (out / "b_mask.png").exists()


def test_a_file_that_cannot_be_opened_is_named_and_the_others_are_written(tmp_path, picture, monkeypatch):
    def refuse_one(path):
        if path.name == "a.png":
            raise PermissionError(13, "Permission denied")
        return path.read_bytes()

    monkeypatch.setattr("blastlens.cli.segment.read_image_file", refuse_one)
    for name in ("a.png", "b.png"):
        write(tmp_path / "in" / name, picture)
    result = run(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"{tmp_path / 'in' / 'a.png'}: Permission denied" in result.stderr
    assert names_in(tmp_path / "out") == ["b_mask.png", "b_outlines.png", "b_segmented.png"]


@pytest.mark.parametrize("names", [("a/1.png", "b/1.png"), ("1.jpg", "1.png")], ids=["folders", "endings"])
def test_images_whose_results_would_have_one_name_are_both_named_and_nothing_is_written(tmp_path, picture, names):
    first, second = (write(tmp_path / "in" / name, picture) for name in names)
    result = run(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert str(first) in result.stderr and str(second) in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_image_that_is_named_twice_is_read_once(tmp_path, picture):
    file = write(tmp_path / "in" / "1.png", picture)
    result = run(tmp_path / "in", file, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("out", [".", "results"])
def test_a_second_run_does_not_read_what_the_first_wrote(tmp_path, picture, out):
    write(tmp_path / "s0.png", picture)
    for _ in range(2):
        assert run(tmp_path, "--out", tmp_path / out).exit_code == 0
    written = {name for name in names_in(tmp_path / out) if name != "s0.png"} - {"results"}
    assert written == {"s0_mask.png", "s0_outlines.png", "s0_segmented.png"}


def test_a_mask_that_is_not_a_result_of_this_run_is_an_image_like_any_other(tmp_path, picture):
    write(tmp_path / "in" / "s0_mask.png", picture)
    assert run(tmp_path / "in", "--out", tmp_path / "in").exit_code == 0
    results = ["s0_mask_mask.png", "s0_mask_outlines.png", "s0_mask_segmented.png"]
    assert names_in(tmp_path / "in") == ["s0_mask.png", *results]


def test_a_folder_without_images_is_wrong_usage(tmp_path):
    (tmp_path / "in").mkdir()
    result = run(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "no image files" in result.stderr

import cv2
import numpy as np
from click.testing import CliRunner

from blastlens.cli.main import cli
from blastlens.domain.labels import LABELS
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.synthetic import draw_smear


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


def test_a_file_that_is_no_image_is_named_and_the_others_are_written(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    (tmp_path / "b.png").write_bytes(encode_png(draw_smear(1, LABELS[1]).image))
    out = tmp_path / "out"
    result = CliRunner().invoke(cli, ["segment", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 2
    assert "a.png" in result.stderr
    assert (out / "b_mask.png").exists()

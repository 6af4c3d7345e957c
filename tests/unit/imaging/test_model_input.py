import numpy as np

from blastlens.imaging.model_input import segmented_input, shrink


def test_image_and_mask_come_out_square_at_the_models_size():
    image, share = shrink(np.zeros((300, 200, 3), np.uint8), np.ones((300, 200), bool), 128)
    assert image.shape == (128, 128, 3)
    assert share.shape == (128, 128)
    assert (share == 255).all()


def test_the_segmented_input_is_black_where_the_mask_is_empty_and_equal_where_it_is_full():
    image = np.full((2, 4, 4, 3), 200, np.uint8)
    share = np.zeros((2, 4, 4), np.uint8)
    share[:, :2] = 255
    segmented = segmented_input(image, share)
    assert (segmented[:, :2] == 200).all()
    assert not segmented[:, 2:].any()

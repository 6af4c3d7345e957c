"""Picture of one field: the image, its outlines and its heat map side by side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.result import Artifacts
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.local.cloud import EmbeddedCloud
from blastlens.local.demo.smears import DemoField

_HEIGHT = 480
_GAP = 8


def draw_picture(cloud: EmbeddedCloud, field: DemoField, artifacts: Artifacts) -> bytes | None:
    """Return image, outlines and heat of a field as one PNG file.

    Returns None if it has no pictures, because the image was rejected.

    Args:
        cloud: the running cloud, which stores the pictures.
        field: the field.
        artifacts: object keys of its pictures.
    """
    keys = (artifacts.overlay, artifacts.heat)
    if not any(keys):
        return None
    s3, bucket = cloud.clients.client("s3"), cloud.stack.resources["UploadBucket"]
    stored = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys if key]
    panels = [_scale(decode(data)) for data in (field.data, *stored)]
    gap = np.full((_HEIGHT, _GAP, 3), 255, np.uint8)
    parts = [part for panel in panels for part in (panel, gap)]
    return encode_png(np.concatenate(parts[:-1], axis=1))


def _scale(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image (H, W, 3) at the height of the picture."""
    width = max(1, round(rgb.shape[1] * _HEIGHT / rgb.shape[0]))
    method = cv2.INTER_AREA if rgb.shape[0] > _HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, _HEIGHT), interpolation=method), dtype=np.uint8)

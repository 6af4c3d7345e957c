"""Transforms of random strength that imitate microscopes, stains and cameras."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Absorption of haematoxylin, eosin and DAB in red, green and blue (Ruifrok and Johnston 2001, Anal Quant Cytol 23:291).
_STAINS = np.array([[0.650, 0.704, 0.286], [0.072, 0.990, 0.105], [0.268, 0.570, 0.776]])
_TO_STAINS = np.linalg.inv(_STAINS)
_DENSITY = -np.log(np.maximum(np.arange(256), 1) / 255.0).astype(np.float32)
_BLUR_SIDE = 224  # pixels of the shorter side for which blur and motion are given
_CORNERS = 2


def move_and_zoom(
    image: NDArray[np.uint8], rotation: float, zoom: float, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Rotate by up to `rotation` degrees, zoom and shift by up to the share `zoom`.

    Borders are reflected.
    """
    height, width = image.shape[:2]
    angle = generator.uniform(-rotation, rotation)
    scale = np.exp(generator.uniform(-1, 1) * np.log1p(zoom))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    moved_by = generator.uniform(-zoom / 2, zoom / 2, size=2) * (width, height)
    matrix = np.asarray(matrix, np.float64) + np.array([[0, 0, moved_by[0]], [0, 0, moved_by[1]]])
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved.astype(np.uint8, copy=False)


def vary_stain(image: NDArray[np.uint8], strength: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Scale and shift the amount of each stain in a pixel.

    After Tellez et al. 2018, arXiv 1808.05896.
    """
    factors = 1.0 + generator.uniform(-strength, strength, size=3)
    shifts = generator.uniform(-strength, strength, size=3) * 0.1
    mixing = (_TO_STAINS @ np.diag(factors) @ _STAINS).T  # (3 RGB out, 3 RGB in)
    density = cv2.transform(_DENSITY[image], mixing.astype(np.float32)) + (shifts @ _STAINS).astype(np.float32)
    return np.asarray(np.clip(255.0 * np.exp(-density), 0, 255), dtype=np.uint8)


def shade(image: NDArray[np.uint8], strength: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Let light fall off in a random direction by up to the share `strength`.

    A quarter of that is drawn as tint.
    """
    corners = 1.0 + generator.uniform(-strength, strength, size=(_CORNERS, _CORNERS, 1)) / 2
    tint = 1.0 + generator.uniform(-strength, strength, size=3) / 4
    field = (corners * tint).astype(np.float32)
    full = cv2.resize(field, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(image * full, 0, 255), dtype=np.uint8)


def blur(image: NDArray[np.uint8], sigma: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Blur by a Gaussian of up to `sigma` pixels, for an image of 224 pixels."""
    drawn = generator.uniform(0, sigma) * min(image.shape[:2]) / _BLUR_SIDE
    return cv2.GaussianBlur(image, (0, 0), max(drawn, 0.05)).astype(np.uint8, copy=False)


def motion_blur(image: NDArray[np.uint8], length: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Blur along a random line of up to `length` pixels, for an image of 224 pixels."""
    drawn = generator.uniform(0, length)
    return motion_blurred(image, drawn, generator.uniform(0, np.pi))


def motion_blurred(image: NDArray[np.uint8], length: float, angle: float) -> NDArray[np.uint8]:
    """Blur along a line, as when the stage moves while the image is taken.

    Args:
        image: (H, W, 3) uint8 RGB.
        length: of the line in pixels, for an image of 224 pixels.
        angle: between the line and the rows, in radians.
    """
    scaled = length * min(image.shape[:2]) / _BLUR_SIDE
    along = np.linspace(-0.5, 0.5, 4 * int(np.ceil(scaled)) + 1)[:, None] * scaled * (np.cos(angle), np.sin(angle))
    side = 2 * int(np.ceil(scaled / 2)) + 3
    kernel = np.zeros((side, side), np.float32)
    for x, y in along + side // 2:  # each point of the line is spread over the four pixels around it
        left, top = int(x), int(y)
        weights = np.outer((top + 1 - y, y - top), (left + 1 - x, x - left))
        kernel[top : top + 2, left : left + 2] += weights / len(along)
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT_101).astype(np.uint8, copy=False)


def compress(image: NDArray[np.uint8], lowest: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Encode as JPEG of a random quality between `lowest` and 100, and decode."""
    quality = int(generator.integers(lowest, 101))
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return cv2.cvtColor(read, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)

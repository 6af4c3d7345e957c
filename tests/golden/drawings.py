"""Drawn fields of the corpus: cells, light, blur, borders and overlays."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.imaging.scale_bars import Corner, ScaleBarStyle, draw_scale_bar
from blastlens.imaging.synthetic import STYLES, Style, draw_smear, draw_wide_field
from tests.unit.imaging.frames import letterbox, pad, vignette

Image = NDArray[np.uint8]

GLASS = (245, 246, 240)
CHROMATIN = (110, 70, 160)


def smear(seed: int, label: Label = Label.PRE_B, size: tuple[int, int] = (224, 224), **options: object) -> Image:
    """Return a drawn field."""
    return draw_smear(seed, label, size, **options).image  # type: ignore[arg-type]


def mosaic(seed: int, label: Label, count: tuple[int, int]) -> Image:
    """Return a field several times as wide as a training image, at its scale."""
    return draw_wide_field(seed, label, count).image


def restyled(seed: int, size: tuple[int, int] = (224, 224), **changes: object) -> Image:
    """Return a drawn field in a style that no class has."""
    return draw_smear(seed, Style(**{**vars(STYLES[Label.PRE_B]), **changes}), size).image


def enlarged(image: Image, size: tuple[int, int]) -> Image:
    """Return an image at another height and width, as a camera with finer pixels takes it."""
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def even(red: int, green: int, blue: int, size: tuple[int, int] = (224, 224)) -> Image:
    """Return an image of one colour."""
    return np.full((*size, 3), (red, green, blue), np.uint8)


def grained(image: Image, deviation: float = 2.0) -> Image:
    """Add the noise of a camera."""
    return clipped(image + np.random.default_rng(0).normal(0, deviation, image.shape))


def nuclei(places: list[tuple[int, int, int]], size: tuple[int, int] = (224, 224)) -> Image:
    """Draw nuclei at x, y with a radius, on glass with red cells."""
    image = smear(77, blasts=0, size=size)
    for x, y, radius in places:
        cv2.circle(image, (x, y), radius, CHROMATIN, cv2.FILLED, cv2.LINE_AA)
    return grained(cv2.GaussianBlur(image, (0, 0), 0.8).astype(np.uint8))


def clipped(values: NDArray[np.floating]) -> Image:
    """Return pixels from 0 to 255."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def lit(image: Image, gain: float | tuple[float, float, float] = 1.0, offset: float = 0.0) -> Image:
    """Change the light: a gain for all channels or each, and an offset."""
    return clipped(image * np.asarray(gain) + offset)


def shaded(image: Image, slope: float) -> Image:
    """Let the light fall off towards the right by a share."""
    return clipped(image * np.linspace(1.0, 1.0 - slope, image.shape[1])[None, :, None])


def blurred(image: Image, pixels: float) -> Image:
    """Take an image out of focus."""
    return cv2.GaussianBlur(image, (0, 0), pixels).astype(np.uint8)


def moved(image: Image, length: int, is_upright: bool = False) -> Image:
    """Smear an image along a line."""
    kernel = np.full((length, 1) if is_upright else (1, length), 1 / length)
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT).astype(np.uint8)


def turned_hue(image: Image, degrees: int) -> Image:
    """Turn all hues by degrees of OpenCV's scale of 180."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.uint8)


def grey(image: Image) -> Image:
    """Return an image without colour."""
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def with_bar(image: Image, style: ScaleBarStyle, corner: Corner) -> Image:
    """Burn a scale bar into a corner."""
    return draw_scale_bar(image, style, np.random.default_rng(1), corner)


def with_text(image: Image, ink: tuple[int, int, int]) -> Image:
    """Write a time stamp at the lower edge."""
    drawn, unit = image.copy(), image.shape[1] / 640
    place = (round(12 * unit), image.shape[0] - round(14 * unit))
    cv2.putText(drawn, "2026-11-29 18:04:55", place, cv2.FONT_HERSHEY_SIMPLEX, 0.6 * unit, ink, max(1, round(2 * unit)))
    return drawn


def with_cross(image: Image, ink: tuple[int, int, int]) -> Image:
    """Draw a crosshair through the middle."""
    drawn, (height, width) = image.copy(), image.shape[:2]
    cv2.line(drawn, (0, height // 2), (width - 1, height // 2), ink, 1)
    cv2.line(drawn, (width // 2, 0), (width // 2, height - 1), ink, 1)
    return drawn


def framed(image: Image, factor: float, colour: int | tuple[int, int, int], place: float = 0.5) -> Image:
    """Lay an image on a canvas that is `factor` times as large."""
    return pad(image, factor, colour, place)[0]


def boxed(image: Image, share: float, colour: int = 0) -> Image:
    """Add bars above and below."""
    return letterbox(image, share, colour)[0]


def through_eyepiece(image: Image, **options: object) -> Image:
    """Darken all but a circle."""
    return vignette(image, **options)[0]  # type: ignore[arg-type]


def pattern(colour: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> Image:
    """Return an image of 240 x 320 that shows no smear, by its colour at x and y from 0 to 1."""
    down, across = np.meshgrid(np.linspace(0, 1, 240), np.linspace(0, 1, 320), indexing="ij")
    return clipped(colour(across, down))


def clouds(seed: int, width: float, depth: float, flat: bool = False) -> Image:
    """Return stain in clouds of a width in pixels, of 240 x 320, in which no cell is seen."""
    noise = np.random.default_rng(seed).normal(0, 1, (240, 320))
    smooth = cv2.GaussianBlur(noise, (0, 0), sigmaX=width, sigmaY=0.3 * width if flat else width)
    stain = np.clip(smooth / smooth.std(), 0, 3)[..., None] * (depth / 3) * np.array([0.55, 0.75, 0.28])
    return grained(clipped(np.array(GLASS) - stain))


def rainbow(across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colours of a rainbow (H, W, 3)."""
    return np.stack([255 * across, 255 * (1 - across), 255 * np.abs(np.sin(9 * down))], axis=2)


def checks(across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a black and white board (H, W, 3)."""
    return np.repeat(255.0 * ((np.floor(8 * across) + np.floor(6 * down)) % 2)[..., None], 3, axis=2)

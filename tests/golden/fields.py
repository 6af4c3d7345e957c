"""Fields of the corpus: name, file and declared pixel size of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from blastlens.domain.declared_pixel_size import declare_pixel_size
from blastlens.domain.field import PixelSize, PixelSizeSource
from blastlens.domain.labels import LABELS, Label
from blastlens.imaging.cell_drawing import Colour
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.scale_bars import BOXED, DARK, PLAIN, RED, WHITE, WIDE
from blastlens.imaging.synthetic import STYLES
from tests.golden import drawings as draw
from tests.golden import encodings as encode

BENIGN, EARLY, PRE, PRO = LABELS
_SAMPLED = (
    "pre_b", "benign", "red_cells_alone", "vignette_soft", "bar_wide", "size_480_640", "motion", "declared_wrong",
    "hue_+10", "sides_of_64", "lamp_yellow", "one_cell", "benign_alone", "giant_nucleus",
)  # fmt: skip
"""Fields that `make test` compares."""
_FUSION = (*_SAMPLED, "pro_b", "early_pre_b", "mosaic_3x3", "vignette_hard", "touching", "crowded", "letterbox")
"""Fields that the larger package reads, too: it takes ten times as long."""

_UNLIKE_TRAINING = "giant_nucleus"
"""Field beyond the limit of the distance; a package with a stricter rule rejects it."""


@dataclass(frozen=True)
class GoldenField:
    """A field of the corpus.

    Attributes:
        name: also the name of its folder.
        draw: returns the image file; the same bytes at each call.
        declared: the pixel size sent with it.
    """

    name: str
    draw: Callable[[], bytes]
    declared: PixelSize | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether `make test` compares it, too."""
        return self.name in _SAMPLED

    @property
    def packages(self) -> tuple[str, ...]:
        """Names of the packages that read it."""
        if self.name == _UNLIKE_TRAINING:
            return ("screening", "strict")
        return ("screening", "fusion") if self.name in _FUSION else ("screening",)


def list_fields() -> tuple[GoldenField, ...]:
    """Return all fields, each with a name of its own."""
    parts = (_sizes(), _frames(), _overlays(), _light(), _contents(), _scales(), _formats())
    return tuple(field for part in parts for field in part)


def _png(name: str, make: Callable[..., draw.Image], *arguments: object, **options: object) -> GoldenField:
    return GoldenField(name, lambda: encode_png(make(*arguments, **options)))


def _changed(name: str, change: Callable[..., draw.Image], *arguments: object, **options: object) -> GoldenField:
    """Return a field of 300 x 400 pixels with one change."""
    seed = sum(map(ord, name)) % 97
    return _png(name, lambda: change(draw.smear(seed, PRE, (300, 400)), *arguments, **options))


def _sizes() -> Iterator[GoldenField]:
    for seed, label in enumerate(LABELS):
        yield _png(str(label), draw.smear, seed, label)
    for height, width in ((64, 64), (96, 96), (225, 301), (480, 640), (600, 800), (1200, 1600)):
        label = LABELS[(height // 3) % 4]
        name = "sides_of_64" if height == 64 else f"size_{height}_{width}"
        yield _png(name, draw.smear, 11, label, (height, width))
    yield _png("fine_pixels", draw.smear, 21, PRE, (768, 1024), um=0.25)
    yield _png("coarse_pixels", draw.smear, 22, PRE, (300, 400), um=0.9)
    yield _png("very_coarse_pixels", draw.smear, 23, EARLY, (300, 400), um=1.6)
    yield _png("very_fine_pixels", lambda: draw.enlarged(draw.smear(24, PRE)[60:130, 60:130], (840, 840)))
    yield _png("panorama", draw.mosaic, 1, PRE, (1, 4))
    yield _png("tower", draw.mosaic, 2, BENIGN, (3, 1))
    yield _png("mosaic_3x3", draw.mosaic, 3, PRO, (3, 3))
    yield _png("mosaic_4x5", draw.mosaic, 4, EARLY, (4, 5))
    yield _png("part_read", draw.mosaic, 5, BENIGN, (13, 14))


def _frames() -> Iterator[GoldenField]:
    yield _changed("vignette_hard", draw.through_eyepiece, soft=0.0)
    yield _changed("vignette_soft", draw.through_eyepiece, soft=0.12)
    yield _changed("vignette_aside", draw.through_eyepiece, radius=0.6, centre=(0.55, 0.42))
    yield _changed("vignette_grained", draw.through_eyepiece, colour=(18, 14, 12), noise=2.0)
    yield _png("vignette_small", lambda: draw.through_eyepiece(draw.smear(31, EARLY, (600, 800)), radius=0.33))
    yield _changed("letterbox", draw.boxed, 0.2)
    yield _changed("letterbox_white", draw.boxed, 0.2, 255)
    yield _changed("border_black", draw.framed, 1.3, 0)
    yield _changed("border_white", draw.framed, 1.3, 255, 0.3)
    yield _changed("border_grey", draw.framed, 1.2, (120, 122, 126), 0.7)
    yield _png("border_grained", lambda: draw.grained(draw.framed(draw.smear(33, PRO, (300, 400)), 1.25, (9, 12, 10))))


def _overlays() -> Iterator[GoldenField]:
    for name, style, corner in (
        ("wide", WIDE, "bottom_right"), ("boxed", BOXED, "bottom_left"), ("red", RED, "top_right"),
        ("plain", PLAIN, "bottom_right"), ("white", WHITE, "top_left"), ("dark", DARK, "bottom_right"),
    ):  # fmt: skip
        yield _changed(f"bar_{name}", draw.with_bar, style, corner)
    yield _png("text_black", lambda: draw.with_text(draw.smear(41, PRE, (480, 640)), (0, 0, 0)))
    yield _png("text_yellow", lambda: draw.with_text(draw.smear(42, BENIGN, (480, 640)), (255, 230, 0)))
    yield _changed("cross_green", draw.with_cross, (0, 220, 40))
    yield _png("bar_in_vignette", lambda: draw.through_eyepiece(draw.with_bar(draw.smear(44), WIDE, "bottom_right")))


def _light() -> Iterator[GoldenField]:
    yield _changed("dark", draw.lit, 0.25)
    yield _changed("dim", draw.lit, 0.6)
    yield _changed("overexposed", draw.lit, 1.0, 38)
    yield _changed("blown_out", draw.lit, 3.0)
    yield _changed("low_contrast", draw.lit, 0.08, 150)
    yield _changed("lamp_yellow", draw.lit, (1.0, 0.95, 0.75))
    yield _changed("lamp_blue", draw.lit, (0.8, 0.92, 1.0))
    yield _changed("shaded", draw.shaded, 0.35)
    yield _changed("out_of_focus", draw.blurred, 16)
    yield _changed("soft", draw.blurred, 1.5)
    yield _changed("motion", draw.moved, 36)
    yield _changed("motion_upright", draw.moved, 36, is_upright=True)
    yield _changed("motion_slight", draw.moved, 7)
    for degrees in (-20, 10, 45):
        yield _changed(f"hue_{degrees:+d}", draw.turned_hue, degrees)
    yield _changed("without_colour", draw.grey)
    yield _changed("grained", draw.grained, 6.0)


def _contents() -> Iterator[GoldenField]:
    yield _png("empty_glass", lambda: draw.grained(draw.even(*draw.GLASS)))
    yield _png("red_cells_alone", draw.smear, 51, PRE, (300, 400), blasts=0)
    yield _png("red_cells_pale", draw.smear, 52, PRO, (224, 224), blasts=0)
    yield _png("one_cell", draw.nuclei, [(110, 120, 12)])
    yield _png("two_cells", draw.nuclei, [(60, 60, 11), (160, 150, 13)])
    yield _png("cell_at_corner", draw.nuclei, [(2, 3, 12), (222, 100, 12), (120, 223, 10)])
    yield _png("giant_nucleus", draw.nuclei, [(112, 112, 80)])
    yield _png("benign_alone", draw.restyled, 643, **_styled(BENIGN, (94, 50, 255), (183, 170, 250), 9.5))
    yield _png("benign_just_alone", draw.restyled, 169, **_styled(BENIGN, (97, 52, 204), (149, 137, 255), 6.7))
    yield _png("benign_disputed", draw.restyled, 5, **_styled(BENIGN, (118, 92, 214), (158, 146, 232), 7.0))
    yield _png("clouds_wide", draw.clouds, 8199, 10.7, 200.0, flat=True)
    yield _png("clouds_faint", draw.clouds, 8610, 2.46, 35.6, flat=True)
    yield _png("clouds_fine", draw.clouds, 7899, 1.6, 86.5)
    yield _png("touching", draw.nuclei, [(80 + 17 * i, 90 + 15 * (i % 3), 11) for i in range(5)])
    yield _png("ring", draw.nuclei, [(112 + x, 112 + y, 9) for x, y in _RING])
    yield _png("sparse", draw.smear, 54, BENIGN, (300, 400), blasts=1)
    yield _png("crowded", draw.restyled, 55, (300, 400), blasts=(60, 80))
    yield _png("packed_red_cells", draw.restyled, 56, (300, 400), red_cells=(420, 480))
    yield _png("pale_stain", draw.restyled, 57, nucleus=(226, 196, 246), cytoplasm=(232, 214, 248))
    yield _png("deep_stain", draw.restyled, 58, nucleus=(52, 30, 110), cytoplasm=(110, 90, 170))
    yield _png("all_stained", lambda: draw.grained(draw.even(120, 80, 170), 8.0))
    yield _png("dust", draw.nuclei, [(13 * i % 300 + 4, 29 * i % 400 % 290 + 4, 2) for i in range(40)], (300, 400))
    yield _png("black", draw.even, 0, 0, 0)
    yield _png("white", draw.even, 255, 255, 255)
    yield _png("one_green", draw.even, 90, 200, 90)
    yield _png("rainbow", draw.pattern, draw.rainbow)
    yield _png("board", draw.pattern, draw.checks)


def _styled(label: Label, nucleus: Colour, cytoplasm: Colour, radius: float) -> dict[str, object]:
    """Return a style like that of a class, with another nucleus."""
    style = {**vars(STYLES[label]), "nucleus": nucleus, "cytoplasm": cytoplasm}
    return {**style, "blast_radius": (radius, radius + 2), "blasts": (6, 10)}


_RING = ((0, -26), (18, -18), (26, 0), (18, 18), (0, 26), (-18, 18), (-26, 0), (-18, -18))


def _declared(name: str, um: float, source: PixelSizeSource = PixelSizeSource.METADATA, seed: int = 61) -> GoldenField:
    draw_file = partial(draw.smear, seed, PRE, (480, 640))
    return GoldenField(f"declared_{name}", lambda: encode_png(draw_file()), declare_pixel_size(um, source))


def _scales() -> Iterator[GoldenField]:
    yield _declared("right", 0.23)
    yield _declared("by_device", 0.23, PixelSizeSource.DEVICE)
    yield _declared("a_little_wrong", 0.27)
    yield _declared("wrong", 0.6)
    yield _declared("absurdly_fine", 0.01)
    yield _declared("absurdly_coarse", 10.0)
    empty = encode_png(draw.nuclei([(110, 120, 12)]))
    yield GoldenField("declared_without_red_cells", lambda: empty, declare_pixel_size(0.5))


def _formats() -> Iterator[GoldenField]:
    field: Callable[[], draw.Image] = partial(draw.smear, 71, Label.PRE_B, (300, 401))
    for quality in (95, 75, 35):
        yield GoldenField(f"jpeg_{quality}", partial(encode.jpeg, field, quality=quality))
    yield GoldenField("jpeg_progressive", partial(encode.jpeg, field, progressive=True))
    yield GoldenField("jpeg_full_chroma", partial(encode.jpeg, field, subsampling=0))
    yield GoldenField("jpeg_without_end", lambda: encode.jpeg(field)[:-2])
    yield GoldenField("jpeg_grey", partial(encode.jpeg, lambda: draw.grey(field()), mode="L"))
    for orientation in range(2, 9):
        yield GoldenField(f"jpeg_turned_{orientation}", partial(encode.jpeg, field, orientation=orientation))
    yield GoldenField("jpeg_with_density", partial(encode.jpeg, field, um=0.4))
    yield GoldenField("jpeg_display_p3", partial(encode.jpeg, field, profile=encode.make_display_p3()))
    yield GoldenField("jpeg_srgb", partial(encode.jpeg, field, profile=encode.make_srgb()))
    yield GoldenField("png_turned", partial(encode.png, field, orientation=6))
    yield GoldenField("png_with_density", partial(encode.png, field, um=0.333))
    yield GoldenField("png_transparent", partial(encode.png, field, mode="RGBA"))
    yield GoldenField("png_palette", partial(encode.png, field, mode="P"))
    yield GoldenField("png_grey", partial(encode.png, field, mode="L"))
    yield GoldenField("png_display_p3", partial(encode.png, field, profile=encode.make_display_p3()))
    yield GoldenField("photograph_12_megapixels", partial(encode.jpeg, _photograph))


def _photograph() -> draw.Image:
    """Return 3,000 x 4,000 pixels, as a phone takes them."""
    return draw.enlarged(draw.smear(72, PRE, (1500, 2000), um=0.25), (3000, 4000))

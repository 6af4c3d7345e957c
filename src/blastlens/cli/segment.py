"""`blastlens segment`: segment images and write their blast masks."""

from pathlib import Path

import click

from blastlens.cli.data_folder import FOLDER
from blastlens.cli.image_files import find_image_files, printable_path, read_image_file
from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Quality
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import draw_outlines, encode_png
from blastlens.imaging.quality import check_quality, measure_quality
from blastlens.imaging.segmentation import black_out
from blastlens.imaging.segmentation import segment as find_blasts
from blastlens.imaging.stain import prepare_colour
from blastlens.inference.manifest import Manifest
from blastlens.inference.package import SHIPPED, load_package


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--package", type=FOLDER, default=SHIPPED, help="Model package whose thresholds to use.")
def segment(paths: tuple[Path, ...], out: Path, package: Path) -> None:
    """Segment the blasts of each image in PATHS (files or folders).

    Writes STEM_mask.png (0 outside, 255 inside), STEM_segmented.png (black outside) and STEM_outlines.png (the
    image with outlines) at the image's own size into the folder of --out. STEM is the file's name without its
    suffix; if two images have the same STEM, nothing is written. Files in --out with the name of a result are not
    read as images. An image that `classify` would reject for its quality is segmented with a warning.

    \b
    blastlens segment smear.jpg --out masks/
    """
    found, unread_folders = find_image_files(paths)
    if not found:
        raise click.UsageError(f"there are no image files in {', '.join(map(str, paths))}.")
    files = _select_images(found, out)
    manifest = load_package(package).manifest
    out.mkdir(parents=True, exist_ok=True)
    refused = [path for path in files if not _segment_file(path, out, manifest)]
    if refused:
        raise click.UsageError(f"{len(refused)} of the images could not be read; see above.")
    if unread_folders:
        raise click.UsageError(f"folders that could not be read: {unread_folders}; see above.")


def _select_images(found: list[Path], out: Path) -> list[Path]:
    """Return each image once, without results of an earlier run.

    Raises:
        click.UsageError: two images would have results of the same names.
    """
    results = {(out / name).resolve() for path in found for name in _result_names(path)}
    by_stem: dict[str, Path] = {}
    for path in found:
        if path.resolve() in results:
            continue
        other = by_stem.setdefault(path.stem, path)
        if other.resolve() != path.resolve():
            raise click.UsageError(
                f"{printable_path(other)} and {printable_path(path)} would have results of the same names: segment "
                "them separately, each with another folder as --out. Nothing was written."
            )
    return list(by_stem.values())


def _result_names(path: Path) -> tuple[str, str, str]:
    return f"{path.stem}_mask.png", f"{path.stem}_segmented.png", f"{path.stem}_outlines.png"


def _segment_file(path: Path, out: Path, manifest: Manifest) -> bool:
    try:
        image = decode(read_image_file(path))
    except OSError as error:
        click.echo(f"{printable_path(path)}: {error.strerror or error}", err=True)
        return False
    except UploadRefused as refusal:
        click.echo(f"{printable_path(path)}: {refusal.message}", err=True)
        return False
    mask = find_blasts(prepare_colour(image, manifest.colour), manifest.segmentation)
    mask_name, segmented_name, outlines_name = _result_names(path)
    (out / mask_name).write_bytes(encode_png(mask.astype("uint8") * 255))
    (out / segmented_name).write_bytes(encode_png(black_out(image, mask)))
    (out / outlines_name).write_bytes(encode_png(draw_outlines(image, mask)))
    click.echo(f"{printable_path(path)}: {mask.mean():.1%} of the image is stained cells")
    _warn_of_quality(path, measure_quality(image, mask))
    return True


def _warn_of_quality(path: Path, quality: Quality) -> None:
    try:
        check_quality(quality)
    except UploadRefused as refusal:
        click.echo(
            f"Warning: {printable_path(path)}: classify would reject this image as {refusal.reason}: {refusal.message}",
            err=True,
        )

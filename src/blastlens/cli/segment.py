"""`blastlens segment`: find the blasts and write their mask."""

from pathlib import Path

import click

from blastlens.cli.files import image_files, read_image_file
from blastlens.domain.errors import UploadRefused
from blastlens.imaging.decode import decode
from blastlens.imaging.overlay import encode_png
from blastlens.imaging.segmentation import black_out
from blastlens.imaging.segmentation import segment as find_blasts
from blastlens.imaging.stain import as_read
from blastlens.inference.manifest import Manifest
from blastlens.inference.package import SHIPPED, load_package


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--package", type=click.Path(path_type=Path), default=SHIPPED, help="Whose thresholds to use.")
def segment(paths: tuple[Path, ...], out: Path, package: Path) -> None:
    """Find the blasts of each image at PATHS (files, or folders of them).

    Writes STEM_mask.png (0 outside, 255 inside) and STEM_segmented.png (black outside) at the image's own
    size into the folder given by --out.

    \b
    blastlens segment smear.jpg --out masks/
    """
    manifest = load_package(package).manifest
    out.mkdir(parents=True, exist_ok=True)
    refused = [path for path in image_files(paths) if not _segment_file(path, out, manifest)]
    if refused:
        raise click.UsageError(f"{len(refused)} of the images could not be read; see above.")


def _segment_file(path: Path, out: Path, manifest: Manifest) -> bool:
    try:
        image = decode(read_image_file(path))
    except UploadRefused as refusal:
        click.echo(f"{path}: {refusal.message}", err=True)
        return False
    mask = find_blasts(as_read(image, manifest.colour), manifest.segmentation)
    (out / f"{path.stem}_mask.png").write_bytes(encode_png(mask.astype("uint8") * 255))
    (out / f"{path.stem}_segmented.png").write_bytes(encode_png(black_out(image, mask)))
    click.echo(f"{path}: {mask.mean():.1%} of the image is stained cells")
    return True

"""The one thing asked of EXIF: which way is up."""

from blastlens.imaging.containers.directory import NoDirectory, OutOfData, read_directory, read_start


def read_orientation(block: bytes) -> int:
    """Return the orientation (1 to 8) of an EXIF block; 1 where the block is damaged or silent.

    A damaged EXIF block does not spoil the pixels beside it, so it is no reason to refuse an image.
    """
    try:
        layout, offset = read_start(block)
        return read_directory(block, layout, offset).orientation
    except (NoDirectory, OutOfData):
        return 1

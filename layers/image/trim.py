"""Removal of unused files from the classify image: `python trim.py FOLDER`.

FOLDER contains the dependencies as installed by pip. Lambda loads an image in chunks, on demand, but every megabyte is
built, pushed, scanned and stored. Licences stay for their authors, METADATA for vulnerability scanners.
tests/unit/functions/test_trim.py checks that classification opens no file that is listed here.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICES = ("dynamodb", "s3", "sqs", "xray")
"""Services whose descriptions botocore needs (X-Ray's recorder makes a client); botocore contains 400 more."""

NEVER_LOADED = (
    # Needed only by the command line or by LiteRT's converters, or not at all.
    "click",
    "flatbuffers",
    "google",
    "markdown_it",
    "mdurl",
    "ml_dtypes",
    "pygments",
    "rich",
    "tqdm",
    "bin",
    "share",
    # GPU support, compilers for phones, conversion of graphs, and HTTP handlers.
    "ai_edge_litert/*_pb2.py",
    "ai_edge_litert/aot",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/schema_py_generated.py",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    "aws_lambda_powertools/event_handler",
    "boto3/examples",
    # Parts of NumPy for its command line, for compilers and for its own tests.
    "numpy/_core/_*_tests.*.so",
    "numpy/_core/_simd.*.so",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/_pyinstaller",
    "numpy/f2py",
    "numpy/random/lib",
    # Image formats that are not accepted, and text drawing.
    "PIL/_avif.*.so",
    "PIL/_imagingft.*.so",
    "PIL/_imagingmath.*.so",
    "PIL/_imagingmorph.*.so",
    "PIL/_imagingtk.*.so",
    "PIL/_webp.*.so",
    "pillow.libs/libavif-*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype-*",
    "pillow.libs/libharfbuzz-*",
    "pillow.libs/libpng16-*",
    "pillow.libs/libsharpyuv-*",
    "pillow.libs/libwebp*",
    # Tests, and files for compilers and editors.
    "**/tests",
    "**/*.a",
    "**/*.h",
    "**/*.pxd",
    "**/*.pyi",
    "**/*.pyx",
    "*.dist-info/INSTALLER",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
)
"""Patterns of `Path.glob`, below the folder."""


def find_unused(folder: Path) -> Iterator[Path]:
    """Yield every file and folder below `folder` to remove.

    Some may be inside of others.
    """
    for pattern in NEVER_LOADED:
        yield from folder.glob(pattern)
    for service in (folder / "botocore" / "data").glob("*"):
        if service.is_dir() and service.name not in SERVICES:
            yield service


def main() -> None:
    """Trim the folder that the command line names, and print its sizes."""
    folder = Path(sys.argv[1])
    before = measure_size(folder)
    for path in list(find_unused(folder)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    print(f"trimmed {folder} from {before / 1e6:.0f} to {measure_size(folder) / 1e6:.0f} MB")


def measure_size(folder: Path) -> int:
    """Return the size of all files below a folder in bytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


if __name__ == "__main__":
    main()

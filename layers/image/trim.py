"""Takes out of the classify image what the function never loads: `python trim.py FOLDER`.

FOLDER holds the dependencies as pip lays them. Lambda loads an image in chunks, on demand, but every megabyte is built,
pushed, scanned and kept. Licences and METADATA stay: the first are owed to the authors, and scanners for known faults
look at the second. tests/unit/functions/test_trim.py holds that classifying opens nothing that is named here.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SERVICES = ("dynamodb", "s3", "sqs", "xray")
"""The services whose descriptions botocore needs (X-Ray's recorder makes a client); it brings those of 400 more."""

NEVER_LOADED = (
    # Needed by the command line, by LiteRT's converters or by nothing at all.
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
    # Graphics processors, compilers for phones, what makes or takes apart graphs, and what answers HTTP.
    "ai_edge_litert/*_pb2.py",
    "ai_edge_litert/aot",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/schema_py_generated.py",
    "ai_edge_litert/tools",
    "ai_edge_litert/vendors",
    "aws_lambda_powertools/event_handler",
    "boto3/examples",
    # The command line's and the compiler's half of NumPy, and what only its own tests load.
    "numpy/_core/_*_tests.*.so",
    "numpy/_core/_simd.*.so",
    "numpy/_core/include",
    "numpy/_core/lib",
    "numpy/_pyinstaller",
    "numpy/f2py",
    "numpy/random/lib",
    # Formats that are not read, and text that is not drawn.
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
    # Tests, and what compilers and editors read.
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


def trimmed(folder: Path) -> Iterator[Path]:
    """Yield every file and folder below `folder` that goes; some may lie inside of others."""
    for pattern in NEVER_LOADED:
        yield from folder.glob(pattern)
    for service in (folder / "botocore" / "data").glob("*"):
        if service.is_dir() and service.name not in SERVICES:
            yield service


def main() -> None:
    """Trim the folder that the command line names, and say by how much."""
    folder = Path(sys.argv[1])
    before = size_of(folder)
    for path in list(trimmed(folder)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    print(f"trimmed {folder} from {before / 1e6:.0f} to {size_of(folder) / 1e6:.0f} MB")


def size_of(folder: Path) -> int:
    """Return how many bytes all files below a folder have."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


if __name__ == "__main__":
    main()

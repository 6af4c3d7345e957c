"""How many megabytes (10^6 bytes) the classify image adds to the base image of AWS.

    python benchmarks/image_size.py [--json] [--base IMAGE]

Builds the image with Docker as `sam build` does, and asks the engine for both sizes, unpacked.
"""

import subprocess
from pathlib import Path
from typing import NoReturn

from reporting import parser_of, report

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = "src/blastlens/functions/Dockerfile"
BASE = "public.ecr.aws/lambda/python:3.13"
TAG = "blastlens-classify:measured"


def docker(*arguments: str) -> str:
    """Run a docker command in the repository's root and return what it printed.

    Raises:
        SystemExit: Docker is missing or refuses; status 0, because that is no fault of the image.
    """
    try:
        done = subprocess.run(["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        _skip("Docker is not installed")
    except subprocess.CalledProcessError as error:
        _skip((error.stderr.strip().splitlines() or [f"docker {arguments[0]} failed"])[-1])
    return done.stdout.strip()


def megabytes(image: str) -> float:
    """Return an image's unpacked size."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6


def main() -> None:
    """Build, measure and print."""
    parser = parser_of(__doc__)
    parser.add_argument("--base", default=BASE, help="the base image")
    options = parser.parse_args()
    docker("build", "--quiet", "--build-arg", f"BASE={options.base}", "--file", DOCKERFILE, "--tag", TAG, ".")
    base, whole = megabytes(options.base), megabytes(TAG)
    print(f"{options.base} {base:.0f} MB, with blastlens {whole:.0f} MB")
    report({"mb_over_base": whole - base, "base_mb": base}, options.json)


def _skip(why: str) -> NoReturn:
    print(f"skipped: the image cannot be built here: {why}")
    raise SystemExit(0)


if __name__ == "__main__":
    main()

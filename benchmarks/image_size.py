"""Benchmark of the classify image's size over AWS's base image.

    python benchmarks/image_size.py [--json] [--base IMAGE]

Builds the image with Docker as `sam build` does, and compares the unpacked sizes in MB (10^6 bytes).
"""

import subprocess
from pathlib import Path
from typing import NoReturn

from output import make_parser, report

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = "src/blastlens/functions/Dockerfile"
BASE = "public.ecr.aws/lambda/python:3.13"
TAG = "blastlens-classify:measured"


def run_docker(*arguments: str) -> str:
    """Run a docker command in the repository's root and return what it printed.

    Raises:
        SystemExit: Docker is missing or fails; status 0, because the image is not the cause.
    """
    try:
        done = subprocess.run(["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        _skip("Docker is not installed")
    except subprocess.CalledProcessError as error:
        _skip((error.stderr.strip().splitlines() or [f"docker {arguments[0]} failed"])[-1])
    return done.stdout.strip()


def measure_megabytes(image: str) -> float:
    """Return an image's unpacked size in MB."""
    return int(run_docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6


def main() -> None:
    """Build, measure and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--base", default=BASE, help="the base image")
    options = parser.parse_args()
    run_docker("build", "--quiet", "--build-arg", f"BASE={options.base}", "--file", DOCKERFILE, "--tag", TAG, ".")
    base, whole = measure_megabytes(options.base), measure_megabytes(TAG)
    print(f"{options.base} {base:.0f} MB, with blastlens {whole:.0f} MB")
    report({"mb_over_base": whole - base, "base_mb": base}, options.json)


def _skip(reason: str) -> NoReturn:
    print(f"skipped: the image cannot be built here: {reason}")
    raise SystemExit(0)


if __name__ == "__main__":
    main()

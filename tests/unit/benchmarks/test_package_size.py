from importlib.metadata import distribution
from pathlib import Path

from graphs.package_size import measure_installed_mb


def size_mb(name):
    paths = (Path(str(file.locate())) for file in distribution(name).files or [])
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def test_a_package_counts_with_what_it_requires():
    assert measure_installed_mb("botocore") >= size_mb("botocore") + size_mb("jmespath") > size_mb("botocore")


def test_numpy_is_not_counted():
    assert measure_installed_mb("numpy") == 0.0
    assert measure_installed_mb("opencv-python-headless") < size_mb("opencv-python-headless") + 1


def test_what_is_not_installed_takes_no_room():
    assert measure_installed_mb("no-such-package-anywhere") == 0.0

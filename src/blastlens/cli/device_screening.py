"""Screening of images by a model package, for an agent of a microscope."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blastlens.devices.configuration import SHIPPED_PACKAGES, DeviceConfiguration
from blastlens.domain.declared_edge_verdict import EdgeVerdict, make_verdict
from blastlens.domain.declared_pixel_size import declare_pixel_size
from blastlens.domain.field import PixelSize, PixelSizeSource

if TYPE_CHECKING:
    from blastlens.inference.classifier import Classifier


@dataclass(frozen=True)
class PackageScreener:
    """Screens image files with a model package, with the pixel size of the microscope's configuration.

    Attributes:
        classifier: the package.
        declared: the pixel size; None where the optics are not configured.
    """

    classifier: "Classifier"
    declared: PixelSize | None

    def screen(self, data: bytes) -> EdgeVerdict | None:
        """Return the verdict on an image file; None where the package refuses it."""
        return make_verdict(self.classifier.read_bytes(data, self.declared).answer)


def make_screener(configuration: DeviceConfiguration) -> PackageScreener:
    """Return the screener of a microscope's configuration.

    Raises:
        DamagedPackage: the package is not one, or was changed.
        ImportError: the runtime of the models is not installed.
    """
    # Only an agent that screens pays for these imports with its memory.
    from blastlens.imaging.opencv_threads import limit_opencv_threads
    from blastlens.inference.classifier import Classifier
    from blastlens.inference.package import MODELS, check_reads_fields, load_package

    name, um = configuration.screening_package, configuration.pixel_size_um
    folder = MODELS / name if name in SHIPPED_PACKAGES else Path(name)
    limit_opencv_threads(configuration.screening_threads)
    classifier = Classifier(check_reads_fields(load_package(folder)), configuration.screening_threads)
    return PackageScreener(classifier, None if um is None else declare_pixel_size(um, PixelSizeSource.DEVICE))

"""Route of the deployed model package and its card."""

from blastlens.functions.clinician.models.packages import ModelCard
from blastlens.functions.clinician.routes import ClinicianRoutes


class ModelRoutes(ClinicianRoutes):
    """Route of the deployed model package."""

    def add(self) -> None:
        """Add the route to the app."""
        self.route("GET", "/v1/model", self.model, is_recorded=False)

    def model(self) -> ModelCard:
        """Return the model package that reads new images, with its limits and its card.

        An examination names the package that its own answer rests on, which may be an older one.
        """
        package = self.dependencies.package
        return ModelCard(**vars(package) | {"limits": list(package.limits)})

"""Route of the signed-in user."""

from blastlens.domain.clinician import Role
from blastlens.domain.text_catalogue import Language
from blastlens.functions.clinician.models.users import Me
from blastlens.functions.clinician.routes import ClinicianRoutes


class MeRoutes(ClinicianRoutes):
    """Route of the signed-in user."""

    def add(self) -> None:
        """Add the route to the app."""
        self.route("GET", "/v1/me", self.me, is_recorded=False)

    def me(self) -> Me:
        """Return who is signed in, for which clinic, and what they may do."""
        user = self.user
        clinic = self.dependencies.clinics.get(user.clinic_id)
        return Me(
            name=user.name,
            clinic_id=user.clinic_id,
            # A clinic need not be onboarded to notices to have users.
            clinic_name=user.clinic_id if clinic is None else clinic.name,
            roles=[role for role in Role if role in user.roles],
            language=Language.ENGLISH if clinic is None else clinic.language,
            stage=self.dependencies.stage,
        )

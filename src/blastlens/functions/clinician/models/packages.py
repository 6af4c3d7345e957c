"""Model of the deployed model package."""

from blastlens.functions.clinician.models.common import Answer


class ModelCard(Answer):
    """The deployed model package, with what it was never tried on and its card in Markdown."""

    name: str
    version: str
    digest: str
    trained_on: str
    limits: list[str]
    card: str

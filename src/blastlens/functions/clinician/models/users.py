"""Models of the signed-in user."""

from blastlens.domain.clinician import Role
from blastlens.domain.text_catalogue import Language
from blastlens.functions.clinician.models.common import Answer, Id


class Me(Answer):
    """The signed-in user; `language` is that of the clinic."""

    name: str
    clinic_id: Id
    clinic_name: str
    roles: list[Role]
    language: Language
    stage: str

"""Models of uploads from the page."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StrictFloat, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.declared_examination import MAX_FIELDS
from blastlens.domain.declared_pixel_size import LARGEST_UM, LEAST_UM
from blastlens.domain.errors import Reason
from blastlens.domain.labels import Label
from blastlens.domain.result import Status
from blastlens.domain.upload import MAX_BYTES
from blastlens.functions.clinician.models.common import Answer, Id, Request, Share, Time, Whole


class Extension(StrEnum):
    """Endings of the names of images."""

    JPG = "jpg"
    JPEG = "jpeg"
    PNG = "png"
    BMP = "bmp"
    TIF = "tif"
    TIFF = "tiff"


class NewEdgeVerdict(Request):
    """Verdict of the screening at the microscope, which is shown beside the answer.

    `probabilities` has one for each label of the package, `set` the labels that could not be excluded.
    """

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    probabilities: dict[Label, Share]
    set: Annotated[list[Label], Field(min_length=1)]

    def to_verdict(self) -> EdgeVerdict:
        """Return the verdict.

        Raises:
            ValueError: probabilities and set do not fit each other.
        """
        return EdgeVerdict(self.digest, self.probabilities, tuple(self.set))


UNUSABLE_VERDICT = NewEdgeVerdict.model_construct(digest="", probabilities={}, set=[])
"""Stands for a verdict that has another form: `to_verdict` refuses it."""


def _accept_any_verdict(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return a verdict, or the unusable one: no image is refused for its verdict."""
    try:
        return validate(value)
    except ValidationError:
        return UNUSABLE_VERDICT


OwnId = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", description="UUID 4.")
]
"""Id that a caller makes. It is random and has no `_`, so that it is nobody else's and no microscope's."""


class NewUpload(Request):
    """An image that is to be uploaded. Without `examination_id` it begins an examination.

    With an `upload_id` of its own, a request that is repeated gets the same place, and the image is stored once.
    """

    upload_id: OwnId | None = None
    patient_id: Id
    examination_id: Id | None = None
    examination_fields: Annotated[Whole, Field(ge=1, le=MAX_FIELDS)] | None = None
    extension: Extension
    content_length: Annotated[Whole, Field(ge=1, le=MAX_BYTES)] = Field(description="Bytes of the file.")
    pixel_size_um: Annotated[StrictFloat, Field(ge=LEAST_UM, le=LARGEST_UM)] | None = None
    taken_at: Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})] | None = None
    edge: Annotated[NewEdgeVerdict | None, WrapValidator(_accept_any_verdict)] = Field(
        default=None, description="One that is not usable is left out, and `ignored` of the answer names it."
    )


class StartedUpload(Answer):
    """Address to send the image to, with exactly these headers and exactly `content_length` bytes.

    It stores nothing over another image: a second request is answered by 412.
    """

    upload_id: Id
    examination_id: Id
    key: str
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_in: int
    ignored: list[Literal["edge"]] = Field(description="Values of the request that are not stored with the image.")


class UploadState(Answer):
    """State of an upload, without the finding: stored, and later answered."""

    upload_id: Id
    state: Literal["stored", "answered"]
    stored_at: Time | None
    answered_at: Time | None
    status: Status | None
    reason: Reason | None
    message: str | None

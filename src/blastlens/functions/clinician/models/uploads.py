"""Models of uploads from the page."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StrictFloat

from blastlens.domain.declared_examination import MAX_FIELDS
from blastlens.domain.declared_pixel_size import LARGEST_UM, LEAST_UM
from blastlens.domain.errors import Reason
from blastlens.domain.result import Status
from blastlens.domain.upload import MAX_BYTES
from blastlens.functions.clinician.models.common import Answer, Id, Request, Time, Whole


class Extension(StrEnum):
    """Endings of the names of images."""

    JPG = "jpg"
    JPEG = "jpeg"
    PNG = "png"
    BMP = "bmp"
    TIF = "tif"
    TIFF = "tiff"


class NewUpload(Request):
    """An image that is to be uploaded. Without `examination_id` it begins an examination."""

    patient_id: Id
    examination_id: Id | None = None
    examination_fields: Annotated[Whole, Field(ge=1, le=MAX_FIELDS)] | None = None
    extension: Extension
    content_length: Annotated[Whole, Field(ge=1, le=MAX_BYTES)] = Field(description="Bytes of the file.")
    pixel_size_um: Annotated[StrictFloat, Field(ge=LEAST_UM, le=LARGEST_UM)] | None = None
    taken_at: Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})] | None = None


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


class UploadState(Answer):
    """State of an upload, without the finding: stored, and later answered."""

    upload_id: Id
    state: Literal["stored", "answered"]
    stored_at: Time | None
    answered_at: Time | None
    status: Status | None
    reason: Reason | None
    message: str | None

"""Upload status from the API, for a device; it does not contain the finding."""

import json
from dataclasses import dataclass

from blastlens.cloud.iot.connection import EMPTY_SHA256, DeviceConnection, service_refusal
from blastlens.cloud.iot.request_signing import UnsignedRequest
from blastlens.domain.upload import Upload

_MISSING = 404


@dataclass(frozen=True)
class UploadStatus:
    """The status of an upload.

    Attributes:
        state: `stored`, then `answered`.
        status: of the answer, `CLASSIFIED` or `REJECTED`; "" while there is none.
        reason: machine-readable reason of a rejection; else "".
        message: of a rejection, what to do at the microscope; else "".
    """

    state: str
    status: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class UploadStatusClient:
    """Client of the HTTP API at `address`."""

    connection: DeviceConnection
    address: str

    def fetch(self, upload: Upload) -> UploadStatus | None:
        """Return the status of an upload; None where nothing has arrived.

        Raises:
            ServiceFault: the API refuses; ServiceUnavailable where trying again may help.
        """
        address = self.address + _path_of(upload)
        reply = self.connection.send("execute-api", UnsignedRequest("GET", address, {}, EMPTY_SHA256))
        if reply.status == _MISSING:
            return None
        if reply.status != 200:
            raise service_refusal("read the upload's status", reply)
        given = json.loads(reply.body)
        return UploadStatus(*(str(given.get(name) or "") for name in ("state", "status", "reason", "message")))


def _path_of(upload: Upload) -> str:
    examination = "" if upload.examination_id is None else f"/examinations/{upload.examination_id}"
    return f"/clinics/{upload.clinic_id}/patients/{upload.patient_id}{examination}/uploads/{upload.upload_id}/state"

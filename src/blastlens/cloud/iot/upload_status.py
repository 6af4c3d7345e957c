"""What a device asks of the API: how far its upload has come. What a smear shows is not told to microscopes."""

import json
from dataclasses import dataclass

from blastlens.cloud.iot.connection import EMPTY_SHA256, DeviceConnection, service_refusal
from blastlens.cloud.iot.request_signing import UnsignedRequest
from blastlens.domain.upload import Upload

_MISSING = 404


@dataclass(frozen=True)
class UploadStatus:
    """How far an upload has come.

    Attributes:
        state: `stored`, then `answered`.
        status: of the answer, `CLASSIFIED` or `REJECTED`; "" as long as there is none.
        reason: of a rejection, for machines; else "".
        message: of a rejection, what to do at the microscope; else "".
    """

    state: str
    status: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class UploadStatusClient:
    """Asks the HTTP API at `address`."""

    connection: DeviceConnection
    address: str

    def fetch(self, upload: Upload) -> UploadStatus | None:
        """Return how far an upload has come; None where nothing has arrived.

        Raises:
            ServiceFault: the API refuses; ServiceUnavailable where trying again may help.
        """
        path = f"/clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}/state"
        reply = self.connection.send("execute-api", UnsignedRequest("GET", self.address + path, {}, EMPTY_SHA256))
        if reply.status == _MISSING:
            return None
        if reply.status != 200:
            raise service_refusal("ask for an answer", reply)
        given = json.loads(reply.body)
        return UploadStatus(*(str(given.get(name) or "") for name in ("state", "status", "reason", "message")))

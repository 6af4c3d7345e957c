"""What a device asks of the API: how far its upload has come. What a smear shows is not told to microscopes."""

import json
from dataclasses import dataclass

from blastlens.cloud.iot.connection import EMPTY_SHA256, DeviceLine, refuse
from blastlens.cloud.iot.request_signing import Unsigned
from blastlens.domain.upload import Upload

_MISSING = 404


@dataclass(frozen=True)
class Progress:
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
class DeviceAnswers:
    """Asks the HTTP API at `address`."""

    line: DeviceLine
    address: str

    def ask(self, upload: Upload) -> Progress | None:
        """Return how far an upload has come; None where nothing has arrived.

        Raises:
            ServiceFault: the API refuses; ServiceUnavailable where trying again may help.
        """
        path = f"/clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}/state"
        reply = self.line.send("execute-api", Unsigned("GET", self.address + path, {}, EMPTY_SHA256))
        if reply.status == _MISSING:
            return None
        if reply.status != 200:
            raise refuse("ask for an answer", reply)
        given = json.loads(reply.body)
        return Progress(*(str(given.get(name) or "") for name in ("state", "status", "reason", "message")))

"""Short-lived links to images and pictures, recorded one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from blastlens.cloud.images import ImageStore, content_type_of
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.access import Subject
from blastlens.domain.upload import UNVERSIONED, ObjectVersion
from blastlens.functions.clinician.requests import RequestState
from blastlens.functions.examination_views import Field
from blastlens.functions.responses import View

SECONDS = 300
"""How long a link is valid."""

PICTURES = ("segmented", "overlay", "heat")
"""Pictures of a reading; they are PNG files."""


@dataclass(frozen=True)
class Links:
    """Makes the links of one request.

    Attributes:
        images: signs them.
        state: state of the request, which gets a record of each.
        clock: returns the time (UTC).
    """

    images: ImageStore
    state: RequestState
    clock: Callable[[], datetime]

    def image(self, field: Field) -> View:
        """Return the link to a field's image, in the version that is shown."""
        source = field.shown.result.source
        extension = source.key.rpartition(".")[2].lower()
        return self._link(field, "image", source, extension, content_type_of(extension))

    def pictures(self, field: Field) -> View:
        """Return the links to the image and to each picture by its name; null where there is none."""
        result = field.shown.result
        found: View = {"image": self.image(field)}
        for name in PICTURES:
            key = getattr(result.artifacts, name)
            # The key names the version of the image and the model: there is nothing else under it.
            source = None if key is None else ObjectVersion(result.source.bucket, key, UNVERSIONED)
            found[name] = None if source is None else self._link(field, name, source, "png", "image/png")
        return found

    def _link(self, field: Field, kind: str, source: ObjectVersion, extension: str, content_type: str) -> View:
        upload, examination = field.upload, field.upload.examination
        name = f"{upload.upload_id}-{kind}.{extension}"
        url = self.images.link(source, name, content_type, SECONDS)
        subject = Subject(examination.clinic_id, examination.patient_id, examination.examination_id)
        self.state.links.append((subject, upload.upload_id, kind))
        return {"url": url, "expires_at": text_of_time(self.clock() + timedelta(seconds=SECONDS))}

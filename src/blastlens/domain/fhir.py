"""Records as FHIR R4 DiagnosticReports with an Observation for each class.

The functions return plain data; cli/export_formats.py validates it. Only verified codes are used: the smear finding
(LOINC), and B-cell ALL (SNOMED CT) where a class of it was found. Everything else is text. The conclusion is coded only
after a clinician has signed: a computed result must not enter a problem list. R4 and R4B agree on every element used.
"""

from datetime import UTC, datetime
from typing import Any

from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.notice_texts import reference
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record
from blastlens.domain.text_catalogue import Language, load_catalogue

Resource = dict[str, Any]

IDS = "https://blastlens.invalid/fhir"
"""System of our identifiers. It ends in .invalid because the project owns no domain."""

_SMEAR_FINDING: Resource = {
    "coding": [
        {
            "system": "http://loinc.org",
            "code": "5909-7",
            "display": "Blood smear finding [Identifier] in Blood by Light microscopy",
        }
    ],
    "text": "Blood smear finding",
}
_B_CELL_ALL: Resource = {
    "system": "http://snomed.info/sct",
    "code": "277571004",
    "display": "B-cell acute lymphoblastic leukemia",
}


def make_diagnostic_report(record: Record) -> Resource:
    """Convert a record to a DiagnosticReport that contains its Observations.

    The status is `preliminary` until a clinician has signed, then `final`; `cancelled` for a rejected upload.
    """
    result = record.result
    answer = result.answer
    report: Resource = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": f"{IDS}/result", "value": f"{record.id.upload}#{record.id.reading}"}],
        "status": _status(record),
        "code": _SMEAR_FINDING,
        **_subject(record),
        "effectiveDateTime": _instant(result.uploaded_at),
        "issued": _instant(result.answered_at),
        "performer": [_performer(answer)],
    }
    if isinstance(answer, Rejection):
        return report | {"conclusion": f"The image was not read ({answer.reason}): {answer.message}"}
    observations = [_finding(record, answer), *(_class(record, label, answer) for label in answer.labels)]
    report["contained"] = observations
    report["result"] = [{"reference": f"#{one['id']}"} for one in observations]
    return report | _conclusion(record, answer)


def _status(record: Record) -> str:
    if isinstance(record.result.answer, Rejection):
        return "cancelled"
    return "preliminary" if record.signed_off is None else "final"


def _subject(record: Record) -> Resource:
    upload = record.result.upload
    if upload is None:
        return {}
    patient = {"system": f"{IDS}/clinic/{upload.clinic_id}/patient", "value": upload.patient_id}
    image = {"system": f"{IDS}/clinic/{upload.clinic_id}/upload", "value": reference(record)}
    return {
        "subject": {"type": "Patient", "identifier": patient},
        "basedOn": [{"type": "ServiceRequest", "identifier": image}],
    }


def _finding(record: Record, answer: Prediction) -> Resource:
    # A signed finding replaces the computed one, also where they agree.
    label = answer.label if record.signed_off is None else record.signed_off.label
    note = {"note": [{"text": load_catalogue(Language.ENGLISH).fill("clinic.no_diagnosis")}]}
    return _observation(record, "finding", _SMEAR_FINDING) | {"valueCodeableConcept": _concept(label)} | note


def _class(record: Record, label: Label, answer: Prediction) -> Resource:
    code = {"text": f"Probability of {_title(label)}, as computed from one image"}
    identity = f"class-{str(label).replace('_', '-')}"  # FHIR ids contain no underscore
    value = {"valueQuantity": {"value": round(answer.probabilities[label], 6), "unit": "probability"}}
    return _observation(record, identity, code) | value


def _observation(record: Record, identity: str, code: Resource) -> Resource:
    subject = _subject(record)
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": _status(record),
        "code": code,
        **({"subject": subject["subject"]} if subject else {}),
        "effectiveDateTime": _instant(record.result.uploaded_at),
        "device": _performer(record.result.answer),
    }


def _conclusion(record: Record, answer: Prediction) -> Resource:
    catalogue = load_catalogue(Language.ENGLISH)
    if record.signed_off is None:
        found = ", ".join(_title(label) for label in answer.prediction_set)
        return {"conclusion": f"Not signed yet. Computed: {found}. {catalogue.fill('clinic.no_diagnosis')}"}
    signed = record.signed_off
    return {
        "conclusion": f"Signed: {_title(signed.label)}.",
        "conclusionCode": [_concept(signed.label)],
        "resultsInterpreter": [{"type": "Practitioner", "display": signed.signed_by}],
    }


def _concept(label: Label) -> Resource:
    # Screening does not determine the kind of leukemia, so its "malignant" is not coded as one.
    is_b_cell_all = label in LABELS and WORDS[label].malignant
    return {**({"coding": [_B_CELL_ALL]} if is_b_cell_all else {}), "text": _title(label)}


def _performer(answer: Prediction | Rejection) -> Resource:
    model = answer.model
    return {"type": "Device", "display": f"blastlens, model {model.name} {model.version} ({model.digest[:12]})"}


def _title(label: Label) -> str:
    return load_catalogue(Language.ENGLISH).fill(f"titles.{label}")


def _instant(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Records as FHIR R4 DiagnosticReports with an Observation for each class.

The functions return plain data; cli/export_formats.py validates it. Only verified codes are used: the smear finding
(LOINC), and B-cell ALL (SNOMED CT). The disease is coded only where a clinician has signed it and the model left no
other label open: a computed or doubtful result must not enter a problem list. Everything else is text. The clinic
performs the report; the software is the device of its Observations. R4 and R4B agree on every element used.
"""

from typing import Any

from blastlens.domain.declared_time import format_instant
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.notice_texts import format_cautions, reference
from blastlens.domain.notification_plan import Standing
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
_SOFTWARE = "software"
"""Id of the contained Device."""

_B_CELL_ALL: Resource = {
    "system": "http://snomed.info/sct",
    "code": "277571004",
    "display": "B-cell acute lymphoblastic leukemia",
}


def make_diagnostic_report(record: Record, standing: Standing = Standing.ONLY) -> Resource:
    """Convert a record to a DiagnosticReport that contains its Observations.

    The status is `preliminary` until a clinician has signed, then `final`; `cancelled` for a rejected upload.

    Args:
        record: the stored result.
        standing: whether the answer replaces an earlier one to the same upload, or is replaced; the conclusion says so.
    """
    result = record.result
    answer = result.answer
    report: Resource = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": f"{IDS}/result", "value": f"{record.id.upload}#{record.id.reading}"}],
        "status": _status(record),
        "code": _SMEAR_FINDING,
        **_subject(record),
        "effectiveDateTime": format_instant(result.effective_at),
        "issued": format_instant(result.answered_at),
        **_performer(record),
    }
    stands = [] if standing is Standing.ONLY else [_text(f"clinic.{standing}")]
    if isinstance(answer, Rejection):
        why = f"The image was not read ({answer.reason}): {answer.message}"
        return report | {"conclusion": " ".join([why, *stands])}
    observations = [_finding(record, answer), *(_class(record, label, answer) for label in answer.labels)]
    report["contained"] = [*observations, _software(answer)]
    report["result"] = [{"reference": f"#{one['id']}"} for one in observations]
    return report | {"conclusion": " ".join([*_conclusion(record, answer), *stands])} | _signature(record, answer)


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
    is_signed = record.signed_off is not None
    value = _signed_concept(record, answer) if is_signed else {"text": " ".join(_computed(answer))}
    # What the model could not decide does not qualify the finding of a person.
    cautions = [] if is_signed else format_cautions(answer, load_catalogue(Language.ENGLISH))
    note = {"note": [{"text": " ".join([*_benign_caveat(record), *cautions, _text("clinic.no_diagnosis")])}]}
    return _observation(record, "finding", _SMEAR_FINDING) | {"valueCodeableConcept": value} | note


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
        "effectiveDateTime": format_instant(record.result.effective_at),
        **_performer(record),
        "device": {"reference": f"#{_SOFTWARE}", "type": "Device"},
    }


def _conclusion(record: Record, answer: Prediction) -> list[str]:
    caveat = _benign_caveat(record)
    if record.signed_off is None:
        return ["Not signed yet. Computed:", *_computed(answer), *caveat, _text("clinic.no_diagnosis")]
    return [f"Signed: {_title(record.signed_off.label)}.", *caveat]


def _computed(answer: Prediction) -> list[str]:
    """Return the sentences that state a prediction; the likeliest of several labels comes last."""
    if answer.is_certain:
        return [f"{_title(answer.label)}."]
    names = ", ".join(map(_title, answer.likeliest_last))
    possible, likeliest = _text("clinic.possible", titles=names), _text("clinic.likeliest", title=_title(answer.label))
    return [f"{_text('uncertain.heading')}.", f"{possible}.", f"{likeliest}."]


def _benign_caveat(record: Record) -> list[str]:
    return [] if record.finding is Finding.LEUKEMIA else [_text("clinic.benign")]


def _signature(record: Record, answer: Prediction) -> Resource:
    if record.signed_off is None:
        return {}
    return {
        "conclusionCode": [_signed_concept(record, answer)],
        "resultsInterpreter": [{"type": "Practitioner", "display": record.signed_off.signed_by}],
    }


def _signed_concept(record: Record, answer: Prediction) -> Resource:
    """Return the signed label, coded where it is a B-cell ALL and the model left no other label open."""
    assert record.signed_off is not None
    label = record.signed_off.label
    # Screening does not determine the kind of leukemia, so its "malignant" is not coded as one.
    is_coded = label in LABELS and WORDS[label].malignant and answer.is_certain
    return {**({"coding": [_B_CELL_ALL]} if is_coded else {}), "text": _title(label)}


def _performer(record: Record) -> Resource:
    """Return the clinic as performer; nothing where the key of the upload names no clinic."""
    upload = record.result.upload
    if upload is None:
        return {}
    clinic = {"system": f"{IDS}/clinic", "value": upload.clinic_id}
    return {"performer": [{"type": "Organization", "identifier": clinic}]}


def _software(answer: Prediction) -> Resource:
    model = answer.model
    return {
        "resourceType": "Device",
        "id": _SOFTWARE,
        "deviceName": [{"name": "blastlens", "type": "user-friendly-name"}],
        "version": [{"value": f"model {model.name} {model.version} ({model.digest[:12]})"}],
    }


def _text(key: str, **values: str) -> str:
    return load_catalogue(Language.ENGLISH).fill(key, **values)


def _title(label: Label) -> str:
    return _text(f"titles.{label}")

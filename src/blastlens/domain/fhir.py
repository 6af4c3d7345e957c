"""Examinations as FHIR R4 DiagnosticReports with their Observations.

The functions return plain data; cli/export_formats.py validates it. Only verified codes are used: the smear finding
(LOINC), and B-cell ALL (SNOMED CT). The disease is coded only where a clinician has signed its kind and the model left
no other label open: a computed or doubtful result must not enter a problem list. Everything else is text. The clinic
performs the report; the software is the device of its Observations. R4 and R4B agree on every element used.
"""

from typing import Any

from blastlens.domain.declared_time import format_instant
from blastlens.domain.examination import Examination
from blastlens.domain.examination_answer import ExaminationAnswer
from blastlens.domain.examination_words import format_conclusion, format_unanswered, list_labels
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.signature import Conclusion, SignatureKind
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
_KINDS_OF_B_CELL_ALL = (Conclusion.EARLY_PRE_B, Conclusion.PRE_B, Conclusion.PRO_B)
"""Screening does not determine the kind of leukemia, so a signed "malignant" is not coded as one."""


_WITHOUT_FINDING = ("registered", "cancelled", "entered-in-error")


def make_diagnostic_report(examination: Examination) -> Resource:
    """Convert an examination to a DiagnosticReport that contains its Observations.

    The status is `preliminary` until a clinician has signed, then `final`, `amended` after another signature and
    `entered-in-error` after a retraction. Unsigned, it is `cancelled` where nothing could be read, and `registered`,
    without an answer, while the examination is held.
    """
    totals, status = examination.totals, report_status(examination)
    report: Resource = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": f"{IDS}/examination", "value": str(examination.id)}],
        "status": status,
        "code": _SMEAR_FINDING,
        **_subject(examination),
        "effectiveDateTime": format_instant(totals.last_taken_at),
        "issued": format_instant(examination.history[-1].signed_at if examination.history else totals.answered_at),
        "performer": [_performer(examination)],
    }
    if status in _WITHOUT_FINDING:
        return report | {"conclusion": " ".join(_conclusion(examination))}
    observations = [_finding(examination), *_computed_observations(examination)]
    report["contained"] = [*observations, _software(totals.model)]
    report["result"] = [{"reference": f"#{one['id']}"} for one in observations]
    return report | {"conclusion": " ".join(_conclusion(examination))} | _signature(examination)


def report_status(examination: Examination) -> str:
    """Return the status of an examination's report by FHIR."""
    if not examination.history:
        is_read = examination.totals.answer is not None
        return "registered" if examination.is_held else "preliminary" if is_read else "cancelled"
    if examination.history[-1].kind is SignatureKind.RETRACT:
        return "entered-in-error"
    return "final" if len(examination.history) == 1 else "amended"


def _subject(examination: Examination) -> Resource:
    identity = examination.id
    patient = {"system": f"{IDS}/clinic/{identity.clinic_id}/patient", "value": identity.patient_id}
    images = {"system": f"{IDS}/clinic/{identity.clinic_id}/examination", "value": identity.examination_id}
    return {
        "subject": {"type": "Patient", "identifier": patient},
        "basedOn": [{"type": "ServiceRequest", "identifier": images}],
    }


def _performer(examination: Examination) -> Resource:
    clinic = {"system": f"{IDS}/clinic", "value": examination.id.clinic_id}
    return {"type": "Organization", "identifier": clinic}


def _finding(examination: Examination) -> Resource:
    # A signed finding replaces the computed one, also where they agree.
    value = _signed_concept(examination) if examination.history else {"text": " ".join(_computed(examination))}
    note = {"note": [{"text": " ".join([*_caveats(examination), _text("clinic.no_diagnosis")])}]}
    return _observation(examination, "finding", _SMEAR_FINDING) | {"valueCodeableConcept": value} | note


def _computed_observations(examination: Examination) -> list[Resource]:
    answer = examination.totals.answer
    if answer is None:
        return []
    cells = _observation(examination, "white-cells", {"text": "White cells found in all fields"})
    found = [cells | {"valueQuantity": {"value": answer.white_cells, "unit": "cells"}}]
    if answer.white_cells:
        found.append(_share_of_blasts(examination, answer))
    if answer.finding is not Finding.INSUFFICIENT:
        found += [_class(examination, label, value) for label, value in answer.probabilities.items()]
    return found


def _share_of_blasts(examination: Examination, answer: ExaminationAnswer) -> Resource:
    code = {"text": "Share of white cells that look like blasts, as computed"}
    low, high = answer.blast_interval
    share = {"value": round(answer.blasts / answer.white_cells, 4), "unit": "share"}
    note = [{"text": f"95 % interval {low:.4f} to {high:.4f}"}]
    return _observation(examination, "blasts", code) | {"valueQuantity": share, "note": note}


def _class(examination: Examination, label: Label, probability: float) -> Resource:
    fields = examination.totals.fields_read
    code = {"text": f"Probability of {_text(f'titles.{label}')}, as computed from all fields ({fields})"}
    identity = f"class-{str(label).replace('_', '-')}"  # FHIR ids contain no underscore
    value = {"valueQuantity": {"value": round(probability, 6), "unit": "probability"}}
    return _observation(examination, identity, code) | value


def _observation(examination: Examination, identity: str, code: Resource) -> Resource:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": report_status(examination),
        "code": code,
        "subject": _subject(examination)["subject"],
        "effectiveDateTime": format_instant(examination.totals.last_taken_at),
        "performer": [_performer(examination)],
        "device": {"reference": f"#{_SOFTWARE}", "type": "Device"},
    }


def _conclusion(examination: Examination) -> list[str]:
    """Return the sentences of the conclusion; those of a signature name its reason where there is one."""
    if not examination.history and examination.is_held:
        return [_text("held.heading"), _text("held.why")]
    if not examination.history:
        totals = examination.totals
        excluded = f" {totals.fields_excluded} excluded by a person," if totals.fields_excluded else ""
        fields = f"Fields: {totals.fields_read} read,{excluded} {totals.fields} in all."
        caveats = [*_caveats(examination), _text("clinic.no_diagnosis")]
        return ["Not signed yet. Computed:", *_computed(examination), fields, *caveats]
    last = examination.history[-1]
    reason = [f"Reason: {last.reason}"] if last.reason else []
    if last.conclusion is None:
        return [f"Retracted by {last.signed_by}: this report is withdrawn and must not be used.", *reason]
    late = [f"{_text('late.heading')}"] if examination.has_late_fields else []
    return [f"Signed: {_title(last.conclusion)}.", *reason, *_caveats(examination), *late]


def _computed(examination: Examination) -> list[str]:
    """Return the sentences that state an answer; the likeliest of several labels comes last."""
    answer = examination.totals.answer
    if answer is None:
        return [format_unanswered(examination.totals, load_catalogue(Language.ENGLISH))]
    if answer.finding is Finding.INSUFFICIENT:
        return [_text("clinic.insufficient", missing=str(answer.missing_cells))]
    likeliest = _text(f"titles.{answer.label}")
    contradicts = [_text("clinic.contradicts")] if answer.contradicts else []
    if len(answer.prediction_set) == 1:
        return [f"{likeliest}.", *contradicts]
    possible = _text("clinic.possible", titles=list_labels(answer, load_catalogue(Language.ENGLISH)))
    named = [f"{_text('uncertain.heading')}.", f"{possible}.", f"{_text('clinic.likeliest', title=likeliest)}."]
    return [*named, *contradicts]


def _caveats(examination: Examination) -> list[str]:
    finding = examination.finding if examination.history else examination.totals.finding
    is_benign = finding in (Finding.HARMLESS, Finding.UNCERTAIN)
    hides = examination.totals.hides_leukemia and finding is not Finding.LEUKEMIA
    return [*([_text("clinic.benign")] if is_benign else []), *([_text("clinic.hides")] if hides else [])]


def _signature(examination: Examination) -> Resource:
    if not examination.history:
        return {}
    return {
        "conclusionCode": [_signed_concept(examination)],
        "resultsInterpreter": [{"type": "Practitioner", "display": examination.history[-1].signed_by}],
    }


def _signed_concept(examination: Examination) -> Resource:
    """Return the signed conclusion, coded where it is a B-cell ALL and the model left no other label open."""
    conclusion, answer = examination.history[-1].conclusion, examination.totals.answer
    assert conclusion is not None, "a retracted report has no finding"
    is_certain = answer is not None and not answer.missing_cells and len(answer.prediction_set) == 1
    is_coded = conclusion in _KINDS_OF_B_CELL_ALL and is_certain
    return {**({"coding": [_B_CELL_ALL]} if is_coded else {}), "text": _title(conclusion)}


def _software(model: ModelIdentity) -> Resource:
    return {
        "resourceType": "Device",
        "id": _SOFTWARE,
        "deviceName": [{"name": "blastlens", "type": "user-friendly-name"}],
        "version": [{"value": f"model {model.name} {model.version} ({model.digest[:12]})"}],
    }


def _text(key: str, **values: str) -> str:
    return load_catalogue(Language.ENGLISH).fill(key, **values)


def _title(conclusion: Conclusion) -> str:
    return format_conclusion(conclusion, load_catalogue(Language.ENGLISH))

"""Messages to clinics and patients, composed from the text catalogue."""

from collections.abc import Sequence

from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.notification_plan import PatientNotification
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record
from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue
from blastlens.domain.upload import Upload


def format_clinic_text(
    record: Record,
    page_url: str | None,
    language: Language = Language.ENGLISH,
    reach: PatientNotification | None = None,
) -> str:
    """Format the message for a clinic.

    It contains the complete answer, the patient's notification, and a link to the result.
    """
    catalogue, answer, upload = load_catalogue(language), record.result.answer, record.result.upload
    lines = [catalogue.fill("clinic.upload", upload=reference(record))]
    if isinstance(answer, Prediction):
        lines += [*_prediction_lines(answer, catalogue), "", catalogue.fill("clinic.no_diagnosis")]
        lines += [] if reach is None else ["", catalogue.fill(f"reach.{reach}")]
    else:
        lines += _rejection_lines(answer, catalogue)
    if upload is not None and page_url is not None:
        lines += ["", catalogue.fill("clinic.link", link=make_result_link(page_url, upload))]
    return "\n".join(lines) + "\n"


def format_patient_text(record: Record, language: Language = Language.ENGLISH) -> str:
    """Format the message for a patient.

    It contains the finding in plain words, and the next step.

    The message states the signed finding if a clinician has signed; and that an earlier message is no longer valid, if
    there was one with another finding.

    Raises:
        ValueError: the upload was rejected: a patient cannot act on a rejection.
    """
    catalogue = load_catalogue(language)
    signed = "" if record.signed_off is None else "_signed"
    return "\n\n".join([*_patient_parts(record, catalogue), catalogue.fill(f"patient.no_diagnosis{signed}")]) + "\n"


def format_patient_summary(record: Record, language: Language) -> str:
    """Format the finding and the next step in one line.

    A finding never appears without its next step.

    Raises:
        ValueError: as `format_patient_text`.
    """
    return " ".join(_patient_parts(record, load_catalogue(language)))


def make_result_link(page_url: str, upload: Upload) -> str:
    """Return the address of a result's page.

    The ids follow the `#`, which browsers do not send to a server.
    """
    fragment = f"clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}"
    return f"{page_url.rstrip('/')}/#/{fragment}"


def reference(record: Record) -> str:
    """Return an id that may be shown.

    It is that of the upload, or the hash of a key that violates the contract.
    """
    upload = record.result.upload
    return upload.upload_id if upload is not None else record.id.upload.rpartition("/")[2]


def _patient_parts(record: Record, catalogue: Catalogue) -> list[str]:
    answer = record.result.answer
    if not isinstance(answer, Prediction):
        raise ValueError("a rejected upload has no message for the patient")
    signed_off = record.signed_off
    # A message of an uncertain finding announced that a doctor reads the image next: it needs no correction.
    corrects = record.owes_correction and record.reported_finding is not Finding.UNCERTAIN
    parts = [catalogue.fill("patient.corrected")] if corrects else []
    if signed_off is not None:
        parts.append(catalogue.fill("patient.signed", finding=_plain_findings([signed_off.label], catalogue)[0]))
    else:
        parts += _predicted_parts(answer, catalogue)
    label = answer.label if signed_off is None else signed_off.label
    return [*parts, catalogue.fill(f"patient.next_{'malignant' if WORDS[label].malignant else 'benign'}")]


def _predicted_parts(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    findings = _plain_findings(prediction.prediction_set, catalogue)
    if len(findings) == 1:
        text = catalogue.fill("patient.finding", finding=findings[0])
    else:
        text = catalogue.fill("patient.uncertain", findings=catalogue.fill("patient.or").join(findings))
    return [text] if prediction.is_certain else [text, catalogue.fill("patient.looked_at_first")]


def _plain_findings(labels: Sequence[Label], catalogue: Catalogue) -> list[str]:
    """Return the findings of labels in plain words, each once, in their order."""
    return [catalogue.fill(f"findings.{one}") for one in dict.fromkeys(to_finding([label]) for label in labels)]


def _prediction_lines(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    titles = {label: catalogue.fill(f"titles.{label}") for label in prediction.labels}
    names = ", ".join(titles[label] for label in prediction.prediction_set)
    certainty = catalogue.fill("clinic.certain" if prediction.is_certain else "clinic.uncertain")
    return [
        catalogue.fill("clinic.class", title=titles[prediction.label]),
        catalogue.fill("clinic.set", titles=names, certainty=certainty),
        *([catalogue.fill("clinic.screening")] if prediction.is_screening else []),
        "",
        catalogue.fill("clinic.probabilities"),
        *(
            catalogue.fill("clinic.probability", title=titles[label], percent=catalogue.format_percent(probability, 2))
            for label, probability in prediction.probabilities.items()
        ),
        "",
        _quality_line(prediction, catalogue),
        _model_line(prediction, catalogue),
    ]


def _quality_line(prediction: Prediction, catalogue: Catalogue) -> str:
    quality = prediction.quality
    return catalogue.fill(
        "clinic.quality",
        focus=catalogue.format_number(quality.focus, 0),
        brightness=catalogue.format_number(quality.brightness, 2),
        contrast=catalogue.format_number(quality.contrast, 2),
        stained=catalogue.format_percent(quality.stained_fraction, 1),
        background=catalogue.format_percent(quality.background_fraction, 1),
        foreign=catalogue.format_percent(quality.foreign_fraction, 1),
        grey=catalogue.format_percent(quality.grey_fraction, 1),
        steadiness=catalogue.format_number(quality.steadiness, 2),
    )


def _rejection_lines(rejection: Rejection, catalogue: Catalogue) -> list[str]:
    reason = rejection.reason
    return [
        catalogue.fill("clinic.rejected", reason=str(reason), what=catalogue.fill(f"reasons.{reason}.what")),
        catalogue.fill("clinic.do", do=catalogue.fill(f"reasons.{reason}.do")),
        catalogue.fill("clinic.detail", message=rejection.message),
        "",
        _model_line(rejection, catalogue),
    ]


def _model_line(answer: Prediction | Rejection, catalogue: Catalogue) -> str:
    model = answer.model
    return catalogue.fill("clinic.model", name=model.name, version=model.version, digest=model.digest[:12])

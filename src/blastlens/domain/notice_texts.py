"""Messages to clinics and patients, composed from the text catalogue."""

from collections.abc import Sequence

from blastlens.domain.finding import Finding, to_finding, to_urgency
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.notification_plan import NoticeOptions, Standing
from blastlens.domain.prediction import Answer, Prediction, Rejection
from blastlens.domain.quality_words import find_quality_words
from blastlens.domain.record import Record
from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue
from blastlens.domain.upload import Upload


def format_clinic_text(record: Record, page_url: str | None, options: NoticeOptions | None = None) -> str:
    """Format the message for a clinic.

    It contains the complete answer, its urgency, the patient's id and notification, and a link to the result.
    """
    given = options or NoticeOptions()
    catalogue, answer, upload = load_catalogue(given.language), record.result.answer, record.result.upload
    lines = _upload_lines(record, given.standing, catalogue)
    if isinstance(answer, Prediction):
        lines += _prediction_lines(answer, catalogue) + format_cautions(answer, catalogue)
        lines += _urgency_lines(record, catalogue)
        lines += ["", *_measurement_lines(answer, catalogue), "", catalogue.fill("clinic.no_diagnosis")]
        lines += [] if given.reach is None else ["", catalogue.fill(f"reach.{given.reach}")]
    else:
        lines += _rejection_lines(answer, catalogue) + format_cautions(answer, catalogue)
        lines += _urgency_lines(record, catalogue)
        lines += ["", _model_line(answer, catalogue)]
    if upload is not None and page_url is not None:
        lines += ["", catalogue.fill("clinic.link", link=make_result_link(page_url, upload))]
    return "\n".join(lines) + "\n"


def format_phone_text(kind: str, record: Record, language: Language) -> str:
    """Format the clinic's message that a phone or a patient was not reached.

    `kind` is a section of words/*.toml with a `body`.
    """
    catalogue, upload = load_catalogue(language), record.result.upload
    patient = "" if upload is None else upload.patient_id
    lines = _upload_lines(record, Standing.ONLY, catalogue) + _urgency_lines(record, catalogue)
    body = catalogue.fill(f"{kind}.body", patient=patient, upload=reference(record))
    return "\n".join([*lines, "", body]) + "\n"


def format_brief_text(kind: str, record: Record, options: NoticeOptions) -> str:
    """Format the message for lock screens, SMS and other places that must not show a result.

    It says that there is one, of which day, and where it is explained. `kind` is a section of words/*.toml with a
    `lock_screen`.
    """
    catalogue = load_catalogue(options.language)
    text = catalogue.fill(f"{kind}.lock_screen", when=_format_when(record, catalogue))
    key = f"{kind}.{options.standing}"
    return f"{text} {catalogue.fill(key)}" if key in catalogue.texts else text


def format_patient_text(
    record: Record, language: Language = Language.ENGLISH, standing: Standing = Standing.ONLY
) -> str:
    """Format the text of a patient's result page: the finding in plain words, and the next step.

    No message contains it, because others read messages. The text states the signed finding if a clinician has signed;
    and that an earlier message is no longer valid, if there was one with another finding.

    Raises:
        ValueError: the upload was rejected: a patient cannot act on a rejection.
    """
    catalogue, answer = load_catalogue(language), record.result.answer
    if not isinstance(answer, Prediction):
        raise ValueError("a rejected upload has no message for the patient")
    when = _format_when(record, catalogue)
    is_open = record.signed_off is None and not answer.is_certain
    heading = [catalogue.fill("uncertain.heading")] if is_open else []
    image = [catalogue.fill("patient.image", when=when), *_standing_lines("patient", standing, catalogue)]
    signed = "" if record.signed_off is None else "_signed"
    end = catalogue.fill(f"patient.no_diagnosis{signed}")
    return "\n\n".join([*heading, " ".join(image), *_patient_parts(record, answer, catalogue), end]) + "\n"


def format_cautions(answer: Answer, catalogue: Catalogue) -> list[str]:
    """Return why the classes of an answer were left open, and what of its field was not read; a text for each."""
    field = answer.field
    if field is None:
        return []
    values = {"cells": str(field.white_cells), "unnamed": str(field.unnamed_cells)}
    return [catalogue.fill(f"cautions.{caution}", **values) for caution in field.cautions]


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


def _upload_lines(record: Record, standing: Standing, catalogue: Catalogue) -> list[str]:
    when = _format_when(record, catalogue, with_clock=True)
    return [
        catalogue.fill("clinic.upload", upload=reference(record), when=when),
        *_standing_lines("clinic", standing, catalogue),
    ]


def _format_when(record: Record, catalogue: Catalogue, with_clock: bool = False) -> str:
    """Format when the image was taken, or when it was uploaded where that is not known."""
    result = record.result
    key = "when.uploaded" if result.taken_at is None else "when.taken"
    format_time = catalogue.format_time if with_clock else catalogue.format_date
    return catalogue.fill(key, time=format_time(result.effective_at))


def _standing_lines(audience: str, standing: Standing, catalogue: Catalogue) -> list[str]:
    return [] if standing is Standing.ONLY else [catalogue.fill(f"{audience}.{standing}")]


def _urgency_lines(record: Record, catalogue: Catalogue) -> list[str]:
    upload = record.result.upload
    patient = [] if upload is None else [catalogue.fill("clinic.patient", patient=upload.patient_id)]
    return [catalogue.fill(f"urgency.{to_urgency(record.finding)}"), *patient]


def _patient_parts(record: Record, answer: Prediction, catalogue: Catalogue) -> list[str]:
    signed_off = record.signed_off
    # A message of an uncertain finding announced that a doctor reads the image next: it needs no correction.
    corrects = record.owes_correction and record.reported_finding is not Finding.UNCERTAIN
    parts = [catalogue.fill("patient.corrected")] if corrects else []
    if signed_off is not None:
        parts.append(catalogue.fill("patient.signed", finding=_plain_findings([signed_off.label], catalogue)[0]))
    else:
        parts += _predicted_parts(answer, catalogue)
    if record.finding is not Finding.LEUKEMIA:
        parts.append(catalogue.fill("patient.benign"))
    label = answer.label if signed_off is None else signed_off.label
    return [*parts, catalogue.fill(f"patient.next_{'malignant' if WORDS[label].malignant else 'benign'}")]


def _predicted_parts(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    findings = _plain_findings(prediction.likeliest_last, catalogue)
    if len(findings) == 1:
        text = catalogue.fill("patient.finding", finding=findings[0])
    else:
        text = catalogue.fill("patient.uncertain", findings=catalogue.fill("patient.or").join(findings))
    return [text] if prediction.is_certain else [text, catalogue.fill("patient.looked_at_first")]


def _plain_findings(labels: Sequence[Label], catalogue: Catalogue) -> list[str]:
    """Return the findings of labels in plain words, each once, in their order."""
    return [catalogue.fill(f"findings.{one}") for one in dict.fromkeys(to_finding([label]) for label in labels)]


def _prediction_lines(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    likeliest = catalogue.fill(f"titles.{prediction.label}")
    if prediction.is_certain:
        lines = [catalogue.fill("clinic.class", title=likeliest)]
    else:
        names = ", ".join(catalogue.fill(f"titles.{label}") for label in prediction.likeliest_last)
        lines = [
            catalogue.fill("uncertain.heading"),
            catalogue.fill("clinic.possible", titles=names),
            catalogue.fill("clinic.likeliest", title=likeliest),
        ]
    if to_finding(prediction.prediction_set) is not Finding.LEUKEMIA:
        lines.append(catalogue.fill("clinic.benign"))
    return lines + ([catalogue.fill("clinic.screening")] if prediction.is_screening else [])


def _measurement_lines(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.fill("clinic.probabilities"),
        *(
            catalogue.fill(
                "clinic.probability",
                title=catalogue.fill(f"titles.{label}"),
                percent=catalogue.format_percent(probability, 2),
            )
            for label, probability in prediction.probabilities.items()
        ),
        "",
        _quality_line(prediction, catalogue),
        *_field_lines(prediction, catalogue),
        _model_line(prediction, catalogue),
    ]


def _quality_line(prediction: Prediction, catalogue: Catalogue) -> str:
    quality = prediction.quality
    return catalogue.fill(
        "clinic.quality",
        words=", ".join(catalogue.fill(f"quality.{word}") for word in find_quality_words(quality)),
        focus=catalogue.format_number(quality.focus, 0),
        brightness=catalogue.format_number(quality.brightness, 2),
        contrast=catalogue.format_number(quality.contrast, 2),
        stained=catalogue.format_percent(quality.stained_fraction, 1),
        background=catalogue.format_percent(quality.background_fraction, 1),
        foreign=catalogue.format_percent(quality.foreign_fraction, 1),
        grey=catalogue.format_percent(quality.grey_fraction, 1),
        steadiness=catalogue.format_number(quality.steadiness, 2),
    )


def _field_lines(prediction: Prediction, catalogue: Catalogue) -> list[str]:
    field = prediction.field
    if field is None:
        return []
    um, values = field.pixel_size.um, {"windows": str(field.windows), "cells": str(field.white_cells)}
    if um is None:
        return [catalogue.fill("pixel_size.read_unknown", **values)]
    size, source = catalogue.format_number(um, 3), catalogue.fill(f"pixel_size.{field.pixel_size.source}")
    return [catalogue.fill("pixel_size.read", **values, size=size, source=source)]


def _rejection_lines(rejection: Rejection, catalogue: Catalogue) -> list[str]:
    reason = rejection.reason
    return [
        catalogue.fill("clinic.rejected", reason=str(reason), what=catalogue.fill(f"reasons.{reason}.what")),
        catalogue.fill("clinic.do", do=catalogue.fill(f"reasons.{reason}.do")),
        catalogue.fill("clinic.detail", message=rejection.message),
    ]


def _model_line(answer: Prediction | Rejection, catalogue: Catalogue) -> str:
    model = answer.model
    return catalogue.fill("clinic.model", name=model.name, version=model.version, digest=model.digest[:12])

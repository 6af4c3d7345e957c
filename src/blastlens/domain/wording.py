"""The sentences that clinics and patients read, put together from the catalogue's texts."""

from blastlens.domain.catalogue import Catalogue, Language, catalogue
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record, SignOff
from blastlens.domain.telling import Reach
from blastlens.domain.upload import Upload


def clinic_text(
    record: Record, page_url: str, language: Language = Language.ENGLISH, reach: Reach | None = None
) -> str:
    """Return the message for a clinic: the whole answer, how the patient hears of it, and a link."""
    words, answer, upload = catalogue(language), record.result.answer, record.result.upload
    what = [words.say("clinic.upload", upload=reference(record))]
    if isinstance(answer, Prediction):
        what += [*_prediction_lines(answer, words), "", words.say("clinic.no_diagnosis")]
        what += [] if reach is None else ["", words.say(f"reach.{reach}")]
    else:
        what += _rejection_lines(answer, words)
    if upload is not None:
        what += ["", words.say("clinic.link", link=result_link(page_url, upload))]
    return "\n".join(what) + "\n"


def patient_text(
    prediction: Prediction, language: Language = Language.ENGLISH, signed_off: SignOff | None = None
) -> str:
    """Return the message for a patient: what was found, in plain words, and the next step.

    Where a clinician has signed, the patient is told what the clinician saw.
    """
    words = catalogue(language)
    parts = _patient_parts(prediction, words, signed_off)
    parts.append(words.say("patient.no_diagnosis" if signed_off is None else "patient.no_diagnosis_signed"))
    return "\n\n".join(parts) + "\n"


def patient_gist(prediction: Prediction, language: Language, signed_off: SignOff | None = None) -> str:
    """Return the finding and the next step in one line: a finding never goes alone, not even to a lock screen."""
    return " ".join(_patient_parts(prediction, catalogue(language), signed_off))


def result_link(page_url: str, upload: Upload) -> str:
    """Return the address of a result's page; its ids follow the `#`, which browsers keep to themselves."""
    place = f"clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}"
    return f"{page_url.rstrip('/')}/#/{place}"


def reference(record: Record) -> str:
    """Return an id that may be seen: the upload's own, or the hash that stands for a key that breaks the contract."""
    upload = record.result.upload
    return upload.upload_id if upload is not None else record.id.upload.rpartition("/")[2]


def _patient_parts(prediction: Prediction, words: Catalogue, signed_off: SignOff | None) -> list[str]:
    label = prediction.label if signed_off is None else signed_off.label
    parts = [_patient_finding(prediction, words, signed_off)]
    if signed_off is None and not prediction.is_certain:
        parts.append(words.say("patient.looked_at_first"))
    return [*parts, words.say(f"patient.next_{'malignant' if WORDS[label].malignant else 'benign'}")]


def _patient_finding(prediction: Prediction, words: Catalogue, signed_off: SignOff | None) -> str:
    if signed_off is not None:
        return words.say("patient.signed", finding=_finding(signed_off.label, words))
    # Kinds of one disease have the same plain words: which of them it is makes no difference here.
    findings = list(dict.fromkeys(_finding(label, words) for label in prediction.prediction_set))
    if len(findings) == 1:
        return words.say("patient.finding", finding=findings[0])
    return words.say("patient.uncertain", findings=words.say("patient.or").join(findings))


def _finding(label: Label, words: Catalogue) -> str:
    return words.say(f"findings.{'leukemia' if WORDS[label].malignant else 'harmless'}")


def _prediction_lines(prediction: Prediction, words: Catalogue) -> list[str]:
    titles = {label: words.say(f"titles.{label}") for label in prediction.labels}
    names = ", ".join(titles[label] for label in prediction.prediction_set)
    certainty = words.say("clinic.certain" if prediction.is_certain else "clinic.uncertain")
    return [
        words.say("clinic.class", title=titles[prediction.label]),
        words.say("clinic.set", titles=names, certainty=certainty),
        *([words.say("clinic.screening")] if prediction.is_screening else []),
        "",
        words.say("clinic.probabilities"),
        *(
            words.say("clinic.probability", title=titles[label], percent=words.percent(probability, 2))
            for label, probability in prediction.probabilities.items()
        ),
        "",
        _quality_line(prediction, words),
        _model_line(prediction, words),
    ]


def _quality_line(prediction: Prediction, words: Catalogue) -> str:
    quality = prediction.quality
    return words.say(
        "clinic.quality",
        focus=words.number(quality.focus, 0),
        brightness=words.number(quality.brightness, 2),
        contrast=words.number(quality.contrast, 2),
        stained=words.percent(quality.stained_fraction, 1),
        background=words.percent(quality.background_fraction, 1),
        foreign=words.percent(quality.foreign_fraction, 1),
        grey=words.percent(quality.grey_fraction, 1),
        steadiness=words.number(quality.steadiness, 2),
    )


def _rejection_lines(rejection: Rejection, words: Catalogue) -> list[str]:
    reason = rejection.reason
    return [
        words.say("clinic.rejected", reason=str(reason), what=words.say(f"reasons.{reason}.what")),
        words.say("clinic.do", do=words.say(f"reasons.{reason}.do")),
        words.say("clinic.detail", message=rejection.message),
        "",
        _model_line(rejection, words),
    ]


def _model_line(answer: Prediction | Rejection, words: Catalogue) -> str:
    model = answer.model
    return words.say("clinic.model", name=model.name, version=model.version, digest=model.digest[:12])

"""The sentences that clinics and patients read, put together from the catalogue's texts."""

from collections.abc import Sequence

from blastlens.domain.catalogue import Catalogue, Language, catalogue
from blastlens.domain.finding import Finding, finding_of
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record
from blastlens.domain.telling import Reach
from blastlens.domain.upload import Upload


def clinic_text(
    record: Record, page_url: str | None, language: Language = Language.ENGLISH, reach: Reach | None = None
) -> str:
    """Return the message for a clinic: the whole answer, how the patient hears of it, and a link if there is a page."""
    words, answer, upload = catalogue(language), record.result.answer, record.result.upload
    what = [words.say("clinic.upload", upload=reference(record))]
    if isinstance(answer, Prediction):
        what += [*_prediction_lines(answer, words), "", words.say("clinic.no_diagnosis")]
        what += [] if reach is None else ["", words.say(f"reach.{reach}")]
    else:
        what += _rejection_lines(answer, words)
    if upload is not None and page_url is not None:
        what += ["", words.say("clinic.link", link=result_link(page_url, upload))]
    return "\n".join(what) + "\n"


def patient_text(record: Record, language: Language = Language.ENGLISH) -> str:
    """Return the message for a patient: what was found, in plain words, and the next step.

    Where a clinician has signed, the patient is told what the clinician saw; and that an earlier message does not hold,
    where there was one that said something else.

    Raises:
        ValueError: a patient would be told of a rejected upload, with which they can do nothing.
    """
    words = catalogue(language)
    signed = "" if record.signed_off is None else "_signed"
    return "\n\n".join([*_patient_parts(record, words), words.say(f"patient.no_diagnosis{signed}")]) + "\n"


def patient_gist(record: Record, language: Language) -> str:
    """Return the finding and the next step in one line: a finding never goes alone, not even to a lock screen.

    Raises:
        ValueError: as `patient_text`.
    """
    return " ".join(_patient_parts(record, catalogue(language)))


def result_link(page_url: str, upload: Upload) -> str:
    """Return the address of a result's page; its ids follow the `#`, which browsers keep to themselves."""
    place = f"clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}"
    return f"{page_url.rstrip('/')}/#/{place}"


def reference(record: Record) -> str:
    """Return an id that may be seen: the upload's own, or the hash that stands for a key that breaks the contract."""
    upload = record.result.upload
    return upload.upload_id if upload is not None else record.id.upload.rpartition("/")[2]


def _patient_parts(record: Record, words: Catalogue) -> list[str]:
    answer = record.result.answer
    if not isinstance(answer, Prediction):
        raise ValueError("a patient is told of predictions alone")
    signed_off = record.signed_off
    # Who was told that it is not certain was also told that a doctor looks next: nothing is taken back.
    takes_back = record.owes_correction and record.heard is not Finding.UNCERTAIN
    parts = [words.say("patient.corrected")] if takes_back else []
    if signed_off is not None:
        parts.append(words.say("patient.signed", finding=_plain([signed_off.label], words)[0]))
    else:
        parts += _as_read(answer, words)
    label = answer.label if signed_off is None else signed_off.label
    return [*parts, words.say(f"patient.next_{'malignant' if WORDS[label].malignant else 'benign'}")]


def _as_read(prediction: Prediction, words: Catalogue) -> list[str]:
    findings = _plain(prediction.prediction_set, words)
    if len(findings) == 1:
        seen = words.say("patient.finding", finding=findings[0])
    else:
        seen = words.say("patient.uncertain", findings=words.say("patient.or").join(findings))
    return [seen] if prediction.is_certain else [seen, words.say("patient.looked_at_first")]


def _plain(labels: Sequence[Label], words: Catalogue) -> list[str]:
    """Return what labels are in plain words, each once, in their order."""
    return [words.say(f"findings.{one}") for one in dict.fromkeys(finding_of([label]) for label in labels)]


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

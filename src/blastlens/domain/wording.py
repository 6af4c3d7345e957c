"""The sentences that clinics and patients read."""

from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record
from blastlens.domain.upload import Upload

_SCREENING = "Screening: benign or malignant alone. Which kind of leukemia it could be was not looked for."
_NO_DIAGNOSIS = (
    "This is decision support, not a diagnosis: a computer program read one image. "
    "A specialist has to read the smear before anything is concluded from it."
)


def clinic_text(record: Record, page_url: str) -> str:
    """Return the message for a clinic: the whole answer and a link to it."""
    answer, upload = record.result.answer, record.result.upload
    what = [f"Upload {reference(record)}"]
    if isinstance(answer, Prediction):
        what += [*_prediction_lines(answer), "", _NO_DIAGNOSIS]
    else:
        what += [*_rejection_lines(answer)]
    if upload is not None:
        what += ["", f"Open it: {result_link(page_url, upload)}"]
    return "\n".join(what) + "\n"


def patient_text(prediction: Prediction) -> str:
    """Return the message for a patient: what was found, in plain words, and the next step."""
    parts = [_finding(prediction)]
    if not prediction.is_certain:
        parts.append("A doctor will look at the image first. Your clinic will tell you what they see.")
    if prediction.is_malignant:
        parts.append(
            "Please see a specialist for blood diseases (a hematologist) soon. Your clinic can tell you where."
        )
    else:
        parts.append("Your clinic will tell you whether there is anything to do. If you feel ill, see a doctor now.")
    parts.append(
        "This is not a diagnosis. A computer program read one image, and it can be wrong: only a doctor can say."
    )
    return "\n\n".join(parts) + "\n"


def result_link(page_url: str, upload: Upload) -> str:
    """Return the address of a result's page; its ids follow the `#`, which browsers keep to themselves."""
    place = f"clinics/{upload.clinic_id}/patients/{upload.patient_id}/uploads/{upload.upload_id}"
    return f"{page_url.rstrip('/')}/#/{place}"


def reference(record: Record) -> str:
    """Return an id that may be seen: the upload's own, or the hash that stands for a key that breaks the contract."""
    upload = record.result.upload
    return upload.upload_id if upload is not None else record.id.upload.rpartition("/")[2]


def _finding(prediction: Prediction) -> str:
    # Kinds of one disease have the same plain words: which of them it is makes no difference here.
    findings = list(dict.fromkeys(WORDS[label].plain for label in prediction.prediction_set))
    if len(findings) == 1:
        return f"The image of your blood shows {findings[0]}."
    return f"It is not certain what the image of your blood shows. It may be {', or '.join(findings)}."


def _prediction_lines(prediction: Prediction) -> list[str]:
    quality = prediction.quality
    names = [WORDS[label].title for label in prediction.prediction_set]
    certainty = "certain" if prediction.is_certain else "UNCERTAIN: have it read first"
    return [
        f"Class: {WORDS[prediction.label].title}",
        f"Prediction set: {', '.join(names)} ({certainty})",
        *([_SCREENING] if prediction.is_screening else []),
        "",
        "Probabilities:",
        *(f"  {WORDS[label].title}: {prediction.probabilities[label]:.2%}" for label in prediction.labels),
        "",
        f"Quality: focus {quality.focus:.0f}, brightness {quality.brightness:.2f}, contrast {quality.contrast:.2f}, "
        f"stained {quality.stained_fraction:.1%}, background {quality.background_fraction:.1%}, "
        f"foreign colours {quality.foreign_fraction:.1%}, dark grey {quality.grey_fraction:.1%}",
        f"Model: {prediction.model.name} {prediction.model.version} ({prediction.model.digest[:12]})",
    ]


def _rejection_lines(rejection: Rejection) -> list[str]:
    return [
        f"This upload could not be read ({rejection.reason}).",
        rejection.message,
        "",
        f"Model: {rejection.model.name} {rejection.model.version} ({rejection.model.digest[:12]})",
    ]

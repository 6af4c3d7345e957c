"""Totals of an examination, computed from the records of its fields."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from blastlens.domain.chance import wilson_interval
from blastlens.domain.declared_examination import DeclaredExamination
from blastlens.domain.edge_comparison import compare_fields
from blastlens.domain.examination import FieldTotals
from blastlens.domain.examination_answer import (
    ExaminationAnswer,
    ExaminationConstants,
    answer_examination,
    count_cells,
    keep_leukemia_open,
)
from blastlens.domain.field import FieldSummary
from blastlens.domain.finding import Finding
from blastlens.domain.labels import WORDS
from blastlens.domain.prediction import Prediction, Rejection
from blastlens.domain.record import Record, sort_newest_first
from blastlens.domain.result import Custody, version_part
from blastlens.domain.review import is_excluded
from blastlens.domain.upload import ObjectVersion

_EXCLUDED_LENGTH = 16

CAREFUL = ExaminationConstants(
    least_white_cells=100,
    clip=1e-3,
    correlation=1.0,
    set_threshold=0.02,
    coverage=0.99,
    benign_blasts=0.01,
    significance=0.01,
    open_share=0.2,
    floor=0.15,
)
"""Constants for packages without any: fields count as copies of one another, and hardly a label is ruled out."""

NOTHING_EXCLUDED: Mapping[str, str] = {}
"""Upload id -> excluded version of its image, where nobody excluded one."""


@dataclass(frozen=True)
class Reading:
    """Totals, and the images that the newest model has not read yet."""

    totals: FieldTotals
    unread: tuple[ObjectVersion, ...]


def total_fields(
    records: Sequence[Record], kept_digest: str | None = None, excluded: Mapping[str, str] = NOTHING_EXCLUDED
) -> Reading:
    """Return the totals of an examination.

    Of each upload its newest object version counts. The answer rests on one model: the newest one, so that an
    examination never goes back to an older model; or `kept_digest`, the model of a signed examination, which is not
    read again.

    Args:
        records: every record of its fields, at least one, of every version and model.
        kept_digest: digest of the model that its answer has to rest on; None for the newest.
        excluded: upload id -> version of the image that the answer leaves out (`Review.excluded`).

    Raises:
        ValueError: there are no records.
    """
    if not records:
        raise ValueError("an examination has at least one field")
    digest = _newest_digest(records) if kept_digest is None else kept_digest
    newest = [_newest_version(one) for one in _by_upload(records)]
    current = [_of_digest(versions, digest) for versions in newest]
    read = [one for one in current if one is not None]
    unread = tuple(versions[0].result.source for versions, one in zip(newest, current, strict=True) if one is None)
    # An answer of another model to a field that was read changes nothing: a redrive after a signature is no late field.
    shown = [one or versions[0] for versions, one in zip(newest, current, strict=True)]
    return Reading(_totals(read, shown, digest, len(unread), excluded), unread)


def shown_records(records: Sequence[Record], digest: str) -> list[Record]:
    """Return the record of each field that an examination rests on: of its newest version, by the model `digest`.

    Fields that this model has not read are left out.
    """
    found = (_of_digest(_newest_version(one), digest) for one in _by_upload(records))
    return [one for one in found if one is not None]


def newest_records(records: Sequence[Record]) -> list[Record]:
    """Return the newest record of each field."""
    return [_newest_version(one)[0] for one in _by_upload(records)]


def _totals(
    read: Sequence[Record], shown: Sequence[Record], digest: str, waiting: int, excluded: Mapping[str, str]
) -> FieldTotals:
    counted = [one for one in read if not is_excluded(one, excluded)]
    answers = [one.result.answer for one in counted]
    predictions = [one for one in answers if isinstance(one, Prediction)]
    left_out = [one for one in shown if is_excluded(one, excluded)]
    hidden = [one.result.answer for one in left_out if isinstance(one.result.answer, Prediction)]
    answer = _answer(counted, predictions)
    hides = _hides_leukemia(hidden, answer)
    if answer is not None and hides:
        answer = keep_leukemia_open(answer, hidden, _constants(counted))
    custody = [one.result.custody or Custody() for one in shown]
    expiries = [one.result.expires_at for one in shown]
    known = [one for one in expiries if one is not None]
    models = [one.result.answer.model for one in (*read, *shown)]
    return FieldTotals(
        fields_read=len(predictions),
        fields_rejected=Counter(one.reason for one in answers if isinstance(one, Rejection)),
        answer=answer,
        model=next((one for one in models if one.digest == digest), models[0]),
        basis=basis_of(shown, excluded),
        first_taken_at=min(one.result.effective_at for one in shown),
        last_taken_at=max(one.result.effective_at for one in shown),
        uploaded_at=max(one.result.uploaded_at for one in shown),
        answered_at=max(one.result.answered_at for one in shown),
        declared_fields=_declared_fields(shown, [one.declared for one in custody]),
        is_declared_complete=any(one.declared.complete for one in custody),
        waiting_for_model=waiting,
        shared_with=tuple(sorted({one.same_as for one in custody if one.same_as is not None})),
        cautions=Counter(caution for one in answers if one.field is not None for caution in one.field.cautions),
        first_expires_at=min(known, default=None),
        last_expires_at=max(known) if known and len(known) == len(expiries) else None,
        fields_excluded=len(read) - len(counted),
        hides_leukemia=hides,
        uncertain_cells=sum(_uncertain_cells(one.field) for one in predictions),
        edge=compare_fields([(one.result.edge, one.result.answer) for one in counted], _constants(counted).open_share),
    )


def _uncertain_cells(field: FieldSummary | None) -> int:
    """Return how many cells of a field a person has to look at; all of them where that was not counted."""
    if field is None:
        return 0
    return field.white_cells if field.uncertain_cells is None else field.uncertain_cells


def _hides_leukemia(left_out: Iterable[Prediction], answer: ExaminationAnswer | None) -> bool:
    """Return whether a field that is left out cannot exclude leukemia, although the answer to the others does."""
    if answer is not None and answer.suspicion is not Finding.HARMLESS:
        return False
    return any(WORDS[label].malignant for one in left_out for label in one.prediction_set)


def _answer(read: Sequence[Record], predictions: Sequence[Prediction]) -> ExaminationAnswer | None:
    known = [one.result.custody for one in read if one.result.custody is not None]
    if not known and len(predictions) == 1:
        return _answer_from_before(predictions[0])
    return answer_examination(predictions, _constants(read))


def _constants(read: Iterable[Record]) -> ExaminationConstants:
    known = (one.result.custody for one in read if one.result.custody is not None)
    return next((one.constants for one in known if one.constants), CAREFUL)


def _answer_from_before(prediction: Prediction) -> ExaminationAnswer:
    """Return the answer to the only field of an examination from before examinations.

    It stays what it was: people were told of it, and may have signed it.
    """
    cells, blasts = count_cells([prediction])
    return ExaminationAnswer(
        label=prediction.label,
        probabilities=prediction.probabilities,
        prediction_set=prediction.prediction_set,
        white_cells=cells,
        blasts=blasts,
        blast_interval=wilson_interval(blasts, cells),
        contradicts=False,
        missing_cells=0,
    )


def _declared_fields(shown: Sequence[Record], declared: Iterable[DeclaredExamination]) -> int | None:
    """Return how many fields there are; an image without an examination in its key is the only one."""
    numbers = [one.fields for one in declared if one.fields is not None]
    if numbers:
        return max(numbers)
    is_single = all(one.result.upload is not None and one.result.upload.examination_id is None for one in shown)
    return 1 if is_single else None


def _by_upload(records: Iterable[Record]) -> list[list[Record]]:
    """Return the records of each upload, in the order of their paths."""
    groups: dict[str, list[Record]] = {}
    for one in records:
        groups.setdefault("" if one.result.upload is None else one.result.upload.path, []).append(one)
    return [groups[path] for path in sorted(groups)]


def _newest_version(records: Sequence[Record]) -> list[Record]:
    """Return the records of an upload's newest object version, the newest answer first."""
    ordered = sort_newest_first(records)
    first = ordered[0].result.source
    return [
        one
        for one in ordered
        if one.result.source.key == first.key and version_part(one.result.source) == version_part(first)
    ]


def _of_digest(records: Iterable[Record], digest: str) -> Record | None:
    return next((one for one in records if one.result.answer.model.digest == digest), None)


def _newest_digest(records: Iterable[Record]) -> str:
    """Return the model whose first answer is the latest; a late answer of an older model does not bring it back."""
    first: dict[str, tuple[object, str]] = {}
    for one in records:
        digest, answered_at = one.result.answer.model.digest, one.result.answered_at
        first[digest] = min(first.get(digest, (answered_at, digest)), (answered_at, digest))
    return max(first.values())[1]


def basis_of(records: Sequence[Record], excluded: Mapping[str, str] = NOTHING_EXCLUDED) -> str:
    """Return the digest of the records that an examination shows: the same records give the same digest.

    Where some are excluded, a dash and the beginning of a digest of these follow it.
    """
    first = _digest_of(records)
    left_out = [one for one in records if is_excluded(one, excluded)]
    return f"{first}-{_digest_of(left_out)[:_EXCLUDED_LENGTH]}" if left_out else first


def _digest_of(records: Iterable[Record]) -> str:
    lines = sorted(f"{one.id.upload}|{one.id.reading}" for one in records)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

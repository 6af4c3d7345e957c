"""Routes of reviews: moves of cells, exclusions, comments and opinions."""

import json
import uuid
from collections.abc import Sequence

from aws_lambda_powertools.event_handler import Response

from blastlens.domain.clinician import Role
from blastlens.domain.differential import count_cells
from blastlens.domain.examination import Examination
from blastlens.domain.examination_totals import shown_records
from blastlens.domain.field import CellKind
from blastlens.domain.record import Record
from blastlens.domain.review import (
    CellId,
    Comment,
    Content,
    Exclusion,
    Inclusion,
    Move,
    Moves,
    Opinion,
    Question,
    ReviewEvent,
    upload_id_of,
)
from blastlens.domain.reviewing import refuse_unknown_cell
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.examination_routes import ExaminationRoutes
from blastlens.functions.clinician.models import reviews
from blastlens.functions.clinician.models.examinations import OpenExamination, ReviewedCells
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.refusals import REFUSED
from blastlens.functions.clinician.review_views import differential_view, review_view
from blastlens.functions.clinician.routes import EXAMINATION, ClinicianRoutes, ExaminationIdText, PatientId, UploadId
from blastlens.functions.clinician.texts import read_line, read_lines
from blastlens.functions.reviewing import FieldMissing, Reviewed, Reviewing
from blastlens.functions.sign_off import ExaminationMissing

_MISSING = (ProblemKind.EXAMINATION_MISSING, ProblemKind.PATIENT_ERASED)
_SIGNER = (Role.SIGNER,)


class ReviewRoutes(ClinicianRoutes):
    """Routes of reviews; a request that is sent again with the same id is stored once."""

    def add(self) -> None:
        """Add the routes to the app."""
        fields = f"{EXAMINATION}/fields/<upload_id>/exclusion"
        changes, missing_field = (*_MISSING, *REFUSED), ProblemKind.FIELD_MISSING
        self.route("POST", f"{EXAMINATION}/cells/moves", self.move_cells, _SIGNER, changes)
        self.route("POST", fields, self.exclude_field, _SIGNER, (*changes, missing_field))
        self.route("DELETE", fields, self.include_field, _SIGNER, (*changes, missing_field))
        talk = (*_MISSING, ProblemKind.REFUSED)
        self.route("POST", f"{EXAMINATION}/comments", self.comment, problems=talk)
        self.route("POST", f"{EXAMINATION}/opinions", self.ask_colleague, problems=talk)
        self.route("POST", f"{EXAMINATION}/opinions/<opinion_id>/answer", self.answer_colleague, _SIGNER, talk)

    def move_cells(
        self, patient_id: PatientId, examination_id: ExaminationIdText, body: reviews.CellMoves
    ) -> ReviewedCells:
        """Move cells to other classes; the differential follows at once.

        The answer of the examination stays as it was computed. A cell is named by the reading that counts and its
        number there.
        """
        identity = self.identity(patient_id, examination_id)
        examination = self.examination(identity)
        shown = shown_records(self.dependencies.results.fields(identity), examination.totals.model.digest)
        moves = self._known_moves(examination, shown, body.moves)
        done = self._add(identity, body.id, Moves(moves))
        differential = differential_view(count_cells(shown, done.review))
        return ReviewedCells.model_validate({"review": review_view(done.review), "differential": differential})

    def exclude_field(
        self,
        patient_id: PatientId,
        examination_id: ExaminationIdText,
        upload_id: UploadId,
        body: reviews.NewExclusion,
    ) -> Response[OpenExamination]:
        """Exclude a field: the examination is answered without it at once.

        The exclusion is of the image as it is now: a newer version of it counts.
        """
        identity = self.identity(patient_id, examination_id)
        content = Exclusion(upload_id, "", read_line("reason", body.reason))
        return self._open(self._add(identity, body.id, content, body.basis))

    def include_field(
        self, patient_id: PatientId, examination_id: ExaminationIdText, upload_id: UploadId
    ) -> Response[OpenExamination]:
        """Take the exclusion of a field back; one that is not excluded stays as it is."""
        identity = self.identity(patient_id, examination_id)
        before, review = self.reviewed(identity)
        if upload_id in review.exclusions:
            event, _ = review.exclusions[upload_id]
            # The same exclusion is taken back once, however often the request arrives.
            return self._open(
                self._add(identity, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{event.id} taken back")), Inclusion(upload_id))
            )
        if upload_id not in {upload_id_of(one) for one in self.dependencies.results.fields(identity)}:
            raise Problem(ProblemKind.FIELD_MISSING)
        return self._open(Reviewed(before, review))

    def comment(
        self, patient_id: PatientId, examination_id: ExaminationIdText, body: reviews.NewComment
    ) -> reviews.Review:
        """Comment on an examination, at any time."""
        return self._talk(self.identity(patient_id, examination_id), body.id, Comment(read_lines("text", body.text)))

    def ask_colleague(
        self, patient_id: PatientId, examination_id: ExaminationIdText, body: reviews.NewOpinion
    ) -> reviews.Review:
        """Ask a second reader; the id of the request is that of the question."""
        question = Question(read_lines("question", body.question))
        return self._talk(self.identity(patient_id, examination_id), body.id, question)

    def answer_colleague(
        self,
        patient_id: PatientId,
        examination_id: ExaminationIdText,
        opinion_id: reviews.QuestionId,
        body: reviews.NewOpinionAnswer,
    ) -> reviews.Review:
        """Answer the question of a colleague. It signs nothing."""
        content = Opinion(opinion_id, read_lines("text", body.text), body.conclusion)
        return self._talk(self.identity(patient_id, examination_id), body.id, content)

    @property
    def _reviewing(self) -> Reviewing:
        given = self.dependencies
        return Reviewing(given.examinations, given.reviews, given.results, given.quiet, given.clock)

    def _talk(self, identity: ExaminationId, event_id: str, content: Content) -> reviews.Review:
        return reviews.Review.model_validate(review_view(self._add(identity, event_id, content).review))

    def _open(self, reviewed: Reviewed) -> Response[OpenExamination]:
        return ExaminationRoutes(self.dependencies, self.app).open_examination(reviewed.examination, reviewed.review)

    def _add(self, identity: ExaminationId, event_id: str, content: Content, basis: str | None = None) -> Reviewed:
        """Store what the user did.

        Raises:
            Problem: there is no such examination or field.
            Refused: the examination does not admit it.
        """
        event = ReviewEvent(event_id.lower(), self.user.name, self.user.identity, self.dependencies.clock(), content)
        try:
            return self._reviewing.add(identity, event, basis)
        except ExaminationMissing:
            raise self.missing(identity) from None
        except FieldMissing:
            raise Problem(ProblemKind.FIELD_MISSING) from None

    def _known_moves(
        self, examination: Examination, shown: Sequence[Record], asked: Sequence[reviews.CellMove]
    ) -> tuple[Move, ...]:
        """Return moves with the kinds that the model gave the cells.

        Raises:
            ReviewRefused: a reading does not count any more, or has no such cell.
        """
        readings = {(upload_id_of(one), one.id.reading): one for one in shown}
        wanted = dict.fromkeys((one.upload_id, one.reading) for one in asked)
        kinds = {place: self._kinds_of(readings[place]) for place in wanted if place in readings}
        if any(one.cell >= len(kinds.get((one.upload_id, one.reading), ())) for one in asked):
            raise refuse_unknown_cell(examination)
        return tuple(
            Move(CellId(one.upload_id, one.reading, one.cell), kinds[(one.upload_id, one.reading)][one.cell], one.kind)
            for one in asked
        )

    def _kinds_of(self, record: Record) -> list[CellKind]:
        """Return the kinds of the cells of a reading; none where its file of cells is deleted."""
        result = record.result
        if result.artifacts.cells is None:
            return []
        file = self.dependencies.images.read_artifact(result.source.bucket, result.artifacts.cells)
        return [] if file is None else [CellKind(one["kind"]) for one in json.loads(file)["cells"]]

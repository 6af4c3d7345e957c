"""Answers about reviews: who did what beside signing, and the differential."""

from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.differential import Differential
from blastlens.domain.review import Exclusion, Opinion, Review, ReviewEvent
from blastlens.functions.responses import View


def review_view(review: Review) -> View:
    """Return a review; the callers' identities are not shown."""
    return {
        "comments": [
            {"id": event.id, "by": event.by, "at": text_of_time(event.at), "text": comment.text}
            for event, comment in review.comments
        ],
        "opinions": [
            {
                "id": event.id,
                "asked_by": event.by,
                "asked_at": text_of_time(event.at),
                "question": question.text,
                "answer": _opinion_view(review.opinions.get(event.id)),
            }
            for event, question in review.questions
        ],
        "exclusions": {upload_id: exclusion_view(*one) for upload_id, one in review.exclusions.items()},
        "moves": review.moved,
    }


def exclusion_view(event: ReviewEvent, exclusion: Exclusion) -> View:
    """Return the exclusion of a field."""
    return {"reason": exclusion.reason, "by": event.by, "at": text_of_time(event.at)}


def differential_view(differential: Differential) -> View:
    """Return the white cells by class; without white cells there is neither a share nor an interval."""
    interval = list(differential.blast_interval) if differential.cells else None
    return {
        "cells": differential.cells,
        "by_kind": {str(kind): number for kind, number in differential.by_kind.items()},
        "moved": differential.moved,
        "blasts": differential.blasts,
        "blast_share": differential.blast_share,
        "blast_interval": interval,
    }


def _opinion_view(answer: tuple[ReviewEvent, Opinion] | None) -> View | None:
    if answer is None:
        return None
    event, opinion = answer
    conclusion = None if opinion.conclusion is None else str(opinion.conclusion)
    return {"by": event.by, "at": text_of_time(event.at), "text": opinion.text, "conclusion": conclusion}

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.items import item_of
from blastlens.domain.declared_pixel_size import DECLARED_ERROR
from blastlens.domain.errors import Reason, ServiceUnavailable
from blastlens.domain.field import Caution, PixelSize, PixelSizeSource
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity, Rejection
from blastlens.domain.result import Artifacts, Result, Status
from blastlens.domain.retention import Retention
from blastlens.domain.upload import MAX_BYTES, ObjectVersion
from blastlens.functions.classification import ClassificationDependencies, classify_object, encode_artifacts
from blastlens.functions.s3_events import ObjectCreated
from blastlens.imaging import decode
from tests.answers import BUCKET, MODEL, NOON, UPLOAD, FakeReader, FakeReading, prediction, verdict
from tests.aws import Services
from tests.measured_memory import peak_bytes

LATER = NOON + timedelta(days=3650)


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def parts(aws: Services, reader: FakeReader) -> ClassificationDependencies:
    return ClassificationDependencies(aws.images, aws.results, aws.contents, reader, clock=lambda: LATER)


def answered(parts: ClassificationDependencies, source: ObjectVersion) -> Result:
    result = classify_object(ObjectCreated(source, NOON), parts)
    assert result is not None
    stored = parts.results.get(result.id)
    assert stored is not None
    if result.upload is not None:
        assert stored.result == replace(result, source=replace(result.source, size=None))
    return result


def reason(result: Result) -> Reason:
    assert isinstance(result.answer, Rejection)
    return result.answer.reason


def test_a_smear_is_classified_and_stored_with_its_pictures(aws: Services, parts: ClassificationDependencies):
    source = aws.upload(UPLOAD.key)
    result = answered(parts, source)
    folder = f"artifacts/clinic-7/patient-41/upload-0001/{source.version_id}/{MODEL.digest[:12]}"
    assert result.status is Status.CLASSIFIED
    names = ("segmented.png", "overlay.png", "heat.png", "cells.json")
    assert result.artifacts == Artifacts(*(f"{folder}/{name}" for name in names))
    assert sorted(aws.keys("artifacts/")) == sorted(f"{folder}/{name}" for name in names)


def test_a_record_expires_only_if_the_deployment_says_so(aws: Services, parts: ClassificationDependencies):
    assert answered(parts, aws.upload(UPLOAD.key)).expires_at is None
    expiring = replace(parts, retention=Retention(images_days=365, records_days=730))
    stored = answered(expiring, aws.upload(UPLOAD.key, b"another"))
    assert stored.expires_at == stored.uploaded_at + timedelta(days=730)


def test_the_cells_are_stored_with_the_pixel_size_and_the_models_digest(
    aws: Services, parts: ClassificationDependencies
):
    stored = aws.s3.get_object(Bucket=BUCKET, Key=answered(parts, aws.upload(UPLOAD.key)).artifacts.cells or "")
    cells = json.loads(stored["Body"].read())
    assert stored["ContentType"] == "application/json"
    assert (cells["pixel_size_um"], cells["pixel_size_from"]) == (0.25, "red_cells")
    assert (cells["model"]["digest"], cells["width"], cells["height"]) == (MODEL.digest, 64, 64)
    assert cells["windows"] == [[0, 0, 64, 64]]
    assert cells["cells"] == [
        {
            "box": [16, 16, 32, 32],
            "outline": [[16, 16], [47, 16], [47, 47], [16, 47]],
            "nucleus_um": 9.5,
            "blast_probability": 0.97,
            "kind": "pre_b",
        }
    ]


def test_the_overlay_shows_the_outlines_of_the_cells(aws: Services, parts: ClassificationDependencies):
    overlay = picture(aws, answered(parts, aws.upload(UPLOAD.key)).artifacts.overlay)
    assert overlay[32][32] == [170, 90, 150]
    assert overlay[32][16] != [170, 90, 150]


def test_an_image_that_was_read_as_a_whole_has_no_file_of_cells(reader: FakeReader):
    reading = reader.read_bytes(b"smear")
    assert set(encode_artifacts(replace(reading, answer=prediction(), cells=()))) == {"segmented", "overlay", "heat"}


@pytest.mark.parametrize(
    ("given", "source"),
    [({}, "metadata"), ({"pixel-size-from": "device"}, "device"), ({"pixel-size-from": "x"}, "metadata")],
)
def test_a_pixel_size_in_the_objects_metadata_reaches_the_reader(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader, given: dict[str, str], source: str
):
    answered(parts, aws.upload(UPLOAD.key, metadata={"pixel-size-um": "0.0645", **given}))
    assert reader.declared == [PixelSize(0.0645, PixelSizeSource(source), DECLARED_ERROR)]


@pytest.mark.parametrize("text", ["0", "-0.5", "1e9", "1000000000", "nan", "half", ""])
def test_an_unusable_pixel_size_is_ignored_and_the_answer_says_so(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader, text: str
):
    result = answered(parts, aws.upload(UPLOAD.key, metadata={"pixel-size-um": text}))
    assert reader.declared == [None]
    assert result.answer.field is not None and result.answer.field.cautions == (Caution.DECLARED_UNUSABLE,)


def test_an_image_without_a_pixel_size_has_none_declared(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader
):
    result = answered(parts, aws.upload(UPLOAD.key))
    assert reader.declared == [None]
    assert result.answer.field is not None and result.answer.field.cautions == ()


def test_the_time_in_the_objects_metadata_is_stored(aws: Services, parts: ClassificationDependencies):
    taken_at = answered(parts, aws.upload(UPLOAD.key, metadata={"taken-at": "2020-11-20T09:30:15.250Z"})).taken_at
    assert taken_at == datetime(2020, 11, 20, 9, 30, 15, 250_000, UTC)


@pytest.mark.parametrize("metadata", [{}, {"taken-at": "noon"}, {"taken-at": "2036-01-01T00:00:00Z"}])
def test_an_image_whose_time_is_missing_or_after_its_upload_has_none(
    aws: Services, parts: ClassificationDependencies, metadata: dict[str, str]
):
    result = answered(parts, aws.upload(UPLOAD.key, metadata=metadata))
    assert (result.taken_at, result.status) == (None, Status.CLASSIFIED)


def test_an_image_that_cannot_be_read_keeps_its_time(aws: Services, parts: ClassificationDependencies):
    result = answered(parts, aws.upload(UPLOAD.key, b"noise", {"taken-at": "2020-11-20T09:30:15Z"}))
    assert (result.status, result.effective_at.year) == (Status.REJECTED, 2020)


EDGE = {
    "edge-digest": "7a" * 32,
    "edge-probabilities": "benign=0.9000,malignant=0.1000",
    "edge-set": "benign",
}


def test_the_verdict_in_the_objects_metadata_is_stored_beside_the_answer(
    aws: Services, parts: ClassificationDependencies
):
    result = answered(parts, aws.upload(UPLOAD.key, metadata=EDGE))
    assert result.edge == verdict(Label.BENIGN) and result.edge_disagrees is True


@pytest.mark.parametrize("change", [{}, {"edge-set": "malignant"}, {"edge-set": ""}])
def test_the_answer_is_the_same_to_the_byte_with_and_without_a_verdict(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader, change: dict[str, str]
):
    with_it, without = (
        answered(parts, aws.upload(f"uploads/clinic-7/patient-41/{key}.jpg", metadata=metadata))
        for key, metadata in (("with", EDGE | change), ("none", {}))
    )
    items = [item_of(replace(one, source=without.source, upload=without.upload)) for one in (with_it, without)]
    names = ("status", "label", "probabilities", "prediction_set", "quality", "white_cells", "cautions", "model")
    first, second = (repr([one[name] for name in names]).encode() for one in items)
    assert first == second
    assert reader.declared == [None, None]
    pictures = [
        [aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in vars(one.artifacts).values()]
        for one in (with_it, without)
    ]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    "metadata", [{"edge-digest": "7a" * 32}, EDGE | {"edge-set": "Erika"}, EDGE | {"edge-digest": "Erika"}]
)
def test_a_verdict_that_cannot_be_used_is_left_out_and_reported_without_its_values(
    aws: Services, parts: ClassificationDependencies, metadata: dict[str, str]
):
    sentences: list[str] = []
    source = aws.upload(UPLOAD.key, metadata=metadata)
    result = classify_object(ObjectCreated(source, NOON), parts, report=sentences.append)
    assert result is not None and (result.edge, result.status) == (None, Status.CLASSIFIED)
    (sentence,) = sentences
    assert sentence.startswith("the declared verdict is left out") and "Erika" not in sentence


def picture(aws: Services, key: str | None) -> list[list[list[int]]]:
    """A stored picture's rows of (blue, green, red)."""
    assert key is not None
    data = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    rows: list[list[list[int]]] = pixels.tolist()
    return rows


def test_the_segmented_picture_is_black_outside_of_the_blasts(aws: Services, parts: ClassificationDependencies):
    segmented = picture(aws, answered(parts, aws.upload(UPLOAD.key)).artifacts.segmented)
    assert (segmented[0][0], segmented[32][32]) == ([0, 0, 0], [170, 90, 150])


def test_the_heat_map_is_the_smear_without_evidence_for_the_class(aws: Services, parts: ClassificationDependencies):
    heat = picture(aws, answered(parts, aws.upload(UPLOAD.key)).artifacts.heat)
    assert heat[0][0] == [170, 90, 150]
    assert heat[32][32] != [170, 90, 150]


def test_pictures_of_a_large_image_are_never_all_in_memory_at_once(reader: FakeReader):
    image = np.full((2000, 1500, 3), 150, np.uint8)
    heat = np.ones((2000, 1500), np.float32)
    mask = np.zeros((2000, 1500), np.bool_)
    large = replace(reader.read_bytes(b""), image=image, mask=mask, heat=heat)
    assert peak_bytes(lambda: encode_artifacts(large)) < 3 * image.nbytes


def test_a_reader_without_explanation_has_its_other_artifacts_stored(aws: Services, parts: ClassificationDependencies):
    class Unexplained(FakeReader):
        def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> FakeReading:
            return replace(super().read_bytes(data), heat=None)

    result = answered(replace(parts, reader=Unexplained()), aws.upload(UPLOAD.key))
    assert result.artifacts.heat is None
    assert result.artifacts.overlay is not None


def test_the_times_are_those_of_the_upload_and_of_the_answer(aws: Services, parts: ClassificationDependencies):
    result = answered(parts, aws.upload(UPLOAD.key))
    assert result.answered_at == LATER
    assert result.uploaded_at != NOON  # S3's time of the object replaces the event's time


def test_a_file_that_cannot_be_read_is_rejected_without_pictures(aws: Services, parts: ClassificationDependencies):
    result = answered(parts, aws.upload(UPLOAD.key, b"no image"))
    assert (reason(result), result.artifacts) == (Reason.CORRUPT, Artifacts())
    assert aws.keys("artifacts/") == []


def test_an_invalid_key_is_rejected_without_reading(parts: ClassificationDependencies, reader: FakeReader):
    result = answered(parts, ObjectVersion(BUCKET, "uploads/clinic-7/Jane Doe/smear.jpg", "v1"))
    assert (reason(result), result.upload, reader.read) == (Reason.INVALID_KEY, None, [])


def test_the_same_bytes_name_the_patient_of_the_clinic_who_had_them_first(
    aws: Services, parts: ClassificationDependencies
):
    keys = ("clinic-7/patient-1/smear/a", "clinic-7/patient-2/smear/b", "clinic-7/patient-1/later/c", "clinic-8/p/s/d")
    results = [answered(parts, aws.upload(f"uploads/{key}.png")) for key in keys]
    found = [one.custody.same_as for one in results if one.custody is not None]
    assert found == [None, "clinic-7/patient-1/smear", None, None]


def test_empty_files_of_two_patients_say_nothing_about_whose_they_are(aws: Services, parts: ClassificationDependencies):
    keys = ("clinic-7/patient-1/smear/a", "clinic-7/patient-2/smear/b")
    results = [answered(parts, aws.upload(f"uploads/{key}.png", b"")) for key in keys]
    assert [one.custody.same_as for one in results if one.custody is not None] == [None, None]


def test_a_deleted_version_is_rejected_as_missing(aws: Services, parts: ClassificationDependencies):
    source = aws.upload(UPLOAD.key)
    aws.s3.delete_object(Bucket=BUCKET, Key=source.key, VersionId=source.version_id)
    result = answered(parts, source)
    assert (reason(result), result.uploaded_at) == (Reason.OBJECT_MISSING, NOON)


def test_an_object_that_is_too_large_is_rejected_without_reading(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader
):
    result = answered(parts, replace(aws.upload(UPLOAD.key), size=MAX_BYTES + 1))
    assert (reason(result), reader.read) == (Reason.TOO_MANY_BYTES, [])


def test_what_is_taken_and_what_is_decoded_have_one_limit():
    assert decode.MAX_BYTES == MAX_BYTES


def test_what_was_answered_before_is_neither_fetched_nor_read_again(
    aws: Services, parts: ClassificationDependencies, reader: FakeReader
):
    source = aws.upload(UPLOAD.key)
    answered(parts, source)
    assert classify_object(ObjectCreated(source, NOON), parts) is None
    assert len(reader.read) == 1
    assert len(aws.items()) == 1


def test_a_newer_model_reads_again_and_adds_its_answer(aws: Services, parts: ClassificationDependencies):
    source = aws.upload(UPLOAD.key)
    answered(parts, source)
    newer = FakeReader(ModelIdentity("fusion", "2.0.0", "6e" * 32))
    answered(replace(parts, reader=newer), source)
    assert len(aws.items()) == 2


def test_of_two_answers_at_once_only_one_is_stored(aws: Services, parts: ClassificationDependencies):
    source = aws.upload(UPLOAD.key)

    class Meanwhile(FakeReader):
        def read_bytes(self, data: bytes, declared: PixelSize | None = None):
            answered(parts, source)
            return super().read_bytes(data)

    assert classify_object(ObjectCreated(source, NOON), replace(parts, reader=Meanwhile())) is None
    assert len(aws.items()) == 1


def test_an_error_while_reading_stores_nothing(aws: Services, parts: ClassificationDependencies):
    broken = replace(parts, reader=FakeReader(fault=MemoryError()))
    with pytest.raises(MemoryError):
        classify_object(ObjectCreated(aws.upload(UPLOAD.key), NOON), broken)
    assert aws.items() == []


def test_a_picture_that_cannot_be_stored_leaves_nothing_in_the_table(aws: Services, parts: ClassificationDependencies):
    class Full(ImageStore):
        def put_artifact(self, bucket: str, key: str, data: bytes, content_type: str) -> None:
            raise ServiceUnavailable("could not store an artifact: SlowDown (503)")

    with pytest.raises(ServiceUnavailable):
        classify_object(ObjectCreated(aws.upload(UPLOAD.key), NOON), replace(parts, images=Full(aws.s3)))
    assert aws.items() == []

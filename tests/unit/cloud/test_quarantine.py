"""Images with invalid keys are listed, found by their hash and renamed once."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from blastlens.cloud.operations.quarantine import Quarantine, QuarantinedImage, choose
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.upload import MAX_BYTES, parse_key
from tests.answers import BUCKET, NOON, result, unreadable_result
from tests.aws import TABLE, Services

ODD = "uploads/clinic-7/Jane Doe/smear.jpg"
NEW = parse_key("uploads/clinic-7/patient-41/e/u.jpg")


@pytest.fixture
def quarantine(aws: Services) -> Quarantine:
    return Quarantine(aws.dynamodb, TABLE, aws.s3)


def put_aside(aws: Services, key: str = ODD, data: bytes = b"smear", model: str = "5f", minutes: int = 0) -> str:
    """Upload an image under a key, and store the record that classify writes."""
    version = aws.upload(key, data, {"pixel-size-um": "0.25"})
    stored = unreadable_result(key)
    identity = replace(stored.answer.model, digest=model * 32)
    answer = replace(stored.answer, model=identity)
    at = NOON + timedelta(minutes=minutes)
    aws.results.write(replace(stored, source=version, answer=answer, uploaded_at=at))
    return version.version_id


def test_images_with_invalid_keys_are_listed_and_no_others(aws: Services, quarantine: Quarantine):
    aws.results.write(result())
    first, second = put_aside(aws), put_aside(aws, "uploads/x.jpg", minutes=1)
    assert [(one.key_hash, one.bucket, one.version_id) for one in quarantine.images()] == [
        (sha256(b"uploads/x.jpg").hexdigest(), BUCKET, second),
        (sha256(ODD.encode()).hexdigest(), BUCKET, first),
    ]


def test_an_image_that_two_models_met_is_one_image(aws: Services, quarantine: Quarantine):
    put_aside(aws)
    (before,) = quarantine.images()
    stored = unreadable_result()
    other = replace(stored.answer, model=replace(stored.answer.model, digest="ab" * 32))
    aws.results.write(replace(stored, source=replace(stored.source, version_id=before.version_id), answer=other))
    (image,) = quarantine.images()
    assert len(image.readings) == 2
    quarantine.rename(image, NEW)
    assert [one.renamed_to for one in quarantine.images()] == [NEW.path]
    assert all("renamed_to" in item for item in aws.items())


def test_a_renamed_image_lies_under_its_new_key_with_its_metadata_and_the_old_one_stays(
    aws: Services, quarantine: Quarantine
):
    put_aside(aws, "uploads/other.jpg", b"another")
    put_aside(aws)
    (image,) = [one for one in quarantine.images() if one.key_hash == sha256(ODD.encode()).hexdigest()]
    assert quarantine.rename(image, NEW) == ODD
    found = aws.s3.get_object(Bucket=BUCKET, Key=NEW.key)
    assert found["Body"].read() == b"smear" and found["Metadata"]["pixel-size-um"] == "0.25"
    assert ODD in aws.keys("uploads/")


def test_the_version_that_was_refused_is_renamed_and_not_a_newer_one(aws: Services, quarantine: Quarantine):
    old = put_aside(aws, data=b"old")
    put_aside(aws, data=b"new")
    with pytest.raises(InvalidSettings, match=f"--version .*{old}"):
        choose(quarantine.images(), "")
    quarantine.rename(choose(quarantine.images(), "", old), NEW)
    assert aws.s3.get_object(Bucket=BUCKET, Key=NEW.key)["Body"].read() == b"old"


def test_renaming_again_after_an_interruption_changes_nothing(aws: Services, quarantine: Quarantine):
    put_aside(aws)
    (image,) = quarantine.images()
    quarantine._copy(image, ODD, NEW)  # and the command ended before it marked the record
    quarantine.rename(image, NEW)
    versions = aws.s3.list_object_versions(Bucket=BUCKET, Prefix=NEW.key)["Versions"]
    assert len(versions) == 1 and quarantine.images()[0].renamed_to == NEW.path


def test_no_other_image_is_replaced(aws: Services, quarantine: Quarantine):
    aws.upload(NEW.key, b"another patient's")
    put_aside(aws)
    (image,) = quarantine.images()
    with pytest.raises(InvalidSettings, match="another image"):
        quarantine.rename(image, NEW)
    assert aws.s3.get_object(Bucket=BUCKET, Key=NEW.key)["Body"].read() == b"another patient's"
    assert quarantine.images()[0].renamed_to is None


def test_an_image_that_classify_would_refuse_by_its_size_is_not_copied(aws: Services, quarantine: Quarantine):
    put_aside(aws, data=b"0" * (MAX_BYTES + 1))
    with pytest.raises(InvalidSettings, match="25 MiB"):
        quarantine.rename(quarantine.images()[0], NEW)
    assert aws.keys(NEW.key) == []


def test_an_image_that_is_gone_is_said_to_be_gone(aws: Services, quarantine: Quarantine):
    version = put_aside(aws)
    aws.s3.delete_object(Bucket=BUCKET, Key=ODD, VersionId=version)
    with pytest.raises(InvalidSettings, match="no longer in the bucket"):
        quarantine.find_key(quarantine.images()[0])


def test_an_image_is_chosen_by_the_beginning_of_its_hash():
    one, two = (QuarantinedImage(digits, BUCKET, "v", NOON, None, ()) for digits in ("ab12", "ab34"))
    assert choose([one, two], "ab3") == two
    for start in ("ab", "cd"):
        with pytest.raises(InvalidSettings):
            choose([one, two], start)

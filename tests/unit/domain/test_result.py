from blastlens.domain.result import Status, result_id
from blastlens.domain.upload import ObjectVersion
from tests.answers import MODEL, prediction, rejection, result, source, unreadable_result


def test_a_prediction_is_classified_and_a_rejection_rejected():
    assert result(prediction()).status is Status.CLASSIFIED
    assert result(rejection()).status is Status.REJECTED


def test_a_result_is_known_by_upload_version_and_model():
    assert result(version="v7").id == result_id(source(version="v7"), MODEL.digest)
    assert result().id.upload == "clinic-7/patient-41/upload-0001"
    assert result(version="v7").id.reading == f"v7#{MODEL.digest}"


def test_another_version_or_another_model_is_another_result():
    one = result_id(source(version="v1"), "a" * 64)
    assert one != result_id(source(version="v2"), "a" * 64)
    assert one != result_id(source(version="v1"), "b" * 64)


def test_a_key_that_breaks_the_contract_leaves_no_trace_in_the_identity():
    identity = unreadable_result("uploads/clinic-7/Jane Doe/smear.jpg").id
    assert identity.upload.startswith("unreadable/")
    assert "Jane" not in identity.upload


def test_two_keys_that_break_the_contract_do_not_share_an_identity():
    ids = {
        result_id(ObjectVersion("b", key, "v"), "d").upload for key in ("one", "two", "one\N{REPLACEMENT CHARACTER}")
    }
    assert len(ids) == 3

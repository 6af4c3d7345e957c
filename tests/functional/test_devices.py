"""Permissions of a microscope: certificate, credentials and device role."""

import hashlib
import io
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from blastlens.cloud.images import ImageStore
from blastlens.cloud.iot.certificate_proof import CertificateProof, proven_certificates
from blastlens.cloud.iot.connection import DeviceConnection, DeviceRefused, RetryImmediately
from blastlens.cloud.iot.credentials import CredentialsProvider
from blastlens.cloud.iot.request_signing import UnsignedRequest
from blastlens.cloud.iot.storage import DeviceStorage, FileChanged, bucket_address
from blastlens.cloud.iot.things import ThingRegistry, device_stack_outputs
from blastlens.cloud.iot.upload_status import UploadStatusClient
from blastlens.devices.certificate_request import write_certificate_request
from blastlens.domain.declared_edge_verdict import make_edge_metadata, read_edge_verdict
from blastlens.domain.declared_pixel_size import declare_pixel_size, make_metadata, read_declared
from blastlens.domain.declared_time import make_time_metadata, read_declared_time
from blastlens.domain.errors import InvalidSettings, ServiceFault
from blastlens.domain.field import PixelSizeSource
from blastlens.domain.labels import Label
from blastlens.domain.upload import ObjectVersion, parse_key
from blastlens.local.clients import REGION
from blastlens.local.stack.deployment import STACK_NAME
from tests.answers import TAKEN, verdict

DATA = b"a smear"
OF_DATA = hashlib.sha256(DATA).hexdigest()


class Fleet:
    """Enrols devices and makes their lines."""

    def __init__(self, cloud, folder):
        self.cloud = cloud
        self.folder = folder
        self.things = ThingRegistry(cloud.clients.client("iot"))
        self.facts = device_stack_outputs(cloud.clients.client("cloudformation"), STACK_NAME)
        self.bucket = self.facts["UploadBucketName"]

    def enroll(self, name, clinic):
        request = write_certificate_request(name, self.folder)
        enrolled = self.things.enroll(name, clinic, request.read_text(), self.facts["DevicePolicyName"])
        certificate = self.folder / f"{name}.pem"
        certificate.write_text(enrolled.certificate)
        return CredentialsProvider(
            enrolled.credentials_address,
            self.facts["DeviceRoleAliasName"],
            name,
            certificate,
            request.with_suffix(".key"),
            self.cloud.credentials.authority_file,
        )

    def storage(self, provider):
        address = bucket_address(self.bucket, REGION, self.cloud.endpoint)
        return DeviceStorage(DeviceConnection(provider, REGION), address)


@pytest.fixture(scope="module")
def fleet(cloud, tmp_path_factory):
    return Fleet(cloud, tmp_path_factory.mktemp("devices"))


@pytest.fixture(scope="module")
def provider(fleet):
    return fleet.enroll("scope-1", "clinic-1")


@pytest.fixture(scope="module")
def storage(fleet, provider):
    return fleet.storage(provider)


def put(storage, key, data=DATA):
    return storage.put(key, io.BytesIO(data), len(data), hashlib.sha256(data).hexdigest())


def request(storage, method, path, headers=None, sha256=OF_DATA, body=DATA):
    return storage.connection.send(
        "s3", UnsignedRequest(method, f"{storage.address}/{path}", headers or {}, sha256), body
    )


def test_a_device_puts_an_image_under_its_own_clinic_and_it_is_there_with_its_check_sum(fleet, storage):
    key = "uploads/clinic-1/patient-1/scope-1_a.jpg"
    assert put(storage, key)
    found = fleet.cloud.clients.client("s3").get_object(Bucket=fleet.bucket, Key=key, ChecksumMode="ENABLED")
    assert found["Body"].read() == DATA
    assert found["ChecksumSHA256"]


@pytest.mark.parametrize(
    "place", ["patient-1", "patient-1/smear-1", f"{'p' * 64}/{'e' * 64}", "scope-1_p/smear-1"], ids=range(4)
)
def test_it_puts_fields_of_a_patient_or_of_an_examination(storage, place: str):
    assert put(storage, f"uploads/clinic-1/{place}/scope-1_{'u' * 32}.tiff")


@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
def test_pixel_size_time_and_verdict_are_stored_with_the_image(fleet, storage, in_parts: bool):
    key = f"uploads/clinic-1/patient-1/scope-1_optics-{in_parts}.tif".lower()
    configured = replace(storage, metadata=make_metadata(0.069, PixelSizeSource.DEVICE))
    screened = verdict(Label.MALIGNANT, Label.BENIGN)
    taken = make_time_metadata(TAKEN) | make_edge_metadata(screened)
    if in_parts:
        number = configured.begin(key, taken)
        part = configured.put_part(key, number, 1, io.BytesIO(DATA), len(DATA), OF_DATA)
        assert configured.complete(key, number, [part])
    else:
        assert configured.put(key, io.BytesIO(DATA), len(DATA), OF_DATA, taken)
    fetched = ImageStore(fleet.cloud.clients.client("s3")).fetch(ObjectVersion(fleet.bucket, key, "null"), 1000)
    assert read_declared_time(fetched.metadata, TAKEN) == TAKEN
    assert read_declared(fetched.metadata) == declare_pixel_size(0.069, PixelSizeSource.DEVICE)
    assert read_edge_verdict(fetched.metadata) == screened


def test_a_second_put_of_the_same_object_changes_nothing(fleet, storage):
    key = "uploads/clinic-1/patient-1/scope-1_twice.jpg"
    assert [put(storage, key), put(storage, key)] == [True, False]
    versions = fleet.cloud.clients.client("s3").list_object_versions(Bucket=fleet.bucket, Prefix=key)["Versions"]
    assert len(versions) == 1


def test_a_large_object_goes_in_parts(fleet, storage):
    key = "uploads/clinic-1/patient-1/scope-1_parts.tif"
    pieces = [bytes(5 * 2**20), b"the rest"]
    number = storage.begin(key)
    parts = [
        storage.put_part(key, number, place, io.BytesIO(one), len(one), hashlib.sha256(one).hexdigest())
        for place, one in enumerate(pieces, start=1)
    ]
    assert storage.complete(key, number, parts)
    assert fleet.cloud.clients.client("s3").get_object(Bucket=fleet.bucket, Key=key)["Body"].read() == b"".join(pieces)


@pytest.mark.parametrize(
    "key",
    [
        "uploads/clinic-2/patient-1/scope-1_a.jpg",
        "uploads/clinic-1/patient-1/scope-2_a.jpg",
        "uploads/clinic-1/patient-1/scope-1-b_a.jpg",
        "uploads/clinic-1/patient-1/other.jpg",
        "uploads/clinic-1/patient-1/scope-1_a.exe",
        "uploads/clinic-1x/patient-1/scope-1_a.jpg",
        "artifacts/clinic-1/patient-1/scope-1_a.jpg",
        "uploads/clinic-1/scope-1_a.jpg",
        "uploads/clinic-1/patient-1/smear-1/more/scope-1_a.jpg",
        "uploads/clinic-1/patient-1/smear-1/more/still/scope-1_a.jpg",
        "uploads/clinic-1/patient-1/smear-1/scope-2_a.jpg",
        "uploads/clinic-1/patient-1/scope-1_a/scope-2_b.jpg",
        "uploads/clinic-1/patient-1/scope-1_a/b.jpg",
        "uploads/clinic-2/patient-1/smear-1/scope-1_a.jpg",
        "devices/clinic-1/scope-1/another-certificate",
        "devices/clinic-1/scope-2/a",
    ],
)
def test_no_other_place_is_open_to_it(storage, key):
    with pytest.raises(ServiceFault, match="AccessDenied"):
        put(storage, key)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_what_is_stored_is_neither_read_back_nor_taken_away(storage, method):
    key = "uploads/clinic-1/patient-1/scope-1_kept.jpg"
    put(storage, key)
    assert request(storage, method, key).status == 403


def test_the_bucket_is_not_listed(storage):
    assert request(storage, "GET", "?list-type=2").code == "AccessDenied"


def test_an_object_is_not_put_without_the_condition_that_it_is_new(storage):
    reply = request(storage, "PUT", "uploads/clinic-1/patient-1/scope-1_over.jpg")
    assert reply.code == "AccessDenied"


def test_an_object_is_not_put_without_a_signed_check_sum(storage):
    key = "uploads/clinic-1/patient-1/scope-1_unsigned.jpg"
    reply = request(storage, "PUT", key, {"If-None-Match": "*"}, sha256="UNSIGNED-PAYLOAD")
    assert reply.code == "AccessDenied"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption": "AES256"},
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {"x-amz-storage-class": "GLACIER"},
        {"x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:123456789012:key/another"},
        {"x-amz-copy-source": "/bucket/uploads/clinic-2/patient-1/secret.jpg"},
    ],
)
def test_neither_another_key_or_storage_class_nor_anothers_object_is_used(storage, headers):
    reply = request(storage, "PUT", "uploads/clinic-1/patient-1/scope-1_key.jpg", headers | {"If-None-Match": "*"})
    assert reply.code == "AccessDenied"


def test_our_own_storage_class_and_encryption_may_be_named(storage):
    headers = {"x-amz-storage-class": "STANDARD", "x-amz-server-side-encryption": "aws:kms", "If-None-Match": "*"}
    assert request(storage, "PUT", "uploads/clinic-1/patient-1/scope-1_named.jpg", headers).status == 200


def test_bytes_that_changed_during_the_transfer_are_refused(storage):
    with pytest.raises(FileChanged):
        storage.put("uploads/clinic-1/patient-1/scope-1_changed.jpg", io.BytesIO(b"A smear"), len(DATA), OF_DATA)


def test_a_request_signed_with_another_secret_is_refused(fleet, provider):
    storage = fleet.storage(lambda: replace(provider(), secret_key="guessed"))
    with pytest.raises(ServiceFault, match="SignatureDoesNotMatch"):
        put(storage, "uploads/clinic-1/patient-1/scope-1_forged.jpg")


def test_a_clock_that_is_days_wrong_is_set_right_by_the_first_answer(fleet, provider):
    storage = fleet.storage(provider)
    storage.connection.clock = lambda: datetime.now(UTC) - timedelta(days=3)
    with pytest.raises(RetryImmediately):
        request(storage, "GET", "x")
    assert put(storage, "uploads/clinic-1/patient-1/scope-1_clock.jpg")
    assert timedelta(days=2.99) < storage.connection.offset < timedelta(days=3.01)


def test_without_the_things_name_credentials_open_nothing(fleet, provider):
    context = ssl.create_default_context(cafile=str(provider.authority))
    context.load_cert_chain(provider.certificate, provider.private_key)
    url = f"{provider.address}/role-aliases/{provider.role_alias}/credentials"
    answer = PoolManager(ssl_context=context).request("GET", url)
    assert answer.status == 200
    given = answer.json()["credentials"]
    known = provider()
    nameless = replace(
        known, access_key=given["accessKeyId"], secret_key=given["secretAccessKey"], token=given["sessionToken"]
    )
    with pytest.raises(ServiceFault, match="AccessDenied"):
        put(fleet.storage(lambda: nameless), "uploads/clinic-1/patient-1/scope-1_nameless.jpg")


def test_a_device_cannot_take_anothers_name(fleet, provider):
    fleet.enroll("scope-2", "clinic-2")
    with pytest.raises(DeviceRefused, match="403"):
        replace(provider, device="scope-2")()


def test_a_revoked_device_gets_no_credentials(fleet):
    provider = fleet.enroll("scope-3", "clinic-1")
    assert provider().access_key
    assert fleet.things.revoke("scope-3") == 1
    assert fleet.things.revoke("scope-3") == 0
    with pytest.raises(DeviceRefused, match="revoked"):
        provider()
    states = {device.name: device.state for device in fleet.things.devices("clinic-1")}
    assert states["scope-3"] == "revoked"


def test_only_the_bearer_of_a_certificate_can_show_that_it_works(fleet):
    old = fleet.enroll("scope-4", "clinic-1")
    proof = CertificateProof(fleet.storage(old), "clinic-1", "scope-4", old.certificate)
    certificate_id = proof.certificate_id()
    s3 = fleet.cloud.clients.client("s3")
    assert proven_certificates(s3, fleet.bucket, "clinic-1", "scope-4") == frozenset()
    proof.put(certificate_id)
    proof.put(certificate_id)
    assert proven_certificates(s3, fleet.bucket, "clinic-1", "scope-4") == {certificate_id}
    new = fleet.enroll("scope-4", "clinic-1")  # the file has the new certificate, the connection still the old one
    with pytest.raises(ServiceFault, match="AccessDenied"):
        proof.put(proof.certificate_id())
    CertificateProof(fleet.storage(new), "clinic-1", "scope-4", new.certificate).put(proof.certificate_id())
    assert len(proven_certificates(s3, fleet.bucket, "clinic-1", "scope-4")) == 2


def test_an_interrupted_rotation_deactivates_the_rest_when_it_is_repeated(fleet, monkeypatch):
    ids = []
    for _ in range(3):
        provider = fleet.enroll("scope-6", "clinic-1")
        ids.append(
            CertificateProof(fleet.storage(provider), "clinic-1", "scope-6", provider.certificate).certificate_id()
        )
        time.sleep(0.01)
    update, calls = fleet.things.client.update_certificate, []

    def update_once(**given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return update(**given)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(fleet.things.client, "update_certificate", update_once)
        with pytest.raises(KeyboardInterrupt):
            fleet.things.deactivate_older("scope-6", {ids[0], ids[2]})
    (device,) = [one for one in fleet.things.devices("clinic-1") if one.name == "scope-6"]
    assert device.certificates == 2
    assert fleet.things.deactivate_older("scope-6", {ids[0], ids[2]}).deactivated == 1
    assert fleet.things.deactivate_older("scope-6", {ids[0]}).deactivated == 0  # the one that worked is gone
    assert provider().access_key


def test_a_file_that_is_no_certificate_is_named(fleet, tmp_path, provider):
    for text in (b"", b"-----BEGIN CERTIFICATE-----\n", b"\xff"):
        (tmp_path / "broken.pem").write_bytes(text)
        with pytest.raises(InvalidSettings, match=r"broken\.pem is not a certificate"):
            CertificateProof(fleet.storage(provider), "clinic-1", "scope-1", tmp_path / "broken.pem").certificate_id()


def test_a_certificate_that_was_never_registered_is_refused(fleet, provider, tmp_path):
    stranger = fleet.cloud.credentials.authority.sign_request(
        write_certificate_request("scope-9", tmp_path).read_text()
    )
    (tmp_path / "scope-9.pem").write_text(stranger)
    with pytest.raises(DeviceRefused):
        replace(provider, certificate=tmp_path / "scope-9.pem", private_key=tmp_path / "scope-9.key")()


def test_nobody_is_answered_without_a_certificate(provider):
    context = ssl.create_default_context(cafile=str(provider.authority))
    with pytest.raises(HTTPError):
        PoolManager(ssl_context=context, retries=False).request("GET", f"{provider.address}/role-aliases/x/credentials")


def test_a_device_of_one_clinic_is_not_enrolled_for_another(fleet, provider):
    request_pem = write_certificate_request("scope-1", fleet.folder).read_text()
    with pytest.raises(InvalidSettings, match="another clinic"):
        fleet.things.enroll("scope-1", "clinic-2", request_pem, fleet.facts["DevicePolicyName"])


def test_the_private_key_is_readable_by_its_owner_only_and_is_kept(fleet, provider):
    path = provider.private_key
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    write_certificate_request("scope-1", fleet.folder)
    assert path.read_bytes() == before
    assert b"PRIVATE" not in (fleet.folder / "scope-1.csr").read_bytes()


def test_a_device_asks_how_far_its_upload_has_come(fleet, storage):
    key = "uploads/clinic-1/patient-1/scope-1_asked.jpg"
    answers = UploadStatusClient(storage.connection, fleet.cloud.api_address)
    assert answers.fetch(parse_key(key)) is None
    put(storage, key)
    for _ in range(100):
        progress = answers.fetch(parse_key(key))
        if progress and progress.state == "answered":
            break
    assert progress is not None
    assert (progress.status, progress.reason) == ("REJECTED", "unknown_format")
    assert "export the image" in progress.message

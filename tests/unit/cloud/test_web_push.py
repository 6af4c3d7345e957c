"""Messages to browsers, read as a browser and a push service would."""

import base64
import json
from collections.abc import Iterator

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from blastlens.cloud.notifications.web_push import Delivery, WebPush
from blastlens.cloud.push_key import PushKey, to_base64url
from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.domain.patient import PatientId
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import Browser, browser_id, make_push_payload
from tests.answers import NOON
from tests.aws import Services, shared_client
from tests.push_service import PushService, make_push_key, served

PAYLOAD = make_push_payload(Language.GERMAN)
SECRET = bytes(range(16))


@pytest.fixture(scope="module")
def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def service() -> PushService:
    return PushService()


@pytest.fixture
def address(service: PushService) -> Iterator[str]:
    with served(service) as origin:
        yield origin


@pytest.fixture
def key(aws: Services) -> PushKey:
    return make_push_key()


def browser_of(private_key: ec.EllipticCurvePrivateKey, endpoint: str) -> Browser:
    public = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    patient = PatientId("clinic-7", "patient-41")
    keys = (to_base64url(public), to_base64url(SECRET))
    return Browser(browser_id(endpoint), patient, "code", endpoint, *keys, Language.GERMAN, NOON)


def test_a_message_is_readable_for_the_browser_alone_and_signed_for_the_push_service(
    service, address, private_key, key
):
    push = WebPush(key, "https://page.example", also=address)
    assert push.publish(browser_of(private_key, f"{address}/push/1"), PAYLOAD).is_accepted
    ((path, headers, body),) = service.requests
    assert path == "/push/1" and PAYLOAD not in body
    assert http_ece.decrypt(body, private_key=private_key, auth_secret=SECRET, version="aes128gcm") == PAYLOAD
    assert (headers["content-encoding"], headers["urgency"], headers["topic"]) == ("aes128gcm", "high", "news")
    assert int(headers["ttl"]) == 28 * 24 * 3600
    token, point = headers["authorization"].removeprefix("vapid t=").split(", k=")
    assert point == key.public_key()
    raw = base64.urlsafe_b64decode(point + "=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    signed = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, ECKey.import_key(signed), algorithms=["ES256"]).claims
    assert (claims["sub"], claims["aud"]) == ("https://page.example", address)


def test_one_token_lasts_for_many_messages_and_is_renewed_before_it_ends(service, address, private_key, key):
    now = 1_800_000_000.0
    push = WebPush(key, "https://page.example", also=address, clock=lambda: now)
    browser = browser_of(private_key, f"{address}/push/1")

    def token_after(seconds: float) -> str:
        nonlocal now
        now += seconds
        push.publish(browser, PAYLOAD)
        return str(service.requests[-1][1]["authorization"])

    first = token_after(0)
    assert token_after(10 * 3600) == first
    assert token_after(2 * 3600) != first


@pytest.mark.parametrize(
    ("status", "accepted", "gone"),
    [(200, True, False), (404, False, True), (410, False, True), (400, False, False), (403, False, False)],
)
def test_the_answer_of_a_push_service_is_understood(service, address, private_key, key, status, accepted, gone):
    service.status = status
    push = WebPush(key, "https://page.example", also=address)
    delivery = push.publish(browser_of(private_key, f"{address}/1"), PAYLOAD)
    assert (delivery.is_accepted, delivery.is_gone) == (accepted, gone)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_push_service_that_is_busy_is_asked_again_later(service, address, private_key, key, status: int):
    service.status = status
    with pytest.raises(ServiceUnavailable, match=str(status)):
        WebPush(key, "https://page.example", also=address).publish(browser_of(private_key, f"{address}/1"), PAYLOAD)


def test_a_push_service_that_cannot_be_reached_is_asked_again_later(service, private_key, key):
    with served(service) as gone:
        pass
    with pytest.raises(ServiceUnavailable) as raised:
        WebPush(key, "https://page.example", also=gone).publish(browser_of(private_key, f"{gone}/secret"), PAYLOAD)
    assert "secret" not in str(raised.value)


def test_a_redirect_is_not_followed(service, address, private_key, key):
    service.status, service.location = 307, f"{address}/elsewhere"
    push = WebPush(key, "https://page.example", also=address)
    assert push.publish(browser_of(private_key, f"{address}/1"), PAYLOAD) == Delivery(307)
    assert len(service.requests) == 1


def test_an_address_that_is_no_push_service_is_never_called(service, address, private_key, key):
    push = WebPush(key, "https://page.example")
    assert push.publish(browser_of(private_key, f"{address}/1"), PAYLOAD) == Delivery(0)
    assert service.requests == []


def test_a_key_of_another_kind_is_refused(aws: Services):
    kms = shared_client("kms")
    other = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with pytest.raises(ServiceFault, match="P-256"):
        PushKey(kms, other).public_key()


def test_signatures_with_short_and_long_numbers_have_64_bytes(key):
    lengths = {len(key.sign(str(number).encode())) for number in range(40)}
    assert lengths == {64}


def test_the_payload_is_what_the_service_worker_reads():
    assert set(json.loads(PAYLOAD)) == {"title", "body", "language"}

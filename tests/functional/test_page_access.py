"""Access to the page's API through the embedded cloud."""

import json
import time
import urllib.error
import urllib.request

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from moto.utilities.utils import load_resource

from tests.functional.patients import image, put, settled
from tests.functional.waiting import wait_for


@pytest.fixture(scope="module")
def users(cloud):
    here, there = cloud.accounts.add_ready_users("clinic-1"), cloud.accounts.add_ready_users("clinic-2")
    return {"here": here, "there": there}


def ask(cloud, path, token=None, body=None):
    """Return status, headers and JSON of a request; with a body it is a POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(cloud.api_address + path, data, {"Content-Type": "application/json"})
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, json.load(refused)


def forge(cloud, key, **changes):
    pool = cloud.stack.user_pool
    issuer = cloud.stack.token_authorizers["Clinicians"].issuer
    claims = {"iss": issuer, "aud": pool.client_id, "token_use": "id", "sub": "u", "name": "Eve"}
    groups = {"cognito:groups": ["clinic-1.signer"], "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "RS256", "kid": "dummy"}, claims | groups | changes, key)


def moto_key():
    return RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))


def test_a_reader_is_who_the_token_says(cloud, users):
    status, _, me = ask(cloud, "/v1/me", cloud.accounts.tokens_of(users["here"][0])["IdToken"])
    assert status == 200
    assert (me["name"], me["clinic_id"], me["roles"]) == ("Rosa Reader", "clinic-1", ["reader"])


def test_the_same_page_shows_another_person_their_own_clinic(cloud, users):
    token = cloud.accounts.tokens_of(users["there"][1])["IdToken"]
    assert ask(cloud, "/v1/me", token)[2]["clinic_id"] == "clinic-2"


@pytest.mark.parametrize("path", ["/v1/me", "/v1/worklist", "/v1/patients/p/examinations/e"])
def test_nothing_of_the_api_opens_without_a_token(cloud, path):
    status, headers, body = ask(cloud, path)
    assert (status, body) == (401, {"message": "Unauthorized"})
    assert headers["www-authenticate"] == "Bearer"


def test_an_expired_token_is_refused(cloud):
    status, headers, _ = ask(cloud, "/v1/me", forge(cloud, moto_key(), exp=int(time.time()) - 1))
    assert status == 401
    assert "expired" in headers["www-authenticate"]


def test_a_token_of_a_forged_key_is_refused(cloud):
    assert ask(cloud, "/v1/me", forge(cloud, moto_key()))[0] == 200
    forged = RSAKey.generate_key(2048, {"kid": "dummy"})
    assert ask(cloud, "/v1/me", forge(cloud, forged))[0] == 401


def test_an_access_token_is_not_taken_for_an_id_token(cloud, users):
    status, headers, problem = ask(cloud, "/v1/me", cloud.accounts.tokens_of(users["here"][0])["AccessToken"])
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert problem["detail"]


def test_another_clinics_examination_does_not_exist(cloud, users):
    sent = put(cloud, "clinic-1", "p-1", "e-1", fields=1)
    settled(cloud, sent)
    mine, theirs = (cloud.accounts.tokens_of(users[where][1])["IdToken"] for where in ("here", "there"))
    place = "/v1/patients/p-1/examinations/e-1"
    for path in (place, f"{place}/fields", f"{place}/fields/{sent.upload_id}", f"{place}/audit-trail"):
        assert ask(cloud, path, mine)[0] == 200, path
        assert ask(cloud, path, theirs)[0] == 404
    shown = [ask(cloud, "/v1/worklist", one)[2]["examinations"] for one in (mine, theirs)]
    assert [len(one) for one in shown] == [1, 0]


def test_an_image_that_the_page_uploads_comes_back_by_its_link(cloud, users):
    token, data = cloud.accounts.tokens_of(users["here"][0])["IdToken"], image()
    wanted = {"patient_id": "p-2", "examination_id": "e-2", "extension": "png", "content_length": len(data)}
    _, _, started = ask(cloud, "/v1/uploads", token, wanted)
    put_image = urllib.request.Request(started["url"], data, started["headers"], method="PUT")
    with urllib.request.urlopen(put_image, timeout=20) as response:
        assert response.status == 200
    with pytest.raises(urllib.error.HTTPError, match="412"):
        urllib.request.urlopen(put_image, timeout=20)
    place = "/v1/patients/p-2/examinations/e-2"
    state = f"{place}/uploads/{started['upload_id']}/state"
    wait_for(lambda: ask(cloud, state, token)[2].get("state") == "answered", 60)
    wait_for(lambda: ask(cloud, place, token)[0] == 200, 60)
    (field,) = ask(cloud, f"{place}/fields", token)[2]["fields"]
    with urllib.request.urlopen(field["links"]["image"]["url"], timeout=20) as response:
        assert response.read() == data
        assert response.headers["content-type"] == "image/png"
        assert response.headers["content-disposition"].startswith("inline")


def test_the_page_gets_its_configuration_and_headers_from_the_same_address(cloud):
    status, headers, configuration = ask(cloud, "/config.json")
    assert status == 200
    assert configuration["authorize"] == f"{cloud.api_address}/sign-in/authorize"
    assert configuration["client_id"] == cloud.stack.user_pool.client_id
    assert len(configuration["vapid_public_key"]) == 87  # a point of P-256, 65 bytes in base64url
    assert cloud.endpoint in headers["content-security-policy"]
    assert "amazon" not in headers["content-security-policy"]

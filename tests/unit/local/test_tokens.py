"""Verification of tokens, with the settings of a deployment and locally."""

import base64
import hmac
import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from moto.cognitoidp.models import CognitoIdpUserPool
from moto.utilities.utils import load_resource

from blastlens.local.http.authorizers import Unauthorized
from blastlens.local.http.http_events import Request
from blastlens.local.sign_in.tokens import InvalidToken, TokenVerifier
from blastlens.local.stack.http_api import TokenAuthorizer, read_authorizers
from blastlens.local.stack.template import find_template, read_template, translate

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc"
CLIENT = "client-1"
SETTINGS = TokenAuthorizer(ISSUER, (CLIENT,))


def make_key(key_id: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": key_id}, private=True)


AWS_KEY, OTHER_KEY = make_key("aws-1"), make_key("aws-1")
MOTO_KEY = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))


def make_token(key=AWS_KEY, algorithm="RS256", key_id="aws-1", **changes):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "token_use": "id", "iat": now, "exp": now + 60, "name": "Ada"}
    given = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": key_id}, given, key, algorithms=[algorithm])


@pytest.fixture
def deployed():
    """A verifier with the settings that API Gateway has: the issuer's own keys."""
    return TokenVerifier(SETTINGS, KeySet([RSAKey.import_key(AWS_KEY.as_dict(private=False))]))


def authorize(verifier, *headers):
    return verifier.authorize(Request("GET", "/v1/me", "", headers, b"", "127.0.0.1"))


def test_a_token_becomes_claims_as_api_gateway_hands_them_over(deployed):
    token = make_token(**{"cognito:groups": ["c-1.reader", "c-1.signer"], "email_verified": True, "exp": 4_000_000_000})
    claims = authorize(deployed, ("Authorization", f"Bearer {token}"))["jwt"]["claims"]
    assert claims["cognito:groups"] == "[c-1.reader c-1.signer]"
    assert (claims["name"], claims["email_verified"], claims["exp"]) == ("Ada", "true", "4000000000")


@pytest.mark.parametrize(
    "headers",
    [(), (("authorization", ""),), (("authorization", "Bearer "),), (("authorization", "Basic YTpi"),)],
)
def test_a_request_without_a_token_is_refused(deployed, headers):
    with pytest.raises(Unauthorized, match=r"^Bearer$"):
        authorize(deployed, *headers)


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é.é.é"])
def test_what_is_no_token_is_refused(deployed, token):
    with pytest.raises(Unauthorized, match="invalid_token"):
        authorize(deployed, ("authorization", f"Bearer {token}"))


def test_an_expired_token_is_refused_and_the_page_gets_to_know_why(deployed):
    with pytest.raises(Unauthorized, match="the token has expired"):
        authorize(deployed, ("authorization", f"Bearer {make_token(exp=int(time.time()) - 1)}"))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"aud": "client-2"},
        {"aud": None},
        {"aud": None, "client_id": "client-2"},
    ],
)
def test_another_issuer_client_or_time_is_refused(deployed, changes):
    with pytest.raises(InvalidToken):
        deployed.verify(make_token(**changes))


def test_a_forged_key_with_the_right_id_is_refused(deployed):
    with pytest.raises(InvalidToken):
        deployed.verify(make_token(OTHER_KEY))


def test_a_changed_name_is_refused(deployed):
    head, _, signature = make_token().split(".")
    _, other, _ = make_token(OTHER_KEY, name="Eve").split(".")
    with pytest.raises(InvalidToken):
        deployed.verify(f"{head}.{other}.{signature}")


def test_the_public_key_does_not_serve_as_a_shared_secret(deployed):
    _, body, _ = make_token().split(".")
    head = base64url(b'{"alg":"HS256","kid":"aws-1"}')
    digest = hmac.digest(AWS_KEY.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    with pytest.raises(InvalidToken):
        deployed.verify(f"{head}.{body}.{base64url(digest)}")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_token_without_a_signature_is_refused(deployed):
    head, body, _ = make_token().split(".")
    unsigned = base64url(b'{"alg":"none","kid":"aws-1"}')
    for token in (f"{unsigned}.{body}.", f"{head}.{body}."):
        with pytest.raises(InvalidToken):
            deployed.verify(token)


@pytest.mark.parametrize("key_id", ["dummy", "aws-1"])
def test_motos_key_is_refused_with_the_settings_of_a_deployment(deployed, key_id):
    """Anybody can sign with moto's key: it is in its source."""
    with pytest.raises(InvalidToken):
        deployed.verify(make_token(MOTO_KEY, key_id=key_id))


def test_motos_own_token_for_our_pool_is_refused_with_the_settings_of_a_deployment(deployed):
    pool = CognitoIdpUserPool("123456789012", "eu-central-1", "p", {})
    pool.id = "eu-central-1_Abc"
    signed = jwt.encode(
        {"kid": "dummy", "alg": "RS256"}, {"iss": ISSUER, "aud": CLIENT, "exp": 4_000_000_000}, pool.json_web_key
    )
    locally = TokenVerifier(SETTINGS, KeySet.import_key_set(load_resource("cognitoidp/resources/jwks-public.json")))
    assert locally.verify(signed)["iss"] == ISSUER
    with pytest.raises(InvalidToken):
        deployed.verify(signed)


def test_a_deployment_takes_keys_from_its_issuer_on_aws_only():
    body = translate(read_template(find_template()))["Resources"]["HttpApi"]["Properties"]["Body"]
    scheme = body["components"]["securitySchemes"]["Clinicians"]["x-amazon-apigateway-authorizer"]
    assert scheme["jwtConfiguration"]["issuer"]["Fn::Sub"].startswith("https://cognito-idp.${AWS::Region}.")
    assert read_authorizers([]) == {}
    assert SETTINGS.keys_url == f"{ISSUER}/.well-known/jwks.json"


def test_an_access_token_passes_the_authorizer_as_on_aws(deployed):
    """API Gateway compares the client's id where a token has no audience: the function refuses it."""
    token = make_token(aud=None, client_id=CLIENT, token_use="access")
    assert deployed.verify(token)["token_use"] == "access"

"""Sign-in of the embedded cloud, against moto's Cognito in this process."""

import base64
import hashlib
import http.client
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import pytest
from moto import mock_aws

from blastlens.local.event_sources.invocation import Function
from blastlens.local.http.gateway import Gateway
from blastlens.local.http.routes import Route
from blastlens.local.sign_in.accounts import Accounts
from blastlens.local.sign_in.provider import SignIn
from blastlens.local.stack.template import find_template, read_template
from blastlens.local.stack.user_pool import UserPool

VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def accounts():
    client_settings = read_template(find_template())["Resources"]["UserPoolClient"]["Properties"]
    with mock_aws():
        client = boto3.client("cognito-idp", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        pool = client.create_user_pool(PoolName="p", UsernameAttributes=["email"])["UserPool"]["Id"]
        made = client.create_user_pool_client(
            UserPoolId=pool, ClientName="page", ReadAttributes=client_settings["ReadAttributes"]
        )
        accounts = Accounts(client, UserPool(pool, made["UserPoolClient"]["ClientId"]))
        accounts.add_ready_users("clinic-1")
        yield accounts


@pytest.fixture(scope="module")
def gateway(accounts):
    functions = {"api": Function("api", lambda event, context: {"statusCode": 200, "body": "hello"})}
    with Gateway(functions, [Route("GET /hello", "api")], sites=[SignIn(accounts)]) as gateway:
        yield gateway


def send(gateway, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.request(method, path, None if body is None else urlencode(body), FORM | headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def authorize(gateway, accounts, **changes):
    query = {
        "client_id": accounts.pool.client_id,
        "redirect_uri": f"{gateway.address}/",
        "response_type": "code",
        "code_challenge_method": "S256",
        "code_challenge": CHALLENGE,
        "state": "s1",
    }
    return f"/sign-in/authorize?{urlencode(query | changes)}"


def sign_in(gateway, accounts, role="signer", **changes):
    user = accounts.ready[f"{role}@clinic-1.example"]
    given = {"email": user.email, "password": user.password, "code": user.codes.current()}
    return send(gateway, "POST", authorize(gateway, accounts), given | changes)


def code_of(response):
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return query["code"][0]


def exchange(gateway, accounts, **given):
    fields = {
        "grant_type": "authorization_code",
        "client_id": accounts.pool.client_id,
        "redirect_uri": f"{gateway.address}/",
        "code_verifier": VERIFIER,
    }
    response, text = send(gateway, "POST", "/sign-in/token", fields | given)
    return response.status, json.loads(text)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_user_signs_in_and_gets_a_token_with_name_and_role(gateway, accounts):
    response, _ = sign_in(gateway, accounts)
    assert response.status == 303
    assert response.headers["location"].startswith(f"{gateway.address}/?code=")
    assert "state=s1" in response.headers["location"]
    status, tokens = exchange(gateway, accounts, code=code_of(response))
    assert status == 200
    assert tokens["token_type"] == "Bearer"
    claims = claims_of(tokens["id_token"])
    assert (claims["token_use"], claims["name"]) == ("id", "Dr. Simon Signer")
    assert claims["cognito:groups"] == ["clinic-1.signer"]


def test_the_screening_page_signs_in_and_out_at_its_own_address(gateway, accounts):
    user, page = accounts.ready["signer@clinic-1.example"], f"{gateway.address}/screening/"
    given = {"email": user.email, "password": user.password, "code": user.codes.current()}
    response, _ = send(gateway, "POST", authorize(gateway, accounts, redirect_uri=page), given)
    assert response.headers["location"].startswith(f"{page}?code=")
    code = code_of(response)
    assert exchange(gateway, accounts, code=code, redirect_uri=page)[0] == 200
    query = urlencode({"client_id": accounts.pool.client_id, "logout_uri": page})
    out, _ = send(gateway, "GET", f"/sign-in/logout?{query}")
    assert (out.status, out.headers["location"]) == (303, page)


def test_each_button_of_the_page_signs_in(gateway, accounts):
    _, html = send(gateway, "GET", authorize(gateway, accounts))
    forms = re.findall(r"<li><form.*?</form>", html)
    assert len(forms) == 3
    for form in forms:
        given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        response, _ = send(gateway, "POST", authorize(gateway, accounts), given)
        assert response.status == 303


WRONG = [("password", "wrong"), ("code", "000000"), ("code", ""), ("email", "x@y")]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_password_or_code_asks_again(gateway, accounts, field, value):
    response, html = sign_in(gateway, accounts, **{field: value})
    assert response.status == 401
    assert 'role="alert"' in html
    assert "set-cookie" not in response.headers


def test_a_second_page_signs_in_without_asking(gateway, accounts):
    response, _ = sign_in(gateway, accounts, "reader")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    again, _ = send(gateway, "GET", authorize(gateway, accounts), cookie=cookie.partition(";")[0])
    assert again.status == 303
    assert exchange(gateway, accounts, code=code_of(again))[0] == 200


def test_without_a_session_a_silent_sign_in_says_so(gateway, accounts):
    response, _ = send(gateway, "GET", authorize(gateway, accounts, prompt="none"))
    assert response.headers["location"] == f"{gateway.address}/?error=login_required&state=s1"


def test_signing_out_ends_the_session(gateway, accounts):
    response, _ = sign_in(gateway, accounts, "admin")
    cookie = response.headers["set-cookie"].partition(";")[0]
    query = urlencode({"client_id": accounts.pool.client_id, "logout_uri": f"{gateway.address}/"})
    out, _ = send(gateway, "GET", f"/sign-in/logout?{query}", cookie=cookie)
    assert (out.status, out.headers["location"]) == (303, f"{gateway.address}/")
    again, _ = send(gateway, "GET", authorize(gateway, accounts), cookie=cookie)
    assert again.status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "http://evil.example/screening/"},
        {"client_id": "other"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
    ],
)
def test_a_code_is_sent_to_our_page_only_and_with_a_proof_key(gateway, accounts, changes):
    response, html = send(gateway, "GET", authorize(gateway, accounts, **changes))
    assert response.status == 400
    assert next(iter(changes)) in html


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "b" * 43},
        {"redirect_uri": "http://127.0.0.1/"},
        {"code": "made-up"},
        {"client_id": "other"},
        {"grant_type": "password"},
    ],
)
def test_a_code_is_worth_nothing_without_its_proof(gateway, accounts, changes):
    response, _ = sign_in(gateway, accounts)
    assert exchange(gateway, accounts, **{"code": code_of(response)} | changes)[0] == 400


def test_a_code_works_once(gateway, accounts):
    code = code_of(sign_in(gateway, accounts)[0])
    assert exchange(gateway, accounts, code=code)[0] == 200
    assert exchange(gateway, accounts, code=code) == (400, {"error": "invalid_grant"})


def test_a_refresh_token_renews_until_its_user_is_removed(gateway, accounts):
    accounts.add_ready_users("clinic-2")
    tokens = accounts.tokens_of(accounts.ready["reader@clinic-2.example"])
    given = {"grant_type": "refresh_token", "refresh_token": tokens["RefreshToken"]}
    assert exchange(gateway, accounts, **given)[0] == 200
    where = {"UserPoolId": accounts.pool.pool_id, "Username": "reader@clinic-2.example"}
    accounts.client.admin_user_global_sign_out(**where)
    accounts.client.admin_delete_user(**where)
    assert exchange(gateway, accounts, **given) == (400, {"error": "invalid_grant"})


def test_the_page_speaks_german(gateway, accounts):
    _, html = send(gateway, "GET", authorize(gateway, accounts), **{"accept-language": "de-DE,de;q=0.9"})
    assert '<html lang="de">' in html
    assert "Bei blastlens anmelden" in html


def test_other_paths_belong_to_the_routes_and_other_sites(gateway):
    assert send(gateway, "GET", "/hello")[1] == "hello"
    assert send(gateway, "GET", "/sign-in/elsewhere")[0].status == 404

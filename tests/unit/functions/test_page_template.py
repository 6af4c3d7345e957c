"""What template.yaml promises of the page: who signs in, what a browser gets, and with which headers."""

import pytest

from blastlens.local.stack.template import find_template, read_template


@pytest.fixture(scope="module")
def resources():
    return read_template(find_template())["Resources"]


def properties(resources, name):
    return resources[name]["Properties"]


def test_tokens_are_those_of_our_own_pool_on_aws_and_of_no_other_issuer(resources):
    """A parameter could name another issuer, such as one with moto's public key."""
    ((name, authorizer),) = properties(resources, "HttpApi")["Auth"]["Authorizers"].items()
    jwt = authorizer["JwtConfiguration"]
    assert name == "Clinicians"
    assert jwt["issuer"] == {"Fn::Sub": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}"}
    assert jwt["audience"] == [{"Ref": "UserPoolClient"}]
    assert authorizer["IdentitySource"] == "$request.header.Authorization"


def test_a_sign_in_needs_two_factors_and_nobody_signs_up(resources):
    pool = properties(resources, "UserPool")
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["WebAuthnFactorConfiguration"] == "MULTI_FACTOR_WITH_USER_VERIFICATION"
    assert pool["WebAuthnUserVerification"] == "required"
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_nobody_can_change_the_name_that_their_signature_holds(resources):
    client = properties(resources, "UserPoolClient")
    assert client["WriteAttributes"] == ["locale"]
    assert "name" in client["ReadAttributes"]


def test_a_browser_gets_a_code_with_a_short_token_and_no_secret(resources):
    client = properties(resources, "UserPoolClient")
    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (False, ["code"])
    assert client["IdTokenValidity"] <= 15 and client["TokenValidityUnits"]["IdToken"] == "minutes"
    assert not [flow for flow in client["ExplicitAuthFlows"] if "PASSWORD" in flow or "ADMIN" in flow]

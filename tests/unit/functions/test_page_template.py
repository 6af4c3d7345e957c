"""The page in template.yaml: sign-in, files and headers."""

import pytest

from blastlens.domain.errors import InvalidSettings
from blastlens.local.stack.template import find_template, read_template, with_parameters


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


def test_a_browser_runs_our_scripts_only_and_hands_no_text_to_its_parser(resources):
    policy = properties(resources, "PageHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text = policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    rules = {name: values for name, *values in (part.split() for part in text.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["require-trusted-types-for"] == ["'script'"]
    assert rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == ["'none'"]
    assert "unsafe" not in text and "*" not in text


def test_the_screening_page_may_compile_wasm_and_use_the_camera_and_nothing_more(resources):
    screening = properties(resources, "ScreeningHeaders")["ResponseHeadersPolicyConfig"]
    security = screening["SecurityHeadersConfig"]
    text = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    rules = {name: values for name, *values in (part.split() for part in text.split(";"))}
    assert rules["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == ["'none'"]
    assert rules["require-trusted-types-for"] == ["'script'"] and rules["worker-src"] == ["'self'"]
    assert text.count("unsafe") == 1 and "*" not in text
    permissions = {one["Header"]: one["Value"] for one in screening["CustomHeadersConfig"]["Items"]}[
        "Permissions-Policy"
    ]
    assert permissions.startswith("camera=(self), ") and "(*)" not in permissions
    page = properties(resources, "PageHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert {name: one for name, one in security.items() if name != "ContentSecurityPolicy"} == {
        name: one for name, one in page.items() if name != "ContentSecurityPolicy"
    }


def test_the_policy_names_the_bucket_and_the_sign_in_of_this_stage(resources):
    policy = properties(resources, "PageHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text = policy["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    bucket = properties(resources, "UploadBucket")["BucketName"]["Fn::Sub"]
    domain = properties(resources, "SignInDomain")["Domain"]["Fn::Sub"]
    assert f"https://{bucket}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}" in text
    assert f"https://{domain}.auth.${{AWS::Region}}.amazoncognito.com" in text


def test_every_answer_of_the_distribution_has_the_security_headers(resources):
    config = properties(resources, "PageDistribution")["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    policies = {one.get("PathPattern"): one["ResponseHeadersPolicyId"]["Ref"] for one in behaviours}
    assert policies == {
        None: "PageHeaders",
        "/v1/*": "PageHeaders",
        "/p/v1/*": "PageHeaders",
        "/screening/*": "ScreeningHeaders",
    }
    assert all(one["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https") for one in behaviours)


def test_an_answer_of_the_api_is_never_cached(resources):
    caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    behaviours = properties(resources, "PageDistribution")["DistributionConfig"]["CacheBehaviors"]
    assert {one["CachePolicyId"] for one in behaviours if one["TargetOriginId"] == "api"} == {caching_disabled}


def test_only_the_distribution_reads_the_files_of_the_page(resources):
    assert all(properties(resources, "PageBucket")["PublicAccessBlockConfiguration"].values())
    document = properties(resources, "PageBucketPolicy")["PolicyDocument"]
    (allowed,) = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${PageDistribution}" in str(allowed["Condition"])


def test_the_output_that_publishing_waits_for_comes_with_the_headers_of_the_screening_page(resources):
    assert "ScreeningPageUrl" in read_template(find_template())["Outputs"] and "ScreeningHeaders" in resources


def test_a_name_of_ones_own_needs_a_certificate():
    with pytest.raises(InvalidSettings, match="PageCertificateArn"):
        with_parameters(read_template(find_template()), {"PageDomain": "smears.clinic.example"})

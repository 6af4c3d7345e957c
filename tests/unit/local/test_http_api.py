import pytest

from blastlens.local.http.routes import Route
from blastlens.local.stack.http_api import TokenAuthorizer, read_authorizers, read_routes

URI = "arn:aws:apigateway:r:lambda:path/2015-03-31/functions/{}/invocations"


def operation(function: str, *authorizers: str):
    integration = {"uri": URI.format(function)}
    return {"x-amazon-apigateway-integration": integration, "security": [{name: []} for name in authorizers]}


def test_a_route_names_its_function_and_its_authorizer():
    paths = {
        "/clinics/{clinic_id}/results": {"get": operation("ApiFunction", "AWS_IAM")},
        "/v1/{proxy+}": {"x-amazon-apigateway-any-method": operation("ClinicianFunction", "Clinicians")},
    }
    assert read_routes([{"paths": paths}]) == (
        Route("ANY /v1/{proxy+}", "ClinicianFunction", "Clinicians"),
        Route("GET /clinics/{clinic_id}/results", "ApiFunction", "AWS_IAM"),
    )


@pytest.mark.parametrize("authorizers", [(), ("NONE",)])
def test_a_public_route_has_no_authorizer(authorizers):
    (route,) = read_routes([{"paths": {"/p/v1/{proxy+}": {"post": operation("PatientFunction", *authorizers)}}}])
    assert route == Route("POST /p/v1/{proxy+}", "PatientFunction")


def test_only_authorizers_of_tokens_have_an_issuer():
    jwt = {"type": "jwt", "jwtConfiguration": {"issuer": "https://i.example", "audience": ["c-1"]}}
    schemes = {
        "AWS_IAM": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
        "Clinicians": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt},
    }
    found = read_authorizers([{"paths": {}, "components": {"securitySchemes": schemes}}])
    assert found == {"Clinicians": TokenAuthorizer("https://i.example", ("c-1",))}

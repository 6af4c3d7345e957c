"""Publication of the page, against moto's S3, Cognito and CloudFront."""

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from blastlens.cloud.operations.publication import PageStack, Publication
from blastlens.domain.errors import InvalidSettings

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def services():
    with mock_aws():
        session = boto3.Session("a", "b", region_name=REGION)
        s3, cognito = session.client("s3"), session.client("cognito-idp")
        s3.create_bucket(Bucket="page", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield s3, cognito


@pytest.fixture
def publication(services):
    s3, cognito = services
    pool = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="page",
        CallbackURLs=["https://localhost/"],
        LogoutURLs=["https://localhost/"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        IdTokenValidity=15,
        TokenValidityUnits={"IdToken": "minutes"},
        WriteAttributes=["locale"],
    )["UserPoolClient"]["ClientId"]
    asked = []
    cloudfront = SimpleNamespace(create_invalidation=lambda **given: asked.append(given))
    page, sign_in = "https://d1.cloudfront.net/", "https://blastlens.example"
    stack = PageStack(page, "page", "D1", sign_in, pool, made, "arn:key", "https://u.example", "dev")
    return SimpleNamespace(of=Publication(s3, cognito, cloudfront, stack), s3=s3, asked=asked)


@pytest.fixture
def folder(tmp_path):
    for name in ("index.html", "p/index.html", "assets/clinic-AB12CD34.js", "p/service-worker.js", "config.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return tmp_path


def publish(publication, folder):
    return publication.of.publish(folder, "push-key", lambda: "id-1")


def client_of(publication):
    stack = publication.of.stack
    found = publication.of.cognito.describe_user_pool_client(UserPoolId=stack.pool_id, ClientId=stack.client_id)
    return found["UserPoolClient"]


def test_files_have_their_types_and_only_those_with_a_hash_are_kept_by_browsers(publication, folder):
    assert publish(publication, folder) == 5
    heads = {
        name: publication.s3.head_object(Bucket="page", Key=name) for name in ("index.html", "p/service-worker.js")
    }
    assert heads["index.html"]["ContentType"] == "text/html; charset=utf-8"
    assert {one["CacheControl"] for one in heads.values()} == {"no-cache"}
    script = publication.s3.head_object(Bucket="page", Key="assets/clinic-AB12CD34.js")
    assert script["CacheControl"] == "public, max-age=31536000, immutable"


def test_the_configuration_is_that_of_the_stack_and_not_of_the_folder(publication, folder):
    publish(publication, folder)
    read = json.load(publication.s3.get_object(Bucket="page", Key="config.json")["Body"])
    assert read["authorize"] == "https://blastlens.example/oauth2/authorize"
    assert (read["client_id"], read["stage"]) == (publication.of.stack.client_id, "dev")
    assert read["vapid_public_key"] == "push-key"


def test_the_pages_come_after_what_they_load_and_service_workers_after_the_pages(publication, folder, monkeypatch):
    keys = []
    put = publication.s3.put_object

    def note(**given):
        keys.append(given["Key"])
        return put(**given)

    monkeypatch.setattr(publication.s3, "put_object", note)
    publish(publication, folder)
    assert keys[-4:] == ["config.json", "index.html", "p/index.html", "p/service-worker.js"]


def test_codes_are_sent_to_the_pages_that_sign_in_and_no_longer_to_localhost(publication, folder):
    publish(publication, folder)
    client = client_of(publication)
    page = "https://d1.cloudfront.net/"
    assert client["CallbackURLs"] == client["LogoutURLs"] == [page, f"{page}screening/"]


def test_the_other_settings_of_the_client_stay(publication, folder):
    before = client_of(publication)
    publish(publication, folder)
    changed = {"CallbackURLs", "LogoutURLs", "LastModifiedDate"}
    after = client_of(publication)
    assert {k: v for k, v in after.items() if k not in changed} == {k: v for k, v in before.items() if k not in changed}


def test_publishing_again_leaves_the_client_alone_and_drops_what_cloudfront_kept(publication, folder, monkeypatch):
    publish(publication, folder)
    monkeypatch.setattr(publication.of.cognito, "update_user_pool_client", None)
    publish(publication, folder)
    assert [one["InvalidationBatch"]["Paths"]["Items"] for one in publication.asked] == [["/*"], ["/*"]]


def test_a_page_that_is_not_built_is_refused_before_anything_changes(publication, tmp_path):
    with pytest.raises(InvalidSettings, match="make web"):
        publish(publication, tmp_path)
    assert client_of(publication)["CallbackURLs"] == ["https://localhost/"]
    assert publication.asked == []


def test_a_stack_from_before_the_page_says_which_outputs_it_lacks():
    client: Any = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [{"Outputs": []}]})
    with pytest.raises(InvalidSettings, match="no output PageUrl"):
        PageStack.of_stack(client, "blastlens-dev")


NAMES = (
    "PageUrl",
    "PageBucketName",
    "PageDistributionId",
    "SignInUrl",
    "UserPoolId",
    "UserPoolClientId",
    "PushKeyArn",
    "UploadBucketName",
    "ScreeningPageUrl",
)


def read_stack(names: tuple[str, ...]) -> PageStack:
    outputs = [{"OutputKey": name, "OutputValue": name} for name in names]
    stack = {"Outputs": outputs, "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "prod"}]}
    meta = SimpleNamespace(region_name=REGION)
    client: Any = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]}, meta=meta)
    return PageStack.of_stack(client, "blastlens-prod")


def test_a_page_is_not_published_before_the_stack_sends_the_headers_of_its_screening():
    with pytest.raises(InvalidSettings, match=r"no output ScreeningPageUrl: deploy this version first"):
        read_stack(NAMES[:-1])


def test_a_stack_names_the_origin_of_links_with_its_region():
    page = read_stack(NAMES)
    assert page.passkey_url == (
        "SignInUrl/passkeys/add?client_id=UserPoolClientId&response_type=code&redirect_uri=PageUrl"
    )
    assert page.storage_origin == "https://UploadBucketName.s3.eu-central-1.amazonaws.com"
    assert (page.page_url, page.client_id, page.stage) == ("PageUrl", "UserPoolClientId", "prod")

"""Security rules of template.yaml: each injected violation is reported."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blastlens.local.stack.template import Template, find_template, read_template, translate
from security.guard import PROGRAM, Finding, find_suppressions, find_violations, run_guard

CHECKOV = PROGRAM.with_name("checkov")
ROLE_OF_ALL = {"PolicyName": "all", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*"}]}}


@pytest.fixture(scope="module")
def template() -> Template:
    return translate(read_template(find_template()))


def properties(template: Template, name: str) -> Any:
    return template["Resources"][name]["Properties"]


def open_bucket(template: Template) -> None:
    del properties(template, "UploadBucket")["PublicAccessBlockConfiguration"]


def public_acl(template: Template) -> None:
    properties(template, "UploadBucket")["AccessControl"] = "PublicRead"


def bucket_without_key(template: Template) -> None:
    del properties(template, "UploadBucket")["BucketEncryption"]


def no_tls(template: Template) -> None:
    document = properties(template, "UploadBucketPolicy")["PolicyDocument"]
    document["Statement"] = [one for one in document["Statement"] if one["Effect"] != "Deny"]


def clear_topic(template: Template) -> None:
    del properties(template, "ClinicTopic")["KmsMasterKeyId"]


def clear_table(template: Template) -> None:
    del properties(template, "ResultsTable")["SSESpecification"]


def mighty_role(template: Template) -> None:
    properties(template, "NotifyRole")["Policies"].append(ROLE_OF_ALL)


def endless_log(template: Template) -> None:
    del properties(template, "ClassifyLogs")["RetentionInDays"]


FAULTS: list[tuple[Callable[[Template], None], Finding]] = [
    (open_bucket, ("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "UploadBucket")),
    (public_acl, ("S3_BUCKET_PUBLIC_READ_PROHIBITED", "UploadBucket")),
    (bucket_without_key, ("S3_DEFAULT_ENCRYPTION_KMS", "UploadBucket")),
    (no_tls, ("S3_BUCKET_SSL_REQUESTS_ONLY", "UploadBucketPolicy")),
    (clear_topic, ("SNS_ENCRYPTED_KMS", "ClinicTopic")),
    (clear_table, ("DYNAMODB_TABLE_ENCRYPTED_KMS", "ResultsTable")),
    (mighty_role, ("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "NotifyRole")),
    (endless_log, ("CW_LOGGROUP_RETENTION_PERIOD_CHECK", "ClassifyLogs")),
]


@pytest.mark.parametrize(("put_in", "finding"), FAULTS, ids=[put_in.__name__ for put_in, _ in FAULTS])
def test_a_violation_in_the_template_is_reported(
    template: Template, put_in: Callable[[Template], None], finding: Finding
):
    if not PROGRAM.is_file():
        pytest.skip("cfn-guard is missing: `make check` installs it")
    faulty = copy.deepcopy(template)
    put_in(faulty)
    rule, name = finding
    assert f"{name} breaks {rule}" in find_violations(run_guard(faulty), find_suppressions(faulty))


def test_the_template_has_no_violation(template: Template):
    if not PROGRAM.is_file():
        pytest.skip("cfn-guard is missing: `make check` installs it")
    assert find_violations(run_guard(template), find_suppressions(template)) == []


def checkov(template: Template, folder: Path) -> set[Finding]:
    """What checkov finds in a template, less what is suppressed in it."""
    file = folder / "template.json"
    file.write_text(json.dumps(template))
    asked = ["--framework", "cloudformation", "--output", "json", "--quiet", "--skip-download"]
    done = subprocess.run([CHECKOV, "--file", file, *asked], capture_output=True, text=True, check=False)
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    return {(one["check_id"], one["resource"].rpartition(".")[2]) for one in failed}


def test_checkov_reports_a_queue_without_a_key_a_public_bucket_and_a_role_that_may_do_all(
    template: Template, tmp_path: Path
):
    if not CHECKOV.is_file():
        pytest.skip("checkov is missing: `make check` installs it")
    faulty = copy.deepcopy(template)
    del properties(faulty, "UploadQueue")["KmsMasterKeyId"]
    public_acl(faulty)
    mighty_role(faulty)
    wanted = {("CKV_AWS_27", "UploadQueue"), ("CKV_AWS_20", "UploadBucket"), ("CKV_AWS_107", "NotifyRole")}
    assert wanted <= checkov(faulty, tmp_path)
    assert not wanted & checkov(template, tmp_path)

import boto3
import pytest
from botocore.stub import Stubber

from blastlens.cloud.operations.deployment import Deployment
from blastlens.domain.clinic import Platform
from blastlens.domain.errors import InvalidSettings, ServiceFault

TOPIC = "arn:aws:sns:eu-central-1:123456789012:blastlens-ClinicTopic"
OUTPUTS = {
    "ResultsTableName": "results",
    "ClinicsTableName": "clinics",
    "ClinicTopicArn": TOPIC,
    "FurtherTopicsName": "blastlens-prod-clinics",
    "DataKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/data",
    "PhonesName": "blastlens-prod",
    "ReportTopicArn": "arn:aws:sns:eu-central-1:123456789012:blastlens-ReportTopic",
    "ExaminationsTableName": "examinations",
}


def deployment(outputs: dict[str, str]) -> Deployment:
    client = boto3.client("cloudformation")
    stack = {
        "StackName": "blastlens-prod",
        "CreationTime": "2026-11-22T12:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "blastlens-prod"})
        return Deployment.of_stack(client, "blastlens-prod")


def test_a_deployment_is_read_from_its_outputs():
    assert deployment(OUTPUTS) == Deployment(*OUTPUTS.values())


def test_topics_and_applications_are_where_the_template_lets_the_function_publish(repository):
    read = deployment(OUTPUTS)
    assert read.topic(0) == TOPIC
    assert read.topic(2) == "arn:aws:sns:eu-central-1:123456789012:blastlens-prod-clinics-2"
    assert read.application(Platform.APNS) == "arn:aws:sns:eu-central-1:123456789012:app/APNS/blastlens-prod"
    template = (repository / "template.yaml").read_text("utf-8")
    assert "blastlens-${Stage}-clinics-*" in template and "endpoint/*/blastlens-${Stage}/*" in template


def test_a_stack_of_an_older_template_is_refused_with_the_missing_output():
    with pytest.raises(InvalidSettings, match="no output ClinicsTableName, PhonesName"):
        deployment({key: value for key, value in OUTPUTS.items() if key not in ("ClinicsTableName", "PhonesName")})


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        ("ValidationError", "Stack with id blastlens-prod does not exist", InvalidSettings),
        ("AccessDenied", "not authorized", ServiceFault),
    ],
)
def test_a_missing_stack_and_a_forbidden_one_are_distinguished(code, said, kind):
    client = boto3.client("cloudformation")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", code, said)
        with pytest.raises(kind):
            Deployment.of_stack(client, "blastlens-prod")

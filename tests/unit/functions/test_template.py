"""What template.yaml promises; that it is well-formed is the linters' part."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastlens.cloud.operations.erasure import SETTLE_SECONDS
from blastlens.domain.errors import InvalidSettings, Reason
from blastlens.functions.report.requests import CLINICIAN_ROUTE, PATIENT_ROUTE
from blastlens.local.event_sources.filters import matches_any
from blastlens.local.stack.template import read_template, translate, with_parameters

ROOT = Path(__file__).parents[3]
KEPT = {"Ref": "KeepImagesDays"}
FUNCTIONS = [
    "ClassifyFunction",
    "ExamineFunction",
    "NotifyFunction",
    "ApiFunction",
    "ClinicianFunction",
    "PatientFunction",
    "ReportFunction",
    "ReconcileFunction",
]


_RECORDING = ("ApiRole", "ClinicianRole", "PatientRole", "ReportRole")
_WRITES = ("CreateLogStream", "PutLogEvents")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}."""


def _short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    kinds = {yaml.ScalarNode: loader.construct_scalar, yaml.MappingNode: loader.construct_mapping}
    construct = kinds.get(type(node), lambda given: loader.construct_sequence(given, deep=True))
    return {suffix: construct(node)}


_Loader.add_multi_constructor("!", _short_form)


@pytest.fixture(scope="module")
def template() -> Any:
    return yaml.load((ROOT / "template.yaml").read_text(), _Loader)


@pytest.fixture(scope="module")
def resources(template) -> Any:
    return template["Resources"]


def properties(resources, name: str) -> Any:
    return resources[name]["Properties"]


def of_type(resources, kind: str) -> dict[str, Any]:
    return {name: one for name, one in resources.items() if one["Type"] == kind}


def statements(resources, role: str) -> list[Any]:
    return [one for policy in properties(resources, role)["Policies"] for one in policy["PolicyDocument"]["Statement"]]


def test_patients_are_notified_after_a_sign_off_by_default(template):
    assert template["Parameters"]["PatientRelease"]["Default"] == "after-sign-off"
    assert template["Parameters"]["PatientDetail"]["AllowedValues"] == ["minimal"]


@pytest.mark.parametrize("stage", ["prod", "staging", "dev2", "tests"])
def test_only_dev_and_test_may_notify_patients_before_a_sign_off_or_have_no_operator(stage):
    template, operator = read_template(ROOT / "template.yaml"), {"OperatorEmail": "it@clinic.example"}
    with pytest.raises(InvalidSettings, match="OperatorEmail"):
        with_parameters(template, {"Stage": stage})
    with pytest.raises(InvalidSettings, match="PatientRelease=after-sign-off"):
        with_parameters(template, {"Stage": stage, "PatientRelease": "automatic"} | operator)
    assert with_parameters(template, {"Stage": stage} | operator)["Stage"] == stage


@pytest.mark.parametrize("stage", ["dev", "test"])
def test_a_trial_stage_may_notify_patients_at_once_and_needs_no_operator(stage):
    given = {"Stage": stage, "PatientRelease": "automatic"}
    assert with_parameters(read_template(ROOT / "template.yaml"), given) == given


def test_the_rules_survive_the_translation_that_a_deployment_makes(template):
    assert translate(read_template(ROOT / "template.yaml"))["Rules"].keys() == template["Rules"].keys()


def test_the_settings_file_of_every_stage_notifies_patients_after_a_sign_off():
    stages = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    given = [one["deploy"]["parameters"]["parameter_overrides"] for name, one in stages.items() if name != "version"]
    assert len(given) == 2 and all("PatientRelease=after-sign-off" in one for one in given)


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_take(resources):
    timeout = properties(resources, "ClassifyFunction")["Timeout"]
    assert properties(resources, "UploadQueue")["VisibilityTimeout"] == 6 * timeout


def test_an_erasure_waits_for_every_answer_that_was_under_way(resources):
    timeouts = [properties(resources, name)["Timeout"] for name in ("ClassifyFunction", "ExamineFunction")]
    assert max(timeouts) < SETTLE_SECONDS


def test_the_queue_feeds_the_function_in_bounded_batches_with_partial_failures(resources):
    source = properties(resources, "ClassifyFunction")["Events"]["Uploads"]["Properties"]
    assert source["BatchSize"] == 10
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumConcurrency" in source["ScalingConfig"]


def test_a_message_that_keeps_failing_is_dead_lettered(resources):
    most = properties(resources, "UploadQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert properties(resources, "ClassifyFunction")["Environment"]["Variables"]["UPLOAD_MAX_RECEIVES"] == str(most)
    assert most == 5
    stream = properties(resources, "NotifyFunction")["Events"]["ChangedExaminations"]["Properties"]
    assert stream["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
    assert stream["MaximumRetryAttempts"] > 0 and stream["BisectBatchOnFunctionError"]


def test_classify_is_an_image_with_snapshots_behind_an_alias(template, resources):
    classify = resources["ClassifyFunction"]
    assert classify["Properties"]["PackageType"] == "Image"
    assert classify["Properties"]["AutoPublishAlias"] == "live"
    assert (ROOT / classify["Metadata"]["DockerContext"] / classify["Metadata"]["Dockerfile"]).is_file()


def test_a_deployment_with_other_parameters_or_another_layer_reaches_every_function():
    # SAM publishes a version where code or a description changes, not for a parameter and not for a layer.
    plain = translate(read_template(ROOT / "template.yaml"))["Resources"]
    (version,) = of_type(plain, "AWS::Lambda::Version").values()
    assert version["Properties"]["FunctionName"] == {"Ref": "ClassifyFunction"}
    assert "Layers" not in plain["ClassifyFunction"]["Properties"]
    told = version["Properties"]["Description"]["Fn::Sub"]
    parameters = set(re.findall(r"\{'Ref': '(\w+)'\}", str(plain["ClassifyFunction"]["Properties"])))
    parameters &= set(read_template(ROOT / "template.yaml")["Parameters"])
    assert parameters == set(re.findall(r"\$\{(\w+)\}", told)) - {"ClassifySnapStart"}
    assert "${ClassifySnapStart}" in told


@pytest.mark.parametrize(("chosen", "applied"), [("yes", "PublishedVersions"), ("no", "None")])
def test_a_laboratory_may_do_without_the_snapshot_and_its_cache(template, resources, chosen, applied):
    condition, kept, none = properties(resources, "ClassifyFunction")["SnapStart"]["ApplyOn"]["If"]
    left, right = template["Conditions"][condition]["Equals"]
    assert left == {"Ref": "ClassifySnapStart"}
    assert (kept if chosen == right else none) == applied
    assert template["Parameters"]["ClassifySnapStart"]["AllowedValues"] == ["yes", "no"]
    assert template["Parameters"]["ClassifySnapStart"]["Default"] == "yes"


@pytest.mark.parametrize("name", FUNCTIONS[1:])
def test_the_handler_of_a_zip_function_is_there(resources, name: str):
    module, _, attribute = properties(resources, name)["Handler"].rpartition(".")
    assert attribute == "handler"
    assert importlib.util.find_spec(module) is not None
    assert list((ROOT / properties(resources, name)["CodeUri"]).glob("*.py"))


def test_the_image_starts_the_handler_that_is_there():
    dockerfile = (ROOT / "src/blastlens/functions/Dockerfile").read_text()
    assert 'CMD ["blastlens.functions.entry.classify.handler"]' in dockerfile
    assert importlib.util.find_spec("blastlens.functions.entry.classify") is not None


def test_numpy_starts_no_threads_beside_those_that_the_function_pays_for():
    assert "\nENV OPENBLAS_NUM_THREADS=1\n" in (ROOT / "src/blastlens/functions/Dockerfile").read_text()


def test_nothing_is_handed_to_a_role_by_a_wildcard_but_what_aws_cannot_narrow(resources):
    unbounded = {
        action
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if statement["Resource"] == "*"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    trace = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert unbounded == trace | {"dynamodb:ListStreams", "sns:GetSubscriptionAttributes"}


def test_no_role_has_an_action_by_a_wildcard(resources):
    for role in of_type(resources, "AWS::IAM::Role"):
        assert not any("*" in str(statement["Action"]) for statement in statements(resources, role))
        assert "ManagedPolicyArns" not in properties(resources, role)


def test_every_function_has_a_role_of_its_own(resources):
    roles = [str(properties(resources, name)["Role"]) for name in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ],
)
def test_all_that_rests_is_under_our_own_key(resources, kind: str, field: str):
    found = of_type(resources, kind)
    assert found
    assert all(one["Properties"][field] == {"GetAtt": "DataKey.Arn"} for one in found.values())


def test_s3_may_use_the_key_of_the_queue(resources):
    grants = properties(resources, "DataKey")["KeyPolicy"]["Statement"]
    (grant,) = [one for one in grants if one["Principal"] == {"Service": "s3.amazonaws.com"}]
    assert set(grant["Action"]) == {"kms:GenerateDataKey", "kms:Decrypt"}


def test_the_bucket_is_versioned_private_and_encrypted(resources):
    bucket = properties(resources, "UploadBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert rule["SSEAlgorithm"] == "aws:kms"


@pytest.mark.parametrize(
    "name",
    ["ResultsTable", "ExaminationsTable", "ContentsTable", "ReviewsTable", "ClinicsTable", "PatientAccessTable"],
)
def test_a_table_is_encrypted_and_cannot_be_lost_by_accident(resources, name: str):
    table = properties(resources, name)
    assert table["DeletionProtectionEnabled"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"GetAtt": "DataKey.Arn"}
    assert resources[name]["DeletionPolicy"] == "Retain"


def test_there_is_no_topic_that_patients_share(resources):
    assert set(of_type(resources, "AWS::SNS::Topic")) == {"ClinicTopic", "ReportTopic", "AlarmTopic"}


def test_a_topic_of_clinics_logs_what_it_could_not_deliver_and_raises_an_alarm(resources):
    for name in ("ClinicTopic", "ReportTopic"):
        logged = properties(resources, name)["DeliveryStatusLogging"]
        assert {one["Protocol"] for one in logged} == {"http/s", "sqs", "lambda"}
        assert all(one["FailureFeedbackRoleArn"] == {"GetAtt": "DeliveryLogRole.Arn"} for one in logged)
    watched = {
        str(metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
        for metric in properties(resources, "DeliveriesFailAlarm")["Metrics"]
        if "MetricStat" in metric
    }
    assert watched == {str({"GetAtt": f"{name}.TopicName"}) for name in ("ClinicTopic", "ReportTopic")}


def test_a_notice_that_is_owed_and_a_failure_that_reaches_no_queue_raise_alarms(resources):
    owed = properties(resources, "NoticesOwedAlarm")
    assert (owed["MetricName"], owed["Threshold"]) == ("NoticeOwed", 0)
    lost = [
        one["MetricStat"]["Metric"]
        for one in properties(resources, "FailuresLostAlarm")["Metrics"]
        if "MetricStat" in one
    ]
    assert {one["MetricName"] for one in lost} == {"DestinationDeliveryFailures"}
    assert [one["Dimensions"][0]["Value"] for one in lost] == [{"Ref": "ExamineFunction"}, {"Ref": "NotifyFunction"}]


def test_notify_can_read_clinics_but_not_change_them(resources):
    allowed = [one for one in statements(resources, "NotifyRole") if "ClinicsTable" in str(one["Resource"])]
    actions = {
        action for one in allowed for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert actions == {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteItem"}


@pytest.mark.parametrize("role", ["ApiRole", "ClinicianRole"])
def test_an_api_sees_names_of_uploads_and_of_nothing_else(resources, role: str):
    (listing,) = [one for one in statements(resources, role) if one["Action"] == "s3:ListBucket"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "uploads/*"}}


def test_reconcile_sees_names_of_uploads_and_asks_only_functions_to_work(resources):
    allowed = {one["Sid"]: one for one in statements(resources, "ReconcileRole")}
    assert allowed["SeeWhatHasArrived"]["Condition"] == {"StringLike": {"s3:prefix": "uploads/*"}}
    actions = {
        action
        for one in allowed.values()
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    assert not any(
        word in action for action in actions for word in ("Delete", "PutItem", "PutObject", "GetObject", "Publish")
    )


def test_reconcile_runs_every_night_and_a_run_that_fails_raises_its_alarm(resources):
    (nightly,) = properties(resources, "ReconcileFunction")["Events"].values()
    assert nightly["Type"] == "Schedule" and nightly["Properties"]["Schedule"].startswith("cron(20 2 * * ?")
    watched = [
        one["MetricStat"]["Metric"] for one in properties(resources, "ReconcileAlarm")["Metrics"] if "MetricStat" in one
    ]
    assert {one["MetricName"] for one in watched} == {"Unrepaired", "Errors"}
    assert {"Ref": "ReconcileFunction"} in [one["Value"] for metric in watched for one in metric["Dimensions"]]


def test_sms_is_only_allowed_by_a_parameter_and_only_to_numbers(template, resources):
    policy = resources["NotifySmsPolicy"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert policy["Condition"] == "PatientsGetSms" and template["Parameters"]["PatientSms"]["Default"] == "no"
    assert statement["NotResource"] == {"Sub": "arn:${AWS::Partition}:sns:*:*:*"} and "Resource" not in statement


def test_every_log_ends_some_day(resources):
    assert all("RetentionInDays" in one["Properties"] for one in of_type(resources, "AWS::Logs::LogGroup").values())


def test_the_audit_trail_outlives_the_stack_and_is_kept_for_ten_years_by_default(template, resources):
    kept = resources["AuditLogs"]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert kept["Properties"]["RetentionInDays"] == {"Ref": "AuditRetentionDays"}
    parameter = template["Parameters"]["AuditRetentionDays"]
    assert parameter["Default"] == 3653 and parameter["Default"] in parameter["AllowedValues"]


def test_the_three_apis_write_the_audit_trail_one_shows_it_and_no_role_deletes_it(resources):
    found = {
        (role, action)
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if "AuditLogs" in str(statement["Resource"])
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    writes = {(role, f"logs:{one}") for role in _RECORDING for one in _WRITES}
    assert found == writes | {("ClinicianRole", "logs:FilterLogEvents")}


def test_nobody_anonymous_gets_in(resources):
    auth = properties(resources, "HttpApi")["Auth"]
    assert (auth["EnableIamAuthorizer"], auth["DefaultAuthorizer"]) == (True, "AWS_IAM")
    for key, authorizer in authorizers_of_routes(resources):
        path = key.partition(" ")[2]
        if path.startswith("/v1/"):
            assert authorizer == "Clinicians"
        elif not path.startswith("/p/v1/"):
            assert (path.split("/")[1], authorizer) == ("clinics", None)


def test_public_routes_are_throttled_apart(resources):
    public = {key for key, one in authorizers_of_routes(resources) if one == "NONE"}
    http_api = properties(resources, "HttpApi")
    usual = http_api["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert public == set(http_api["RouteSettings"])
    assert all(0 < one["ThrottlingRateLimit"] < usual for one in http_api["RouteSettings"].values())


def test_reports_need_a_token_or_a_session_and_only_their_function_loads_typst(resources):
    routes = {
        f"{one['Properties']['Method']} {one['Properties']['Path']}": one["Properties"]["Auth"]["Authorizer"]
        for one in properties(resources, "ReportFunction")["Events"].values()
    }
    assert routes == {CLINICIAN_ROUTE: "Clinicians", PATIENT_ROUTE: "NONE"}
    layered = [name for name in FUNCTIONS if {"Ref": "ReportLayer"} in properties(resources, name).get("Layers", ())]
    assert layered == ["ReportFunction"]
    makefile = (ROOT / properties(resources, "ReportLayer")["ContentUri"] / "Makefile").read_text()
    assert "build-ReportLayer:" in makefile and "requirements/report.lock" in makefile


def test_the_push_key_signs_and_never_leaves_kms(resources):
    key = properties(resources, "PushKey")
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    users = {
        role: statement["Action"]
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if "PushKey" in str(statement["Resource"])
    }
    assert users == {"NotifyRole": ["kms:Sign", "kms:GetPublicKey"], "PatientRole": "kms:GetPublicKey"}


def authorizers_of_routes(resources):
    """Yield method and path of each route, with its authorizer; None for the default one."""
    for resource in resources.values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                given = event["Properties"]
                yield f"{given['Method']} {given['Path']}", given.get("Auth", {}).get("Authorizer")


def test_access_logs_hold_no_path_because_a_path_holds_a_patient(resources):
    form = properties(resources, "HttpApi")["AccessLogSettings"]["Format"]
    assert "$context.path" not in form and "$context.routeKey" in form


def test_access_logs_say_who_asked_and_when(resources):
    form = properties(resources, "HttpApi")["AccessLogSettings"]["Format"]
    logged = json.loads(form)
    assert logged["caller"] == "$context.identity.userArn" and logged["time"] == "$context.requestTime"
    assert logged["address"] == "$context.identity.sourceIp" and logged["request_id"] == "$context.requestId"


@pytest.mark.parametrize("name", ["examine", "notify", "api", "report", "reconcile"])
def test_a_function_starts_with_what_its_environment_in_the_template_names(template, resources, name: str):
    own = properties(resources, f"{name.capitalize()}Function")["Environment"]["Variables"]
    named = {**template["Globals"]["Function"]["Environment"]["Variables"], **own}
    parameters = {key: one["Default"] for key, one in template["Parameters"].items()}
    topic = "arn:aws:sns:eu-central-1:123456789012:clinic"
    made_up = parameters | {"ClinicTopic": topic, "ReportTopic": topic}
    values = {
        key: str(made_up.get(value.get("Ref", ""), "made-up"))
        for key, value in named.items()
        if isinstance(value, dict)
    }
    literal = {key: value for key, value in named.items() if isinstance(value, str)}
    kept = {key: value for key, value in os.environ.items() if key not in ("RESULTS_TABLE", "UPLOAD_BUCKET")}
    code = f"import blastlens.functions.entry.{name} as entry; assert callable(entry.handler)"
    environment = {**kept, **literal, **values, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def test_stages_of_one_account_do_not_share_their_metrics(template, resources):
    namespace = {"Sub": "blastlens-${Stage}"}
    assert template["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == namespace
    metrics = [
        one["MetricStat"]["Metric"]
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for one in alarm["Properties"].get("Metrics", [])
        if "MetricStat" in one
    ]
    own = [one for one in metrics if not str(one["Namespace"]).startswith("AWS/")]
    assert own and all(one["Namespace"] == namespace for one in own)


def test_every_alarm_has_a_recipient(resources):
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    assert all(alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)


def test_responses_500_and_503_of_the_api_raise_an_alarm(resources):
    alarm = of_type(resources, "AWS::CloudWatch::Alarm")["ApiErrorsAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


@pytest.mark.parametrize(
    ("name", "reason"), [("QuarantineAlarm", Reason.INVALID_KEY), ("OversizeAlarm", Reason.TOO_MANY_BYTES)]
)
def test_an_image_that_nobody_is_told_of_or_that_is_too_large_raises_an_alarm(resources, name: str, reason: Reason):
    alarm = properties(resources, name)
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert dimensions == {"service": "blastlens.classify", "reason": str(reason)}
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Rejected", 0)


def test_the_rate_of_each_microscope_is_watched_without_a_metric_for_each(resources):
    rule, alarm = properties(resources, "DeviceUploads"), properties(resources, "DeviceRateAlarm")
    body = json.loads(rule["RuleBody"]["Sub"])
    assert body["LogGroupNames"] == ["${ClassifyLogs}"] and body["Contribution"]["Keys"] == ["$.device"]
    (metric,) = alarm["Metrics"]
    assert metric["Expression"] == {"Sub": f'INSIGHT_RULE_METRIC("{rule["RuleName"]["Sub"]}", "MaxContributorValue")'}


def test_nothing_expires_unless_a_parameter_says_so(template, resources):
    assert template["Parameters"]["KeepImagesDays"]["Default"] == 0
    assert template["Conditions"]["ImagesExpire"] == {"Not": [{"Equals": [{"Ref": "KeepImagesDays"}, 0]}]}
    unfinished, *rules = properties(resources, "UploadBucket")["LifecycleConfiguration"]["Rules"]
    assert set(unfinished) == {"Id", "Status", "AbortIncompleteMultipartUpload"}
    prefixes = []
    for condition, rule, otherwise in (one["If"] for one in rules):
        assert condition == "ImagesExpire" and otherwise == {"Ref": "AWS::NoValue"}
        assert rule["ExpirationInDays"] == rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == KEPT
        prefixes.append(rule["Prefix"])
    assert prefixes == ["uploads/", "artifacts/"]


@pytest.mark.parametrize("name", ["ResultsTable", "ExaminationsTable"])
def test_records_are_deleted_by_an_attribute_that_is_written_only_where_a_parameter_says_so(template, resources, name):
    assert properties(resources, name)["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert template["Parameters"]["KeepRecordsDays"]["Default"] == 0
    assert "TimeToLiveSpecification" not in properties(resources, "ClinicsTable")


def test_nobody_is_told_anything_by_an_item_that_expires(resources):
    for name in FUNCTIONS:
        for event in properties(resources, name).get("Events", {}).values():
            if event["Type"] == "DynamoDB":
                patterns = [json.loads(one["Pattern"]) for one in event["Properties"]["FilterCriteria"]["Filters"]]
                assert not matches_any({"eventName": "REMOVE", "dynamodb": {"Keys": {}}}, patterns)


def test_the_dashboard_is_json(resources):
    text = properties(resources, "Dashboard")["DashboardBody"]["Sub"]
    assert len(json.loads(text)["widgets"]) == 7

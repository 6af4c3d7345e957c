from blastlens.local.stack.selection import select

TEMPLATE = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": ["Policy", "Key"]},
        "Key": {"Type": "AWS::KMS::Key", "DependsOn": "Policy", "Properties": {"KeyPolicy": {}}},
        "Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}]}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm"},
        "Other": {"Type": "AWS::CloudWatch::Alarm"},
        "Reader": {"Type": "AWS::Lambda::Function"},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "DisplayName": {"Fn::Sub": "${Reader} and ${Reader.Arn} and ${Queue}"},
                "TopicName": {"Fn::Join": ["-", [{"Ref": "Reader"}, {"Fn::GetAtt": ["Reader", "Arn"]}]]},
                "Tags": [{"Key": "k", "Value": {"Fn::Sub": ["${x}", {"x": {"Ref": "Reader"}}]}}],
            },
        },
    },
    "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}, "Reader": {"Value": {"Fn::GetAtt": ["Reader", "Arn"]}}},
}


def test_what_the_services_know_is_kept_and_the_rest_left_out():
    selection = select(TEMPLATE)
    assert set(selection.kept["Resources"]) == {"Queue", "Key", "Topic"}
    assert set(selection.left_out) == {"Policy", "Alarm", "Other", "Reader"}


def test_the_summary_names_each_type_left_out_in_one_line():
    summary = select(TEMPLATE).summary
    assert summary.endswith("AWS::CloudWatch::Alarm (2), AWS::Lambda::Function, AWS::SQS::QueuePolicy.")
    assert "\n" not in summary


def test_references_to_what_is_left_out_become_names():
    properties = select(TEMPLATE).kept["Resources"]["Topic"]["Properties"]
    assert properties["DisplayName"] == {"Fn::Sub": "Reader and Reader and ${Queue}"}
    assert properties["TopicName"] == {"Fn::Join": ["-", ["Reader", "Reader"]]}
    assert properties["Tags"][0]["Value"] == {"Fn::Sub": ["${x}", {"x": "Reader"}]}


def test_dependencies_and_outputs_of_what_is_left_out_are_dropped():
    kept = select(TEMPLATE).kept
    assert kept["Resources"]["Queue"]["DependsOn"] == ["Key"]
    assert "DependsOn" not in kept["Resources"]["Key"]
    assert set(kept["Outputs"]) == {"Queue"}


def test_the_template_itself_is_not_changed():
    before = repr(TEMPLATE)
    select(TEMPLATE)
    assert repr(TEMPLATE) == before

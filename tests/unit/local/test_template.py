from pathlib import Path

import pytest

from blastlens.domain.errors import InvalidSettings
from blastlens.local.stack import template
from blastlens.local.stack.template import find_template, read_template, translate, with_parameters

FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Email: {Type: String}
  Stage: {Type: String, Default: dev}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Image:
    Type: AWS::Serverless::Function
    Metadata: {Dockerfile: Dockerfile, DockerContext: .}
    Properties: {PackageType: Image, AutoPublishAlias: live}
  Zip:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: a.b
      Runtime: python3.13
      Layers: [!Ref Layer]
      Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/runtime}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_template_with_local_code_is_translated_without_a_build(tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    resources = translate(read_template(written(tmp_path, FUNCTION)))["Resources"]
    kinds = {resource["Type"] for resource in resources.values()}
    assert {"AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping"} <= kinds
    assert not any(kind.startswith("AWS::Serverless::") for kind in kinds)


def test_a_template_that_sam_rejects_is_refused_with_its_reason(tmp_path):
    broken = FUNCTION.replace("Handler: a.b", "Handlr: a.b")
    with pytest.raises(InvalidSettings, match="Zip"):
        translate(read_template(written(tmp_path, broken)))


@pytest.mark.parametrize("text", ["{", "just text", "Resources: []"])
def test_what_is_no_template_is_refused(tmp_path, text):
    with pytest.raises(InvalidSettings, match=r"template\.yaml"):
        read_template(written(tmp_path, text))


def test_parameters_without_a_default_get_a_value(tmp_path):
    assert with_parameters(read_template(written(tmp_path, FUNCTION)), {}) == {"Email": "local"}


def test_a_missing_template_is_refused_with_the_next_step(tmp_path):
    with pytest.raises(InvalidSettings, match="--template"):
        find_template(tmp_path / "missing.yaml")


def test_the_checkouts_template_comes_before_that_of_another_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, FUNCTION)
    assert find_template() != Path("template.yaml")


def test_outside_of_a_checkout_the_working_folders_template_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(template, "CHECKOUT", tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path)
    written(tmp_path, FUNCTION)
    assert find_template() == Path("template.yaml")

"""Bucket properties that moto's CloudFormation ignores."""

from collections.abc import Mapping
from typing import Any

Properties = Mapping[str, Any]


def set_up_bucket(s3: Any, bucket: str, properties: Properties) -> None:
    """Apply versioning, CORS rules and notifications of an `AWS::S3::Bucket`."""
    if "VersioningConfiguration" in properties:
        versioning = {"Status": properties["VersioningConfiguration"]["Status"]}
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    if "CorsConfiguration" in properties:
        rules = [_cross_origin_rule(rule) for rule in properties["CorsConfiguration"]["CorsRules"]]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    if "NotificationConfiguration" in properties:
        queues = properties["NotificationConfiguration"].get("QueueConfigurations", [])
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={"QueueConfigurations": [_notification(queue) for queue in queues]},
        )


def _notification(properties: Properties) -> dict[str, Any]:
    rules = properties.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    notification: dict[str, Any] = {"QueueArn": properties["Queue"], "Events": [properties["Event"]]}
    return notification | ({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})


def _cross_origin_rule(properties: Properties) -> dict[str, Any]:
    renamed = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rule = {renamed.get(name, name): value for name, value in properties.items()}
    # The template names the page's origin on AWS; here the origin guard decides.
    return rule | {"AllowedOrigins": ["*"]}

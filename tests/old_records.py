"""Notices and signatures that earlier versions wrote into field records."""

from datetime import datetime
from typing import Any

from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.record import Audience, SignOff
from blastlens.domain.result import ResultId


def mark_told(dynamodb: Any, table: str, identity: ResultId, audience: Audience, told_at: datetime) -> None:
    """Mark that an audience was told of a record."""
    dynamodb.update_item(
        TableName=table,
        Key=to_dynamodb({"upload": identity.upload, "reading": identity.reading}),
        UpdateExpression="SET told.#audience = :told_at",
        ExpressionAttributeNames={"#audience": str(audience)},
        ExpressionAttributeValues=to_dynamodb({":told_at": text_of_time(told_at)}),
    )


def sign_off_part(sign_off: SignOff) -> dict[str, Any]:
    """Return the value of the attribute `signed_off`."""
    return {
        "signed_by": sign_off.signed_by,
        "caller": sign_off.caller,
        "label": str(sign_off.label),
        "signed_at": text_of_time(sign_off.signed_at),
    }


def sign(dynamodb: Any, table: str, identity: ResultId, sign_off: SignOff) -> None:
    """Sign a record."""
    dynamodb.update_item(
        TableName=table,
        Key=to_dynamodb({"upload": identity.upload, "reading": identity.reading}),
        UpdateExpression="SET signed_off = :sign_off",
        ExpressionAttributeValues=to_dynamodb({":sign_off": sign_off_part(sign_off)}),
    )

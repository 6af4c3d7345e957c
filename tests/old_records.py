"""Field records as a stack before examinations wrote them: with notices and a signature."""

from datetime import datetime
from typing import Any

from blastlens.cloud.tables.attributes import to_dynamodb
from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.record import Audience, SignOff
from blastlens.domain.result import ResultId


def note_told(dynamodb: Any, table: str, identity: ResultId, audience: Audience, told_at: datetime) -> None:
    """Note in a field record that an audience was told of it."""
    dynamodb.update_item(
        TableName=table,
        Key=_key(identity),
        UpdateExpression="SET told.#audience = :at",
        ExpressionAttributeNames={"#audience": str(audience)},
        ExpressionAttributeValues=to_dynamodb({":at": text_of_time(told_at)}),
    )


def note_signed(dynamodb: Any, table: str, identity: ResultId, signed: SignOff) -> None:
    """Note a signature in a field record."""
    part = {
        "signed_by": signed.signed_by,
        "caller": signed.caller,
        "label": str(signed.label),
        "signed_at": text_of_time(signed.signed_at),
    }
    dynamodb.update_item(
        TableName=table,
        Key=_key(identity),
        UpdateExpression="SET signed_off = :signed",
        ExpressionAttributeValues=to_dynamodb({":signed": part}),
    )


def _key(identity: ResultId) -> dict[str, Any]:
    return to_dynamodb({"upload": identity.upload, "reading": identity.reading})

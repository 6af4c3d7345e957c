"""`blastlens redrive`: messages in the dead-letter queue, and their return."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from blastlens.cli.deployment import deployment_options
from blastlens.cli.patient_stores import load_stores
from blastlens.domain.errors import InvalidSettings, UploadRefused
from blastlens.domain.upload import decode_event_key, parse_key

if TYPE_CHECKING:
    from blastlens.cloud.operations.dead_letter_queues import StackQueues
    from blastlens.cloud.operations.dead_letters import DeadLetterMessage, DeadLetterQueue


@click.command("redrive")
@click.argument("ids", nargs=-1)
@deployment_options
@click.option("--all", "everything", is_flag=True, help="Send all messages back to the queue.")
@click.option("--notices", is_flag=True, help="Send all missing notices. Reads the complete table.")
def redrive(ids: tuple[str, ...], stack: str, everything: bool, notices: bool) -> None:
    """Show the uploads in the dead-letter queue with their errors.

    Send those with IDS back to the queue.

    Safe to interrupt and to repeat: no upload is lost or answered twice.
    """
    if notices and (ids or everything):
        raise click.UsageError("--notices cannot be combined with ids or --all")
    from blastlens.cloud.clients import cloudformation_client, sqs_client
    from blastlens.cloud.operations.dead_letter_queues import StackQueues
    from blastlens.cloud.operations.dead_letters import DeadLetterQueue

    sqs = sqs_client()
    found = StackQueues.of_stack(stack, cloudformation_client(), sqs)
    if notices:
        _send_missing_notices(found, stack)
        return
    _redrive(DeadLetterQueue(sqs, found.dead_letter_url, found.queue_url), ids, everything)


def _redrive(queue: "DeadLetterQueue", ids: Sequence[str], everything: bool) -> None:
    # All are received before one is released: SQS would deliver a released one again in place of another.
    taken, wanted, redriven = list(queue.receive_all()), set(ids), 0
    for message in taken:
        if everything or message.message_id in wanted:
            queue.redrive(message)
            redriven += 1
            click.echo(f"{message.message_id}  put back")
        else:
            click.echo(_line(message))
            queue.release(message)
    click.echo(f"{redriven} put back, {len(taken) - redriven} left." if taken else "The dead-letter queue is empty.")
    if missing := sorted(wanted - {message.message_id for message in taken}):
        raise InvalidSettings(
            f"These messages are not in the dead-letter queue, or in use by another command: {', '.join(missing)}."
        )


def _send_missing_notices(found: "StackQueues", stack: str) -> None:
    from blastlens.cloud.clients import dynamodb_client, sqs_client
    from blastlens.cloud.operations.dead_letters import DeadLetterQueue
    from blastlens.cloud.tables.examinations import ExaminationsTable
    from blastlens.cloud.tables.notice_requests import examinations_to_notify, request_notification

    stores, client, asked = load_stores(stack), dynamodb_client(), 0
    table = ExaminationsTable(client, stores.examinations)
    # The notes are received first: a note that arrives later concerns an examination that was not processed, and stays.
    notes = DeadLetterQueue(sqs_client(), found.failed_notices_url, found.failed_notices_url)
    taken = list(notes.receive_all())
    for one in examinations_to_notify(table, stores.release):
        asked += request_notification(client, stores.examinations, one.id, datetime.now(UTC))
    for note in taken:
        notes.delete(note)
    click.echo(f"{asked} examinations are processed again; {len(taken)} notes about failures are deleted.")


def _line(message: "DeadLetterMessage") -> str:
    uploads = ", ".join(_uploads(message.body)) or "no upload"
    sent_at = f"{message.sent_at:%Y-%m-%d %H:%M}"
    return f"{message.message_id}  {sent_at}  {uploads}  {message.cause}  (was {message.original_id})"


def _uploads(body: str) -> list[str]:
    """Return the upload ids in a message; no other part of a key may be shown."""
    try:
        keys = [record["s3"]["object"]["key"] for record in json.loads(body)["Records"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return [_upload_id(key) for key in keys if isinstance(key, str)]


def _upload_id(encoded_key: str) -> str:
    try:
        return parse_key(decode_event_key(encoded_key)).upload_id
    except UploadRefused:
        return "unreadable key"

"""`blastlens reconcile`: images, records and notices compared, and repaired."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from blastlens.cli.deployment import deployment_options
from blastlens.cli.patient_stores import load_stores
from blastlens.cli.printed_commands import program, typed_options
from blastlens.domain.discrepancy import PATIENCE, REPAIRS, WORDS, Discrepancy, Kind

if TYPE_CHECKING:
    from blastlens.cloud.operations.dead_letters import DeadLetterQueue
    from blastlens.cloud.operations.reconciliation import Reconciliation


@click.command("reconcile")
@click.option("--repair", is_flag=True, help="Ask the functions to repair what does not agree.")
@click.option(
    "--days", type=click.IntRange(1), default=14, show_default=True, help="Compare images and answers of the last days."
)
@click.option("--all", "everything", is_flag=True, help="Compare everything, whatever its age.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per discrepancy.")
@deployment_options
def reconcile(repair: bool, days: int, everything: bool, as_json: bool, stack: str) -> None:
    """Compare images, field records, examinations and notices, and print what does not agree.

    Every image has to have a field record, every field record an examination that is what its fields come to, and every
    examination has to have told whom it owes. What is younger than an hour may be under way and is left out. Without
    --repair nothing is changed. Safe to interrupt and to repeat; nobody is told twice. Runs every night by itself.
    """
    from blastlens.cli.terminal import make_console

    reconciliation, failures = _load(stack)
    # Notes about failures are received first: one that arrives later concerns what was not repaired, and stays.
    notes = list(failures.receive_all()) if repair else []
    since = None if everything else datetime.now(UTC) - timedelta(days=days)
    counts, found, unrepaired = Counter[str](), list[Discrepancy](), 0
    with make_console(stderr=True).status("Comparing ...") as status:

        def report(what: str) -> None:
            counts[what] += 1
            status.update(f"Comparing {what}: {counts[what]:,} ...")

        for one in reconciliation.compare(since, report):
            found.append(one)
            if repair:
                unrepaired += not reconciliation.repair(one)
    for note in notes:
        is_compared = datetime.now(UTC) - note.sent_at > PATIENCE
        (failures.delete if is_compared else failures.release)(note)
    _show(found, as_json)
    if not as_json:
        click.echo(_conclusion(found, counts, repair, unrepaired))


def _load(stack: str) -> "tuple[Reconciliation, DeadLetterQueue]":
    from blastlens.cloud.clients import cloudformation_client, dynamodb_client, s3_client, sqs_client
    from blastlens.cloud.object_versions import ObjectVersions
    from blastlens.cloud.operations.dead_letter_queues import StackQueues
    from blastlens.cloud.operations.dead_letters import DeadLetterQueue
    from blastlens.cloud.operations.reconciliation import Reconciliation
    from blastlens.cloud.settle_queue import SettleQueue
    from blastlens.cloud.tables.examinations import ExaminationsTable
    from blastlens.cloud.tables.results import ResultsTable
    from blastlens.cloud.tables.reviews import ReviewsTable

    stores, dynamodb, sqs = load_stores(stack), dynamodb_client(), sqs_client()
    queues = StackQueues.of_stack(stack, cloudformation_client(), sqs)
    reconciliation = Reconciliation(
        objects=ObjectVersions(s3_client(), stores.bucket),
        results=ResultsTable(dynamodb, stores.results),
        examinations=ExaminationsTable(dynamodb, stores.examinations),
        reviews=ReviewsTable(dynamodb, stores.reviews, stores.examinations),
        queue=SettleQueue(sqs, queues.settle_url, queues.queue_url),
        quiet=stores.quiet,
        release=stores.release,
        clock=lambda: datetime.now(UTC),
        records_expire=stores.retention.deletes_records,
    )
    failures = DeadLetterQueue(sqs, queues.failed_examinations_url, queues.failed_examinations_url)
    return reconciliation, failures


def _show(found: Sequence[Discrepancy], as_json: bool) -> None:
    for one in found:
        click.echo(json.dumps(_row(one)) if as_json else _line(one))


def _line(found: Discrepancy) -> str:
    """Return a line for people; it names a patient only where the repair has to."""
    identity, name = found.examination, ""
    if identity is not None:
        is_needed = found.kind is Kind.OF_ERASED
        name = str(identity) if is_needed else f"{identity.clinic_id} {identity.examination_id}"
    return f"{found.since:%Y-%m-%d %H:%M}  {WORDS[found.kind]:<36}  {name}  {found.detail}".rstrip()


def _row(found: Discrepancy) -> dict[str, Any]:
    return {
        "kind": str(found.kind),
        "since": found.since.isoformat(timespec="seconds"),
        "examination": None if found.examination is None else str(found.examination),
        "detail": found.detail,
        "repair": REPAIRS[found.kind],
    }


def _conclusion(found: Sequence[Discrepancy], counts: "Counter[str]", repair: bool, unrepaired: int) -> str:
    """Return how many discrepancies there are, and what to do next."""
    looked = ", ".join(_count(number, what) for what, number in counts.items() if what != "notices")
    if not found:
        return f"Everything agrees ({looked or 'nothing is stored'})."
    kinds = Counter(one.kind for one in found)
    lines = [f"{len(found):,} of these do not agree: {looked}."]
    lines += [f"  {number:,} × {WORDS[kind]}: {REPAIRS[kind]}" for kind, number in kinds.items()]
    if repair and unrepaired < len(found):
        again = f"{program()} reconcile{typed_options()}"
        lines.append(f"{_count(len(found) - unrepaired, 'repairs')} asked for. In an hour, look again: {again}")
    elif any(one.can_be_repaired for one in found):
        lines.append(f"To repair: {program()} reconcile --repair{typed_options()}")
    return "\n".join(lines)


def _count(number: int, things: str) -> str:
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"

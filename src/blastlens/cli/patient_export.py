"""`patient export`: a folder with everything stored about a patient."""

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from blastlens.cli.deployment import deployment_options
from blastlens.cli.image_files import printable_path
from blastlens.cli.patient_stores import load_erasure, load_stores, read_audit_trail, record_access, valid_id
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.patient import PatientId

if TYPE_CHECKING:
    from rich.console import Console

    from blastlens.cli.patient_folder import PatientFolder
    from blastlens.cloud.operations.data_stores import DataStores
    from blastlens.cloud.operations.erasure import Erasure, Holdings
    from blastlens.domain.examination import Examination

_OWNER_ONLY = 0o700

_SHOWN_OF_ACCESS = (
    "entry",
    "code_id",
    "made_at",
    "made_by",
    "ends_at",
    "revoked_at",
    "last_used_at",
    "endpoint",
    "language",
)
"""What is exported of codes, sessions and browsers: no hash of a secret, and no key of a browser."""


@click.command("export")
@click.argument("clinic_id", metavar="CLINIC", callback=valid_id)
@click.argument("patient_id", metavar="PATIENT", callback=valid_id)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), required=True, help="Folder to write; it must not exist."
)
@deployment_options
def export(clinic_id: str, patient_id: str, folder: Path, stack: str) -> None:
    """Write everything that is stored of PATIENT of CLINIC into a folder.

    It contains all versions of the images, artifacts, field records, examinations with signatures and reviews, phones,
    who looked at them, and a FHIR Bundle. Open its index.html first. Nothing is changed in the deployment.
    """
    from blastlens.cli.terminal import make_console

    if folder.exists():
        raise click.UsageError(f"{printable_path(folder)} exists: name a folder that does not.")
    stores, patient, console = load_stores(stack), PatientId(clinic_id, patient_id), make_console()
    erasure = load_erasure(stores)
    with console.status("Searching the bucket and the tables ..."):
        holdings = erasure.survey(patient)
    if holdings.is_empty:
        raise InvalidSettings(
            f"Nothing is stored of patient {patient_id} of clinic {clinic_id}: check both ids. Nothing was written."
        )
    record_access(stores, patient, "blastlens patient export")
    files = _write(folder, patient, holdings, erasure, stores, console)
    click.echo(
        f"{files} files are in {printable_path(folder)}: open its index.html. They are health data: protect them."
    )


def _write(
    folder: Path, patient: PatientId, holdings: "Holdings", erasure: "Erasure", stores: "DataStores", console: "Console"
) -> int:
    """Write a folder beside the wanted one and rename it when it is complete; return how many files it has."""
    from blastlens.cli.patient_folder import PatientFolder

    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=_OWNER_ONLY)
    try:
        target = PatientFolder(unfinished, patient)
        _add_objects(target, holdings, erasure, console)
        files = _add_data(target, holdings, stores)
        os.replace(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return files


def _add_objects(target: "PatientFolder", holdings: "Holdings", erasure: "Erasure", console: "Console") -> None:
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("images and artifacts", total=len(holdings.versions))
        target.add_versions(holdings.versions, erasure.objects.save, lambda: progress.advance(bar))


def _add_data(target: "PatientFolder", holdings: "Holdings", stores: "DataStores") -> int:
    """Write records, phones, audit trail, FHIR and the index; return the number of files."""
    from blastlens.cli.patient_index import make_index
    from blastlens.cloud.tables.examination_items import examination_of
    from blastlens.cloud.tables.review_items import examination_in
    from blastlens.domain.fhir_bundle import make_bundle

    made_at = datetime.now(UTC)
    target.add_items("fields.json", ((_examination_in(one["upload"], target.patient), one) for one in holdings.fields))
    for item in holdings.examinations:
        target.add_json(f"{target.folder_of(item['examination'])}/examination.json", item)
    target.add_items("review.json", ((examination_in(one), one) for one in holdings.reviews))
    examinations = [examination_of(item) for item in holdings.examinations]
    target.add_json("fhir-bundle.json", make_bundle(examinations, made_at))
    target.add_json("patient.json", _about_patient(target.patient, holdings, made_at))
    notes = _add_audit_trail(target, stores)
    about = {
        "clinic": target.patient.clinic_id,
        "patient": target.patient.patient_id,
        "written": f"{made_at:%Y-%m-%d %H:%M} UTC",
        **{what: str(number) for what, number in holdings.counts.items()},
    }
    target.add_text("index.html", make_index(about, _rows(target, examinations), notes))
    return target.finish()


def _examination_in(partition: str, patient: PatientId) -> str:
    """Return the examination of a partition of field records; `OTHER` for an image whose key violates the contract."""
    from blastlens.cli.patient_folder import OTHER

    first = f"{patient}/"
    return partition.removeprefix(first) if partition.startswith(first) else OTHER


def _about_patient(patient: PatientId, holdings: "Holdings", made_at: datetime) -> dict[str, Any]:
    phones = [
        {"device": one.id, "platform": str(one.platform), "endpoint": one.endpoint, "language": one.language}
        for one in holdings.phones
    ]
    return {
        "clinic_id": patient.clinic_id,
        "patient_id": patient.patient_id,
        "exported_at": made_at.isoformat(),
        "phones": phones,
        "page": [{name: one[name] for name in _SHOWN_OF_ACCESS if name in one} for one in holdings.access],
        "image_contents": list(holdings.contents),
    }


def _add_audit_trail(target: "PatientFolder", stores: "DataStores") -> list[str]:
    """Write who looked at the patient's data; return a sentence where that cannot be read."""
    lines, problem = read_audit_trail(stores, target.patient)
    target.add_text("audit.jsonl", "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in lines))
    return [problem] if problem else []


def _rows(target: "PatientFolder", examinations: "Sequence[Examination]") -> list[dict[str, Any]]:
    return [
        {
            "examination": one.id.examination_id,
            "taken": f"{one.totals.first_taken_at:%Y-%m-%d}",
            "images": one.totals.fields,
            "state": str(one.status),
            "conclusion": str(one.history[-1].conclusion or "retracted") if one.history else "not signed",
            "signed by": one.history[-1].signed_by if one.history else "",
            "folder": target.folder_of(one.id.examination_id),
        }
        for one in examinations
    ]

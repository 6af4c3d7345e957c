"""`blastlens sign`: signatures of examinations, for clinics without the page."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from blastlens.cli.deployment import Command, deployment_options
from blastlens.cli.printed_commands import program, typed_options
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.upload import ExaminationId, is_valid_id

if TYPE_CHECKING:
    from blastlens.domain.examination import Examination

_CONCLUSIONS = click.Choice([str(one) for one in Conclusion])


def _examination_id(context: click.Context, parameter: click.Parameter, value: str) -> ExaminationId:
    ids = value.split("/")
    if len(ids) != 3 or not all(is_valid_id(one) for one in ids):
        raise click.BadParameter("an examination is named CLINIC/PATIENT/EXAMINATION, as `sign list` prints it.")
    return ExaminationId(*ids)


examination_argument = click.argument("identity", metavar="ID", callback=_examination_id)
_conclusion = click.option("--conclusion", type=_CONCLUSIONS, required=True, help="What the clinician concludes.")


def _signing_options(reason_help: str) -> Callable[[Command], Command]:
    """Add the options of a signature, and those of the deployment."""

    def add(command: Command) -> Command:
        for option in (
            deployment_options,
            click.option("--yes", is_flag=True, help="Do not ask for confirmation; needs --basis."),
            click.option("--basis", default=None, help="Fields that were looked at, as `sign show` prints them."),
            click.option("--reason", default="", help=reason_help),
            click.option("--signed-by", required=True, help="Name of the person who signs."),
        ):
            command = option(command)
        return command

    return add


@click.group("sign")
def sign() -> None:
    """List, show and sign examinations, and correct signatures.

    Uses the deployment that --stack names, with your AWS credentials: their identity is stored with each signature.
    ID is CLINIC/PATIENT/EXAMINATION, as `sign list` prints it. docs/clinics.md is a guide.
    """


@sign.command("list")
@click.argument("clinic_id", metavar="CLINIC")
@click.option("--all", "everything", is_flag=True, help="List signed examinations, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per examination, as the HTTP API does.")
@deployment_options
def list_examinations(clinic_id: str, everything: bool, as_json: bool, stack: str) -> None:
    """List the examinations of CLINIC that wait for a signature, urgent ones first."""
    from blastlens.cli.sign_session import open_session
    from blastlens.cli.sign_words import format_row

    listed = 0
    for one in open_session(stack, "list").worklist(clinic_id, everything):
        click.echo(_json(one) if as_json else format_row(one))
        listed += 1
    if not listed:
        what = "has an examination" if everything else "has an examination that waits for a signature"
        click.echo(f"No patient of clinic {clinic_id} {what}.", err=True)


@sign.command("show")
@examination_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as the HTTP API does.")
@deployment_options
def show(identity: ExaminationId, as_json: bool, stack: str) -> None:
    """Show an examination, its signatures with the identities that made them, and what people were told."""
    from blastlens.cli.sign_session import open_session
    from blastlens.cli.sign_words import format_lines

    found = open_session(stack, "show").get(identity)
    click.echo(_json(found) if as_json else "\n".join(format_lines(found)))


@sign.command("accept")
@examination_argument
@_signing_options("Remark; optional.")
def accept(identity: ExaminationId, **options: Any) -> None:
    """Sign the computed answer."""
    _sign(SignatureKind.ACCEPT, identity, None, **options)


@sign.command("correct")
@examination_argument
@_conclusion
@_signing_options("Remark; optional.")
def correct(identity: ExaminationId, conclusion: str, **options: Any) -> None:
    """Sign another conclusion than the computed answer, or one of the classes that it leaves open."""
    _sign(SignatureKind.CORRECT, identity, Conclusion(conclusion), **options)


@sign.command("amend")
@examination_argument
@_conclusion
@_signing_options("Why; required, without a patient's name.")
def amend(identity: ExaminationId, conclusion: str, **options: Any) -> None:
    """Replace the conclusion that was signed; the history keeps it."""
    _sign(SignatureKind.AMEND, identity, Conclusion(conclusion), **options)


@sign.command("retract")
@examination_argument
@_signing_options("Why; required, without a patient's name.")
def retract(identity: ExaminationId, **options: Any) -> None:
    """Withdraw the conclusion that was signed; the history keeps it."""
    _sign(SignatureKind.RETRACT, identity, None, **options)


@sign.command("release")
@examination_argument
@click.option("--signed-by", "released_by", required=True, help="Name of the person who compared the images.")
@click.option("--basis", default=None, help="Fields that were looked at, as `sign show` prints them.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation; needs --basis.")
@deployment_options
def release(identity: ExaminationId, released_by: str, basis: str | None, yes: bool, stack: str) -> None:
    """State that the images of a held examination are its patient's own."""
    from blastlens.cli.sign_session import open_session
    from blastlens.domain import signing
    from blastlens.domain.examination import Release
    from blastlens.functions.sign_off import store_release
    from blastlens.functions.signature_requests import read_person

    _refuse_unseen(yes, basis)
    person = _checked(lambda: read_person(released_by, "--signed-by"))
    session = open_session(stack, "release")
    found, caller = session.get(identity), session.caller
    asked = Release(person, caller.arn, caller.now, basis or found.totals.basis)
    signing.release(found, asked)
    sentence = f"{asked.released_by} states that these images are of patient {identity.patient_id}."
    _confirm(found, f"{sentence} The clinic is then notified of the answer.", "Release it?", yes)
    store_release(session.table, identity, replace(asked, released_at=session.current_time()))
    click.echo(f"Released. Sign it next: {program()} sign show {identity}{typed_options()}")


def _sign(
    kind: SignatureKind,
    identity: ExaminationId,
    conclusion: Conclusion | None,
    signed_by: str,
    reason: str,
    basis: str | None,
    yes: bool,
    stack: str,
) -> None:
    """Show what would be signed and what the patient is told of it, ask, and store the signature."""
    from blastlens.cli.sign_session import open_session
    from blastlens.cli.sign_words import describe_news
    from blastlens.domain import signing
    from blastlens.domain.signature import Signature, describe_signature
    from blastlens.functions.sign_off import store_signature
    from blastlens.functions.signature_requests import read_person, read_reason

    _refuse_unseen(yes, basis)
    person = _checked(lambda: read_person(signed_by, "--signed-by"))
    why, session = _checked(lambda: read_reason(reason or None, kind)), open_session(stack, str(kind))
    found, caller = session.get(identity), session.caller
    asked = Signature(kind, conclusion, person, caller.arn, caller.now, why, basis or found.totals.basis)
    after = signing.sign(found, asked, len(found.history))
    lines = (
        f"About to be stored: {describe_signature(after.history[-1])}.",
        f"Your AWS identity is stored with it: {caller.arn}.",
        describe_news(after),
    )
    _confirm(found, "\n".join(lines), "Store this signature?", yes)
    asked = replace(asked, signed_at=session.current_time())
    stored = store_signature(session.table, identity, asked, len(found.history))
    click.echo(f"Stored: {stored.status}, {describe_signature(stored.history[-1])}.")


def _refuse_unseen(yes: bool, basis: str | None) -> None:
    if yes and basis is None:
        raise click.UsageError("--yes needs --basis, as `sign show` prints it: nobody signs what they have not seen.")


def _confirm(found: "Examination", sentences: str, question: str, yes: bool) -> None:
    """Show an examination and what is about to be stored, and ask.

    Raises:
        click.Abort: the answer is no.
    """
    from blastlens.cli.sign_words import format_lines

    click.echo("\n".join(format_lines(found)))
    click.echo(f"\n{sentences}")
    if not yes:
        click.confirm(question, abort=True)


def _checked(read: Callable[[], str]) -> str:
    """Return what `read` returns; what it refuses is wrong usage."""
    from blastlens.functions.requests import InvalidRequest

    try:
        return read()
    except InvalidRequest as error:
        raise click.UsageError(f"{error}.") from None


def _json(examination: "Examination") -> str:
    from blastlens.functions.examination_views import examination_view

    return json.dumps(examination_view(examination))

"""Folder that keeps each message as a file, as a mail program opens it."""

from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from blastlens.domain.errors import InvalidSettings
from blastlens.local.outbox.messages import Message


def prepare_folder(folder: Path) -> None:
    """Make the folder if it does not exist.

    Raises:
        InvalidSettings: it cannot be made, or holds messages of an earlier run.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_used = next(folder.glob("*.eml"), None) is not None
    except OSError as error:
        raise InvalidSettings(f"{folder} cannot be made: {error.strerror}. Name another folder.") from None
    if is_used:
        raise InvalidSettings(f"{folder} holds messages of an earlier run: name another folder, or empty it.")


def keep_in_folder(message: Message, folder: Path) -> Path:
    """Write a message as `0001-e-mail.eml`, and return its path."""
    mail = EmailMessage()
    mail["Date"] = format_datetime(message.sent_at)
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["X-Blastlens-Kind"] = str(message.kind)
    mail.set_content(message.text, cte="8bit")
    path = folder / f"{message.number:04}-{message.kind}.eml"
    # A reader of the folder must never find half a message.
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(mail.as_bytes())
    return unfinished.replace(path)

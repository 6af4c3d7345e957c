"""Messages that AWS would deliver: e-mails, push messages and SMS."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from blastlens.local.clients import REGION

_POLL_SECONDS = 0.5


class Kind(StrEnum):
    """How a message is delivered."""

    EMAIL = "e-mail"
    PUSH = "push"
    SMS = "sms"


@dataclass(frozen=True)
class Message:
    """A message as its receiver reads it.

    Attributes:
        number: counts the messages of a run from 1.
        kind: how it is delivered.
        to: topic, phone endpoint or number.
        subject: subject of an e-mail, title of a push message.
        text: what is below it.
        sent_at: when it was found (UTC).
    """

    number: int
    kind: Kind
    to: str
    subject: str
    text: str
    sent_at: datetime


@dataclass
class Outbox:
    """Collects every published message once.

    Attributes:
        keep: called with each new message.
        messages: all messages so far, oldest first.
    """

    keep: Callable[[Message], None] = lambda message: None
    messages: list[Message] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        """Collect until `stop` is set."""
        while not stop.wait(_POLL_SECONDS):
            self.collect()

    def collect(self) -> None:
        """Collect what was published since the last call."""
        for identity, kind, to, subject, body in _published():
            if identity in self._known:
                continue
            self._known.add(identity)
            title, text = _read(kind, subject, body)
            message = Message(len(self.messages) + 1, kind, to, title, text, datetime.now(UTC))
            self.messages.append(message)
            self.keep(message)


def _published() -> Iterator[tuple[str, Kind, str, str, str]]:
    """Yield id, kind, receiver, subject and body of every message that moto keeps."""
    backend = sns_backends[DEFAULT_ACCOUNT_ID][REGION]
    for topic in list(backend.topics.values()):
        for identity, body, subject, *_ in list(topic.sent_notifications):
            yield identity, Kind.EMAIL, f"subscribers of the topic {topic.name}", subject or "", body
    for endpoint in list(backend.platform_endpoints.values()):
        for identity, body in list(endpoint.messages.items()):
            yield identity, Kind.PUSH, endpoint.arn.rpartition(":")[2], "", body
    for identity, (number, body) in list(backend.sms_messages.items()):
        yield identity, Kind.SMS, number, "", body


def _read(kind: Kind, subject: str, body: str) -> tuple[str, str]:
    """Return title and text of a message, for whose protocol it may hold an own text."""
    bodies = _as_mapping(body)
    if kind is Kind.PUSH:
        shown = _as_mapping(bodies.get("GCM", "")).get("fcmV1Message", {}).get("message", {})
        screen, data = shown.get("notification", {}), shown.get("data", {})
        lines = [f"On the lock screen: {screen.get('title', '')} - {screen.get('body', '')}", "", "For the app:"]
        return screen.get("title", ""), "\n".join([*lines, *(f"{name}: {value}" for name, value in data.items())])
    protocol = "email" if kind is Kind.EMAIL else "sms"
    return subject, str(bodies.get(protocol, bodies.get("default", body)))


def _as_mapping(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""What the API's routes share: dependencies, query, body and caller."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.functions.requests import InvalidRequest, read_query

_UPLOAD_ID_BYTES = 16


@dataclass(frozen=True)
class ApiDependencies:
    """Clients and settings of the API.

    Attributes:
        images: signs upload forms.
        results: the results table.
        examinations: the table of examinations.
        bucket: the upload bucket.
        clock: returns the time (UTC).
        trail: the audit trail, which records each access.
        new_id: makes an id that cannot be guessed, so that nobody can overwrite another's upload.
    """

    images: ImageStore
    results: ResultsTable
    examinations: ExaminationsTable
    bucket: str
    clock: Callable[[], datetime]
    trail: AuditTrail
    new_id: Callable[[], str] = lambda: secrets.token_hex(_UPLOAD_ID_BYTES)


@dataclass(frozen=True)
class Routes:
    """Routes of one kind of resource; each is a method with the parameters of its path."""

    dependencies: ApiDependencies
    app: APIGatewayHttpResolver

    def query(self, *known: str) -> Mapping[str, str]:
        """Return the query of the request, which may have the parameters `known`.

        Raises:
            InvalidRequest: it has another one.
        """
        return read_query(self.app.current_event.query_string_parameters, *known)

    def body(self) -> object:
        """Return the JSON of the request's body.

        Raises:
            InvalidRequest: it is no JSON.
        """
        try:
            return self.app.current_event.json_body
        except (TypeError, ValueError, RecursionError):
            raise InvalidRequest("the body has to be a JSON object") from None

    def caller(self) -> str:
        """Return the identity that made the request, as API Gateway authenticated it.

        Raises:
            UnauthorizedError: it authenticated nobody: nothing is signed by nobody.
        """
        iam: Any = self.app.current_event.raw_event["requestContext"].get("authorizer", {}).get("iam") or {}
        if not iam.get("userArn"):
            raise UnauthorizedError("nobody is authenticated: sign the request with AWS Signature Version 4")
        return str(iam["userArn"])

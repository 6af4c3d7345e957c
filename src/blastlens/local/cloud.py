"""The embedded cloud: services, stack, event sources and API."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from blastlens.cloud.operations.deployment import Deployment
from blastlens.cloud.operations.page_files import PageConfiguration
from blastlens.cloud.push_key import PushKey
from blastlens.domain.errors import InvalidSettings
from blastlens.local.clients import LocalClients
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.pump import RETRY_SECONDS, Pumps, make_pumps
from blastlens.local.http.authorizers import AUTHORIZERS, Authorizer
from blastlens.local.http.gateway import Gateway, Site
from blastlens.local.http.http_events import Request
from blastlens.local.http.static_files import StaticFiles
from blastlens.local.iot.certificate_authority import CertificateAuthority
from blastlens.local.iot.credentials_provider import LocalCredentialsProvider
from blastlens.local.iot.device_registry import patch_moto_certificates
from blastlens.local.sign_in.accounts import Accounts
from blastlens.local.sign_in.provider import AUTHORIZE, LOGOUT, TOKEN, SignIn
from blastlens.local.sign_in.tokens import TokenVerifier, load_keys
from blastlens.local.stack.deployment import STACK_NAME, Stack, make_stack
from blastlens.local.stack.moto_server import MotoServer, drop_old_iterators
from blastlens.local.stack.phones import make_applications
from blastlens.local.stack.template import CHECKOUT

MakeFunctions = Callable[[Stack, LocalClients], Mapping[str, Function]]
"""Makes the functions, by logical id, for a created stack."""

API_FUNCTION = "ApiFunction"

BUILT_PAGE = CHECKOUT / "build" / "web"
"""Where `make web` puts the page."""

_HOUSEKEEPING_SECONDS = 60


@dataclass
class EmbeddedCloud:
    """The embedded cloud; a context manager.

    Attributes:
        template: path of template.yaml.
        make_functions: see `MakeFunctions`.
        host: address to bind; any address but loopback admits other machines, without authentication.
        port: port of the services, 0 for a free one.
        api_port: port of the HTTP API, 0 for a free one.
        retry_seconds: delay before a failed message is received again; None for the queue's visibility timeout.
        parameters: values of the template's parameters that differ from their defaults.
        page: folder of the built page; it may be built later.
    """

    template: Path
    make_functions: MakeFunctions
    host: str = "127.0.0.1"
    port: int = 0
    api_port: int = 0
    retry_seconds: int | None = RETRY_SECONDS
    parameters: Mapping[str, str] = field(default_factory=dict)
    page: Path = BUILT_PAGE
    _accounts: Accounts | None = field(default=None, init=False)
    _push_key: str | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        """Start all parts; if one fails, stop those that run.

        Raises:
            InvalidSettings: an address cannot be bound, or the template cannot be used.
            ServiceFault: the services reject the template.
        """
        with ExitStack() as parts:
            server = parts.enter_context(MotoServer(self.host, self.port))
            self.clients = LocalClients(server.endpoint)
            self.credentials = parts.enter_context(LocalCredentialsProvider(server.sessions, CertificateAuthority()))
            parts.callback(patch_moto_certificates(self.credentials.authority, lambda: self.credentials.place))
            self.stack = make_stack(self.template, self.clients, self.parameters)
            self.deployment = Deployment.of_stack(self.clients.client("cloudformation"), STACK_NAME)
            make_applications(self.clients.client("sns"), self.deployment)
            # The gateway first: its address stands in notices. Until the functions are made, it has none to invoke.
            functions: dict[str, Function] = {}
            self.api_address = parts.enter_context(self._make_gateway(functions)).address
            self.stack = replace(self.stack, page_url=f"{self.api_address}/")
            functions.update(self.make_functions(self.stack, self.clients))
            self.functions = functions
            parts.enter_context(make_pumps(self.stack.mappings, self.functions, self.clients, self.retry_seconds))
            parts.enter_context(Pumps({"housekeeping": _run_housekeeping}))
            self._parts = parts.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    def _make_gateway(self, functions: Mapping[str, Function]) -> Gateway:
        """Return the server of the page, of its sign-in, and of the routes of the API."""
        stack, sites, authorizers = self.stack, list[Site](), dict[str, Authorizer](AUTHORIZERS)
        if stack.user_pool is not None:
            self._accounts = Accounts(self.clients.client("cognito-idp"), stack.user_pool)
            sites.append(SignIn(self._accounts))
            # The tokens name AWS as their issuer; the keys are moto's.
            keys = load_keys(f"{self.endpoint}/{stack.user_pool.pool_id}/.well-known/jwks.json")
            for name, settings in stack.token_authorizers.items():
                authorizers[name] = TokenVerifier(settings, keys).authorize
        if key := stack.resources.get("PushKey"):
            self._push_key = PushKey(self.clients.client("kms"), key).public_key()
        sites.append(StaticFiles(self.page, stack.page_headers, self._page_configuration))
        return Gateway(functions, stack.routes, authorizers, sites, self.host, self.api_port)

    def _page_configuration(self, request: Request) -> bytes:
        # By the name that the browser uses, so that page and sign-in are of one origin.
        origin, users = f"http://{request.header('host')}", self.stack.user_pool
        return PageConfiguration(
            authority=origin,
            authorize=origin + AUTHORIZE,
            token=origin + TOKEN,
            logout=origin + LOGOUT,
            client_id=users.client_id if users else "",
            stage=self.stack.stage,
            storage_origin=self.endpoint,
            vapid_public_key=self._push_key,
        ).as_json()

    @property
    def accounts(self) -> Accounts:
        """The users who may sign in.

        Raises:
            InvalidSettings: the template has no user pool.
        """
        if self._accounts is None:
            raise InvalidSettings(f"{self.template} has no user pool: nobody can sign in.")
        return self._accounts

    @property
    def endpoint(self) -> str:
        """Address of S3, SQS, DynamoDB and SNS."""
        return self.clients.endpoint


def _run_housekeeping(stop: threading.Event) -> None:
    while not stop.wait(_HOUSEKEEPING_SECONDS):
        drop_old_iterators()

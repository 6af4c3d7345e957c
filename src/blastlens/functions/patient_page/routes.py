"""Routes of `/p/v1`: session, signed results and browsers of a patient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from blastlens.cloud.tables.items import text_of_time
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import ServiceFault
from blastlens.domain.patient_access import MAX_BROWSERS, Session
from blastlens.domain.patient_results import PatientResult, make_patient_result
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import (
    Browser,
    browser_id,
    is_key_of_browser,
    is_push_service,
    is_secret_of_browser,
)
from blastlens.functions.clinician.languages import read_language
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.models import (
    ClinicContact,
    HistoryEntry,
    Result,
    Results,
    SignedIn,
    SignIn,
    Subscribed,
    Subscription,
)
from blastlens.functions.patient_page.requests import PatientAccess, read_session, read_token, record_access
from blastlens.functions.patient_page.sign_in import sign_in
from blastlens.functions.route_descriptions import describe_route
from blastlens.functions.telemetry import Event, Telemetry

SESSION = "/p/v1/session"
EXAMINATIONS = "/p/v1/examinations"
SUBSCRIPTIONS = "/p/v1/push-subscriptions"

BrowserIdText = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of a browser.")]

SECURITY = "session"
"""Name of the security scheme."""

_OF_A_SESSION: Sequence[dict[str, list[str]]] = ({SECURITY: []},)
_ALWAYS = (ProblemKind.SERVICE_FAILED, ProblemKind.SERVICE_BUSY)
_OF_BODIES = (ProblemKind.NOT_JSON, ProblemKind.TOO_LARGE)
_SIGN_IN = (
    *_OF_BODIES,
    ProblemKind.INVALID_REQUEST,
    ProblemKind.SIGN_IN_REFUSED,
    ProblemKind.CODE_BLOCKED,
    ProblemKind.NOT_RECORDED,
)
_SUBSCRIBE = (
    *_OF_BODIES,
    ProblemKind.INVALID_REQUEST,
    ProblemKind.SESSION_OVER,
    ProblemKind.NO_PUSH_SERVICE,
    ProblemKind.TOO_MANY_BROWSERS,
)
_UNSUBSCRIBE = (*_OF_BODIES, ProblemKind.INVALID_REQUEST, ProblemKind.SESSION_OVER, ProblemKind.NOT_FOUND)


@dataclass(frozen=True)
class PatientRoutes:
    """The routes of a patient."""

    dependencies: PatientPageDependencies
    app: APIGatewayHttpResolver
    telemetry: Telemetry

    def add(self) -> None:
        """Add the routes to the app."""
        created, gone = HTTPStatus.CREATED, HTTPStatus.NO_CONTENT
        self._route("POST", SESSION, self.open_session, _SIGN_IN, created, security=[])
        # Signing out checks no token: the session may be over.
        self._route("DELETE", SESSION, self.close_session, _OF_BODIES, gone, security=[*_OF_A_SESSION, {}])
        self._route("GET", EXAMINATIONS, self.results, (ProblemKind.SESSION_OVER, ProblemKind.NOT_RECORDED))
        self._route("POST", SUBSCRIPTIONS, self.subscribe, _SUBSCRIBE, created)
        self._route("DELETE", f"{SUBSCRIPTIONS}/<browser>", self.unsubscribe, _UNSUBSCRIBE, gone)

    def open_session(self, given: SignIn) -> SignedIn:
        """Sign in by code and PIN.

        Unknown, expired and revoked codes and wrong PINs are answered alike. Five wrong PINs in a row block a code.
        """
        here, now = self.dependencies, self.dependencies.clock()
        answer = sign_in(here.access, given.code, given.pin, now)
        status = HTTPStatus.CREATED if answer.session else HTTPStatus.UNAUTHORIZED
        if answer.code is not None:
            done = PatientAccess(answer.code.patient, answer.code.id, f"POST {SESSION}", int(status))
            record_access(here.trail, self._event, done, now)
        if answer.session is None or answer.token is None:
            self.telemetry.count("SignInRefused")
            raise Problem(ProblemKind.CODE_BLOCKED if answer.is_blocked else ProblemKind.SIGN_IN_REFUSED)
        clinic = here.clinics.get(answer.session.patient.clinic_id)
        return SignedIn(
            session=answer.token,
            expires_at=text_of_time(answer.session.expires_at),
            clinic=ClinicContact(
                name=None if clinic is None else clinic.name,
                contact=[] if clinic is None else list(clinic.contact_lines),
            ),
            language=_language_of(clinic),
            push_key=self._push_key(),
        )

    def close_session(self) -> Response[str]:
        """Sign out.

        There may be no such session.
        """
        self.dependencies.access.close_session(read_token(self._event))
        return _no_content()

    def results(self) -> Results:
        """Return the signed results of the patient, and nothing that nobody has signed.

        The newest images come first. Texts have the language of Accept-Language, else the clinic's.
        """
        session, now = self._session(), self.dependencies.clock()
        patient = session.patient
        found = self.dependencies.examinations.of_patient(patient.clinic_id, patient.patient_id)
        signed = [one for one in found if one.history]
        done = PatientAccess(patient, session.code_id, f"GET {EXAMINATIONS}", int(HTTPStatus.OK))
        ids: list[str | None] = [one.id.examination_id for one in signed]
        record_access(self.dependencies.trail, self._event, done, now, ids or [None])
        language = self._language(session)
        results = [make_patient_result(one, language) for one in signed]
        results.sort(key=lambda one: (one.taken_at, one.examination_id), reverse=True)
        return Results(examinations=[_result(one) for one in results])

    def subscribe(self, given: Subscription) -> Subscribed:
        """Switch messages on in a browser.

        Again it changes nothing. Browsers of known push services are accepted, ten for each patient.
        """
        session = self._session()
        is_usable = is_key_of_browser(given.keys.p256dh) and is_secret_of_browser(given.keys.auth)
        if not (is_usable and is_push_service(given.endpoint, self.dependencies.also)):
            raise Problem(ProblemKind.NO_PUSH_SERVICE)
        browser = self._browser(given, session)
        if browser is None or not self.dependencies.browsers.put(browser):
            raise Problem(ProblemKind.SESSION_OVER)
        return Subscribed(id=browser.id)

    def unsubscribe(self, browser: BrowserIdText) -> Response[str]:
        """Switch messages off in a browser.

        They may be off already. The id is the first 32 hexadecimal digits of SHA-256 of its endpoint.
        """
        session = self._session()
        for one in self.dependencies.browsers.of_patient(session.patient):
            if one.id == browser:
                self.dependencies.browsers.remove(one)
        return _no_content()

    def _route(
        self,
        method: str,
        path: str,
        handle: Callable[..., Any],
        problems: tuple[ProblemKind, ...],
        status: HTTPStatus = HTTPStatus.OK,
        security: Sequence[dict[str, list[str]]] = _OF_A_SESSION,
    ) -> None:
        described = describe_route(handle, status, (*problems, *_ALWAYS))
        tag = path.split("/")[3]
        self.app.route(path, method, tags=[tag], security=list(security), **described)(handle)

    def _browser(self, given: Subscription, session: Session) -> Browser | None:
        """Return the browser of a subscription; None if the code of the session is gone.

        Raises:
            Problem: the patient has as many browsers as are allowed.
        """
        here = self.dependencies
        code = next((one for one in here.access.codes_of(session.patient) if one.id == session.code_id), None)
        identity, now = browser_id(given.endpoint), here.clock()
        others = [
            one for one in here.browsers.of_patient(session.patient) if one.id != identity and now < one.expires_at
        ]
        if len(others) >= MAX_BROWSERS:
            raise Problem(ProblemKind.TOO_MANY_BROWSERS)
        if code is None:
            return None
        language = self._language(session)
        keys = (given.keys.p256dh, given.keys.auth, language, code.expires_at)
        return Browser(identity, session.patient, code.id, given.endpoint, *keys)

    def _session(self) -> Session:
        return read_session(self._event, self.dependencies.access, self.dependencies.clock())

    def _language(self, session: Session) -> Language:
        """Return the language that the browser asks for, else the clinic's."""
        clinic = self.dependencies.clinics.get(session.patient.clinic_id)
        return read_language(self._event, _language_of(clinic))

    def _push_key(self) -> str | None:
        """Return the public key of Web Push; None where it cannot be read, because results matter more."""
        try:
            return self.dependencies.push_key.public_key()
        except ServiceFault as fault:
            self.telemetry.item_failed("push key", fault)
            return None

    @property
    def _event(self) -> Event:
        event: dict[str, Any] = self.app.current_event.raw_event
        return event


def _no_content() -> Response[str]:
    # Powertools would answer the JSON of None.
    return Response(int(HTTPStatus.NO_CONTENT), None, "")


def _language_of(clinic: Clinic | None) -> Language:
    return Language.ENGLISH if clinic is None else clinic.language


def _result(one: PatientResult) -> Result:
    return Result(
        examination_id=one.examination_id,
        taken_at=text_of_time(one.taken_at),
        signed_at=text_of_time(one.signed_at),
        finding=one.finding,
        title=one.title,
        text=list(one.text),
        next_step=one.next_step,
        history=[HistoryEntry(at=text_of_time(entry.at), text=entry.text) for entry in one.history],
    )

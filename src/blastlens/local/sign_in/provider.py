"""Identity provider of the embedded cloud: authorize, token and logout."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from blastlens.cloud.operations.page_files import SIGN_IN_PATHS
from blastlens.local.http.http_events import Request, Response
from blastlens.local.sign_in import page
from blastlens.local.sign_in.accounts import Accounts
from blastlens.local.sign_in.grants import Grant, Grants

AUTHORIZE, TOKEN, LOGOUT = "/sign-in/authorize", "/sign-in/token", "/sign-in/logout"

_COOKIE = "blastlens_sign_in"
_NO_STORE = ("cache-control", "no-store")

Fields = Mapping[str, str]


@dataclass
class SignIn:
    """Signs users in by authorization code with PKCE, as Cognito's managed login does; a site of the gateway.

    Attributes:
        accounts: the users.
        grants: codes and sessions.
    """

    accounts: Accounts
    grants: Grants = field(default_factory=Grants)

    def answer(self, request: Request) -> Response | None:
        """Return the response to a request for the sign-in page or its endpoints; None for other paths."""
        routes: Mapping[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", AUTHORIZE): self._ask,
            ("POST", AUTHORIZE): self._sign_in,
            ("POST", TOKEN): self._exchange,
            ("GET", LOGOUT): self._sign_out,
            ("GET", page.STYLE_PATH): lambda _: page.STYLE,
        }
        found = routes.get((request.method, request.path))
        return found(request) if found else None

    def _ask(self, request: Request) -> Response:
        query = _fields(request.query)
        if problem := self._wrong_request(request, query):
            return page.error_page(request, problem)
        refresh_token = self.grants.user_of(_session_of(request))
        if refresh_token and query.get("prompt") != "login" and self.accounts.renew(refresh_token):
            return self._send_code(query, refresh_token)
        if query.get("prompt") == "none":
            return _redirect(query["redirect_uri"], {"error": "login_required", **_state(query)})
        return page.sign_in_page(request, self.accounts.ready.values())

    def _sign_in(self, request: Request) -> Response:
        query, given = _fields(request.query), _fields(request.body.decode(errors="replace"))
        if problem := self._wrong_request(request, query):
            return page.error_page(request, problem)
        tokens = self.accounts.sign_in(given.get("email", ""), given.get("password", ""), given.get("code", ""))
        if tokens is None:
            return page.sign_in_page(request, self.accounts.ready.values(), was_refused=True)
        session = self.grants.open_session(tokens["RefreshToken"])
        return _with_cookie(self._send_code(query, tokens["RefreshToken"]), session)

    def _send_code(self, query: Fields, refresh_token: str) -> Response:
        grant = Grant(refresh_token, query["redirect_uri"], query["code_challenge"])
        return _redirect(query["redirect_uri"], {"code": self.grants.issue(grant), **_state(query)})

    def _exchange(self, request: Request) -> Response:
        given = _fields(request.body.decode(errors="replace"))
        if given.get("client_id") != self.accounts.pool.client_id:
            return _json(400, {"error": "invalid_client"})
        kind = given.get("grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            return _json(400, {"error": "unsupported_grant_type"})
        refresh_token = given.get("refresh_token") if kind == "refresh_token" else self._redeem(given)
        tokens = self.accounts.renew(refresh_token) if refresh_token else None
        if tokens is None:
            return _json(400, {"error": "invalid_grant"})
        names = {"id_token": "IdToken", "access_token": "AccessToken", "refresh_token": "RefreshToken"}
        body = {name: tokens[one] for name, one in names.items()}
        return _json(200, {**body, "token_type": "Bearer", "expires_in": tokens["ExpiresIn"]})

    def _redeem(self, given: Fields) -> str | None:
        grant = self.grants.redeem(given.get("code", ""))
        if grant is None or grant.redirect_uri != given.get("redirect_uri"):
            return None
        return grant.refresh_token if grant.is_proven_by(given.get("code_verifier", "")) else None

    def _sign_out(self, request: Request) -> Response:
        query = _fields(request.query)
        self.grants.end_session(_session_of(request))
        target = query.get("logout_uri", "")
        if query.get("client_id") != self.accounts.pool.client_id or target not in _own_pages(request):
            return _with_cookie(page.error_page(request, "logout_uri"), None)
        return _with_cookie(_redirect(target, {}), None)

    def _wrong_request(self, request: Request, query: Fields) -> str | None:
        """Return the name of the first parameter of an authorization request that is not accepted."""
        expected = {
            "client_id": (self.accounts.pool.client_id,),
            "redirect_uri": _own_pages(request),
            "response_type": ("code",),
            "code_challenge_method": ("S256",),
        }
        wrong = [name for name, values in expected.items() if query.get(name) not in values]
        return next(iter(wrong), None if query.get("code_challenge") else "code_challenge")


def _own_pages(request: Request) -> tuple[str, ...]:
    # The gateway accepts names of this machine only.
    return tuple(f"http://{request.header('host') or ''}/{path}" for path in SIGN_IN_PATHS)


def _fields(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _state(query: Fields) -> dict[str, str]:
    return {"state": query["state"]} if "state" in query else {}


def _session_of(request: Request) -> str:
    try:
        cookie = SimpleCookie(request.header("cookie") or "").get(_COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _with_cookie(response: Response, session: str | None) -> Response:
    age = "" if session else "; Max-Age=0"
    value = f"{_COOKIE}={session or ''}; Path=/sign-in; HttpOnly; SameSite=Lax{age}"
    return Response(response.status, (*response.headers, ("set-cookie", value)), response.body)


def _redirect(target: str, query: Fields) -> Response:
    location = f"{target}?{urlencode(query)}" if query else target
    return Response(303, (("location", location), _NO_STORE, ("referrer-policy", "no-referrer")), b"")


def _json(status: int, value: Mapping[str, object]) -> Response:
    return Response(status, (("content-type", "application/json"), _NO_STORE), json.dumps(value).encode())

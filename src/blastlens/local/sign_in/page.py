"""Local sign-in page, in English and German, with the ready users."""

from collections.abc import Iterable
from html import escape

from blastlens.local.http.http_events import Request, Response
from blastlens.local.sign_in.accounts import ReadyUser

STYLE_PATH = "/sign-in/style.css"

_PRIVATE = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"))
_HTML = (
    ("content-type", "text/html; charset=utf-8"),
    # A form's redirect counts as its action: it leads to the page of the same origin.
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    *_PRIVATE,
)
_TEXTS = {
    "en": {
        "title": "Sign in to blastlens",
        "note": "This page stands in for the sign-in of a deployment. Its users exist on this machine only.",
        "ready": "Ready users",
        "as": "Sign in as {name}",
        "reader": "reads results",
        "signer": "reads and signs results",
        "admin": "reads results and manages access",
        "form": "Sign in with address and password",
        "email": "E-mail address",
        "password": "Password",
        "code": "One-time code",
        "submit": "Sign in",
        "refused": "Address, password or one-time code is wrong. Copy them from the list below, or use a ready user.",
        "error": "This sign-in cannot go on: its parameter {name} is wrong. Open the page again and sign in there.",
        "back": "Open the page",
    },
    "de": {
        "title": "Bei blastlens anmelden",
        "note": "Diese Seite ersetzt die Anmeldung einer Installation. Ihre Benutzer gibt es nur auf diesem Rechner.",
        "ready": "Vorbereitete Benutzer",
        "as": "Als {name} anmelden",
        "reader": "liest Befunde",
        "signer": "liest und unterschreibt Befunde",
        "admin": "liest Befunde und verwaltet Zugänge",
        "form": "Mit Adresse und Passwort anmelden",
        "email": "E-Mail-Adresse",
        "password": "Passwort",
        "code": "Einmalcode",
        "submit": "Anmelden",
        "refused": (
            "Adresse, Passwort oder Einmalcode ist falsch. Kopieren Sie sie aus der Liste unten, oder nehmen Sie einen "
            "vorbereiteten Benutzer."
        ),
        "error": (
            "Diese Anmeldung kann nicht fortgesetzt werden: ihr Parameter {name} ist falsch. Öffnen Sie die Seite neu "
            "und melden Sie sich dort an."
        ),
        "back": "Zur Seite",
    },
}
_SHEET = """\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
section { margin-block: 2rem; }
label, input { display: block; width: 100%; box-sizing: border-box; }
input { margin-block: .25rem 1rem; padding: .5rem; font: inherit; }
button { min-height: 2.75rem; padding: .5rem 1rem; font: inherit; cursor: pointer; }
ul { list-style: none; padding: 0; }
li { margin-block: 1rem; }
code { overflow-wrap: anywhere; }
[role=alert] { border-inline-start: .25rem solid; padding-inline-start: .75rem; font-weight: 600; }
"""
STYLE = Response(200, (("content-type", "text/css; charset=utf-8"), *_PRIVATE), _SHEET.encode())


def sign_in_page(request: Request, users: Iterable[ReadyUser], was_refused: bool = False) -> Response:
    """Return the page; its forms send to the address that it has."""
    texts = _texts_of(request)
    alert = f'<p role="alert">{escape(texts["refused"])}</p>' if was_refused else ""
    fields = "".join(_field(texts, name) for name in ("email", "password", "code"))
    return _page(
        request,
        f"<p>{escape(texts['note'])}</p>{alert}"
        f"<section><h2>{escape(texts['ready'])}</h2><ul>{''.join(_ready(texts, one) for one in users)}</ul></section>"
        f'<section><h2>{escape(texts["form"])}</h2><form method="post">{fields}'
        f"<button>{escape(texts['submit'])}</button></form></section>",
        401 if was_refused else 200,
    )


def error_page(request: Request, parameter: str) -> Response:
    """Return the page that says that a sign-in cannot go on because of one of its parameters."""
    texts = _texts_of(request)
    text = texts["error"].format(name=parameter)
    return _page(request, f'<p role="alert">{escape(text)}</p><p><a href="/">{escape(texts["back"])}</a></p>', 400)


def _page(request: Request, main: str, status: int) -> Response:
    texts = _texts_of(request)
    body = (
        f'<!DOCTYPE html>\n<html lang="{_language_of(request)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(texts["title"])}</title><link rel="stylesheet" href="{STYLE_PATH}"></head>'
        f"<body><main><h1>{escape(texts['title'])}</h1>{main}</main></body></html>\n"
    )
    return Response(status, _HTML, body.encode())


def _field(texts: dict[str, str], name: str) -> str:
    kind = {"email": 'type="email" autocomplete="username"', "password": 'type="password"'}.get(
        name, 'inputmode="numeric" autocomplete="one-time-code"'
    )
    return f'<label for="{name}">{escape(texts[name])}</label><input id="{name}" name="{name}" required {kind}>'


def _ready(texts: dict[str, str], user: ReadyUser) -> str:
    code = user.codes.current()
    values = {"email": user.email, "password": user.password, "code": code}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    shown = f"{texts['email']}: {user.email} · {texts['password']}: {user.password} · {texts['code']}: {code}"
    label = escape(texts["as"].format(name=user.name))
    return (
        f'<li><form method="post">{hidden}<button data-role="{user.role}">{label}</button> '
        f"({escape(texts[user.role])})</form><code>{escape(shown)}</code></li>"
    )


def _texts_of(request: Request) -> dict[str, str]:
    return _TEXTS[_language_of(request)]


def _language_of(request: Request) -> str:
    wanted = (request.header("accept-language") or "").split(",")[0].strip()[:2].lower()
    return wanted if wanted in _TEXTS else "en"

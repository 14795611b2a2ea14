"""A widget to edit a token, sign it again, and see what PyJWT says."""

import json
import re
import warnings
from html import escape
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]
import jwt

from course.classroom.card import AMBER, GREEN, wrap
from course.classroom.exchange import printable
from course.classroom.failure import one_line
from course.classroom.token.layout import date_of, lay_out
from course.classroom.token.parse import (
    ParsedToken,
    UnreadableError,
    base64url_encode,
    parse,
    parse_object,
)
from course.classroom.token.signature import MISFIT

ALGORITHM = "HS256"
HEADER = {"alg": ALGORITHM, "typ": "JWT"}
LAYOUT = {"width": "100%", "max_width": "44em"}
SPACING = "padding-left: 12px; margin-bottom: 8px"
NOTHING = "Nothing to check yet: paste a token, or write claims."


class TokenInspector:
    """A widget that decodes a token while you edit it.

    If you change the claims or the key, the token is signed again, as anyone
    who knows the key can do. Untick "Sign again", and the token keeps its old
    signature: without the key, nobody can make another. Below the fields
    the widget says whether `jwt.decode(token, key, algorithms=["HS256"])`
    accepts the token.

    Args:
        token: the token to start with; any text can be inspected.
        key: the HMAC key that checks and signs.

    Attributes:
        token, key, claims, sign_again: the fields, each with a `value`.
        decision, parts: the HTML below the fields, each with a `value`.
    """

    def __init__(self, token: str = "", key: str = "") -> None:
        self._parsed, self._note, self._is_filling = parse(token), "", False
        self.token = area("Token", to_unicode(token), rows=4)
        self.key = widgets.Text(
            to_unicode(key), description="Key", layout=LAYOUT
        )
        self.claims = area("Claims", claims_text(self._parsed), rows=7)
        self.sign_again = widgets.Checkbox(
            True,
            description="Sign again when the claims or the key change",
            indent=False,
            layout=LAYOUT,
        )
        fields = (self.token, self.key, self.claims, self.sign_again)
        self.decision, self.parts = widgets.HTML(), widgets.HTML()
        self._box = widgets.VBox([*fields, self.decision, self.parts])
        self.token.observe(self._show_claims, "value")
        for field in fields[1:]:
            field.observe(self._update_token, "value")
        self._refresh()

    def __repr__(self) -> str:
        """Return the decision and the token's parts as text, not the key."""
        parts = lay_out(self._parsed, self.key.value).text
        return "\n\n".join([*map(wrap, self._explain()[1]), parts])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Return the widget, with text and HTML for where no kernel runs."""
        self._refresh()
        return {
            **self._box._repr_mimebundle_(),
            "text/plain": repr(self),
            "text/html": self.decision.value + self.parts.value,
        }

    def _show_claims(self, _: object) -> None:
        """Show the claims of an edited token."""
        if not self._is_filling:
            self._parsed, self._note = parse(self.token.value), ""
            self._fill(self.claims, claims_text(self._parsed))
            self._refresh()

    def _update_token(self, _: object) -> None:
        """Put edited claims into the token, and sign it with the key."""
        if not self._is_filling:
            self._note = ""
            if self.claims.value or not self._parsed.problems:
                self._encode()
            self._refresh()

    def _encode(self) -> None:
        """Replace the token; if that fails, set the note that says why."""
        try:
            claims = parse_object(self.claims.value)
        except UnreadableError as error:
            self._note = f"The claims are {error}. The token is unchanged."
            return
        token = with_claims(self._parsed, claims)
        if self.sign_again.value:
            try:
                token = signed_again(token, self.key.value)
            except Exception as error:  # each algorithm has its own ways
                reason = printable(one_line(error)).rstrip(".")
                self._note = f"The token keeps its old signature. {reason}."
        self._fill(self.token, token.text)
        self._parsed = token

    def _fill(self, field: widgets.Widget, value: str) -> None:
        """Set a field's value without triggering its observer."""
        self._is_filling = True
        try:
            field.value = value
        finally:
            self._is_filling = False

    def _refresh(self) -> None:
        """Update the HTML below the fields."""
        is_accepted, paragraphs = self._explain()
        colour = GREEN if is_accepted else AMBER
        style = f"border-left: 4px solid {colour}; {SPACING}"
        text = "<br>".join(map(emphasised, paragraphs))
        self.decision.value = (
            f'<div role="status" style="{style}">{text}</div>'
        )
        self.parts.value = lay_out(self._parsed, self.key.value).html

    def _explain(self) -> tuple[bool, list[str]]:
        """Return whether the token is accepted, and paragraphs on it."""
        if self._parsed.raw == ("",):
            return False, [NOTHING]
        is_accepted, lines = explain(self._parsed, self.key.value)
        return is_accepted, [*filter(None, [self._note]), lines]


def explain(token: ParsedToken, key: str) -> tuple[bool, str]:
    """Return whether `jwt.decode` accepts a token, and lines that say why.

    `Accepted: the signature fits this key.` and when the token expires, or
    `Refused: its payload is not JSON (DecodeError).` A warning of PyJWT's,
    such as that of a short key, becomes a line of its own.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            claims = jwt.decode(token.text, key, algorithms=[ALGORITHM])
        except Exception as error:  # whatever a hostile token provokes
            name = type(error).__name__
            return False, f"Refused: {refusal(error, token)} ({name})."
    lifetime = "The token has no exp, so it never expires."
    if "exp" in claims:
        lifetime = f"The token expires at {date_of(int(claims['exp']))} (exp)."
    remarks = [str(warning.message) for warning in caught[:1]]
    fits = "Accepted: the signature fits this key."
    return True, "\n".join([fits, lifetime, *remarks])


def refusal(error: Exception, token: ParsedToken) -> str:
    """Explain an exception of `jwt.decode` as a clause."""
    match error:
        case jwt.InvalidSignatureError():
            return f"the signature does not fit: {MISFIT}"
        case jwt.ExpiredSignatureError():
            return f"the token expired at {claimed_date(token, 'exp')}"
        case jwt.ImmatureSignatureError():
            name = "iat" if "(iat)" in str(error) else "nbf"
            return f"the token is valid from {claimed_date(token, name)}"
        case jwt.InvalidAudienceError():
            return "the token is for another service, which its aud names"
        case jwt.InvalidAlgorithmError():
            alg = printable(f"{token.header.get('alg')!r:.40}")
            return f'the header says "alg": {alg}; only {ALGORITHM} is allowed'
    if token.problems:
        return token.complaint
    return printable(f"{error!s:.200}").rstrip(".")


def claimed_date(token: ParsedToken, name: str) -> str:
    """Write a time claim as a date, with the claim's name behind it."""
    return f"{date_of(int(token.payload[name]))} ({name})"


def with_claims(token: ParsedToken, claims: dict[str, Any]) -> ParsedToken:
    """Put other claims between a token's header and its old signature.

    Claims that did not change keep their bytes. A token without a readable
    header gets `{"alg": "HS256", "typ": "JWT"}` and no signature.
    """
    if token.problems.keys() & {"token", "header"}:
        token = parse(f"{to_part(HEADER)}..")
    header, payload, signature = token.raw
    if claims != token.payload or "payload" in token.problems:
        payload = to_part(claims)
    return parse(f"{header}.{payload}.{signature}")


def signed_again(token: ParsedToken, key: str) -> ParsedToken:
    """Sign a token's claims under its own header.

    Raises:
        Exception: the algorithm is unknown, or needs another key.
    """
    with warnings.catch_warnings(action="ignore"):
        return parse(jwt.encode(token.payload, key, headers=token.header))


def claims_text(token: ParsedToken) -> str:
    """Write a token's payload for editing; "" if it is unreadable."""
    if token.problems.keys() & {"token", "payload"}:
        return ""
    return to_unicode(json.dumps(token.payload, indent=2, ensure_ascii=False))


def to_part(content: dict[str, Any]) -> str:
    """Encode a header or a payload as a part of a token, as PyJWT does."""
    text = json.dumps(content, separators=(",", ":"))
    return base64url_encode(text.encode("ascii"))


def to_unicode(text: object) -> str:
    """Escape lone surrogates, which no message to the browser can carry."""
    text = text if isinstance(text, str) else repr(text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def emphasised(paragraph: str) -> str:
    """Write a paragraph in HTML; `Accepted` and `Refused` become bold."""
    html = escape(paragraph).replace("\n", "<br>")
    return re.sub(r"^(Accepted|Refused):", r"<strong>\1:</strong>", html)


def area(name: str, text: str, rows: int) -> widgets.Textarea:
    """Make a labelled field of several lines."""
    return widgets.Textarea(text, description=name, rows=rows, layout=LAYOUT)

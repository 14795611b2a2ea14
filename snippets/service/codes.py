"""The authorization code grant with PKCE (chapter 12)."""

import base64
import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import jwt
import sqlalchemy as sa
from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel
from starlette.datastructures import ImmutableMultiDict

from .logins import (
    CLIENT_ID,
    LOGIN_LIFETIME,
    Token,
    end_families,
    hash_token,
    invalid_grant,
    owned_by,
    refresh,
    sign_afresh,
    start_family,
)
from .models import CodeRow, FamilyRow, Session, StoredUser, user_named_by
from .oauth import (
    DEFAULT_SCOPES,
    SCOPES,
    NotEmpty,
    OAuthError,
    PasswordGrant,
    RefreshGrant,
    Revocation,
    grant_scopes,
    read_fields,
    read_form,
    read_password_grant,
    split_scopes,
)
from .sessions import PAGE_HEADERS, family_of, page, set_cookie
from .settings import Client, settings
from .tokens import KeysUnavailableError, ours, read_access_token

CLIENTS = settings.clients


class AuthorizationRequest(BaseModel):
    """The parameters of RFC 6749 §4.1.1 and RFC 7636 §4.3."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


def client_of(asked: AuthorizationRequest) -> Client:
    """Return the client of a request, if the answer may be sent there.

    The address is compared letter by letter (RFC 9700 §2.1). A request with
    another one is never redirected (RFC 6749 §4.1.2.1).

    Raises:
        HTTPException: 400, the client or its address is not registered.
    """
    client = CLIENTS.get(asked.client_id)
    if client is None or asked.redirect_uri not in client.redirect_uris:
        raise HTTPException(400, "unknown client, or unknown redirect_uri")
    return client


def fault_of(asked: AuthorizationRequest) -> str | None:
    """Return the error code of RFC 6749 §4.1.2.1 that a request earns.

    A request without a challenge of S256 is refused (RFC 9700 §2.1.1).
    """
    if asked.response_type != "code":
        missing = not asked.response_type
        return "invalid_request" if missing else "unsupported_response_type"
    well_formed = re.fullmatch("[A-Za-z0-9_-]{43}", asked.code_challenge)
    if not well_formed or asked.code_challenge_method != "S256":
        return "invalid_request"
    if not split_scopes(asked.scope) <= SCOPES.keys():
        return "invalid_scope"
    return None


def answer(asked: AuthorizationRequest, **result: str) -> RedirectResponse:
    """Send the browser back to the client, with a code or an error.

    With 303 it fetches the address, and does not send the password there, as
    307 would have it do (RFC 9700 §4.12). `iss` says who answers (RFC 9207).
    """
    result |= {"iss": ours.name}
    if asked.state:
        result["state"] = asked.state
    mark = "&" if urlsplit(asked.redirect_uri).query else "?"
    url = f"{asked.redirect_uri}{mark}{urlencode(result)}"
    return RedirectResponse(url, 303, PAGE_HEADERS)


CODE_LIFE = timedelta(minutes=1)  # RFC 6749 §4.1.2: ten at most


def give_code(user: StoredUser, asked: AuthorizationRequest) -> str:
    """Store a new code of 256 random bits for a user and a request.

    Its row is kept as long as a login lives, because it names the client.

    Raises:
        OAuthError: 400 `invalid_scope`, the user may have none of the scopes.
    """
    code = secrets.token_urlsafe(32)
    kept = {"client_id", "redirect_uri", "code_challenge"}
    row = CodeRow(
        code_hash=hash_token(code),
        scope=grant_scopes(user, asked.scope),
        user_id=user.id,
        password_changed_at=user.password_changed_at,
        expires_at=datetime.now(UTC) + CODE_LIFE,
        **asked.model_dump(include=kept),
    )
    with Session.begin() as session:
        session.add(row)
        old = CodeRow.expires_at < datetime.now(UTC) - LOGIN_LIFETIME
        session.execute(sa.delete(CodeRow).where(old))
    return code


class CodeGrant(BaseModel):
    """The form fields of RFC 6749 §4.1.3 and RFC 7636 §4.5."""

    grant_type: NotEmpty
    code: NotEmpty
    redirect_uri: str = ""
    client_id: str = ""
    code_verifier: str = ""


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fits(grant: CodeGrant, row: CodeRow, user: StoredUser) -> bool:
    """Return whether a code was given for this client, page and verifier.

    A new password ends codes as well as logins.
    """
    challenge = challenge_of(grant.code_verifier)
    return (
        secrets.compare_digest(challenge, row.code_challenge)
        and 43 <= len(grant.code_verifier) <= 128
        and grant.client_id == row.client_id
        and grant.redirect_uri == row.redirect_uri
        and row.password_changed_at == user.password_changed_at
        and row.expires_at > datetime.now(UTC)
    )


def use_code(grant: CodeGrant) -> CodeRow | None:
    """Count a use of a code; return its row if this is the first one."""
    used = (
        sa.update(CodeRow)
        .where(CodeRow.code_hash == hash_token(grant.code))
        .values(uses=CodeRow.uses + 1)
        .returning(CodeRow)
    )
    with Session.begin() as session:
        row = session.scalar(used)
        session.expunge_all()
    if row and row.uses > 1 and row.family_id:  # RFC 6749 §4.1.2
        end_families(FamilyRow.id == row.family_id)
    return row if row and row.uses == 1 else None


def redeem(grant: CodeGrant) -> Token:
    """Trade a code for tokens (RFC 6749 §4.1.3), once.

    A code that is used again, even while this runs, ends what came of it.

    Raises:
        OAuthError: 400 `invalid_grant`.
    """
    refusal = OAuthError(400, "invalid_grant", "the code is not valid")
    row = use_code(grant)
    user = user_named_by(row.user_id.urn) if row else None
    if row is None or user is None or not fits(grant, row, user):
        raise refusal
    tokens = start_family(user, row.scope)
    family_id = family_of(tokens)
    alone = (
        sa.update(CodeRow)
        .where(CodeRow.code_hash == row.code_hash, CodeRow.uses == 1)
        .values(family_id=family_id)
        .returning(CodeRow.uses)
    )
    with Session.begin() as session:
        if session.scalar(alone):
            return tokens
    end_families(FamilyRow.id == family_id)
    raise refusal


FORM_COOKIE = "__Host-form"


def consent_page(
    asked: AuthorizationRequest, message: str = "", status_code: int = 200
) -> HTMLResponse:
    """Ask for username, password and consent.

    The form and a cookie carry one random value. A form that another page
    sends has no such cookie (login CSRF: it would log a visitor in as the
    attacker).
    """
    token = secrets.token_urlsafe(32)
    hidden = Markup('<input type="hidden" name="{}" value="{}">')
    fields = {**asked.model_dump(), "form_token": token}
    inputs = [hidden.format(*item) for item in fields.items()]
    wanted = split_scopes(asked.scope) or DEFAULT_SCOPES
    response = page(
        "consent.html",
        status_code,
        client=client_of(asked).title,
        scopes=" ".join(SCOPES[scope] for scope in sorted(wanted)),
        message=message,
        hidden=Markup("\n").join(inputs),
    )
    set_cookie(response, FORM_COOKIE, token)
    return response


def check_form_token(request: Request, sent: str) -> None:
    """Accept a form that this browser got from us.

    Raises:
        HTTPException: 403, its value is not the cookie's.
    """
    known = request.cookies.get(FORM_COOKIE, "")
    if not known or not secrets.compare_digest(known.encode(), sent.encode()):
        raise HTTPException(403, "this form is not from our login page")


FORM_FIELDS = ("form_token", "decision", "username", "password")

Parameters: TypeAlias = ImmutableMultiDict[str, Any]


def text_in(sent: Parameters, name: str) -> str:
    """Return a parameter as text that UTF-8 can write, or `""`."""
    return str(sent.get(name, "")).encode("utf-8", "replace").decode()


def read_authorization(sent: Parameters) -> AuthorizationRequest:
    """Return the parameters of a request, each sent at most once.

    Raises:
        HTTPException: 400, a parameter comes twice (RFC 6749 §3.1).
    """
    names = AuthorizationRequest.model_fields
    if any(len(sent.getlist(name)) > 1 for name in names):
        raise HTTPException(400, "a parameter is repeated")
    values = {name: text_in(sent, name) for name in names}
    return AuthorizationRequest(**values)


PASSWORD_GRANT = settings.password_grant


class RenewalGrant(RefreshGrant):
    """The form fields of RFC 6749 §6, and the client's name (§3.2.1)."""

    client_id: str = ""


Grant: TypeAlias = PasswordGrant | RenewalGrant | CodeGrant


async def read_grant(request: Request) -> Grant:
    """Return the grant in a request's form.

    Raises:
        OAuthError: 400 `unsupported_grant_type`, a password, and that grant
            is switched off (RFC 9700 §2.4); or the first rule that the form
            breaks.
    """
    grant_type = (await read_form(request)).get("grant_type")
    if grant_type == "authorization_code":
        return await read_fields(request, CodeGrant)
    if grant_type == "refresh_token":
        return await read_fields(request, RenewalGrant)
    if grant_type == "password" and not PASSWORD_GRANT:
        refusal = "send the user to /authorize"
        raise OAuthError(400, "unsupported_grant_type", refusal)
    return await read_password_grant(request)


def client_of_login(refresh_token: str) -> str | None:
    """Return the client that a refresh token was issued to, or None."""
    same, owns = FamilyRow.id == CodeRow.family_id, owned_by
    query = sa.select(CodeRow.client_id).where(same, owns(refresh_token))
    with Session() as session:
        return session.scalar(query)


def tokens_for(grant: CodeGrant | RenewalGrant) -> Token:
    """Trade a code or a refresh token for tokens that name their client.

    Another client's refresh token is refused, and stays unused: otherwise
    a client that is mistaken would log johndoe out of the shop.

    Raises:
        OAuthError: 400 `invalid_grant`; see also chapter 8's `refresh`.
    """
    if isinstance(grant, CodeGrant):
        return sign_afresh(redeem(grant), grant.client_id)
    client_id = client_of_login(grant.refresh_token)
    if client_id not in (None, grant.client_id):  # RFC 6749 §10.4
        raise invalid_grant()
    tokens = refresh(grant.refresh_token, grant.scope)
    return sign_afresh(tokens, client_id or CLIENT_ID)


async def client_of_token(token: str) -> str | None:
    """Return the client that a token of ours was issued to, or None.

    A refresh token leads to its login, an access token names its client.
    """
    try:
        claims = await read_access_token(token)
    except (jwt.InvalidTokenError, KeysUnavailableError):
        return await run_in_threadpool(client_of_login, token)
    issued_here = claims["iss"] == ours.name
    client_id: str | None = claims["client_id"] if issued_here else None
    return None if client_id == CLIENT_ID else client_id


class ClientRevocation(Revocation):
    """The form fields of RFC 7009 §2.1, and the client's name."""

    client_id: str = ""


async def read_revocation(request: Request) -> ClientRevocation:
    """Return a form that revokes a token, sent by the token's client.

    Raises:
        OAuthError: 400 `invalid_grant`, the token was issued to another
            client (RFC 7009 §2.1); see also chapter 8's `read_fields`.
    """
    form = await read_fields(request, ClientRevocation)
    if await client_of_token(form.token) not in (None, form.client_id):
        raise OAuthError(400, "invalid_grant", "another client's token")
    return form

"""Chapter 5: answer as the standards ask, so that any client understands.

The token endpoint answers as RFC 6749 asks, the protected endpoints as
RFC 6750 asks. Each refusal is an `OAuthError`, which one handler turns into a
response. A token's subject is namespaced: `username:johndoe`.
"""

# %% Imports
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, unquote

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import HTTPConnection

from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets.ch04_token_endpoint import authenticate_user, create_access_token

# %% One exception for every refusal, and one handler
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(eq=False)
class OAuthError(Exception):
    """A refusal with an error code of RFC 6749 §5.2 or RFC 6750 §3.1.

    `OAuthError(400, "invalid_grant", "wrong username or password")`
    """

    status_code: int
    error: str
    description: str
    headers: dict[str, str] = field(default_factory=dict)


async def refuse(request: Request, refusal: OAuthError) -> JSONResponse:
    """Answer with `error` and `error_description` (RFC 6749 §5.2)."""
    body = {"error": refusal.error, "error_description": refusal.description}
    return JSONResponse(body, refusal.status_code, NO_STORE | refusal.headers)


# %% A challenge with a realm and a reason
def challenge(scheme: str = "Bearer", **attributes: str) -> dict[str, str]:
    """Build `{"WWW-Authenticate": 'Bearer realm="course"'}` (RFC 6750 §3)."""
    named = {"realm": "course", **attributes}.items()
    listed = ", ".join(f'{key}="{text}"' for key, text in named)
    return {"WWW-Authenticate": f"{scheme} {listed}"}


def bearer_error(
    status_code: int, error: str, description: str, **more: str
) -> OAuthError:
    """Build an OAuthError with the error in its challenge (RFC 6750 §3.1)."""
    headers = challenge(error=error, error_description=description, **more)
    return OAuthError(status_code, error, description, headers)


# %% The form of a login, each field once
class PasswordGrant(BaseModel):
    """The form fields of RFC 6749 §4.3.2; other fields are ignored (§3.2).

    An empty field counts as missing (§3.2).
    """

    grant_type: str = Field(min_length=1)
    username: str = Field(min_length=1)
    password: str = Field(min_length=1)
    scope: str = ""


async def read_form(request: Request) -> dict[str, Any]:
    """Return a form's fields: `{"username": "johndoe", …}`.

    Raises:
        OAuthError: 400, the body is not a form, or repeats a field of
            PasswordGrant (RFC 6749 §3.2).
    """
    try:
        async with request.form() as form:
            fields = form.multi_items()
    except Exception as error:  # of any type: codecs, multipart, network
        raise OAuthError(400, "invalid_request", "damaged form") from error
    if not fields:  # also after JSON, and fields in the address
        raise OAuthError(400, "invalid_request", "the body is not a form")
    names = [name for name, _ in fields]
    if any(names.count(name) > 1 for name in PasswordGrant.model_fields):
        raise OAuthError(400, "invalid_request", "a parameter is repeated")
    return dict(fields)


# %% Detect a client's credentials
def authenticates_client(request: Request, fields: dict[str, Any]) -> bool:
    """Return whether a request carries credentials of a client.

    They come in the form's fields or in the Authorization header (RFC 6749
    §2.3). A bearer token is no client's credential; Basic without a secret,
    which Swagger UI sends, is none either.
    """
    if fields.get("client_secret") or fields.get("client_assertion"):
        return True
    for header in request.headers.getlist("Authorization"):
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() in ("", "bearer"):
            continue
        try:
            basic = b64decode(credentials.strip(), validate=True)
        except ValueError:
            return True
        if scheme.lower() != "basic" or basic.partition(b":")[2]:
            return True
    return False


# %% Check a login against RFC 6749
async def read_password_grant(request: Request) -> PasswordGrant:
    """Return the password grant in a request's form.

    Raises:
        OAuthError: the first rule of RFC 6749 that the form breaks.
    """
    fields = await read_form(request)
    if fields.get("grant_type", "") not in ("", "password"):
        raise OAuthError(400, "unsupported_grant_type", "only password")
    if authenticates_client(request, fields):
        raise OAuthError(401, "invalid_client", "unknown", challenge("Basic"))
    try:
        return PasswordGrant.model_validate(fields)
    except ValidationError as error:
        missing = f"the form has no {error.errors()[0]['loc'][0]}"
        raise OAuthError(400, "invalid_request", missing) from error


Login = Annotated[PasswordGrant, Depends(read_password_grant)]


# %% Read the bearer token, sent once (replaces ch03)
class BearerScheme(OAuth2PasswordBearer):
    """The header's token, with a realm in the challenge (RFC 6750 §2, §3)."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the request's only token.

        Raises:
            OAuthError: 400, the request carries more than one token.
            HTTPException: 401, the request carries no token.
        """
        sent = len(request.headers.getlist("Authorization"))
        if sent + len(request.query_params.getlist("access_token")) > 1:
            raise bearer_error(400, "invalid_request", "more than one token")
        return await super().__call__(request)

    def make_not_authenticated_error(self) -> HTTPException:
        """Build a 401 whose challenge has no error code (RFC 6750 §3.1)."""
        return HTTPException(401, "Not authenticated", challenge())


oauth2_scheme = BearerScheme(tokenUrl="token")
BearerToken = Annotated[str, Depends(oauth2_scheme)]


# %% A subject with a namespace
NAMESPACE = "username:"


def subject_of(username: str) -> str:
    """Write a username as a `sub`, which is a URI (RFC 7519 §2, §4.1.2).

    `"johndoe"` becomes `"username:johndoe"`, `"zoë"` `"username:zo%C3%AB"`.
    """
    return NAMESPACE + quote(username, safe="", errors="replace")


def user_named_by(subject: str) -> ch03.UserInDB | None:
    """Return the active user that a `sub` names, or None.

    A subject that `subject_of` would write in another way names no user.
    """
    username = unquote(subject.removeprefix(NAMESPACE))
    if subject != subject_of(username):
        return None
    user = ch03.users.get(username)
    return None if user is None or user.disabled else user


# %% From token to active user (replaces ch03)
async def get_current_user(token: BearerToken) -> ch03.UserInDB:
    """Return the active user that a token's `sub` names.

    Raises:
        OAuthError: 401, the token is invalid, or its user is gone or
            disabled.
    """
    refusal = bearer_error(401, "invalid_token", "the token is not valid")
    try:
        user = user_named_by(ch03.read_access_token(token)["sub"])
    except jwt.InvalidTokenError as error:
        raise refusal from error
    if user is None:
        raise refusal
    return user


CurrentUser = Annotated[ch03.UserInDB, Depends(get_current_user)]


# %% A login's answer and its form (replaces ch04)
class Token(BaseModel):
    """A successful login; `expires_in` in seconds (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int = int(ch04.ACCESS_TOKEN_LIFETIME.total_seconds())


class ErrorBody(BaseModel):
    """The error body of RFC 6749 §5.2, used for RFC 6750 §3.1 as well.

    Only a 401 without a token has chapter 4's: `{"detail": "Not …"}`.
    """

    error: str
    error_description: str


REFUSALS: dict[int | str, Any] = {"4XX": {"model": ErrorBody | ch04.Refusal}}
FORM_TYPE = "application/x-www-form-urlencoded"
SCHEMA = {"schema": PasswordGrant.model_json_schema()}
LOGIN_FORM = {"requestBody": {"content": {FORM_TYPE: SCHEMA}}}


# %% The app (replaces ch04)
app = FastAPI(
    title="Chapter 5: check it",
    responses=REFUSALS,
    exception_handlers={
        OAuthError: refuse,
        RequestValidationError: ch04.refuse_form,
    },
    redirect_slashes=False,  # a redirect would repeat the password
)


@app.post("/token", openapi_extra=LOGIN_FORM)
def login_for_access_token(grant: Login, response: Response) -> Token:
    """Trade a username and a password for an access token."""
    user = authenticate_user(grant.username, grant.password)
    if user is None or user.disabled:
        raise OAuthError(400, "invalid_grant", "wrong username or password")
    response.headers.update(NO_STORE)
    token = create_access_token({"sub": subject_of(user.username)})
    return Token(access_token=token, token_type="bearer")


@app.get("/users/me/")
async def read_users_me(current_user: CurrentUser) -> ch03.User:
    """Return the current user's public fields."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(current_user: CurrentUser) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": current_user.username}]

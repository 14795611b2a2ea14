"""Chapter 5: answer as the standards ask, so that any client understands.

The token endpoint speaks RFC 6749, the protected endpoints RFC 6750. One
exception, `OAuthError`, stands for every refusal, and one handler writes it.
A token's subject is namespaced: `username:johndoe`.
"""

# %% Imports
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from snippets.ch03_dependency_wiring import (
    User,
    UserInDB,
    read_access_token,
    users,
)
from snippets.ch04_token_endpoint import (
    ACCESS_TOKEN_LIFETIME,
    authenticate_user,
    create_access_token,
)

# %% One exception for every refusal, and one handler
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(eq=False)
class OAuthError(Exception):
    """A refusal with a code of RFC 6749 §5.2 or RFC 6750 §3.1.

    `OAuthError(400, "invalid_grant", "wrong username or password")`
    """

    status_code: int
    error: str
    description: str
    headers: dict[str, str] = field(default_factory=dict)


async def refuse(request: Request, refusal: Exception) -> JSONResponse:
    """Answer as RFC 6749 §5.2 asks; what FastAPI could not read, too."""
    if not isinstance(refusal, OAuthError):
        refusal = OAuthError(400, "invalid_request", "malformed request")
    said = {"error": refusal.error, "error_description": refusal.description}
    headers = {**NOT_STORED, **refusal.headers}
    return JSONResponse(said, refusal.status_code, headers)


# %% What a login sends
REQUIRED = ["grant_type", "username", "password"]


class PasswordGrant(BaseModel):
    """The form of RFC 6749 §4.3.2; what it does not name is ignored (§3.2).

    Empty is the same as missing (§3.2). OpenAPI says what is required; the
    refusal of a form without it is ours to write.
    """

    model_config = {"json_schema_extra": {"required": [*REQUIRED]}}
    grant_type: str = ""
    username: str = ""
    password: str = ""
    scope: str = ""
    client_secret: str = ""


# %% Challenge with a realm, and say why
REALM = "course"


def challenge(scheme: str = "Bearer", **attributes: str) -> dict[str, str]:
    """Build `{"WWW-Authenticate": 'Bearer realm="course"'}` (RFC 6750 §3)."""
    said = {"realm": REALM, **attributes}
    listed = ", ".join(f'{name}="{value}"' for name, value in said.items())
    return {"WWW-Authenticate": f"{scheme} {listed}"}


def bearer_error(
    status_code: int, error: str, description: str, **attributes: str
) -> OAuthError:
    """Build a refusal whose challenge says why (RFC 6750 §3.1)."""
    said = {"error": error, "error_description": description, **attributes}
    return OAuthError(status_code, error, description, challenge(**said))


# %% Notice a client that claims a secret
def sends_secret(request: Request) -> bool:
    """Whether a client claims a secret in its header (RFC 6749 §2.3.1)."""
    header = request.headers.get("Authorization", "")
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        return bool(b64decode(credentials, validate=True).partition(b":")[2])
    except ValueError:
        return True


# %% Read a login to the letter
async def read_password_grant(
    request: Request, grant: Annotated[PasswordGrant, Form()]
) -> PasswordGrant:
    """Return a complete password grant.

    Raises:
        OAuthError: the first rule of RFC 6749 that the form breaks.
    """
    sent = [name for name, _ in (await request.form()).multi_items()]
    if len(sent) > len(set(sent)):
        raise OAuthError(400, "invalid_request", "a parameter is repeated")
    if grant.grant_type not in ("", "password"):
        raise OAuthError(400, "unsupported_grant_type", "only password")
    if grant.client_secret or sends_secret(request):
        failed = "no client of ours has a secret"
        raise OAuthError(401, "invalid_client", failed, challenge("Basic"))
    if not all(getattr(grant, name) for name in REQUIRED):
        raise OAuthError(400, "invalid_request", "a parameter is missing")
    return grant


# %% Read the bearer token, sent once (replaces ch03)
class BearerScheme(OAuth2PasswordBearer):
    """The header's token, with a realm in the challenge (RFC 6750 §2, §3)."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the token.

        Raises:
            OAuthError: 400, more than one token was sent.
            HTTPException: 401, none was sent.
        """
        sent = len(request.headers.getlist("Authorization"))
        if sent + len(request.query_params.getlist("access_token")) > 1:
            raise bearer_error(400, "invalid_request", "more than one token")
        return await super().__call__(request)

    def make_not_authenticated_error(self) -> HTTPException:
        """No credentials, no error code (RFC 6750 §3.1)."""
        return HTTPException(401, "Not authenticated", challenge())


oauth2_scheme = BearerScheme(tokenUrl="token")

# %% A subject with a namespace
NAMESPACE = "username:"


def subject_of(username: str) -> str:
    """Name a user in `sub`: `"username:johndoe"` (RFC 7519 §4.1.2)."""
    return NAMESPACE + username


def user_named_by(subject: str) -> UserInDB | None:
    """Find the active user a `sub` names; None if it names something else."""
    if not subject.startswith(NAMESPACE):
        return None
    user = users.get(subject.removeprefix(NAMESPACE))
    return None if user is None or user.disabled else user


# %% From token to active user (replaces ch03)
async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    """Return the active user a token speaks for.

    Raises:
        OAuthError: 401, the token is refused, or its user gone or disabled.
    """
    refusal = bearer_error(401, "invalid_token", "the token is not valid")
    try:
        user = user_named_by(read_access_token(token)["sub"])
    except jwt.InvalidTokenError as error:
        raise refusal from error
    if user is None:
        raise refusal
    return user


CurrentUser = Annotated[UserInDB, Depends(get_current_user)]


# %% What a login answers (replaces ch04)
class Token(BaseModel):
    """A successful login; `expires_in` in seconds (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int


class Refusal(BaseModel):
    """Any refusal, but the one below (RFC 6749 §5.2, RFC 6750 §3.1)."""

    error: str
    error_description: str


class NoCredentials(BaseModel):
    """Nothing was sent that could be refused: `{"detail": "Not …"}`."""

    detail: str


REFUSALS: dict[int | str, Any] = {"4XX": {"model": Refusal | NoCredentials}}

# %% The app (replaces ch04)
app = FastAPI(
    title="Chapter 5: check it",
    responses=REFUSALS,
    exception_handlers=dict.fromkeys(
        (OAuthError, RequestValidationError, 400), refuse
    ),
)


@app.post("/token")
def login_for_access_token(
    grant: Annotated[PasswordGrant, Depends(read_password_grant)],
    response: Response,
) -> Token:
    """Trade a username and a password for an access token."""
    user = authenticate_user(grant.username, grant.password)
    if user is None or user.disabled:
        raise OAuthError(400, "invalid_grant", "wrong username or password")
    response.headers.update(NOT_STORED)
    token = create_access_token({"sub": subject_of(user.username)})
    seconds = int(ACCESS_TOKEN_LIFETIME.total_seconds())
    return Token(access_token=token, token_type="bearer", expires_in=seconds)


@app.get("/users/me/")
async def read_users_me(current_user: CurrentUser) -> User:
    """Return the user who is calling."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(current_user: CurrentUser) -> list[dict[str, str]]:
    """Return what belongs to the user who is calling."""
    return [{"item_id": "Foo", "owner": current_user.username}]

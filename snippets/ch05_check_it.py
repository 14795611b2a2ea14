"""Chapter 5: answer as the standards ask, so that any client understands.

The token endpoint answers as RFC 6749 asks, the protected endpoints as
RFC 6750 asks. Each refusal is an `OAuthError`, which one handler turns into a
response. A token's subject is namespaced: `username:johndoe`.
"""

# %% Imports
from base64 import b64decode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, unquote

import jwt
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    Form,
    HTTPException,
    Request,
    Response,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException
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
    refuse_form,
)

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
    headers = {**NO_STORE, **refusal.headers}
    return JSONResponse(body, refusal.status_code, headers)


# %% A route for the token endpoint
class TokenRoute(APIRoute):
    """A route that answers a malformed form as RFC 6749 §5.2 asks.

    The app's other routes keep FastAPI's own 400 and 422.
    """

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler, which reads the form."""
        handle = super().get_route_handler()

        async def handle_or_refuse(request: Request) -> Response:
            """Raise OAuthError for a form that FastAPI cannot read."""
            try:
                return await handle(request)
            except (RequestValidationError, StarletteHTTPException) as error:
                raise OAuthError(
                    400, "invalid_request", "malformed form"
                ) from error

        return handle_or_refuse


# %% The form of a login
REQUIRED_FIELDS = ["grant_type", "username", "password"]


class PasswordGrant(BaseModel):
    """The form fields of RFC 6749 §4.3.2; other fields are ignored (§3.2).

    An empty field counts as missing (§3.2). The API docs list the required
    fields; `read_password_grant` refuses a form that lacks one.
    """

    model_config = {"json_schema_extra": {"required": [*REQUIRED_FIELDS]}}
    grant_type: str = ""
    username: str = ""
    password: str = ""
    scope: str = ""
    client_secret: str = ""
    client_assertion: str = ""


# %% A challenge with a realm and a reason
REALM = "course"


def challenge(scheme: str = "Bearer", **attributes: str) -> dict[str, str]:
    """Build `{"WWW-Authenticate": 'Bearer realm="course"'}` (RFC 6750 §3)."""
    attributes = {"realm": REALM, **attributes}
    listed = ", ".join(f'{key}="{text}"' for key, text in attributes.items())
    return {"WWW-Authenticate": f"{scheme} {listed}"}


def bearer_error(
    status_code: int, error: str, description: str, **attributes: str
) -> OAuthError:
    """Build an OAuthError with the error in its challenge (RFC 6750 §3.1)."""
    attributes = {
        "error": error,
        "error_description": description,
        **attributes,
    }
    return OAuthError(status_code, error, description, challenge(**attributes))


# %% Detect a client's credentials
def authenticates_client(request: Request, grant: PasswordGrant) -> bool:
    """Return whether a request carries credentials of a client.

    They come in the form or in the Authorization header (RFC 6749 §2.3). A
    bearer token is no client's credential; Basic without a secret, which
    Swagger UI sends, is none either.
    """
    if grant.client_secret or grant.client_assertion:  # RFC 7521 §4.2
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
async def read_password_grant(
    request: Request, grant: Annotated[PasswordGrant, Form()]
) -> PasswordGrant:
    """Return a password grant that has every required field, each once.

    Raises:
        OAuthError: the first rule of RFC 6749 that the form breaks.
    """
    names = [name for name, _ in (await request.form()).multi_items()]
    if any(names.count(name) > 1 for name in PasswordGrant.model_fields):
        raise OAuthError(400, "invalid_request", "a parameter is repeated")
    if grant.grant_type not in ("", "password"):
        raise OAuthError(400, "unsupported_grant_type", "only password")
    if authenticates_client(request, grant):
        failed = "this service has registered no client"
        raise OAuthError(401, "invalid_client", failed, challenge("Basic"))
    for name in REQUIRED_FIELDS:
        if not getattr(grant, name):
            missing = f"the form has no {name}"
            raise OAuthError(400, "invalid_request", missing)
    return grant


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

# %% A subject with a namespace
NAMESPACE = "username:"


def subject_of(username: str) -> str:
    """Write a username as a `sub`, which is a URI (RFC 7519 §2, §4.1.2).

    `"johndoe"` becomes `"username:johndoe"`, `"zoë"` `"username:zo%C3%AB"`.
    """
    return NAMESPACE + quote(username, safe="", errors="replace")


def user_named_by(subject: str) -> UserInDB | None:
    """Return the active user that a `sub` names, or None.

    A subject that `subject_of` would write in another way names no user.
    """
    username = unquote(subject.removeprefix(NAMESPACE))
    if subject != subject_of(username):
        return None
    user = users.get(username)
    return None if user is None or user.disabled else user


# %% From token to active user (replaces ch03)
async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    """Return the active user that a token's `sub` names.

    Raises:
        OAuthError: 401, the token is invalid, or its user is gone or
            disabled.
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


# %% The answer to a login (replaces ch04)
class Token(BaseModel):
    """A successful login; `expires_in` in seconds (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int


class Refusal(BaseModel):
    """The error body of RFC 6749 §5.2, used for RFC 6750 §3.1 as well."""

    error: str
    error_description: str


class NoCredentials(BaseModel):
    """A 401 for a request without a token, `{"detail": "Not …"}`; a 404."""

    detail: str


REFUSALS: dict[int | str, Any] = {"4XX": {"model": Refusal | NoCredentials}}

# %% The app (replaces ch04)
app = FastAPI(
    title="Chapter 5: check it",
    responses=REFUSALS,
    exception_handlers={
        OAuthError: refuse,
        RequestValidationError: refuse_form,
    },
    redirect_slashes=False,
)
token_router = APIRouter(route_class=TokenRoute)


@token_router.post("/token")
def login_for_access_token(
    grant: Annotated[PasswordGrant, Depends(read_password_grant)],
    response: Response,
) -> Token:
    """Trade a username and a password for an access token."""
    user = authenticate_user(grant.username, grant.password)
    if user is None or user.disabled:
        raise OAuthError(400, "invalid_grant", "wrong username or password")
    response.headers.update(NO_STORE)
    token = create_access_token({"sub": subject_of(user.username)})
    seconds = int(ACCESS_TOKEN_LIFETIME.total_seconds())
    return Token(access_token=token, token_type="bearer", expires_in=seconds)


app.include_router(token_router)


@app.get("/users/me/")
async def read_users_me(current_user: CurrentUser) -> User:
    """Return the current user's public fields."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(current_user: CurrentUser) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": current_user.username}]

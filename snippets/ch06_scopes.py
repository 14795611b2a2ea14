"""Chapter 6: give out less than everything.

A token carries scopes in one space-separated string (RFC 6749 §3.3). A login
grants only the scopes that the user may have; an endpoint declares the scopes
that it needs.
"""

# %% Imports
from collections.abc import Iterable
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Response, Security
from fastapi.security import SecurityScopes
from pydantic import BaseModel

# %% Imports from earlier chapters
from snippets import ch05_check_it as ch05
from snippets.ch03_dependency_wiring import User, UserInDB, read_access_token
from snippets.ch04_token_endpoint import (
    ACCESS_TOKEN_LIFETIME,
    authenticate_user,
    create_access_token,
)
from snippets.ch05_check_it import (
    BearerScheme,
    OAuthError,
    bearer_error,
    subject_of,
    user_named_by,
)

# %% The scopes, and who may have which (replaces ch05)
SCOPES = {"me": "Read who you are.", "items": "Read your items."}
oauth2_scheme = BearerScheme(tokenUrl="token", scopes=SCOPES)
DEFAULT_SCOPES = frozenset({"me"})
grants: dict[str, frozenset[str]] = {
    "johndoe": frozenset({"me", "items"}),
    "alice": frozenset({"me"}),
}


# %% Grant what the user may have
def write_scopes(scopes: Iterable[str]) -> str:
    """Join scopes into one sorted string (RFC 6749 §3.3): `"items me"`."""
    return " ".join(sorted(scopes))


def split_scopes(text: str) -> frozenset[str]:
    """Split a `scope` string at its spaces: `"items me"` has two scopes."""
    return frozenset(text.split(" ")) - {""}


def grant_scopes(username: str, requested: str) -> frozenset[str]:
    """Narrow requested scopes, such as `"me items"`, to the user's grants.

    A request for no scope is a request for `DEFAULT_SCOPES` (RFC 6749 §3.3).

    Raises:
        OAuthError: 400 `invalid_scope`, a scope is unknown, or none of the
            scopes may be granted (RFC 6749 §5.2).
    """
    wanted = split_scopes(requested) or DEFAULT_SCOPES
    if not wanted <= SCOPES.keys():
        raise OAuthError(400, "invalid_scope", "there is no such scope")
    granted = wanted & grants.get(username, frozenset())
    if not granted:
        raise OAuthError(400, "invalid_scope", "no scope may be granted")
    return granted


# %% The answer to a login, with its scope (replaces ch05)
class Token(BaseModel):
    """A successful login; `scope` lists the granted scopes (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


def issue_token(user: UserInDB, requested: str) -> Token:
    """Sign a token for the requested scopes that the user may have.

    Raises:
        OAuthError: 400 `invalid_scope`, see `grant_scopes`.
    """
    scope = write_scopes(grant_scopes(user.username, requested))
    claims = {"sub": subject_of(user.username), "scope": scope}
    return Token(
        access_token=create_access_token(claims),
        token_type="bearer",
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        scope=scope,
    )


# %% Read a token's scopes
def scopes_in(claims: dict[str, object]) -> frozenset[str]:
    """Return the scopes in the `scope` claim (RFC 8693 §4.2), or none.

    Raises:
        jwt.InvalidTokenError: the claim is not a string.
    """
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise jwt.InvalidTokenError("scope is not a string")
    return split_scopes(scope)


# %% From token to active user, now with scopes (replaces ch05)
async def get_current_user(
    required: SecurityScopes, token: Annotated[str, Depends(oauth2_scheme)]
) -> UserInDB:
    """Return the active user of a token that has the required scopes.

    Raises:
        OAuthError: 401, the token is invalid, or its user is gone or
            disabled; 403, the token lacks a scope (RFC 6750 §3.1).
    """
    refusal = bearer_error(401, "invalid_token", "the token is not valid")
    try:
        claims = read_access_token(token)
        granted = scopes_in(claims)
    except jwt.InvalidTokenError as error:
        raise refusal from error
    user = user_named_by(claims["sub"])
    if user is None:
        raise refusal
    if not granted >= set(required.scopes):
        scope = write_scopes(required.scopes)
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope=scope)
    return user


# %% The annotations that guard (replaces ch05)
CurrentUser = Annotated[UserInDB, Depends(get_current_user)]
Me = Annotated[UserInDB, Security(get_current_user, scopes=["me"])]


async def get_own_items(
    owner: Annotated[UserInDB, Security(get_current_user, scopes=["items"])],
) -> list[dict[str, str]]:
    """Return the current user's items, each with its owner's name."""
    return [{"item_id": "Foo", "owner": owner.username}]


# An item names its owner, so it also tells who the user is: that needs `me`.
OwnItems = Annotated[
    list[dict[str, str]], Security(get_own_items, scopes=["me"])
]


# %% The app (replaces ch05)
app = FastAPI(
    title="Chapter 6: scopes",
    responses=ch05.REFUSALS,
    redirect_slashes=False,
)
app.exception_handlers.update(ch05.app.exception_handlers)


@app.post("/token", openapi_extra=ch05.LOGIN_FORM)
def login_for_access_token(grant: ch05.Login, response: Response) -> Token:
    """Trade a username and a password for an access token."""
    user = authenticate_user(grant.username, grant.password)
    if user is None or user.disabled:
        raise OAuthError(400, "invalid_grant", "wrong username or password")
    response.headers.update(ch05.NO_STORE)
    return issue_token(user, grant.scope)


@app.get("/status/")
async def read_system_status(current_user: CurrentUser) -> dict[str, str]:
    """Answer any user with a valid token, whatever its scopes."""
    return {"status": "ok"}


@app.get("/users/me/")
async def read_users_me(current_user: Me) -> User:
    """Return the current user's public fields."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(items: OwnItems) -> list[dict[str, str]]:
    """Return the current user's items."""
    return items

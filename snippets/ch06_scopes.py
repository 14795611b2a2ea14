"""Chapter 6: give out less than everything.

A token carries scopes, one space-separated string (RFC 6749 §3.3). A user is
granted only what that user may have; an endpoint says what it needs.
"""

# %% Imports
from collections.abc import Iterable
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import SecurityScopes
from pydantic import BaseModel

from snippets.ch03_dependency_wiring import User, UserInDB, read_access_token
from snippets.ch04_token_endpoint import (
    ACCESS_TOKEN_LIFETIME,
    authenticate_user,
    create_access_token,
)
from snippets.ch05_check_it import (
    NOT_STORED,
    REFUSALS,
    BearerScheme,
    OAuthError,
    PasswordGrant,
    bearer_error,
    read_password_grant,
    refuse,
    subject_of,
    user_named_by,
)

# %% The scopes, and the scheme that lists them (replaces ch05)
SCOPES = {"me": "Read who you are.", "items": "Read your items."}
oauth2_scheme = BearerScheme(tokenUrl="token", scopes=SCOPES)

# %% Who may have what
DEFAULT_SCOPES = frozenset({"me"})
grants: dict[str, frozenset[str]] = {
    "johndoe": frozenset({"me", "items"}),
    "alice": frozenset({"me"}),
}


# %% Scopes in one string
def write_scopes(scopes: Iterable[str]) -> str:
    """Write scopes as a token carries them (RFC 6749 §3.3): `"items me"`."""
    return " ".join(sorted(scopes))


def split_scopes(text: str) -> frozenset[str]:
    """Split at spaces, and at nothing else; order and repeats are gone."""
    return frozenset(text.split(" ")) - {""}


# %% Grant what the user may have
def grant_scopes(username: str, requested: str) -> frozenset[str]:
    """Narrow a request such as `"me items"` to the user's own grants.

    Who asks for nothing asks for `DEFAULT_SCOPES` (RFC 6749 §3.3).

    Raises:
        OAuthError: 400 `invalid_scope`, a scope we do not have, or nothing
            left to grant (RFC 6749 §5.2).
    """
    asked = split_scopes(requested) or DEFAULT_SCOPES
    if not asked <= SCOPES.keys():
        raise OAuthError(400, "invalid_scope", "there is no such scope")
    granted = asked & grants.get(username, frozenset())
    if not granted:
        raise OAuthError(400, "invalid_scope", "none of it may be granted")
    return granted


# %% Read a token's scopes
def scopes_in(claims: dict[str, object]) -> frozenset[str]:
    """Return the scopes of a token's `scope` claim; without one, none.

    Raises:
        jwt.InvalidTokenError: the claim is not a string.
    """
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise jwt.InvalidTokenError("scope is not a string")
    return split_scopes(scope)


# %% From token to active user, now with scopes (replaces ch05)
async def get_current_user(
    needed: SecurityScopes,
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    """Return the active user a token speaks for, if it may do this.

    Raises:
        OAuthError: 401, the token is refused, or its user gone or disabled;
            403, it lacks a scope (RFC 6750 §3.1).
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
    if not granted >= set(needed.scopes):
        scope = write_scopes(needed.scopes)
        lacks = "the token lacks a scope"
        raise bearer_error(403, "insufficient_scope", lacks, scope=scope)
    return user


CurrentUser = Annotated[UserInDB, Depends(get_current_user)]
Me = Annotated[UserInDB, Security(get_current_user, scopes=["me"])]


# %% A dependency that needs a scope of its own
async def get_own_items(
    owner: Annotated[UserInDB, Security(get_current_user, scopes=["items"])],
) -> list[dict[str, str]]:
    """Return what belongs to the user who is calling."""
    return [{"item_id": "Foo", "owner": owner.username}]


OwnItems = Annotated[
    list[dict[str, str]], Security(get_own_items, scopes=["me"])
]


# %% What a login answers, now with the scope (replaces ch05)
class Token(BaseModel):
    """A successful login; `scope` says what was granted (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


# %% The app (replaces ch05)
app = FastAPI(
    title="Chapter 6: scopes",
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
    scope = write_scopes(grant_scopes(user.username, grant.scope))
    claims = {"sub": subject_of(user.username), "scope": scope}
    response.headers.update(NOT_STORED)
    return Token(
        access_token=create_access_token(claims),
        token_type="bearer",
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        scope=scope,
    )


@app.get("/status/")
async def read_system_status(current_user: CurrentUser) -> dict[str, str]:
    """Answer whoever has logged in, whatever the token may do."""
    return {"status": "ok"}


@app.get("/users/me/")
async def read_users_me(current_user: Me) -> User:
    """Return the user who is calling."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(items: OwnItems) -> list[dict[str, str]]:
    """Return what belongs to the user who is calling."""
    return items

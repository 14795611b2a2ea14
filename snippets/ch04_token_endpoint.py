"""Chapter 4: trade a password for a token.

The whole system of FastAPI's tutorial "OAuth2 with Password (and hashing),
Bearer with JWT tokens", under its HTTP contract. Run it with
`uvicorn snippets.ch04_token_endpoint:app`.
"""

# %% Imports
import logging
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

from snippets.ch02_password_hashing import (
    UnhashablePasswordError,
    ensure_hashable,
    verify_and_rehash,
)
from snippets.ch03_dependency_wiring import (
    ALGORITHM,
    SECRET_KEY,
    CurrentUser,
    User,
    UserInDB,
    unauthorized,
    users,
)

# %% Create an access token
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)


def create_access_token(
    data: dict[str, Any], expires_delta: timedelta = ACCESS_TOKEN_LIFETIME
) -> str:
    """Sign claims together with an expiry time: `"eyJhbGci…"`.

    Args:
        data: the claims, such as `{"sub": "johndoe"}`; an `exp` among them
            is overwritten (RFC 7519 §4.1.4).
        expires_delta: the token's lifetime, counted from now.

    Raises:
        TypeError: a claim cannot be written as JSON.
    """
    claims = {**data, "exp": datetime.now(UTC) + expires_delta}
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)


# %% Check a username and a password
# Made by `pwd_context.hash(secrets.token_hex())`; its password was thrown
# away. It has the cost of the real hashes, so it takes the same time.
DUMMY_HASH = "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.kqSaRdRb2XAh/FWdHaRN6gOMQ.VZS"
logger = logging.getLogger(__name__)


def authenticate_user(username: str, password: str) -> UserInDB | None:
    """Return the user with this username and password, or None.

    Every username costs one bcrypt verification, known or not, so that the
    time of the answer does not tell which usernames exist. A password that
    bcrypt would cut short is refused before any user is looked up. A damaged
    hash is logged, and matches no password.
    """
    try:
        ensure_hashable(password)
    except UnhashablePasswordError:
        return None
    user = users.get(username)
    try:
        hashed_password = user.hashed_password if user else DUMMY_HASH
        matches, new_hash = verify_and_rehash(password, hashed_password)
    except ValueError:  # a damaged hash: no password matches it
        logger.error("the stored hash of %r is damaged", username)
        verify_and_rehash(password, DUMMY_HASH)
        return None
    if user is None or not matches:
        return None
    return store_hash(user, new_hash) if new_hash else user


# %% Store a new hash
def store_hash(user: UserInDB, new_hash: str) -> UserInDB:
    """Store a user's new hash, unless the record has changed meanwhile."""
    renewed = user.model_copy(update={"hashed_password": new_hash})
    if users.get(user.username) is user:
        users[user.username] = renewed
    return renewed


# %% The answer to a login
class Token(BaseModel):
    """The answer to a successful login (RFC 6749 §5.1).

    `{"access_token": "eyJhbGci…", "token_type": "bearer"}`
    """

    access_token: str
    token_type: str


class Refusal(BaseModel):
    """A 400 or 401: `{"detail": "Incorrect username or password"}`."""

    detail: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "Inactive user, or a broken form"},
    401: {"model": Refusal, "description": "No valid credentials"},
}


# %% Refuse a form without repeating it
async def refuse_form(
    request: Request, error: RequestValidationError
) -> JSONResponse:
    """Answer 422 with the `type`, `loc` and `msg` of each problem.

    FastAPI's own 422 also repeats the input, which may be a password, or text
    that UTF-8 cannot encode: that would leak the first and be a 500 for the
    second.
    """
    detail = [
        {key: problem[key] for key in ("type", "loc", "msg")}
        for problem in error.errors()
    ]
    return JSONResponse(
        {"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT
    )


# %% The app (replaces ch03)
app = FastAPI(
    title="Chapter 4: the token endpoint",
    responses=REFUSALS,
    exception_handlers={RequestValidationError: refuse_form},
    redirect_slashes=False,  # a redirect would repeat the password
)


@app.post("/token")
def login_for_access_token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
) -> Token:
    """Trade a username and a password for an access token."""
    user = authenticate_user(form.username, form.password)
    if user is None:
        raise unauthorized("Incorrect username or password")
    access_token = create_access_token({"sub": user.username})
    return Token(access_token=access_token, token_type="bearer")


@app.get("/users/me/")
async def read_users_me(current_user: CurrentUser) -> User:
    """Return the current user's public fields."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(current_user: CurrentUser) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": current_user.username}]

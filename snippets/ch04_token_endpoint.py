"""Chapter 4: trade a password for a token.

The whole system of FastAPI's tutorial "OAuth2 with Password (and hashing),
Bearer with JWT tokens", under its HTTP contract. Run it with
`uvicorn snippets.ch04_token_endpoint:app`.
"""

# %% Imports
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
    verify_password,
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


# %% Refuse a form without repeating it
async def refuse_form(
    request: Request, error: RequestValidationError
) -> JSONResponse:
    """Answer 422: which field and why, never what was sent in it.

    A sent text may be a password, or one that UTF-8 cannot write: a 500.
    """
    detail = [
        {key: problem[key] for key in ("type", "loc", "msg")}
        for problem in error.errors()
    ]
    return JSONResponse(
        {"detail": detail}, status.HTTP_422_UNPROCESSABLE_CONTENT
    )


# %% A hash that is nobody's
# Nobody knows its password. Same cost as the real ones, or it betrays itself.
DUMMY_HASH = "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.kqSaRdRb2XAh/FWdHaRN6gOMQ.VZS"


# %% Check a username and a password
def authenticate_user(username: str, password: str) -> UserInDB | None:
    """Return the user whose password this is, or None.

    An unknown username costs one bcrypt verification, as a known one does,
    so that the time of the answer does not tell which usernames exist.
    A password that bcrypt cannot take is refused before any user is looked up.
    """
    try:
        ensure_hashable(password)
    except UnhashablePasswordError:
        return None
    user = users.get(username)
    hashed_password = user.hashed_password if user else DUMMY_HASH
    if verify_password(password, hashed_password):
        return user
    return None


# %% Create an access token
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)


def create_access_token(
    data: dict[str, Any], expires_delta: timedelta = ACCESS_TOKEN_LIFETIME
) -> str:
    """Sign claims and the moment they expire: `"eyJhbGci…"`.

    Args:
        data: the claims, such as `{"sub": "johndoe"}`; an `exp` among them
            does not count (RFC 7519 §4.1.4).
        expires_delta: how long from now the token is good.

    Raises:
        TypeError: a claim cannot be written as JSON.
    """
    claims = {**data, "exp": datetime.now(UTC) + expires_delta}
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)


# %% What a login answers
class Token(BaseModel):
    """A successful login (RFC 6749 §5.1).

    `{"access_token": "eyJhbGci…", "token_type": "bearer"}`
    """

    access_token: str
    token_type: str


class Refusal(BaseModel):
    """Any 400 or 401: `{"detail": "Incorrect username or password"}`."""

    detail: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "Broken form, or inactive user"},
    401: {"model": Refusal, "description": "No valid credentials"},
}


# %% The app (replaces ch03)
app = FastAPI(
    title="Chapter 4: the token endpoint",
    responses=REFUSALS,
    exception_handlers={RequestValidationError: refuse_form},
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
    """Return the user who is calling."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(current_user: CurrentUser) -> list[dict[str, str]]:
    """Return what belongs to the user who is calling."""
    return [{"item_id": "Foo", "owner": current_user.username}]

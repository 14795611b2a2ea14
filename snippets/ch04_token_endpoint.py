"""Chapter 4: trade a password for a token.

The whole system of FastAPI's tutorial "OAuth2 with Password (and hashing),
Bearer with JWT tokens", under its HTTP contract. Run it with
`uvicorn snippets.ch04_token_endpoint:app`.
"""

# %% Imports
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI
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

# %% Settings
ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)
# Nobody knows its password. Same cost as the real ones, or it betrays itself.
DUMMY_HASH = "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.kqSaRdRb2XAh/FWdHaRN6gOMQ.VZS"


# %% Check a username and a password
def authenticate_user(username: str, password: str) -> UserInDB | None:
    """Return the user whose password this is, or None.

    An unknown username costs one bcrypt verification, as a known one does,
    so that the time of the answer does not tell which usernames exist.
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
def create_access_token(
    data: dict[str, Any], expires_delta: timedelta = ACCESS_TOKEN_LIFETIME
) -> str:
    """Sign `data`, such as `{"sub": "johndoe"}`, and an `exp` in the future.

    Raises:
        TypeError: a claim cannot be written as JSON.
    """
    claims = {**data, "exp": datetime.now(UTC) + expires_delta}
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)


# %% The token response
class Token(BaseModel):
    """What a successful login answers (RFC 6749 §5.1)."""

    access_token: str
    token_type: str


# %% The app (replaces ch03)
app = FastAPI(title="Chapter 4: the token endpoint")


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

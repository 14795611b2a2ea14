"""Chapter 3: protect any endpoint with one annotation.

A request's bearer token becomes a user in three steps, each a dependency of
the next: `oauth2_scheme` reads the header, `get_current_user` verifies the
token and finds its user, `get_current_active_user` refuses a disabled one.
"""

# %% Imports
import os
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

# %% Read the bearer token
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


# %% The user, and the user with a hash
class User(BaseModel):
    """The fields of a user that an answer may contain."""

    username: str
    email: str | None = None
    full_name: str | None = None
    disabled: bool | None = None


class UserInDB(User):
    """A stored user: the public fields and the password's hash."""

    hashed_password: str


# %% The users
users: dict[str, UserInDB] = {
    "johndoe": UserInDB(
        username="johndoe",
        full_name="John Doe",
        email="johndoe@example.com",
        hashed_password="$2b$12$Y/sMLYht79BGLuw4zk6BA."
        "yyU0o0oxOkDUI0Q/GDRerLa5Wm80gn.",
        disabled=False,
    ),
    "alice": UserInDB(
        username="alice",
        full_name="Alice Wonderson",
        email="alice@example.com",
        hashed_password="$2b$12$CEAPCS4IQ.HCumLkL9q5E."
        "99yj55YNcVUsHuDvZHXIzebn8CUXwWy",
        disabled=True,
    ),
}

# %% Settings
TEACHING_KEY = "a teaching key, published: protects nothing"
ALGORITHM = "HS256"
SECRET_KEY = os.environ.get("SECRET_KEY", TEACHING_KEY)
if len(SECRET_KEY.encode("utf-8")) < 32:  # RFC 7518 §3.2
    raise ValueError("SECRET_KEY is set, but shorter than 32 bytes")


# %% Verify the access token
def read_access_token(token: str) -> dict[str, Any]:
    """Return a valid token's claims: `{"sub": "johndoe", "exp": 1735689600}`.

    Raises:
        jwt.InvalidTokenError: the token is not signed with our key and
            algorithm (RFC 8725 §3.1), has expired, or lacks a `sub` that is
            a string or an `exp` that is a number (RFC 7519 §4.1.2, §4.1.4).
    """
    claims: dict[str, Any] = jwt.decode(
        token,
        SECRET_KEY,
        algorithms=[ALGORITHM],
        options={"require": ["exp", "sub"]},
    )
    if not isinstance(claims["exp"], int | float):  # PyJWT also takes "99"
        raise jwt.DecodeError("exp is not a number")
    return claims


# %% Refuse with a challenge
def unauthorized(detail: str) -> HTTPException:
    """Build a 401 with a challenge, `WWW-Authenticate` (RFC 9110 §15.5.2)."""
    return HTTPException(
        status_code=status.HTTP_401_UNAUTHORIZED,
        detail=detail,
        headers={"WWW-Authenticate": "Bearer"},
    )


# %% From token to user
async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)],
) -> UserInDB:
    """Return the user that a token's `sub` names.

    Raises:
        HTTPException: 401, the token is invalid or its user is gone. The
            answer does not say which; an invalid token's error is the
            `__cause__`.
    """
    try:
        username = read_access_token(token)["sub"]
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    user = users.get(username)
    if user is None:
        raise unauthorized("Could not validate credentials")
    return user


# %% Only active users
async def get_current_active_user(
    current_user: Annotated[UserInDB, Depends(get_current_user)],
) -> UserInDB:
    """Return the current user if the account is not disabled.

    Raises:
        HTTPException: 400, the account is disabled.
    """
    if current_user.disabled:
        raise HTTPException(
            status_code=status.HTTP_400_BAD_REQUEST, detail="Inactive user"
        )
    return current_user


# %% The annotation that guards
CurrentUser = Annotated[UserInDB, Depends(get_current_active_user)]

# %% The app
app = FastAPI(title="Chapter 3: dependency wiring", redirect_slashes=False)


@app.get("/users/me/")
async def read_users_me(current_user: CurrentUser) -> User:
    """Return the current user's public fields."""
    return current_user

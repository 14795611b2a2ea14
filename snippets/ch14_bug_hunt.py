"""Chapter 14: a service of another team, which you review.

`make_app()` makes a small service that keeps notes. It is written for the
hunt: twelve lines of it are wrong on purpose, so copy nothing from here. All
keys and passwords are for teaching.
"""

# %% Imports
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any, Literal
from uuid import uuid4

import bcrypt
import jwt
from fastapi import (
    Body,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Request,
    Response,
    Security,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import OAuth2PasswordBearer, SecurityScopes
from pydantic import BaseModel, Field

# %% What is stored
MEANINGS = {"notes": "Read and write your notes", "admin": "List all accounts"}


@dataclass
class Account:
    """An account; its username is stored in small letters."""

    username: str
    full_name: str
    password_hash: str
    scopes: tuple[str, ...] = ("notes",)


@dataclass
class Note:
    """A note, and the username of the account that wrote it."""

    id: int
    owner: str
    text: str


accounts: dict[str, Account] = {}
notes: dict[int, Note] = {}
note_ids = count(1)
refresh_ids: dict[str, str] = {}  # `jti` of refresh tokens, and whose they are
ended: set[str] = set()  # access tokens that a logout has ended
attempts: dict[str, list[float]] = {}  # times of logins, by address

# %% Passwords
COST = 4  # quick enough for a hunt; at work it is 12


def password_bytes(password: str) -> bytes:
    """Encode a password for bcrypt, which takes up to 72 bytes."""
    return password.encode()[:72]


def new_hash(password: str) -> str:
    """Hash a password with a salt of its own."""
    salt = bcrypt.gensalt(COST)
    return bcrypt.hashpw(password_bytes(password), salt).decode()


def account_for(username: str, password: str) -> Account | None:
    """Return the account of a username and a password that fit, or None."""
    account = accounts.get(username.lower())
    if account is None:
        return None
    stored = account.password_hash.encode()
    fits = bcrypt.checkpw(password_bytes(password), stored)
    return account if fits else None


# %% Accounts
Line = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")
]


class Registration(BaseModel):
    """What a new user sends, as JSON."""

    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,40}$")]
    password: Line
    full_name: Line


def register(new: Registration) -> Account:
    """Store a new account.

    Usernames are the same in any letter case: `Ada` logs in to `ada`.

    Raises:
        HTTPException: 409, the username is taken.
    """
    if new.username in accounts:
        raise HTTPException(409, "this username is taken")
    username = new.username.lower()
    hashed = new_hash(new.password)
    accounts[username] = Account(username, new.full_name, hashed)
    return accounts[username]


def profile(account: Account) -> dict[str, Any]:
    """Return what an account's owner may see of it, all but the password."""
    fields = vars(account)
    return {name: fields[name] for name in fields if name != "password"}


ADA = Account("ada", "Ada L.", new_hash("engine"), ("notes", "admin"))
accounts[ADA.username] = ADA

# %% Sign and verify tokens
KEY = secrets.token_bytes(32)  # a new one at each start
SECONDS = {"access": 10 * 60, "refresh": 30 * 24 * 60 * 60}


def refusal(reason: str) -> HTTPException:
    """Make a 401 with its challenge (RFC 6750 §3)."""
    return HTTPException(401, reason, {"WWW-Authenticate": "Bearer"})


def sign_token(use: str, account: Account, scope: str, jti: str) -> str:
    """Sign a token; its claim `use` is `"access"` or `"refresh"`."""
    now = int(time.time())
    claims = {"sub": account.username, "scope": scope, "use": use, "jti": jti}
    times = {"iat": now, "exp": now + SECONDS[use]}
    return jwt.encode(claims | times, KEY, algorithm="HS256")


def claims_in(token: str) -> dict[str, Any]:
    """Verify one of our tokens, and return its claims.

    Raises:
        HTTPException: 401, we did not sign it, or it has ended.
    """
    required = ["exp", "sub", "jti", "use", "scope"]
    try:
        claims: dict[str, Any] = jwt.decode(
            token, KEY, ["HS256"], options={"require": required}
        )
    except jwt.InvalidTokenError as error:
        raise refusal("this token is not valid") from error
    if token in ended:
        raise refusal("this token has ended")
    return claims


# %% A pair of tokens
class Pair(BaseModel):
    """What a login returns (RFC 6749 §5.1)."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = SECONDS["access"]
    refresh_token: str
    scope: str


def make_pair(account: Account, scope: str) -> Pair:
    """Sign an access token and a refresh token for an account."""
    jti = str(uuid4())
    refresh_ids[jti] = account.username
    return Pair(
        access_token=sign_token("access", account, scope, str(uuid4())),
        refresh_token=sign_token("refresh", account, scope, jti),
        scope=scope,
    )


# %% Limit the logins of an address
MOST, WINDOW = 20, 60.0  # logins of an address, in so many seconds


def address_of(request: Request) -> str:
    """Return the address of a client, as the proxy forwards it."""
    peer = request.client.host if request.client else "unknown"
    return request.headers.get("X-Forwarded-For", peer)


def count_attempt(address: str) -> None:
    """Count a login before the password is hashed.

    Raises:
        HTTPException: 429, there were too many from this address.
    """
    now = time.time()
    recent = [at for at in attempts.get(address, []) if at > now - WINDOW]
    if len(recent) >= MOST:
        raise HTTPException(429, "too many logins", {"Retry-After": "60"})
    attempts[address] = [*recent, now]


# %% Log in
class TokenForm(BaseModel):
    """The form of `/token`: a password or a refresh token."""

    grant_type: Literal["password", "refresh_token"] = "password"
    username: Annotated[str, Field(max_length=200)] = ""
    password: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    refresh_token: str = ""
    scope: str = ""


def granted(account: Account, requested: list[str]) -> str:
    """Return the scopes of a token: those requested, or the account's own."""
    known = [scope for scope in requested if scope in MEANINGS]
    return " ".join(known or account.scopes)


def log_in(form: TokenForm, request: Request) -> Pair:
    """Trade a username and a password for a pair of tokens.

    Raises:
        HTTPException: 401, they do not fit; 429, there were too many logins.
    """
    count_attempt(address_of(request))
    account = account_for(form.username, form.password)
    if account is None:
        raise refusal("wrong username or password")
    return make_pair(account, granted(account, form.scope.split()))


# %% Stay logged in, and log out
def renew_login(token: str) -> Pair:
    """Trade a refresh token for a new pair.

    Raises:
        HTTPException: 401, it is no refresh token of ours, or has ended.
    """
    claims = claims_in(token)
    if claims["jti"] not in refresh_ids:
        raise refusal("this login has ended")
    return make_pair(accounts[claims["sub"]], claims["scope"])


def log_out(token: str) -> None:
    """End a token, and all logins of its user; ignore what is no token.

    A token that has expired is as good as any other (RFC 7009 §2.2).
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return
    ended.add(token)
    for jti, username in list(refresh_ids.items()):
        if username == claims.get("sub"):
            del refresh_ids[jti]


# %% Who is calling
bearer = OAuth2PasswordBearer("/token", scopes=MEANINGS)


def current_account(
    needed: SecurityScopes, token: Annotated[str, Depends(bearer)]
) -> Account:
    """Return the account of an access token that has the needed scopes.

    Raises:
        HTTPException: 401, the token is not valid; 403, it lacks a scope.
    """
    claims = claims_in(token)
    if not set(needed.scopes) <= set(claims["scope"].split()):
        raise HTTPException(403, f"this needs {needed.scope_str}")
    return accounts[claims["sub"]]


def from_our_page(x_from_page: Annotated[str | None, Header()] = None) -> None:
    """Refuse what a foreign form could send: it cannot set this header.

    Raises:
        HTTPException: 403, the header is missing.
    """
    if x_from_page is None:
        raise HTTPException(403, "the header X-From-Page is missing")


# %% Notes
def own_note(note_id: int, account: Account) -> Note:
    """Return a note that an account owns.

    Raises:
        HTTPException: 404, there is none, or it is another account's.
    """
    note = notes.get(note_id)
    if note is None or note.owner != account.username:
        raise HTTPException(404, "there is no such note of yours")
    return note


def add_note(text: str, account: Account) -> Note:
    """Store a new note."""
    note = Note(next(note_ids), account.username, text)
    notes[note.id] = note
    return note


def remove_note(note_id: int, account: Account) -> None:
    """Delete an account's note.

    Raises:
        HTTPException: 404, there is no such note.
    """
    if notes.pop(note_id, None) is None:
        raise HTTPException(404, "there is no such note of yours")


# %% The routes for logins
def keep_in_cookie(response: Response, pair: Pair) -> dict[str, str]:
    """Keep the refresh token in a cookie; return the access token."""
    response.set_cookie(
        *("session", pair.refresh_token, SECONDS["refresh"]),
        secure=True,
        httponly=True,
        samesite="none",  # our page is on another site than this service
    )
    return {"access_token": pair.access_token}


def no_store(response: Response) -> None:
    """Keep tokens out of caches (RFC 6749 §5.1)."""
    response.headers["Cache-Control"] = "no-store"


def add_login_routes(app: FastAPI) -> None:
    """Add what programs use, `/token`, and our page, `/session/`."""
    plain, ours = [Depends(no_store)], [Depends(no_store)]
    ours.append(Depends(from_our_page))
    session_cookie = Annotated[str, Cookie(alias="session")]

    @app.post("/token", dependencies=plain)
    def trade(form: Annotated[TokenForm, Form()], request: Request) -> Pair:
        """Trade a password or a refresh token for a pair of tokens."""
        if form.grant_type == "refresh_token":
            return renew_login(form.refresh_token)
        return log_in(form, request)

    @app.post("/revoke", dependencies=plain)
    def revoke(token: Annotated[str, Form()]) -> dict[str, str]:
        """Log out, whatever the token is (RFC 7009 §2.2)."""
        log_out(token)
        return {}

    @app.post("/session/", dependencies=ours)
    def begin_session(
        form: Annotated[TokenForm, Form()],
        request: Request,
        response: Response,
    ) -> dict[str, str]:
        """Log in from our page, which gets a cookie."""
        return keep_in_cookie(response, log_in(form, request))

    @app.get("/session/", dependencies=ours)
    def read_session(
        session: session_cookie, response: Response
    ) -> dict[str, str]:
        """Give our page a new access token for its cookie."""
        return keep_in_cookie(response, renew_login(session))


# %% The routes for accounts and notes
def add_routes(app: FastAPI) -> None:
    """Add what needs an access token, and the registration."""
    anybody = Annotated[Account, Depends(current_account)]
    owner = Annotated[Account, Security(current_account, scopes=["notes"])]
    admin = Annotated[Account, Security(current_account, scopes=["admin"])]

    @app.post("/users/", status_code=201)
    def create_account(new: Registration) -> dict[str, Any]:
        """Store a new account, and return its profile."""
        return profile(register(new))

    @app.get("/users/me/")
    def read_account(me: anybody) -> dict[str, Any]:
        """Return the profile of the current account."""
        return profile(me)

    @app.get("/admin/users/")
    def read_usernames(me: admin) -> list[str]:
        """Return all usernames to an administrator."""
        return sorted(accounts)

    @app.get("/notes/")
    def read_notes(me: owner) -> list[Note]:
        """Return the notes of the current account."""
        return [each for each in notes.values() if each.owner == me.username]

    @app.post("/notes/", status_code=201)
    def create_note(
        text: Annotated[Line, Body(embed=True)], me: owner
    ) -> Note:
        """Store a note of the current account's."""
        return add_note(text, me)

    @app.get("/notes/{note_id}")
    def read_note(note_id: int, me: owner) -> Note:
        """Return one of the current account's notes."""
        return own_note(note_id, me)

    @app.delete("/notes/{note_id}", status_code=204)
    def delete_note(note_id: int, me: owner) -> None:
        """Delete one of the current account's notes."""
        remove_note(note_id, me)


# %% The app
# Our page is https://notes.example; https://beta.notes.example is the next.
ORIGINS = r"https://.*notes\.example"


def make_app() -> FastAPI:
    """Make the app, out of what the sections above define now."""
    app = FastAPI(title="Notes", redirect_slashes=False)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=ORIGINS,
        allow_credentials=True,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "X-From-Page"],
    )
    add_login_routes(app)
    add_routes(app)
    return app

"""Chapter 3: a valid token becomes its user, anything else a refusal."""

from typing import Annotated, Any

import jwt
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.dependencies.utils import get_dependant
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from hypothesis import example, given
from hypothesis import strategies as st
from passlib.hash import bcrypt

from snippets import ch03_dependency_wiring
from snippets.ch01_jwt_anatomy import encode
from snippets.ch02_password_hashing import pwd_context, verify_password
from snippets.ch03_dependency_wiring import (
    ALGORITHM,
    SECRET_KEY,
    TEACHING_KEY,
    CurrentUser,
    User,
    UserInDB,
    app,
    get_current_active_user,
    get_current_user,
    oauth2_scheme,
    read_access_token,
    read_users_me,
    unauthorized,
)
from tests.support.chapters import fresh
from tests.support.clients import ClientOf
from tests.support.forgeries import (
    FAR_FUTURE,
    FORGERIES,
    HS256,
    STRANGERS,
    Claims,
    Forger,
    signed,
)

CHAPTER = "ch03_dependency_wiring"
PASSWORDS = {"johndoe": "secret", "alice": "secret2"}


@pytest.fixture
def claims() -> Claims:
    return {"sub": "johndoe", "exp": FAR_FUTURE}


def test_valid_token_gives_its_claims(claims: Claims) -> None:
    assert read_access_token(signed(claims)) == claims


def test_token_of_a_jwt_library_is_read(claims: Claims) -> None:
    token = jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
    assert token == signed(claims)
    assert read_access_token(token) == claims


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_token_is_not_read(forge: Forger, claims: Claims) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_access_token(forge(HS256, claims))


def test_without_a_key_the_default_is_the_teaching_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert fresh(CHAPTER).SECRET_KEY == TEACHING_KEY


def test_key_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, claims: Claims
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a key from outside, long enough for it")
    chapter = fresh(CHAPTER)
    assert chapter.SECRET_KEY == "a key from outside, long enough for it"
    assert chapter.read_access_token(signed(claims, key=chapter.SECRET_KEY))
    with pytest.raises(jwt.InvalidSignatureError):
        chapter.read_access_token(signed(claims))


@pytest.mark.parametrize("key", ["", "x", "x" * 31, "é" * 15])
def test_short_key_keeps_the_app_from_starting(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7518 §3.2 counts bytes; the error does not repeat the key."""
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(ValueError, match="SECRET_KEY is set, but") as error:
        fresh(CHAPTER)
    assert not key or key not in str(error.value).replace("SECRET_KEY", "")


@pytest.mark.parametrize("key", ["x" * 32, "é" * 16])
def test_key_of_exactly_32_bytes_is_enough(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    assert key == fresh(CHAPTER).SECRET_KEY


@pytest.mark.parametrize("pattern", [" {}", "{} ", "{}\n"])
def test_white_space_around_a_key_belongs_to_the_key(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pattern.format("a key of 32 bytes, as HS256 asks")
    monkeypatch.setenv("SECRET_KEY", key)
    assert key == fresh(CHAPTER).SECRET_KEY


@pytest.mark.parametrize("pattern", [" {}", "{} ", "{}\n", "\t{}"])
def test_token_with_white_space_around_it_is_not_read(pattern: str) -> None:
    token = signed({"sub": "johndoe", "exp": FAR_FUTURE})
    assert read_access_token(token)
    with pytest.raises(jwt.InvalidTokenError):
        read_access_token(pattern.format(token))


def test_teaching_key_is_as_long_as_its_hash() -> None:
    """RFC 7518 §3.2: 256 bits at least for HS256."""
    assert ALGORITHM == "HS256"
    assert len(TEACHING_KEY.encode()) >= 32


@pytest.mark.parametrize("username", PASSWORDS)
def test_stored_hash_is_of_the_known_password(username: str) -> None:
    stored = fresh(CHAPTER).users[username].hashed_password
    assert verify_password(PASSWORDS[username], stored)


@pytest.mark.parametrize("username", PASSWORDS)
def test_stored_hash_has_the_cost_of_new_ones(username: str) -> None:
    stored = fresh(CHAPTER).users[username].hashed_password
    new_ones = pwd_context.handler("bcrypt").default_rounds
    assert bcrypt.from_string(stored).rounds == new_ones


def test_no_user_record_holds_a_plaintext() -> None:
    users: dict[str, UserInDB] = fresh(CHAPTER).users
    assert users.keys() == PASSWORDS.keys()
    for user in users.values():
        assert "secret" not in user.model_dump_json()


def test_users_are_stored_under_their_usernames(
    users: dict[str, UserInDB],
) -> None:
    assert all(name == user.username for name, user in users.items())


def test_what_others_may_see_of_a_user_has_no_hash() -> None:
    assert set(User.model_fields) == {
        "username",
        "email",
        "full_name",
        "disabled",
    }
    assert set(UserInDB.model_fields) - set(User.model_fields) == {
        "hashed_password"
    }


def test_scheme_points_to_the_token_endpoint() -> None:
    assert isinstance(oauth2_scheme, OAuth2PasswordBearer)
    flows = oauth2_scheme.model.model_dump()["flows"]
    assert flows["password"]["tokenUrl"] == "token"


def test_unauthorized_is_a_401_with_a_challenge() -> None:
    refusal = unauthorized("No.")
    assert (refusal.status_code, refusal.detail) == (401, "No.")
    assert refusal.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.anyio
async def test_token_gives_its_user(
    users: dict[str, UserInDB], claims: Claims
) -> None:
    assert await get_current_user(signed(claims)) is users["johndoe"]


@pytest.mark.anyio
async def test_vanished_user_is_refused(
    users: dict[str, UserInDB], claims: Claims
) -> None:
    del users["johndoe"]
    await assert_refused(signed(claims))


@pytest.mark.anyio
@pytest.mark.parametrize("stranger", STRANGERS, ids=ascii)
async def test_unknown_subject_is_refused(
    stranger: str, claims: Claims
) -> None:
    await assert_refused(signed({**claims, "sub": stranger}))


@pytest.mark.anyio
async def test_refusal_keeps_its_cause_inside(claims: Claims) -> None:
    refusal = await assert_refused(signed({**claims, "exp": 0}))
    assert isinstance(refusal.__cause__, jwt.ExpiredSignatureError)


@pytest.mark.anyio
async def test_active_user_passes(users: dict[str, UserInDB]) -> None:
    john = users["johndoe"]
    assert await get_current_active_user(john) is john


@pytest.mark.anyio
async def test_user_of_unknown_state_passes() -> None:
    """`disabled` is optional: None is not a ban."""
    jane = UserInDB(username="jane", hashed_password="")
    assert jane.disabled is None
    assert await get_current_active_user(jane) is jane


@pytest.mark.anyio
async def test_disabled_user_gets_400(users: dict[str, UserInDB]) -> None:
    with pytest.raises(HTTPException) as caught:
        await get_current_active_user(users["alice"])
    assert caught.value.status_code == 400
    assert caught.value.detail == "Inactive user"


@pytest.mark.anyio
async def test_endpoint_names_its_user_and_no_more(
    client_of: ClientOf, claims: Claims
) -> None:
    headers = {"Authorization": f"Bearer {signed(claims)}"}
    async with client_of(app) as client:
        response = await client.get("/users/me/", headers=headers)
    assert response.status_code == 200
    assert response.json() == {
        "username": "johndoe",
        "email": "johndoe@example.com",
        "full_name": "John Doe",
        "disabled": False,
    }


@pytest.mark.anyio
async def test_endpoint_without_a_token_gets_401(client_of: ClientOf) -> None:
    async with client_of(app) as client:
        response = await client.get("/users/me/")
    assert response.status_code == 401
    assert response.json() == {"detail": "Not authenticated"}
    assert response.headers["www-authenticate"] == "Bearer"


async def assert_refused(token: str) -> HTTPException:
    with pytest.raises(HTTPException) as caught:
        await get_current_user(token)
    assert caught.value.status_code == 401
    assert caught.value.detail == "Could not validate credentials"
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    return caught.value


def bearer(claims: Claims) -> dict[str, str]:
    return {"Authorization": f"Bearer {signed(claims)}"}


@given(token=st.text(st.characters(exclude_categories=["Cs"])))
@example(token="")
@example(token="..")
@example(token="é.é.é")
def test_any_text_is_a_token_or_an_invalid_one(token: str) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_access_token(token)


@pytest.mark.anyio
async def test_token_of_chapter_1_gives_its_user(
    users: dict[str, UserInDB], claims: Claims
) -> None:
    token = encode(claims, SECRET_KEY.encode())
    assert token == signed(claims)
    assert await get_current_user(token) is users["johndoe"]


def test_header_comes_before_token_and_token_before_account() -> None:
    """The tree is a chain: each link depends on the next, and no more."""
    links = []
    dependant = get_dependant(path="/users/me/", call=read_users_me)
    while dependant.dependencies:
        (dependant,) = dependant.dependencies
        links.append(dependant.call)
    assert links == [get_current_active_user, get_current_user, oauth2_scheme]


@pytest.mark.anyio
async def test_token_is_verified_once_in_a_request(
    monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, claims: Claims
) -> None:
    tokens = []

    def spy(token: str) -> dict[str, Any]:
        tokens.append(token)
        return read_access_token(token)

    monkeypatch.setattr(ch03_dependency_wiring, "read_access_token", spy)
    greedy = FastAPI()

    @greedy.get("/")
    async def read(
        one: CurrentUser,
        two: CurrentUser,
        three: Annotated[UserInDB, Depends(get_current_user)],
    ) -> bool:
        return one is two is three

    async with client_of(greedy) as client:
        for requests in (1, 2):
            response = await client.get("/", headers=bearer(claims))
            assert response.json() is True
            assert tokens == [signed(claims)] * requests


REFUSED = {
    "no token": ({}, 401),
    "a made-up token": ({"Authorization": "Bearer nonsense"}, 401),
    "a disabled user": (bearer({"sub": "alice", "exp": FAR_FUTURE}), 400),
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "status"), REFUSED.values(), ids=list(REFUSED)
)
async def test_endpoint_does_not_run_for_the_refused(
    headers: dict[str, str], status: int, client_of: ClientOf, claims: Claims
) -> None:
    callers = []
    diary = FastAPI()

    @diary.get("/")
    async def read(current_user: CurrentUser) -> None:
        callers.append(current_user.username)

    async with client_of(diary) as client:
        response = await client.get("/", headers=headers)
        assert (response.status_code, callers) == (status, [])
        await client.get("/", headers=bearer(claims))
    assert callers == ["johndoe"]


def test_one_annotation_is_seen_in_openapi() -> None:
    mixed = FastAPI()

    @mixed.get("/guarded")
    async def read(current_user: CurrentUser) -> None: ...

    @mixed.get("/open")
    async def read_open() -> None: ...

    paths = mixed.openapi()["paths"]
    assert paths["/guarded"]["get"]["security"] == [
        {"OAuth2PasswordBearer": []}
    ]
    assert "security" not in paths["/open"]["get"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("username", "status"), [("johndoe", 200), ("alice", 400)]
)
async def test_override_keeps_the_checks_above_it(
    username: str,
    status: int,
    users: dict[str, UserInDB],
    monkeypatch: pytest.MonkeyPatch,
    client_of: ClientOf,
) -> None:
    monkeypatch.setitem(
        app.dependency_overrides, get_current_user, lambda: users[username]
    )
    async with client_of(app) as client:
        response = await client.get("/users/me/")
    assert response.status_code == status


@pytest.mark.anyio
async def test_override_of_the_same_code_run_twice_does_nothing(
    users: dict[str, UserInDB],
    monkeypatch: pytest.MonkeyPatch,
    client_of: ClientOf,
) -> None:
    twin = fresh(CHAPTER).get_current_user
    assert twin.__name__ == get_current_user.__name__
    monkeypatch.setitem(
        app.dependency_overrides, twin, lambda: users["johndoe"]
    )
    async with client_of(app) as client:
        response = await client.get("/users/me/")
    assert response.status_code == 401


KEEPING = (User, User | None, dict[str, User], list[User])
LEAKING = (UserInDB, User | UserInDB, UserInDB | User, Any, None)
LEAKING_INSIDE = (dict[str, Any], list[Any], dict[str, UserInDB])


@pytest.mark.anyio
@pytest.mark.parametrize("promise", KEEPING + LEAKING + LEAKING_INSIDE)
async def test_promised_type_decides_whether_the_hash_leaves(
    promise: Any, users: dict[str, UserInDB], client_of: ClientOf
) -> None:
    """`None` promises nothing: FastAPI then sends what there is."""
    john = users["johndoe"]
    wrapped: dict[Any, Any] = {dict: {"user": john}, list: [john]}
    answer = wrapped.get(getattr(promise, "__origin__", None), john)
    one = FastAPI()
    one.get("/", response_model=promise)(lambda: answer)
    async with client_of(one) as client:
        text = (await client.get("/")).text
    assert "johndoe@example.com" in text
    assert (john.hashed_password in text) == (promise not in KEEPING)


@pytest.mark.anyio
async def test_response_made_by_hand_passes_no_filter(
    users: dict[str, UserInDB], client_of: ClientOf
) -> None:
    one = FastAPI()

    @one.get("/", response_model=User)
    async def read() -> JSONResponse:
        return JSONResponse(users["johndoe"].model_dump())

    async with client_of(one) as client:
        response = await client.get("/")
    assert response.json() == users["johndoe"].model_dump()

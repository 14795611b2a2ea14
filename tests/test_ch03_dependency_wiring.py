"""Chapter 3: a valid token becomes its user, anything else a refusal."""

import jwt
import pytest
from fastapi import HTTPException
from fastapi.security import OAuth2PasswordBearer
from passlib.hash import bcrypt

from snippets.ch02_password_hashing import pwd_context, verify_password
from snippets.ch03_dependency_wiring import (
    ALGORITHM,
    SECRET_KEY,
    TEACHING_KEY,
    User,
    UserInDB,
    app,
    get_current_active_user,
    get_current_user,
    oauth2_scheme,
    read_access_token,
    unauthorized,
)
from tests.apps import ClientOf, fresh
from tests.tokens import (
    FAR_FUTURE,
    FORGERIES,
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
        read_access_token(forge(claims))


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
    assert oauth2_scheme.model.flows.password.tokenUrl == "token"


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

"""Chapter 4: a password is traded for a token, and nothing else is."""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_type_hints
from unittest.mock import MagicMock, Mock, call, patch

import jwt
import pytest
from fastapi.routing import APIRoute
from passlib.hash import bcrypt, django_pbkdf2_sha256

from snippets import ch02_password_hashing as ch02
from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets.ch02_password_hashing import pwd_context, verify_password
from snippets.ch03_dependency_wiring import (
    SECRET_KEY,
    UserInDB,
    read_access_token,
)
from snippets.ch04_token_endpoint import (
    Token,
    authenticate_user,
    create_access_token,
    login_for_access_token,
)
from tests.support.chapters import fresh
from tests.support.clients import ClientOf

DAMAGED = ["!", "", "$argon2id$v=19$m=8,t=1,p=1$YQ$YQ", "$2b$12$short"]
UNHASHABLE = ["a" * 73, "é" * 37, "sec\0ret", "a" * 5000, "sec\ud800ret"]


@pytest.fixture
def verifications() -> Iterator[Mock]:
    """Watch the hash context: each call costs the time of one hash."""
    context = ch02.pwd_context
    with patch.object(context, "verify", wraps=context.verify) as spy:
        yield spy


def replace_hash(
    users: dict[str, UserInDB], username: str, hashed: str
) -> None:
    """Store another hash for a user."""
    changed = {"hashed_password": hashed}
    users[username] = users[username].model_copy(update=changed)


@pytest.mark.parametrize(
    ("username", "password"), [("johndoe", "secret"), ("alice", "secret2")]
)
def test_right_password_gives_its_user(
    username: str, password: str, users: dict[str, UserInDB]
) -> None:
    assert authenticate_user(username, password) is users[username]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("johndoe", "wrong"),
        ("johndoe", ""),
        ("johndoe", "Secret"),
        ("johndoe", "secret2"),
        ("alice", "secret"),
        ("nobody", "secret"),
        ("JohnDoe", "secret"),
        ("johndoe ", "secret"),
        ("", "secret"),
        ("john\ud800doe", "secret"),
    ],
    ids=ascii,
)
def test_wrong_pair_gives_nobody(username: str, password: str) -> None:
    assert authenticate_user(username, password) is None


@pytest.mark.parametrize("username", ["johndoe", "nobody"])
@pytest.mark.parametrize("password", UNHASHABLE, ids=lambda p: ascii(p[:8]))
def test_unhashable_password_is_refused_before_the_user_is_looked_up(
    username: str, password: str
) -> None:
    with patch.object(ch04, "users", MagicMock(spec=dict)) as users:
        assert authenticate_user(username, password) is None
    assert users.mock_calls == []


def test_hashable_password_has_its_user_looked_up() -> None:
    with patch.object(ch04, "users", MagicMock(spec=dict)) as users:
        users.get.return_value = None
        authenticate_user("johndoe", "secret")
    assert users.mock_calls != []


def test_unknown_user_costs_one_verification_of_the_dummy_hash(
    verifications: Mock,
) -> None:
    authenticate_user("nobody", "secret")
    assert verifications.mock_calls == [call("secret", ch04.DUMMY_HASH)]


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_known_user_costs_one_verification_of_the_own_hash(
    password: str, verifications: Mock, users: dict[str, UserInDB]
) -> None:
    authenticate_user("johndoe", password)
    own = users["johndoe"].hashed_password
    assert verifications.mock_calls == [call(password, own)]


@pytest.mark.parametrize("hashed", DAMAGED)
@pytest.mark.anyio
async def test_damaged_hash_matches_no_password(
    hashed: str,
    users: dict[str, UserInDB],
    verifications: Mock,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its account is refused as a wrong password is, in the same time."""
    replace_hash(users, "johndoe", hashed)
    form = {"username": "johndoe", "password": "secret"}
    async with client_of(ch04.app) as client:
        response = await client.post("/token", data=form)
    assert response.status_code == 401
    assert response.json() == {"detail": "Incorrect username or password"}
    assert verifications.mock_calls[-1] == call("secret", ch04.DUMMY_HASH)
    assert "'johndoe' is damaged" in caplog.text
    assert "secret" not in caplog.text.replace(hashed, "")


@pytest.mark.parametrize(
    "outdated",
    [
        cast("Any", bcrypt).using(rounds=5).hash,
        cast("Any", django_pbkdf2_sha256).using(rounds=9).hash,
    ],
    ids=["another cost", "another scheme"],
)
def test_right_login_replaces_an_outdated_hash(
    outdated: Callable[[str], str], users: dict[str, UserInDB]
) -> None:
    replace_hash(users, "johndoe", old := outdated("secret"))
    assert authenticate_user("johndoe", "wrong") is None
    assert users["johndoe"].hashed_password == old
    user = authenticate_user("johndoe", "secret")
    assert user is users["johndoe"]
    assert user.hashed_password.startswith("$2b$04$")
    assert verify_password("secret", user.hashed_password)


def test_hash_changed_meanwhile_is_not_overwritten(
    users: dict[str, UserInDB],
) -> None:
    before = users["johndoe"]
    replace_hash(users, "johndoe", "chosen meanwhile")
    ch04.store_hash(before, "$2b$04$new")
    assert users["johndoe"].hashed_password == "chosen meanwhile"


@pytest.mark.parametrize("path", ["/token/", "/users/me", "/users/me/items"])
@pytest.mark.anyio
async def test_other_spelling_of_a_path_is_not_redirected(
    path: str, client_of: ClientOf
) -> None:
    """A redirect would send the password to whatever host is named."""
    form = {"username": "johndoe", "password": "secret"}
    async with client_of(ch04.app) as client:
        response = await client.post(path, data=form)
    assert response.status_code == 404
    assert "location" not in response.headers


def test_dummy_hash_has_the_cost_of_real_ones() -> None:
    dummy = bcrypt.from_string(fresh("ch04_token_endpoint").DUMMY_HASH)
    assert dummy.rounds == pwd_context.handler("bcrypt").default_rounds


@pytest.mark.anyio
async def test_dummy_hash_lets_nobody_in_even_when_it_matches(
    client_of: ClientOf, users: dict[str, UserInDB]
) -> None:
    known = users["johndoe"].hashed_password
    form = {"username": "nobody", "password": "secret"}
    with patch.object(ch04, "DUMMY_HASH", known):
        assert authenticate_user("nobody", "secret") is None
        async with client_of(ch04.app) as client:
            response = await client.post("/token", data=form)
    assert response.status_code == 401


def test_login_is_a_plain_function() -> None:
    """FastAPI runs it in a thread, and bcrypt does not stop the loop."""
    assert not inspect.iscoroutinefunction(login_for_access_token)
    endpoints = [getattr(r, "endpoint", None) for r in ch04.app.routes]
    assert login_for_access_token in endpoints


def test_token_speaks_for_its_subject() -> None:
    claims = read_access_token(create_access_token({"sub": "johndoe"}))
    assert claims.keys() == {"sub", "exp"}
    assert claims["sub"] == "johndoe"


def test_token_names_its_algorithm() -> None:
    header = jwt.get_unverified_header(create_access_token({}))
    assert header == {"alg": "HS256", "typ": "JWT"}


def test_token_lives_thirty_minutes() -> None:
    assert_lives(timedelta(minutes=30))


def test_token_lives_as_long_as_asked() -> None:
    assert_lives(timedelta(seconds=90), expires_delta=timedelta(seconds=90))


@pytest.mark.skipif(
    not hasattr(time, "tzset"),
    reason="Windows cannot change the time zone of a process",
)
@pytest.mark.parametrize(
    ("zone", "hours_behind_utc"),
    [("JST-9", -9), ("EST5", 5), ("UTC0", 0)],
    ids=["Tokyo", "New York", "UTC"],
)
def test_lifetime_is_the_same_in_every_time_zone(
    zone: str, hours_behind_utc: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        with monkeypatch.context() as change:
            change.setenv("TZ", zone)
            time.tzset()
            assert time.timezone == hours_behind_utc * 3600
            assert_lives(timedelta(minutes=30))
    finally:
        time.tzset()


def test_token_that_outlived_its_time_is_refused() -> None:
    token = create_access_token({"sub": "johndoe"}, timedelta(seconds=-1))
    with pytest.raises(jwt.ExpiredSignatureError):
        read_access_token(token)


def test_callers_claims_stay_as_they_were() -> None:
    data = {"sub": "johndoe", "exp": 0}
    create_access_token(data)
    assert data == {"sub": "johndoe", "exp": 0}


def test_caller_cannot_set_the_expiry_by_the_claims() -> None:
    assert_lives(timedelta(minutes=30), data={"exp": 4_102_444_800})


def test_claim_that_is_not_json_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        create_access_token({"sub": "johndoe", "friends": {"alice"}})


def test_signatures_are_those_of_the_tutorial() -> None:
    assert get_type_hints(create_access_token) == {
        "data": dict[str, Any],
        "expires_delta": timedelta,
        "return": str,
    }
    assert get_type_hints(authenticate_user) == {
        "username": str,
        "password": str,
        "return": UserInDB | None,
    }
    assert get_type_hints(ch03)["users"] == dict[str, UserInDB]
    lifetime = inspect.signature(create_access_token).parameters
    assert lifetime["expires_delta"].default == timedelta(minutes=30)


def test_token_response_has_the_two_fields_of_the_tutorial() -> None:
    assert get_type_hints(Token) == {"access_token": str, "token_type": str}


def test_path_operations_keep_their_names() -> None:
    routes = {
        route.path: route.endpoint.__name__
        for route in ch04.app.routes
        if isinstance(route, APIRoute)
    }
    assert routes == {
        "/token": "login_for_access_token",
        "/users/me/": "read_users_me",
        "/users/me/items/": "read_own_items",
    }


REFUSED_FORMS: dict[str, dict[str, Any]] = {
    "a password in another field": {
        "data": {"username": "johndoe", "grant_type": "hunter2"}
    },
    "a password in a file": {
        "files": {"username": (None, "johndoe"), "password": ("a", "hunter2")}
    },
    "half a letter, which UTF-8 cannot write": {
        "files": {"grant_type": (None, "hunter2+2AA-")},
        "headers": {
            "Content-Type": "multipart/form-data; boundary=x; charset=utf-7"
        },
    },
}


@pytest.mark.anyio
@pytest.mark.parametrize("what", REFUSED_FORMS)
async def test_refused_form_is_not_repeated(
    what: str, client_of: ClientOf
) -> None:
    async with client_of(ch04.app) as client:
        response = await client.post("/token", **REFUSED_FORMS[what])
    assert response.status_code == 422
    assert "hunter2" not in response.text
    assert all(
        problem.keys() == {"type", "loc", "msg"}
        and problem["loc"][0] == "body"
        for problem in response.json()["detail"]
    )


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("post", "/token", {"200", "400", "401", "422"}),
        ("get", "/users/me/", {"200", "400", "401"}),
        ("get", "/users/me/items/", {"200", "400", "401"}),
    ],
)
def test_every_answer_is_declared(
    method: str, path: str, statuses: set[str]
) -> None:
    operation = ch04.app.openapi()["paths"][path][method]
    assert operation["responses"].keys() == statuses


@pytest.mark.anyio
async def test_login_leaves_the_event_loop_to_others(
    client_of: ClientOf,
) -> None:
    """While one login waits in its thread, another request is answered."""
    loop, is_verifying = asyncio.get_running_loop(), asyncio.Event()
    may_go_on, was_let_go = threading.Event(), []

    def wait(password: str, hashed: str) -> tuple[bool, None]:
        loop.call_soon_threadsafe(is_verifying.set)
        was_let_go.append(may_go_on.wait(timeout=2))
        return False, None

    form = {"username": "johndoe", "password": "secret"}
    with patch.object(ch04, "verify_and_rehash", wait):
        async with client_of(ch04.app) as client, asyncio.TaskGroup() as group:
            login = group.create_task(client.post("/token", data=form))
            await is_verifying.wait()
            response = await client.get("/users/me/")
            may_go_on.set()
    assert response.status_code == 401
    assert login.result().status_code == 401
    assert was_let_go == [True]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change",
    [{"hashed_password": ch04.DUMMY_HASH}, {"email": "new@example.com"}],
    ids=["new password", "new email"],
)
async def test_token_outlives_a_change_of_its_user(
    change: dict[str, str],
    users: dict[str, UserInDB],
    client_of: ClientOf,
) -> None:
    """A flaw, and shown as one: nothing but `exp` ends a token."""
    token = create_access_token({"sub": "johndoe"})
    users["johndoe"] = users["johndoe"].model_copy(update=change)
    async with client_of(ch04.app) as client:
        response = await client.get(
            "/users/me/", headers={"Authorization": f"Bearer {token}"}
        )
    assert response.status_code == 200


@pytest.mark.anyio
async def test_login_gives_a_token_that_opens_both_doors(
    client_of: ClientOf,
) -> None:
    form = {"username": "johndoe", "password": "secret"}
    async with client_of(ch04.app) as client:
        login = await client.post("/token", data=form)
        token = login.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        me = await client.get("/users/me/", headers=headers)
        items = await client.get("/users/me/items/", headers=headers)
    assert read_access_token(token)["sub"] == "johndoe"
    assert me.json()["username"] == "johndoe"
    assert items.json() == [{"item_id": "Foo", "owner": "johndoe"}]


def assert_lives(
    lifetime: timedelta,
    data: dict[str, Any] | None = None,
    **options: timedelta,
) -> None:
    """Hold a new token's `exp`, whole seconds, against the clock."""
    before = datetime.now(UTC).replace(microsecond=0)
    token = create_access_token(data or {}, **options)
    after = datetime.now(UTC)
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    assert before + lifetime <= expires <= after + lifetime

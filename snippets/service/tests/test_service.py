"""What the service must go on doing, whatever you add to it."""

import logging
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError

from ..__main__ import main as run
from ..database import OldSchemaError
from ..logs import NoCredentials
from ..main import app, lifespan
from ..models import find_user
from ..security import OpenRouteError, refuse_open_routes
from ..settings import TEACHING_KEY, Settings, settings
from ..tokens import AUDIENCE, ours, signing_key
from .conftest import PASSWORD, LogIn

pytestmark = pytest.mark.anyio


async def test_new_user_logs_in(
    client: httpx.AsyncClient, log_in: LogIn
) -> None:
    me = await client.get("/users/me/", headers=await log_in("me"))
    assert me.status_code == 200
    assert "hashed_password" not in me.json()


async def test_request_without_token_gets_challenge(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/users/me/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_token_without_scope_is_refused(
    client: httpx.AsyncClient, log_in: LogIn
) -> None:
    answer = await client.get("/items/", headers=await log_in("me"))
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"


async def test_item_of_another_user_is_not_found(
    client: httpx.AsyncClient, log_in: LogIn
) -> None:
    owner, other = await log_in(), await log_in()
    item = await client.post("/items/", json={"title": "mine"}, headers=owner)
    path = f"/items/{item.json()['id']}"
    assert (await client.get(path, headers=other)).status_code == 404
    assert (await client.delete(path, headers=other)).status_code == 404
    assert (await client.get(path, headers=owner)).status_code == 200


async def test_role_is_asked_beside_scope(
    client: httpx.AsyncClient, log_in: LogIn
) -> None:
    assert (
        await client.get("/admin/users/", headers=await log_in())
    ).status_code == 403


async def test_app_with_an_open_route_does_not_start() -> None:
    refuse_open_routes(app)
    forgotten = FastAPI()
    forgotten.get("/reports/")(lambda: "all of them")
    with pytest.raises(OpenRouteError, match="/reports/"):
        async with lifespan(forgotten):
            pass


# Tokens made by a test: no login, and no waiting until one expires.
def bearer(subject: str, lifetime: timedelta) -> dict[str, str]:
    now = datetime.now(UTC)
    claims = {
        "sub": subject,
        "aud": AUDIENCE,
        "scope": "me",
        "jti": str(uuid4()),
        "client_id": "a test",
        "iat": now - timedelta(hours=1),
        "exp": now + lifetime,
    }
    return {"Authorization": f"Bearer {ours.sign(claims)}"}


async def test_token_is_refused_after_its_time(
    client: httpx.AsyncClient,
) -> None:
    await client.post(
        "/users/", json={"username": "late", "password": PASSWORD}
    )
    user = find_user("late")
    assert user is not None
    for lifetime, expected in ((timedelta(1), 200), (-timedelta(1), 401)):
        headers = bearer(user.id.urn, lifetime)
        answer = await client.get("/users/me/", headers=headers)
        assert answer.status_code == expected


async def test_key_from_before_rotation_still_verifies(
    client: httpx.AsyncClient, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await log_in("me")
    new = signing_key(SecretStr("a new key, for this test and no other"))
    monkeypatch.setattr(ours, "keys", [new, *ours.keys])
    assert (await client.get("/users/me/", headers=headers)).status_code == 200
    monkeypatch.setattr(ours, "keys", [new])
    assert (await client.get("/users/me/", headers=headers)).status_code == 401


async def test_used_refresh_token_ends_its_login(
    client: httpx.AsyncClient,
) -> None:
    new = {"username": "thief", "password": PASSWORD}
    await client.post("/users/", json=new)
    form = {"grant_type": "password", **new}
    first = (await client.post("/token", data=form)).json()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    second = (await client.post("/token", data=form)).json()
    assert (await client.post("/token", data=form)).status_code == 400
    form["refresh_token"] = second["refresh_token"]
    assert (await client.post("/token", data=form)).status_code == 400


async def test_sixth_wrong_password_in_a_minute_waits(
    client: httpx.AsyncClient,
) -> None:
    form = {"grant_type": "password", "username": "x", "password": "wrong"}
    answers = [await client.post("/token", data=form) for _ in range(6)]
    assert [each.status_code for each in answers] == [400] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("keys", ["", "short", [TEACHING_KEY], None])
def test_weak_key_is_refused(
    keys: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEYS")
    values = settings.model_dump() | {"secret_keys": keys}
    if keys is None:
        del values["secret_keys"]
    with pytest.raises(ValidationError, match="secret_keys"):
        Settings(**values)


async def test_other_host_and_long_body_are_refused(
    client: httpx.AsyncClient,
) -> None:
    other = {"Host": "attacker.example"}
    assert (await client.get("/health/live", headers=other)).status_code == 400
    answer = await client.post("/token", data={"username": "x" * 70_000})
    assert answer.status_code == 413


async def test_documentation_is_off(client: httpx.AsyncClient) -> None:
    assert (await client.get("/docs")).status_code == 404
    assert (await client.get("/openapi.json")).status_code == 404


def test_log_has_no_token() -> None:
    record = logging.makeLogRecord(
        {"msg": "%s", "args": ("GET /callback?code=secret HTTP/1.1",)}
    )
    NoCredentials().filter(record)
    assert record.getMessage() == "GET /callback?code=… HTTP/1.1"


async def test_old_tables_are_noticed_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def newer(script: object) -> str:
        return "a newer version"

    monkeypatch.setattr(ScriptDirectory, "get_current_head", newer)
    with pytest.raises(OldSchemaError, match="a newer version"):
        async with lifespan(app):
            pass


async def test_appointed_administrator_lists_users(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    new = {"username": "chief", "password": PASSWORD}
    await client.post("/users/", json=new)
    login = await client.post("/token", data={"grant_type": "password", **new})
    headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
    assert run(["migrate"]) == 0
    assert run(["appoint", "Chief"]) == 0
    names = await client.get("/admin/users/", headers=headers)
    assert "chief" in names.json()
    assert run(["appoint", "no-such-user"]) == 1
    assert "no user" in capsys.readouterr().out

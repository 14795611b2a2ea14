"""Chapter 5: refusals that any client understands, subjects of one kind."""

import inspect
import re
from base64 import b64encode
from typing import Annotated, Any

import jwt
import pytest
from fastapi import Body, FastAPI, HTTPException, Request
from hypothesis import given
from hypothesis import strategies as st

from snippets import ch04_token_endpoint as ch04
from snippets.ch02_password_hashing import verify_and_rehash
from snippets.ch03_dependency_wiring import UserInDB, read_access_token
from snippets.ch05_check_it import (
    OAuthError,
    app,
    authenticates_client,
    bearer_error,
    challenge,
    get_current_user,
    login_for_access_token,
    refuse,
    subject_of,
    user_named_by,
)
from tests.support.clients import ClientOf, login

FORM = "application/x-www-form-urlencoded"
ME = "/users/me/"


def request_with(*authorizations: str) -> Request:
    headers = [
        (b"authorization", value.encode("latin-1")) for value in authorizations
    ]
    return Request({"type": "http", "headers": headers})


def basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode()}"


# The challenge


def test_challenge_names_the_realm_first() -> None:
    assert challenge() == {"WWW-Authenticate": 'Bearer realm="course"'}


def test_challenge_lists_what_it_is_told() -> None:
    (said,) = challenge("Basic", error="a", scope="b c").values()
    assert said == 'Basic realm="course", error="a", scope="b c"'


def test_bearer_error_says_the_same_in_header_and_body() -> None:
    error = bearer_error(403, "insufficient_scope", "too little", scope="me")
    assert (error.status_code, error.error) == (403, "insufficient_scope")
    assert error.description == "too little"
    assert error.headers["WWW-Authenticate"] == (
        'Bearer realm="course", error="insufficient_scope", '
        'error_description="too little", scope="me"'
    )


# The exception and its handler


def test_each_refusal_is_an_exception_of_its_own() -> None:
    """Exceptions are kept in sets: one that cannot be hashed breaks them."""
    one, other = (OAuthError(400, "invalid_grant", "no") for _ in range(2))
    assert len({one, other}) == 2
    assert one.headers is not other.headers


async def written(refusal: OAuthError) -> tuple[int, bytes, dict[str, str]]:
    response = await refuse(request_with(), refusal)
    return response.status_code, bytes(response.body), dict(response.headers)


@pytest.mark.anyio
async def test_refusal_is_written_as_it_is() -> None:
    refusal = OAuthError(401, "invalid_client", "who?", challenge("Basic"))
    status, body, headers = await written(refusal)
    assert status == 401
    assert body == b'{"error":"invalid_client","error_description":"who?"}'
    assert headers["www-authenticate"] == 'Basic realm="course"'
    assert headers["cache-control"] == "no-store"
    assert headers["pragma"] == "no-cache"


# The login


@pytest.mark.parametrize(
    ("authorizations", "is_claimed"),
    [
        ([], False),
        ([""], False),
        (["Bearer x"], False),
        (["Basic"], False),
        (["Basic "], False),
        ([basic(":")], False),
        ([basic("a client:")], False),
        ([basic("a client")], False),
        ([basic("a client:a secret")], True),
        ([basic(":a secret")], True),
        ([basic("a client::")], True),
        ([basic("a client:a secret").replace("Basic", "bASIC")], True),
        (["Basic !"], True),
        (["Basic YTpi YTpi"], True),
        (["Basic \xe9"], True),
        (["Basic  Og=="], False),
        ([basic(":"), basic("a client:a secret")], True),
        (['Digest username="a"'], True),
        (["Negotiate Og=="], True),
        (["DPoP x"], True),
    ],
)
def test_credentials_of_a_client_are_detected(
    authorizations: list[str], is_claimed: bool
) -> None:
    assert (
        authenticates_client(request_with(*authorizations), {}) == is_claimed
    )


@pytest.mark.parametrize("name", ["client_secret", "client_assertion"])
def test_credentials_of_a_client_are_detected_in_the_form(name: str) -> None:
    assert authenticates_client(request_with(), {name: "x"})
    assert not authenticates_client(request_with(), {name: ""})


@given(st.text(st.characters(max_codepoint=255)))
def test_no_basic_credentials_crash_the_detection(credentials: str) -> None:
    request = request_with(f"Basic {credentials}")
    authenticates_client(request, {})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 400, "invalid_request"),
        ("grant_type=password", 400, "invalid_request"),
        ("username=johndoe&password=secret", 400, "invalid_request"),
        ("grant_type=&username=a&password=b", 400, "invalid_request"),
        ("grant_type=password&username=a&password=", 400, "invalid_request"),
        ("grant_type=Password", 400, "unsupported_grant_type"),
        ("grant_type=refresh_token", 400, "unsupported_grant_type"),
        ("grant_type=password&client_secret=x", 401, "invalid_client"),
        ("grant_type=magic&client_secret=x", 400, "unsupported_grant_type"),
        ("grant_type=magic&grant_type=magic", 400, "invalid_request"),
        ("username=1&username=1", 400, "invalid_request"),
        ("grant_type=password&client_assertion=x", 401, "invalid_client"),
        ("a=1&a=2&grant_type=magic", 400, "unsupported_grant_type"),
        ("grant_type=password&username=a&password=b", 400, "invalid_grant"),
    ],
)
async def test_first_broken_rule_decides(
    body: str, status: int, error: str, client_of: ClientOf
) -> None:
    async with client_of(app) as client:
        response = await client.post(
            "/token", content=body, headers={"Content-Type": FORM}
        )
    assert response.status_code == status
    assert response.json()["error"] == error


@pytest.mark.anyio
async def test_file_in_place_of_a_name_is_an_invalid_request(
    client_of: ClientOf,
) -> None:
    files = {"username": ("hunter2", b"hunter2")}
    async with client_of(app) as client:
        response = await client.post("/token", data=login(), files=files)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert "hunter2" not in response.text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--B--"),
        ("multipart/form-data; boundary=B", b"hunter2"),
        ("multipart/form-data; boundary=B", b"--B\r\nhunter2\r\n\r\n"),
        ("application/json", b'{"password": "hunter2"}'),
    ],
)
async def test_broken_body_is_an_invalid_request(
    kind: str, body: bytes, client_of: ClientOf
) -> None:
    """Starlette refuses some with a 400 of its own, before our code runs."""
    async with client_of(app) as client:
        response = await client.post(
            "/token", content=body, headers={"Content-Type": kind}
        )
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert "hunter2" not in response.text


@pytest.mark.anyio
@pytest.mark.parametrize("pair", [":", "a client:"])
async def test_client_with_an_empty_secret_logs_in(
    pair: str, client_of: ClientOf
) -> None:
    """Swagger UI and requests-oauthlib send such a header."""
    async with client_of(app) as client:
        response = await client.post(
            "/token", data=login(), headers={"Authorization": basic(pair)}
        )
    assert response.status_code == 200


@pytest.mark.anyio
async def test_login_says_who_and_for_how_long(client_of: ClientOf) -> None:
    async with client_of(app) as client:
        response = await client.post("/token", data=login())
    body = response.json()
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    claims = read_access_token(body["access_token"])
    assert claims.keys() == {"sub", "exp"}
    assert claims["sub"] == "username:johndoe"
    assert body["expires_in"] == 1800
    assert body["token_type"] == "bearer"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"


@pytest.mark.anyio
async def test_disabled_user_is_refused_like_an_unknown_one(
    client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte, and after the same work."""
    verified: list[str] = []
    verify = verify_and_rehash

    def watched(password: str, hashed: str) -> tuple[bool, str | None]:
        verified.append(password)
        return verify(password, hashed)

    monkeypatch.setattr(ch04, "verify_and_rehash", watched)
    async with client_of(app) as client:
        alice = await client.post("/token", data=login("alice", "secret2"))
        nobody = await client.post("/token", data=login("nobody", "secret2"))
    assert alice.status_code == 400
    assert (alice.content, alice.headers) == (nobody.content, nobody.headers)
    assert verified == ["secret2", "secret2"]


@pytest.mark.anyio
async def test_errors_of_other_endpoints_stay_as_fastapi_writes_them(
    client_of: ClientOf,
) -> None:
    """The handlers are the app's, the endpoints a developer's own."""
    own = FastAPI(exception_handlers=dict(app.exception_handlers))

    @own.post("/items")
    def create_item(name: Annotated[str, Body(embed=True)]) -> str:
        raise HTTPException(400, f"{name} already exists")

    async with client_of(own) as client:
        missing = await client.post("/items", json={})
        exists = await client.post("/items", json={"name": "Foo"})
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "name"]
    assert exists.status_code == 400
    assert exists.json() == {"detail": "Foo already exists"}


@pytest.mark.anyio
async def test_body_that_is_no_form_is_called_so(client_of: ClientOf) -> None:
    async with client_of(app) as client:
        responses = [
            await client.post("/token", json=login()),
            await client.post("/token", params=login()),
            await client.post("/token", content=b"grant_type=password"),
        ]
    for response in responses:
        assert response.json() == {
            "error": "invalid_request",
            "error_description": "the body is not a form",
        }


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["grant_type", "username", "password"])
async def test_missing_field_is_named(name: str, client_of: ClientOf) -> None:
    fields = login()
    async with client_of(app) as client:
        empty = await client.post("/token", data={**fields, name: ""})
        del fields[name]
        missing = await client.post("/token", data=fields)
    assert empty.json() == missing.json()
    assert missing.json()["error_description"] == f"the form has no {name}"


def test_login_does_not_run_on_the_event_loop() -> None:
    assert not inspect.iscoroutinefunction(login_for_access_token)


# The subject


def test_every_user_has_a_subject_that_leads_back(
    users: dict[str, UserInDB],
) -> None:
    for name, user in users.items():
        found = user_named_by(subject_of(name))
        assert found is (None if user.disabled else user)


@given(st.text() | st.sampled_from(["car:", "user:", "USERNAME:", "username"]))
def test_what_is_not_in_the_namespace_names_nobody(other: str) -> None:
    if not other.startswith("username:"):
        assert user_named_by(other) is None
        assert user_named_by(f"{other}johndoe") is None


@pytest.mark.parametrize(
    "subject",
    [
        "johndoe",
        "username:",
        "username:Johndoe",
        "username: johndoe",
        "username:johndoe:",
        "username:username:johndoe",
        "Username:johndoe",
        ":johndoe",
        "car:johndoe",
        "username:alice",
        "username:nobody",
        "username:john%64oe",
        "username:johndoe%",
        "username:john\ud800doe",
    ],
)
def test_other_subjects_name_nobody(subject: str) -> None:
    assert user_named_by(subject) is None


@pytest.mark.parametrize("name", ["zoë", "a b", "x%", "a:b", "a/b?c#d"])
def test_any_username_has_a_subject_that_leads_back(
    name: str, users: dict[str, UserInDB]
) -> None:
    users[name] = users["johndoe"]
    assert user_named_by(subject_of(name)) is users["johndoe"]


def test_subject_is_a_uri(users: dict[str, UserInDB]) -> None:
    """RFC 7519 §2 asks it of a subject with a colon; here RFC 3986 §3."""
    for name in [*users, "zoë", "a b", "x%", "a:b", "a/b?c#d"]:
        assert re.fullmatch(
            r"[a-z][a-z0-9+.-]*:(?:[\w.~-]|%[0-9A-F]{2})+",
            subject_of(name),
            re.ASCII,
        )


@pytest.mark.anyio
async def test_token_of_chapter_4_names_nobody_here(
    client_of: ClientOf,
) -> None:
    token = ch04.create_access_token({"sub": "johndoe"})
    headers = {"Authorization": f"Bearer {token}"}
    async with client_of(ch04.app) as client:
        assert (await client.get(ME, headers=headers)).status_code == 200
    async with client_of(app) as client:
        assert (await client.get(ME, headers=headers)).status_code == 401


@pytest.mark.anyio
async def test_refusal_keeps_its_reason_to_itself() -> None:
    with pytest.raises(OAuthError) as refusal:
        await get_current_user("nonsense")
    assert isinstance(refusal.value.__cause__, jwt.DecodeError)
    assert "segments" not in refusal.value.headers["WWW-Authenticate"]
    assert "segments" not in refusal.value.description


# The token, sent once


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ([], "", 401),
        (["Bearer {token}"], "", 200),
        (["Bearer {token}"], "?access_toke=x", 200),
        (["Bearer {token}", "Bearer {token}"], "", 400),
        (["Bearer {token}", "Basic Og=="], "", 400),
        (["Basic Og==", "Bearer {token}"], "", 400),
        (["Bearer {token}"], "?access_token={token}", 400),
        (["Bearer {token}"], "?access_token=", 400),
        ([], "?access_token={token}", 401),
        ([], "?access_token=a&access_token=b", 400),
    ],
)
async def test_token_is_read_from_one_header_alone(
    headers: list[str], query: str, status: int, client_of: ClientOf
) -> None:
    token = ch04.create_access_token({"sub": "username:johndoe"})
    sent = [("Authorization", h.replace("{token}", token)) for h in headers]
    path = ME + query.replace("{token}", token)
    async with client_of(app) as client:
        response = await client.get(path, headers=sent)
    assert response.status_code == status
    if status == 400:
        assert response.json()["error"] == "invalid_request"
        challenge = response.headers["WWW-Authenticate"]
        assert 'error="invalid_request"' in challenge


# What OpenAPI says


@pytest.fixture
def document() -> dict[str, Any]:
    return app.openapi()


def test_no_operation_declares_an_answer_that_is_never_given(
    document: dict[str, Any],
) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["responses"].keys() == {"200", "4XX"}


def test_openapi_says_what_a_login_must_send(
    document: dict[str, Any],
) -> None:
    body = document["paths"]["/token"]["post"]["requestBody"]
    schema = body["content"][FORM]["schema"]
    assert schema["required"] == ["grant_type", "username", "password"]


def test_only_the_token_endpoint_is_open(document: dict[str, Any]) -> None:
    is_open = [
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "security" not in operation
    ]
    assert is_open == ["/token"]


# Where the flaw of chapter 6 is


@pytest.mark.anyio
async def test_scope_that_is_asked_for_changes_nothing(
    client_of: ClientOf,
) -> None:
    async with client_of(app) as client:
        body = {**login(), "scope": "nothing at all"}
        token = (await client.post("/token", data=body)).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        items = await client.get("/users/me/items/", headers=headers)
    assert items.json() == [{"item_id": "Foo", "owner": "johndoe"}]

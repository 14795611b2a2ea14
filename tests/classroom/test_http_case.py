"""Each case of a table is a request, and says why its answer is wrong."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from course.classroom.answer_types import an_app
from course.classroom.http_case import HttpCase, send_case, send_cases
from course.classroom.trial import TRIAL, CallError, Trial, UnmetError


@pytest.fixture(autouse=True)
def trial() -> Iterator[Trial]:
    """Begin a trial, as `judge` does."""
    before = TRIAL.set(Trial())
    yield TRIAL.get()
    TRIAL.reset(before)


@pytest.fixture
def client() -> httpx.AsyncClient:
    """Talk to an app that answers in several ways."""
    app = FastAPI()

    @app.get("/open")
    @app.post("/open")
    def read(request: Request) -> list[str]:
        return [request.method, request.headers.get("Authorization", "")]

    @app.get("/closed")
    def refuse() -> Response:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        return Response(status_code=401, headers=challenge)

    @app.get("/text")
    def write() -> PlainTextResponse:
        return PlainTextResponse("no json")

    @app.get("/broken")
    def crash() -> None:
        raise LookupError("eve")

    @app.get("/exit")
    async def leave() -> None:
        raise SystemExit

    return an_app(app)


OPEN = HttpCase("a visitor", "GET /open", 200, "It is closed.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "case",
    [
        OPEN,
        replace(OPEN, request="POST /open", body=["POST", ""]),
        replace(OPEN, headers={"Authorization": "x"}, body=["GET", "x"]),
        replace(OPEN, request="GET /text", body="no json"),
        HttpCase(
            "", "GET /closed", 401, "", challenge=("Bearer", "invalid_token")
        ),
    ],
)
async def test_answer_as_it_must_be_passes(
    case: HttpCase, client: httpx.AsyncClient, trial: Trial
) -> None:
    response = await send_case(client, case)
    assert response.status_code == case.status
    assert trial.tried == ([case.given] if case.given else [])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": 401}, "It is closed."),
        ({"status": 401, "instead": {200: "It is open."}}, "It is open."),
        ({"status": 401, "instead": {404: "It is gone."}}, "It is closed."),
        ({"body": ["GET", "y"]}, "It is closed."),
        ({"body": None}, "It is closed."),
        ({"challenge": ("Bearer",)}, "It is closed."),
        (
            {
                "request": "GET /closed",
                "status": 401,
                "challenge": ("Bearer", "insufficient_scope"),
            },
            "It is closed.",
        ),
        ({"request": "GET /broken"}, "A client would get a 500."),
    ],
)
async def test_another_answer_is_explained(
    changes: dict[str, Any], why: str, client: httpx.AsyncClient
) -> None:
    with pytest.raises(UnmetError) as raised:
        await send_cases(client, OPEN, replace(OPEN, **changes))
    assert str(raised.value).endswith(why)


@pytest.mark.anyio
async def test_exit_of_an_app_is_no_500(client: httpx.AsyncClient) -> None:
    with pytest.raises(CallError, match="stops the whole program"):
        await send_case(client, replace(OPEN, request="GET /exit"))


@pytest.mark.anyio
async def test_cases_are_sent_until_one_fails(
    client: httpx.AsyncClient, trial: Trial
) -> None:
    second = replace(OPEN, given="another", status=204)
    third = replace(OPEN, given="a third")
    with pytest.raises(UnmetError):
        await send_cases(client, OPEN, second, third)
    assert trial.tried == ["a visitor", "another"]


@pytest.mark.anyio
async def test_all_cases_may_pass(
    client: httpx.AsyncClient, trial: Trial
) -> None:
    await send_cases(client, OPEN, replace(OPEN, given="another"))
    assert trial.tried == ["a visitor", "another"]

"""`show_dependencies` draws the tree that FastAPI really walks."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Annotated, Any
from unittest.mock import patch

import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Query,
    Request,
    Response,
    Security,
    WebSocket,
)
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPBasic,
    HTTPBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
    SecurityScopes,
)
from starlette.requests import HTTPConnection

from course.classroom.card import Card
from course.classroom.dependencies import show_dependencies
from snippets.ch04_token_endpoint import app as tutorial
from tests.support.clients import ClientOf

Printed = pytest.CaptureFixture[str]


def drawn(
    printed: Printed, app: FastAPI, path: str = "/", method: str = "GET"
) -> str:
    show_dependencies(app, path, method)
    return printed.readouterr().out.removesuffix("\n")


def html_of(app: FastAPI, path: str) -> str:
    with patch.object(Card, "show", autospec=True) as show:
        show_dependencies(app, path)
    html: str = show.call_args.args[0].html
    return html


def test_protected_endpoint_is_drawn(capsys: Printed) -> None:
    assert (
        drawn(capsys, tutorial, "/users/me/")
        == """\
GET /users/me/ → read_users_me
└── current_user ← get_current_active_user
    └── current_user ← get_current_user
        └── token ← OAuth2PasswordBearer
            └── reads header Authorization: Bearer"""
    )


def test_form_of_a_login_is_drawn(capsys: Printed) -> None:
    names = "grant_type, username, password, scope, client_id, client_secret"
    assert drawn(capsys, tutorial, "/token", "post").splitlines() == [
        "POST /token → login_for_access_token",
        "└── form ← OAuth2PasswordRequestForm",
        f"    └── form: {names}",
    ]


def test_html_says_the_same_in_lists(capsys: Printed) -> None:
    text = drawn(capsys, tutorial, "/users/me/items/")
    html = html_of(tutorial, "/users/me/items/")
    words = re.sub("[│├└─]", " ", text).split()
    assert unescape(re.sub(r"<[^>]*>", " ", html)).split() == words
    assert html.startswith('<figure style="margin: 0"><figcaption>')
    assert html.count("<ul>") == html.count("</ul>") == 4
    assert "<ul></ul>" not in html


def test_markup_in_names_stays_text() -> None:
    app = FastAPI()

    @app.get("/<b>")
    def read(a: Annotated[str, Header(alias="<i>&")]) -> None: ...

    html = html_of(app, "/<b>")
    assert "GET /&lt;b&gt;" in html
    assert "header: &lt;i&gt;&amp;" in html


def test_what_a_call_takes_is_drawn(capsys: Printed) -> None:
    app = FastAPI()

    @app.put("/{item_id}")
    def replace(
        item_id: int,
        request: Request,
        connection: HTTPConnection,
        response: Response,
        tasks: BackgroundTasks,
        q: str,
        limit: Annotated[int, Query(alias="max")],
        user_agent: Annotated[str, Header()],
        session: Annotated[str, Cookie()],
        item: Annotated[dict[str, int], Body()],
    ) -> None: ...

    @app.post("/")
    def upload(
        file: Annotated[bytes, File()], note: Annotated[str, Form()]
    ) -> None: ...

    assert (
        drawn(capsys, app, "/{item_id}", "PUT")
        == """\
PUT /{item_id} → replace
├── path: item_id
├── query: q, max
├── header: user-agent
├── cookie: session
├── body: item
└── from FastAPI: Request, HTTPConnection, Response, BackgroundTasks"""
    )
    assert drawn(capsys, app, "/", "POST").splitlines()[1:] == [
        "├── file: file",
        "└── form: note",
    ]


@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        (OAuth2PasswordBearer("token"), "header Authorization: Bearer"),
        (OpenIdConnect(openIdConnectUrl="/"), "header Authorization: Bearer"),
        (HTTPBearer(), "header Authorization: Bearer"),
        (HTTPBasic(), "header Authorization: Basic"),
        (APIKeyHeader(name="X-Key"), "header X-Key"),
        (APIKeyQuery(name="key"), "query key"),
        (APIKeyCookie(name="session"), "cookie session"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_scheme_says_where_it_reads(
    scheme: Any, place: str, capsys: Printed
) -> None:
    app = FastAPI()

    @app.get("/")
    def read(found: Annotated[Any, Depends(scheme)]) -> None: ...

    assert drawn(capsys, app).splitlines()[1:] == [
        f"└── found ← {type(scheme).__name__}",
        f"    └── reads {place}",
    ]


def scoped_app() -> FastAPI:
    scheme = OAuth2PasswordBearer("token", scopes={"me": "", "items": ""})

    def get_user(
        wanted: SecurityScopes, token: Annotated[str, Depends(scheme)]
    ) -> None: ...

    def get_active(
        user: Annotated[None, Security(get_user, scopes=["me"])],
    ) -> None: ...

    app = FastAPI()

    @app.get("/items")
    def read_items(
        user: Annotated[None, Security(get_active, scopes=["items", "x"])],
    ) -> None: ...

    @app.get("/status")
    def read_status(user: Annotated[None, Depends(get_user)]) -> None: ...

    return app


def test_scopes_are_drawn_where_asked_and_where_they_arrive(
    capsys: Printed,
) -> None:
    assert (
        drawn(capsys, scoped_app(), "/items")
        == """\
GET /items → read_items
└── user ← get_active, scopes: items x
    └── user ← get_user, scopes: me
        ├── SecurityScopes: items x me
        └── token ← OAuth2PasswordBearer
            └── reads header Authorization: Bearer"""
    )
    lines = drawn(capsys, scoped_app(), "/status").splitlines()
    assert "    ├── SecurityScopes: none" in lines


CALLS: list[str] = []


def session() -> None:
    CALLS.append("session")


def get_user(db: Annotated[None, Depends(session)]) -> None:
    CALLS.append("get_user")


def caching_app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read(
        user: Annotated[None, Depends(get_user)],
        db: Annotated[None, Depends(session)],
        again: Annotated[None, Depends(get_user)],
        fresh: Annotated[None, Depends(session, use_cache=False)],
    ) -> None: ...

    return app


def test_result_used_again_is_marked(capsys: Printed) -> None:
    assert (
        drawn(capsys, caching_app())
        == """\
GET / → read
├── user ← get_user
│   └── db ← session
├── db ← session (as above: not called again)
├── again ← get_user (as above: not called again)
└── fresh ← session (called again: use_cache=False)"""
    )


@pytest.mark.anyio
async def test_marks_agree_with_what_fastapi_calls(
    client_of: ClientOf, capsys: Printed
) -> None:
    CALLS.clear()
    async with client_of(caching_app()) as client:
        response = await client.get("/")
    assert response.status_code == 200
    lines = drawn(capsys, caching_app()).splitlines()[1:]
    names = [
        match[1]
        for line in lines
        if (match := re.search(r"← (\w+)", line)) and "not called" not in line
    ]
    assert sorted(CALLS) == sorted(names) == ["get_user", "session", "session"]


def test_same_call_under_other_scopes_is_another(capsys: Printed) -> None:
    def check(scopes: SecurityScopes) -> None: ...

    app = FastAPI()

    @app.get("/")
    def read(
        a: Annotated[None, Security(check, scopes=["a"])],
        b: Annotated[None, Security(check, scopes=["b"])],
    ) -> None: ...

    assert "not called again" not in drawn(capsys, app)


def test_dependency_without_a_name_is_drawn(capsys: Printed) -> None:
    router = APIRouter(prefix="/in", dependencies=[Depends(get_user)])

    @router.get("/side", dependencies=[Depends(session)])
    def read() -> None: ...

    app = FastAPI(dependencies=[Depends(HTTPBearer())])
    app.include_router(router)
    assert (
        drawn(capsys, app, "/in/side")
        == """\
GET /in/side → read
├── HTTPBearer
│   └── reads header Authorization: Bearer
├── get_user
│   └── db ← session
└── session (as above: not called again)"""
    )


def test_override_is_drawn_with_its_own_tree(capsys: Printed) -> None:
    def fake_user(q: str) -> None: ...

    app = caching_app()
    app.dependency_overrides[get_user] = fake_user
    assert drawn(capsys, app).splitlines()[1:4] == [
        "├── user ← get_user, overridden by fake_user",
        "│   └── query: q",
        "├── db ← session",
    ]


def test_override_knows_the_path(capsys: Printed) -> None:
    def fake_user(item_id: int) -> None: ...

    app = FastAPI()

    @app.get("/{item_id}")
    def read(user: Annotated[None, Depends(get_user)]) -> None: ...

    app.dependency_overrides[get_user] = fake_user
    last = drawn(capsys, app, "/{item_id}").splitlines()[-1]
    assert last == "    └── path: item_id"


def test_override_keeps_the_scopes(capsys: Printed) -> None:
    def fake(wanted: SecurityScopes) -> None: ...

    app = FastAPI()

    @app.get("/")
    def read(u: Annotated[None, Security(session, scopes=["a"])]) -> None: ...

    app.dependency_overrides[session] = fake
    assert drawn(capsys, app).splitlines()[-1] == "    └── SecurityScopes: a"


def test_generator_and_class_and_object_have_names(capsys: Printed) -> None:
    def open_session() -> Iterator[None]:
        yield

    class Page:
        def __init__(self, skip: int = 0) -> None: ...

        def __call__(self, limit: int = 9) -> None: ...

    app = FastAPI()

    @app.get("/")
    def read(
        db: Annotated[None, Depends(open_session)],
        page: Annotated[Page, Depends()],
        more: Annotated[None, Depends(Page())],
    ) -> None: ...

    assert drawn(capsys, app).splitlines()[1:] == [
        "├── db ← open_session",
        "├── page ← Page",
        "│   └── query: skip",
        "└── more ← Page",
        "    └── query: limit",
    ]


def test_first_of_two_routes_answers(capsys: Printed) -> None:
    app = FastAPI()

    def first() -> None: ...

    def second() -> None: ...

    for endpoint in (first, second):
        app.get("/")(endpoint)
    assert drawn(capsys, app) == "GET / → first"


@pytest.mark.parametrize(
    ("path", "method"),
    [("/nowhere", "GET"), ("/token", "GET"), ("/users/me", "GET")],
)
def test_unknown_endpoint_is_refused_with_a_list(
    path: str, method: str
) -> None:
    known = "POST /token, GET /users/me/, GET /users/me/items/"
    with pytest.raises(ValueError, match=path) as refusal:
        show_dependencies(tutorial, path, method)
    assert str(refusal.value) == (
        f"this app has no {method} {path}; it has {known}"
    )


def test_app_without_endpoints_says_so() -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None: ...

    with pytest.raises(ValueError, match="endpoint") as refusal:
        show_dependencies(app, "/ws")
    assert str(refusal.value).endswith("; it has no endpoint at all")

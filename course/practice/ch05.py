"""Chapter 5's practice: what clients read, and whom a token names."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.namespace import lent, namespace_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise

prediction(
    "What does Authlib make of a wrong password?",
    wrong(
        "An exception: it sees the 401",
        "At the token endpoint Authlib reads the body, not the status. A "
        "refusal should have a field named `error`, and ours has none.",
    ),
    right(
        'A token: {"detail": "Incorrect username or password"}',
        "A body without `error` must be a token, Authlib concludes, and it "
        "stores our refusal as one.",
    ),
    wrong(
        "Nothing: it asks for the password again",
        "A library cannot ask its user. It tells the program that called it "
        "how the login ended, if it understands the answer.",
    ),
)
prediction(
    "Which of two usernames in one form is logged in?",
    wrong(
        "alice: the first one counts",
        "For a firewall in front of us it may. FastAPI takes the last one.",
    ),
    wrong(
        "Neither: a form with a name twice is refused",
        "HTML forms may repeat a name, for example when several boxes of a "
        "list are ticked, so FastAPI accepts it. We have to refuse it.",
    ),
    right(
        "johndoe: the last one counts",
        "No standard promises that. FastAPI takes the last value, and "
        "another framework may take the first.",
    ),
)
prediction(
    "A request carries two tokens, a good one and nonsense. What now?",
    right(
        "200: the first one is read",
        "The second header is not looked at. A proxy in front of us may look "
        "at that one alone.",
    ),
    wrong(
        "401: one of them is bad",
        "For that, both would have to be read. `OAuth2PasswordBearer` reads "
        "one header.",
    ),
    wrong(
        "400: this header may be sent only once",
        "HTTP does forbid to repeat this header (RFC 9110 §5.3), but neither "
        "the server nor FastAPI checks it.",
    ),
)
prediction(
    "A page of another origin asks for /users/me/ with a token. What now?",
    wrong(
        "200: the token is good",
        "The app would answer so, but the request does not get that far.",
    ),
    wrong(
        "401: the browser removes the token",
        "The browser does not change the request. It first asks whether it "
        "may send it.",
    ),
    right(
        "The browser asks first, without the token",
        "An app that does not know the question answers 405, and the browser "
        "never sends the request itself.",
    ),
)

METHODS = ("delete", "get", "head", "options", "patch", "post", "put", "trace")
KEY: list[dict[str, list[str]]] = [{"OAuth2": []}]


@exercise(
    "find the guarded calls",
    a_function,
    hints=(
        "Compare the two in the document: what does `GET /users/me/` have "
        "that `POST /token` lacks?",
        "Go through the methods of each path: a method is a key of the path's "
        "dict. A path may also hold a `summary` or `parameters`, so list the "
        "eight methods of HTTP and skip all other keys.",
        "A call without an entry takes the document's: "
        '`needed = operation.get("security", document.get("security", []))`. '
        "The call is guarded if `needed and {} not in needed`.",
    ),
)
def find_the_guarded_calls(guarded: Callable[..., Any]) -> None:
    """Try `security` on calls and on the document, empty and optional."""
    given("a document with one guarded call and an open one")
    simple = {"/me": {"get": {"security": KEY}}, "/token": {"post": {}}}
    found = calls(guarded, {"paths": simple})
    expect(
        "GET /me" in found,
        "`GET /me` has a `security` entry and is not in the list, with the "
        "method in capitals: a client would call it without a token.",
    )
    expect(
        found == ["GET /me"],
        "Calls are listed that are open to everybody. A client would ask its "
        "user for a password that nobody needs.",
    )
    given("a path with several methods, one of them guarded")
    notes = {"get": {}, "post": {"security": KEY}}
    expect(
        calls(guarded, {"paths": {"/notes": notes}}) == ["POST /notes"],
        "A path can have several methods. Only `POST /notes` is guarded.",
    )
    given("a path that is guarded under all eight methods of HTTP")
    all_methods = {method: {"security": KEY} for method in METHODS}
    found = calls(guarded, {"paths": {"/all": all_methods}})
    lost = [m for m in METHODS if f"{m.upper()} /all" not in found]
    expect(
        not lost,
        f"`{', '.join(lost).upper()}` is missing. OpenAPI knows eight "
        f"methods: `{'`, `'.join(METHODS)}`.",
    )
    try_keys_beside_methods(guarded)
    try_security_of_the_document(guarded)
    try_optional_tokens(guarded)


def try_keys_beside_methods(guarded: Callable[..., Any]) -> None:
    """Try texts, lists and extensions among the methods of a path."""
    given("a path with a summary, parameters and an extension")
    path = {
        "summary": "notes",
        "parameters": [{"name": "page", "in": "query"}],
        "description": "all notes",
        "servers": [{"url": "https://notes.example"}],
        "x-cache": {"security": KEY},
        "x-limits": {"security": KEY},
        "additionalOperations": {"COPY": {"security": KEY}},
        "delete": {"security": KEY},
    }
    expect(
        calls(guarded, {"paths": {"/n": path}, "security": KEY})
        == ["DELETE /n"],
        "Not every key of a path is a method: `summary`, `parameters` and "
        "`x-cache` are none. Only `DELETE /n` is a call.",
    )
    given("a key `security` beside the methods of a path")
    odd: dict[str, Any] = {
        "/a": {"security": KEY, "get": {}},
        "/b": {"security": KEY, "get": {"security": []}},
    }
    expect(
        calls(guarded, {"paths": odd}) == [],
        "It guards nothing: OpenAPI has this key in a call and in the whole "
        "document, not in a path.",
    )


def try_security_of_the_document(guarded: Callable[..., Any]) -> None:
    """Try calls that inherit the document's entry, and that override it."""
    given("a document whose own `security` holds for every call")
    inherited = {"paths": {"/a": {"get": {}}}, "security": KEY}
    expect(
        calls(guarded, inherited) == ["GET /a"],
        "The document's own `security` guards the calls that have no entry. "
        "A client would be refused everywhere.",
    )
    given("a call that is opened in such a document")
    opened = {"/a": {"get": {}}, "/open": {"get": {"security": []}}}
    expect(
        calls(guarded, {"paths": opened, "security": KEY}) == ["GET /a"],
        "An empty entry is an entry: it opens a call that the document "
        "guards. Missing and empty are two things here.",
    )
    given("an empty `security` beside the methods of a path")
    beside: dict[str, Any] = {"/c": {"security": [], "get": {}}}
    expect(
        calls(guarded, {"paths": beside, "security": KEY}) == ["GET /c"],
        "It opens nothing: OpenAPI has this key in a call and in the whole "
        "document, not in a path.",
    )


def try_optional_tokens(guarded: Callable[..., Any]) -> None:
    """Try entries with `{}`, which a request without a token satisfies."""
    given("calls whose token is optional")
    optional = {
        "/a": {"get": {"security": [{}]}},
        "/b": {"get": {"security": [{}, *KEY]}},
        "/c": {"get": {"security": [*KEY, {}]}},
        "/d": {"get": {"security": [*KEY, {}, {"ApiKey": []}]}},
    }
    expect(
        calls(guarded, {"paths": optional}) == [],
        "The items of an entry are alternatives, and `{}` asks for nothing: "
        "such a call also works without a token.",
    )
    given("calls with two ways to log in, and with three")
    two: list[dict[str, list[str]]] = [*KEY, {"ApiKey": []}]
    either: dict[str, Any] = {
        "/a": {"put": {"security": two}},
        "/b": {"put": {"security": [*two, {"Basic": []}]}},
    }
    expect(
        calls(guarded, {"paths": either}) == ["PUT /a", "PUT /b"],
        "The call accepts one of several credentials, so it needs one.",
    )
    given("a call for which an ApiKey is needed, and one that needs scopes")
    others: dict[str, Any] = {
        "/Key/": {"get": {"security": [{"ApiKey": []}]}},
        "/openapi.json": {"get": {"security": KEY}},
        "/scopes": {"get": {"security": [{"OAuth2": ["me"]}]}},
    }
    expect(
        calls(guarded, {"paths": others})
        == ["GET /Key/", "GET /openapi.json", "GET /scopes"],
        "Any scheme guards a call, whatever its name and its scopes; the "
        "path is listed as it is written in the document.",
    )
    given("a document whose own `security` is optional")
    mixed = {"/a": {"get": {}}, "/b": {"get": {"security": KEY}}}
    expect(
        calls(guarded, {"paths": mixed, "security": [{}]}) == ["GET /b"],
        "The document's entry is optional, and `GET /b` has one of its own.",
    )


def calls(
    guarded: Callable[..., Any], document: Mapping[str, object]
) -> list[str]:
    """Return the calls that an answer finds in a copy of a document."""
    own = copy.deepcopy(document)
    found = guarded(own)
    expect(
        own == document,
        "The document has changed. Other code reads it as well: only read it.",
    )
    expect(
        isinstance(found, list | tuple | set),
        'A list of texts such as `"GET /users/me/"` is asked for.',
    )
    return sorted(map(str, found))


@exercise(
    "find the job",
    a_lookup,
    hints=(
        "Ask two questions: of what kind is the subject, and which one of "
        "that kind is it?",
        '`subject.partition(":")` cuts once, at the first colon, and never '
        "fails.",
        '`kind, _, name = subject.partition(":")`; then `jobs.get(name)`, '
        'if the kind is `"job"`.',
    ),
)
def find_the_job(job_named_by: Callable[..., Any]) -> None:
    """Try subjects of jobs, of users, and of neither."""
    lending = lent("jobs", with_another_job, namespace_of(job_named_by))
    with lending as tables:
        before = [dict(table) for table in tables]
        try_job_1(job_named_by)
        with may_not_raise(
            "That a subject names no job is an ordinary case: return `None`.",
            LookupError,
            ValueError,
        ):
            given("the subject of job 1 again")
            expect(
                job_named_by("job:1") == "nightly backup",
                "The job is found once only. To name a job does not use it "
                "up: leave it in the table.",
            )
            try_subjects(job_named_by)
        expect(
            tables == before,
            "The table `jobs` has changed. To name a job only read it: "
            "otherwise a request decides which jobs there are.",
        )


def with_another_job(jobs: dict[str, Any]) -> dict[str, Any]:
    """Add a job to the notebook's two; its name is new to the answer."""
    return {**jobs, "obj9": "weekly report"}


def try_job_1(job_named_by: Callable[..., Any]) -> None:
    """Try the first job, which the task names."""
    given("the subject of job 1")
    with may_not_raise(
        "`jobs` lists the names without their kind: `1`, not `job:1`.",
        KeyError,
    ):
        expect(
            job_named_by("job:1") == "nightly backup",
            "`job:1` is the nightly backup, and should be found.",
        )


def try_subjects(job_named_by: Callable[..., Any]) -> None:
    """Try each kind of subject, with the table that was lent."""
    given("the subject of a user whose name is 1")
    expect(
        job_named_by("username:1") is None,
        "A user has got a job's rights. Compare the kind as well.",
    )
    given("a job whose name begins with letters of its kind")
    for subject, job in {
        "job:billing": "monthly billing",
        "job:obj9": "weekly report",
    }.items():
        expect(
            job_named_by(subject) == job,
            f"`{subject}` is in `jobs`, and should be found. (`lstrip` and "
            "`strip` remove single letters, not a word: `removeprefix` or "
            "`partition` do that.)",
        )
    given("a name without its kind")
    expect(
        job_named_by("1") is None,
        "Every old token with the subject `1` opens the nightly backup again.",
    )
    given("a job that does not exist")
    for subject in ("job:7", "job:weekly", "job:"):
        expect(
            job_named_by(subject) is None,
            f"`{subject}` is not in `jobs`: `None` is asked for.",
        )
    given("subjects that only look like a job's")
    others: tuple[str, ...] = (
        "sjob:1",
        "job",
        "JOB:1",
        "job::1",
        "job:1:1",
        "job:1:",
        "",
        *("job-1", "jobs1", "job:Billing", "job:01", "job:%31"),
        *(" job:1", "job: 1", "job:1 ", "job:1\n"),
    )
    expect(
        all(job_named_by(other) is None for other in others),
        "Subjects are compared exactly. What only looks like `job:1` is "
        "another subject.",
    )
    given("subjects that hold the word `job:` twice, or at another place")
    others = ("job:job:1", "1job:", "username:job:1", "job:1job:")
    expect(
        all(job_named_by(other) is None for other in others),
        "The kind is what is written before the first colon. `replace` and "
        "`split` also find it elsewhere.",
    )


@exercise(
    "be the client",
    a_function,
    hints=(
        "Print the three challenges of this chapter. How do those of the two "
        "401 differ?",
        'A challenge is a scheme and then attributes, `name="value"`. Look '
        "at the attribute named `error`, and at no other.",
        '`dict(re.findall(r\'(\\w+)="([^"]*)"\', header))` is a dict of the '
        'attributes. Its `"error"` is `"invalid_token"`, or missing.',
    ),
)
def be_the_client(next_step: Callable[..., Any]) -> None:
    """Try responses with each status, and challenges in each form."""
    given("a success")
    for status in (200, 201, 204, 299):
        expect(
            next_step(httpx.Response(status)) == "go on",
            "After a success, any 2xx, the client goes on.",
        )
    try_challenges(next_step)
    try_other_refusals(next_step)
    given("an answer that is neither")
    for status in (300, 302, 304):
        expect(
            next_step(httpx.Response(status)) == "fix the request",
            "A 3xx is no success: what was asked for is elsewhere.",
        )
    given("a service that is out of order")
    for status in (500, 503, 599):
        expect(
            next_step(httpx.Response(status)) == "try later",
            "A 5xx is the service's own failure. Neither a login nor another "
            "request helps.",
        )
    given("a 429: too many requests")
    expect(
        next_step(httpx.Response(429)) == "try later",
        "A rate limit has refused the request, and will let it pass later "
        "(RFC 6585 §4). There is nothing to fix.",
    )
    for status in (428, 430):
        expect(
            next_step(httpx.Response(status)) == "fix the request",
            f"Only a 429 says that the client should wait, not a {status}.",
        )
    given("other statuses, each with the challenge of an old token")
    old = 'Bearer error="invalid_token"'
    for status, step in (
        *((203, "go on"), (206, "go on"), (400, "fix the request")),
        *((407, "fix the request"), (502, "try later"), (504, "try later")),
    ):
        expect(
            next_step(asked(status, old)) == step,
            f"The status is {status}, so `{step}` is asked for. A challenge "
            "is read after a 401 only, and every status of a hundred counts.",
        )


def try_challenges(next_step: Callable[..., Any]) -> None:
    """Try each 401, and words of a code where they are no code."""
    described = 'error_description="the token is not valid"'
    given("a 401 without an error code")
    for challenge in ('Bearer realm="course"', "Bearer"):
        expect(
            next_step(asked(401, challenge)) == "log in",
            'Without an error code no token was sent: `"log in"`.',
        )
    given("a 401 without a challenge")
    with may_not_raise(
        "A response may lack this header, and then has no error code: "
        '`headers.get("WWW-Authenticate", "")` is always a text.',
        LookupError,
        TypeError,
    ):
        expect(
            next_step(httpx.Response(401)) == "log in",
            'No challenge, so no error code either: `"log in"`.',
        )
    given("a 401 whose challenge says invalid_token")
    expired = f'Bearer realm="course", error="invalid_token", {described}'
    expect(
        next_step(asked(401, expired)) == "log in again",
        "The token is no longer valid, and the challenge says so. A client "
        "that misses it shows its user an error instead of a login.",
    )
    given("the same, with its attributes in another order")
    for challenge in (
        f'Bearer {described}, realm="course", error="invalid_token"',
        f'Bearer error="invalid_token", {described}, realm="course"',
    ):
        expect(
            next_step(asked(401, challenge)) == "log in again",
            "Attributes come in any order. Read them by name.",
        )
    given("the same from other services, of another realm and of none")
    for challenge in (
        f'Bearer realm="shop", error="invalid_token", {described}',
        'Bearer error="invalid_token"',
    ):
        expect(
            next_step(asked(401, challenge)) == "log in again",
            "The realm is a name that each service chooses, or leaves out. "
            "It says nothing about the token.",
        )
    given("a 401 with the words of a code in another attribute")
    for challenge in (
        'Bearer realm="invalid_token"',
        'Bearer realm="error", error_uri="invalid_token"',
    ):
        expect(
            next_step(asked(401, challenge)) == "log in",
            "Only the attribute `error` is the code. Here the words are in "
            "another attribute.",
        )
    given("a 401 with an attribute whose name ends in `error`")
    expect(
        next_step(asked(401, 'Bearer last_error="invalid_token"')) == "log in",
        "The attribute `last_error` is another one than `error`. Read whole "
        "names.",
    )
    given("a 401 whose body has the words of a code")
    body = {"detail": "No token, or an invalid_token"}
    bare = {"WWW-Authenticate": 'Bearer realm="course"'}
    expect(
        next_step(httpx.Response(401, headers=bare, json=body)) == "log in",
        "A body is written for people, in the words of each service. The "
        "code is in the challenge, or there is none.",
    )


def try_other_refusals(next_step: Callable[..., Any]) -> None:
    """Try what no login helps against, with and without a challenge."""
    given("a 400 about the request, and a 404")
    broken = 'Bearer realm="course", error="invalid_request"'
    for response in (
        asked(400, broken),
        httpx.Response(402),
        httpx.Response(404),
        httpx.Response(499),
    ):
        expect(
            next_step(response) == "fix the request",
            "No login helps here: the request itself is wrong, and the "
            "client would log in for ever.",
        )
    given("a 403 that asks for more than the token may do")
    for challenge in (
        'Bearer realm="course", error="insufficient_scope", scope="items"',
        'Bearer realm="course"',
    ):
        expect(
            next_step(asked(403, challenge)) == "fix the request",
            "The token is valid, but not for this. A new login gives the "
            "same kind of token: the client would log in for ever.",
        )


def asked(status: int, challenge: str) -> httpx.Response:
    """Build a refusal with a challenge and no body."""
    return httpx.Response(status, headers={"WWW-Authenticate": challenge})

"""Chapter 5's practice: what clients read, and for whom a token speaks."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given

prediction(
    "What does Authlib make of a wrong password?",
    wrong(
        "An exception: it sees the 401",
        "At the token endpoint it reads the body, not the status. RFC 6749 "
        "puts a refusal into a field named `error`, and ours has none.",
    ),
    right(
        'A token: {"detail": "Incorrect username or password"}',
        "What is no `error` must be a token, so it keeps our refusal for one.",
    ),
    wrong(
        "Nothing: it asks for the password again",
        "A library has nobody to ask. It tells its caller how the login "
        "ended, if it understands the answer.",
    ),
)
prediction(
    "Which of two usernames in one form is logged in?",
    wrong(
        "alice: the first one counts",
        "It may well count for a firewall in front of us. FastAPI takes the "
        "last one.",
    ),
    wrong(
        "Neither: a form with a name twice is refused",
        "A form may hold a name many times, as the boxes one ticks in a list "
        "do. FastAPI has no reason to refuse it. We have.",
    ),
    right(
        "johndoe: the last one counts",
        "Nobody promised that. It is what this framework does, and the next "
        "one may do otherwise.",
    ),
)
prediction(
    "A request carries two tokens, a good one and nonsense. What now?",
    right(
        "200: the first one is read",
        "The other one is not even looked at. A proxy in front of us may look "
        "at that one alone.",
    ),
    wrong(
        "401: one of them is bad",
        "That would take somebody who reads both. `OAuth2PasswordBearer` "
        "reads one header.",
    ),
    wrong(
        "400: a header may stand there once only",
        "For this header RFC 9110 would have it so, and no part of the server "
        "checks it for us.",
    ),
)
prediction(
    "What becomes of a token whose subject is the number 1?",
    wrong(
        "It cannot be signed",
        "PyJWT signs it without a word. The one who made the mistake is not "
        "the one who notices.",
    ),
    right(
        "It is signed, and refused when it is read",
        "Reading is where the rule of RFC 7519 §4.1.2 is checked, so the "
        "mistake appears at the first visitor's login.",
    ),
    wrong(
        "It works: JSON has numbers",
        "JSON has them, a subject has not: it is a string, so that `1` and "
        '`"1"` cannot be two subjects to one program and one to another.',
    ),
)
prediction(
    "A page of another origin asks for /users/me/ with a token. What now?",
    wrong(
        "200: the token is good",
        "The app would say so. The browser does not get that far.",
    ),
    wrong(
        "401: the browser removes the token",
        "It changes nothing about the request. It asks whether it may send "
        "it, before it does.",
    ),
    right(
        "The browser asks first, without the token",
        "That question is called a preflight. An app that does not know it "
        "answers 405, and the request itself is never sent.",
    ),
)


@exercise(
    "find the guarded calls",
    a_function,
    hints=(
        "In the document, what does `GET /users/me/` have that `POST /token` "
        "has not?",
        "Go through the operations of each path as well: the method is their "
        "key. A call is guarded if its `security` is there and not empty.",
        "A call without an entry takes the document's: "
        '`operation.get("security", document.get("security", []))`.',
    ),
)
def find_the_guarded_calls(guarded: Callable[..., Any]) -> None:
    """Every rule of OpenAPI 3.1 about `security`, with and without."""
    key: list[dict[str, list[str]]] = [{"OAuth2": []}]
    given("a document with one guarded call and an open one")
    simple = {"/me": {"get": {"security": key}}, "/token": {"post": {}}}
    found = calls(guarded, {"paths": simple})
    expect(
        "GET /me" in found,
        "`GET /me` has a `security` entry and is not in the list: a client "
        "would call it without a token.",
    )
    expect(
        found == ["GET /me"],
        "Calls are listed that are open to everybody. A client would ask its "
        "user for a password that nobody needs.",
    )
    given("a path with several methods, and a summary")
    methods = {"summary": "notes", "get": {}, "post": {"security": key}}
    expect(
        calls(guarded, {"paths": {"/notes": methods}}) == ["POST /notes"],
        "A path has several methods, and texts beside them. Only "
        "`POST /notes` is guarded.",
    )
    given("a document whose own `security` holds for every call")
    inherited = {"paths": {"/a": {"get": {}}}, "security": key}
    expect(
        calls(guarded, inherited) == ["GET /a"],
        "The document's own `security` guards the calls that have no entry. "
        "A client would be refused everywhere.",
    )
    given("a call that is opened in such a document")
    opened = {"/a": {"get": {}}, "/open": {"get": {"security": []}}}
    expect(
        calls(guarded, {"paths": opened, "security": key}) == ["GET /a"],
        "An empty entry is an entry: it opens a call that the document "
        "guards. Missing and empty are two things here.",
    )


def calls(
    guarded: Callable[..., Any], document: Mapping[str, object]
) -> list[str]:
    """Ask an answer for a document's calls, in any kind of list."""
    found = guarded(document)
    expect(
        isinstance(found, list | tuple | set),
        'A list of texts such as `"GET /users/me/"` is asked for.',
    )
    return sorted(map(str, found))


@exercise(
    "find the car",
    a_lookup,
    hints=(
        "Two questions: of what kind is the subject, and which one is it?",
        '`subject.partition(":")` cuts once, at the first colon, and never '
        "fails.",
        '`kind, _, name = subject.partition(":")`; then `cars.get(name)`, '
        'if the kind is `"car"`.',
    ),
)
def find_the_car(car_named_by: Callable[..., Any]) -> None:
    """Nobody but a car is a car."""
    given("the subject of car 1")
    expect(
        car_named_by("car:1") == "the red van",
        "`car:1` is the red van, and should be found.",
    )
    given("the subject of a user whose name is 1")
    expect(
        car_named_by("username:1") is None,
        "A user has got a car's rights. The kind stands there to be read.",
    )
    given("a subject whose name begins with letters of its kind")
    expect(
        car_named_by("car:rac2") == "the old jeep",
        "`car:rac2` is the old jeep. `lstrip` and `strip` take single letters "
        "away, not a word: `removeprefix` or `partition` do that.",
    )
    given("a name without its kind")
    expect(
        car_named_by("1") is None,
        "Every old token with the subject `1` opens the van again.",
    )
    given("a car that does not exist")
    expect(
        car_named_by("car:7") is None,
        "A car that was sold is nobody. Here something came back for it.",
    )
    given("kinds that only look like a car")
    others = ("scar:1", "car", "CAR:1", "car::1", "car:1:1", "xcar:1", "")
    expect(
        all(car_named_by(other) is None for other in others),
        "A subject is compared to the letter (RFC 7519 §4.1.2, §2): what only "
        "looks like `car:1` is something else.",
    )


@exercise(
    "be the client",
    a_function,
    hints=(
        "Print the three challenges of this chapter. In what do the two 401 "
        "differ?",
        'A challenge is a scheme and then attributes, `name="value"`. Look '
        "at the one named `error`, and at no other.",
        '`dict(re.findall(r\'(\\w+)="([^"]*)"\', header))` is a dict of the '
        'attributes. Its `"error"` is `"invalid_token"`, or missing.',
    ),
)
def be_the_client(next_step: Callable[..., Any]) -> None:
    """A client goes by status and challenge, whatever else stands there."""
    told = 'error_description="the token is not valid"'
    given("a success")
    expect(
        next_step(httpx.Response(200, json={})) == "go on",
        "After a 200 the client goes on.",
    )
    given("a 401 without an error code")
    expect(
        next_step(asked(401, 'Bearer realm="course"')) == "log in",
        'Without an error code no token was sent: `"log in"`.',
    )
    given("a 401 whose challenge says invalid_token")
    expired = f'Bearer realm="course", error="invalid_token", {told}'
    expect(
        next_step(asked(401, expired)) == "log in again",
        "The token is no longer good, and the challenge says so. A client "
        "that misses it shows its user an error instead of a login.",
    )
    given("the same, with its attributes in another order")
    turned = f'Bearer {told}, realm="course", error="invalid_token"'
    expect(
        next_step(asked(401, turned)) == "log in again",
        "Attributes come in any order. Read them by name.",
    )
    given("a 401 whose realm is named like a code")
    realm = 'Bearer realm="invalid_token"'
    expect(
        next_step(asked(401, realm)) == "log in",
        "The words stand in another attribute. Only `error` is the code.",
    )
    given("a 400 about the request, and a 404")
    broken = 'Bearer realm="course", error="invalid_request"'
    expect(
        next_step(asked(400, broken)) == "mend the request"
        and next_step(httpx.Response(404)) == "mend the request",
        "No login mends this: the request itself is wrong, and the client "
        "would log in for ever.",
    )


def asked(status: int, challenge: str) -> httpx.Response:
    """Build a refusal with a challenge and no body."""
    return httpx.Response(status, headers={"WWW-Authenticate": challenge})

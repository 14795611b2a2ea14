"""Right answers to chapter 13's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

NOTES = "own notes only"
ROUTES = "closed by default"
TEST = "a test that can fail"

RIGHT_ANSWERS = [
    RightAnswer(
        NOTES,
        "one refusal made beforehand",
        """
def find_note(notes, method, note_id, username):
    missing = HTTPException(status_code=404, detail="there is no such note")
    try:
        note = notes[note_id]
    except KeyError:
        raise missing from None
    if note["owner"] == username:
        return note
    if username in note["readers"]:
        if method == "GET":
            return note
        raise HTTPException(status_code=403)
    raise missing
""",
    ),
    RightAnswer(
        NOTES,
        "sets of methods",
        """
ALL = {"GET", "PUT", "DELETE", "PATCH", "POST"}


def methods_for(note, username):
    if note["owner"] == username:
        return ALL
    return {"GET"} if username in note["readers"] else set()


def find_note(notes, method, note_id, username):
    note = notes.get(note_id)
    allowed = methods_for(note, username) if note else set()
    if not allowed:
        raise HTTPException(404)
    if method not in allowed:
        raise HTTPException(403)
    return note
""",
    ),
    RightAnswer(
        NOTES,
        "a class with `__call__`",
        """
class Find:
    def __call__(self, notes, method, note_id, username):
        note = notes.get(note_id, {"owner": None, "readers": ()})
        is_owner = username == note["owner"]
        is_reader = username in note["readers"]
        if not is_owner and not is_reader:
            raise HTTPException(404, "not found")
        if is_reader and not is_owner and method != "GET":
            raise HTTPException(403, "not yours")
        return note


find_note = Find()
""",
    ),
    RightAnswer(
        NOTES,
        "a `match`, and Starlette's exception",
        """
from functools import partial
from starlette.exceptions import HTTPException as Refusal


def find(gone, notes, method, note_id, username):
    match notes.get(note_id):
        case {"owner": owner} as note if owner == username:
            return note
        case {"readers": readers} as note if username in readers:
            if method == "GET":
                return note
            raise Refusal(403)
    raise Refusal(gone)


find_note = partial(find, 404)
""",
    ),
    RightAnswer(
        ROUTES,
        "a comprehension",
        """
def open_routes(app, guards):
    return [
        route.path
        for route in iter_route_contexts(app.routes)
        if not getattr(route, "dependant", None)
        or not any(call in guards for call in calls_in(route.dependant))
    ]
""",
    ),
    RightAnswer(
        ROUTES,
        "a search of its own",
        """
def runs(dependant, guards):
    for each in dependant.dependencies:
        if each.call in guards or runs(each, guards):
            return True
    return False


def open_routes(app, guards):
    found = []
    for route in iter_route_contexts(app.routes):
        if not hasattr(route, "dependant") or route.dependant is None:
            found.append(route.path)
        elif not runs(route.dependant, guards):
            found.append(route.path)
    return found
""",
    ),
    RightAnswer(
        ROUTES,
        "a stack",
        """
def is_guarded(route, guards):
    waiting = [getattr(route, "dependant", None)]
    while waiting:
        dependant = waiting.pop()
        if dependant is None:
            return False
        if dependant.call in guards:
            return True
        waiting = dependant.dependencies + waiting
    return False


def open_routes(app, guards):
    routes = list(iter_route_contexts(app.routes))
    return [each.path for each in routes if not is_guarded(each, guards)]
""",
    ),
    RightAnswer(
        ROUTES,
        "the chapter's own function, with other guards",
        """
from unittest.mock import patch
from snippets import ch13_ship_it as ch13


def open_routes(app, guards):
    with patch.object(ch13, "CALLER_GUARDS", guards):
        routes = iter_route_contexts(app.routes)
        return [str(r.path) for r in routes if not ch13.says_who(r)]
""",
    ),
    RightAnswer(
        TEST,
        "a table",
        """
def test_item(send):
    expected = {
        ("items", "john"): 200,
        ("items", "alice"): 404,
        ("me", "john"): 403,
        ("me", "alice"): 403,
        ("", "john"): 403,
        (None, "john"): 401,
        (None, "alice"): 401,
    }
    for (token, item), status in expected.items():
        assert send(token, item) == status, (token, item)
""",
    ),
    RightAnswer(
        TEST,
        "an exception of its own",
        """
def test_item(send):
    calls = [("items", "john"), (None, "john"), ("me", "john")]
    found = [send(*call) for call in [*calls, ("me items", "alice")]]
    if found != [200, 401, 403, 404]:
        raise AssertionError(found)
""",
    ),
    RightAnswer(
        TEST,
        "unittest",
        """
import unittest


def test_item(send):
    case = unittest.TestCase()
    case.assertEqual(send("items", "john"), 200)
    case.assertEqual(send(token=None, item="john"), 401)
    case.assertEqual(send("me", "john"), 403)
    case.assertEqual(send("items", "alice"), 404)
""",
    ),
    RightAnswer(
        TEST,
        "a class with `__call__`",
        """
class Test:
    def __call__(self, send):
        assert [send(None, item) for item in ("john", "alice")] == [401] * 2
        assert [send("me", item) for item in ("john", "alice")] == [403] * 2
        assert send("items", "john") == 200 and send("items", "alice") == 404


test_item = Test()
""",
    ),
]

EQUIVALENT_MUTANTS = [
    EquivalentMutant(
        NOTES,
        f"line {line}: `HTTPException({status}, '{words}')` becomes "
        f"`HTTPException({status})`",
        "the status says enough, and Starlette adds its name",
    )
    for line, status, words in (
        (6, 404, "no such note"),
        (8, 403, "only its owner may do that"),
    )
]

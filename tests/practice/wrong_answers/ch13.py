"""Wrong answers to chapter 13's exercises."""

from tests.practice.wrong_answers import WrongAnswer

NOTES = "own notes only"
ROUTES = "closed by default"
TEST = "a test that can fail"
FIND = "def find_note(notes, method, note_id, username):\n"
OPEN = "def open_routes(app, guards):\n"


def find_note(*lines: str) -> str:
    """Write a `find_note` from its lines."""
    return FIND + "\n".join(f"    {line}" for line in lines)


def test_of(*calls: tuple[str, int]) -> str:
    """Write a `test_item` from calls and the statuses they expect."""
    lines = [f"    assert send({call}) == {status}" for call, status in calls]
    return "\n".join(["def test_item(send):", *lines])


GOOD = ('"items", "john"', 200)
NO_TOKEN = ('None, "john"', 401)
NO_SCOPE = ('"me", "john"', 403)
OTHERS = ('"items", "alice"', 404)

WRONG_ANSWERS = [
    WrongAnswer(
        NOTES,
        "could now use the note: a valid login",
        find_note(
            "if note_id not in notes:",
            '    raise HTTPException(404, "no such note")',
            "return notes[note_id]",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "learns which notes there are",
        find_note(
            "if note_id not in notes:",
            '    raise HTTPException(404, "no such note")',
            "note = notes[note_id]",
            'if username == note["owner"]:',
            "    return note",
            'if username in note["readers"] and method == "GET":',
            "    return note",
            'raise HTTPException(403, "not yours")',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "learns which notes there are",
        find_note(
            "note = notes.get(note_id)",
            "if note is None:",
            '    raise HTTPException(404, "no such note")',
            'if username == note["owner"]:',
            "    return note",
            'if username not in note["readers"]:',
            '    raise HTTPException(404, "no such note of yours")',
            'if method != "GET":',
            "    raise HTTPException(403)",
            "return note",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "may read the note, but not change or delete it",
        find_note(
            "note = notes.get(note_id)",
            "if note is None:",
            "    raise HTTPException(404)",
            'if username == note["owner"] or username in note["readers"]:',
            "    return note",
            "raise HTTPException(404)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "A 404 would send them searching",
        find_note(
            "note = notes.get(note_id)",
            'if note and (username == note["owner"] or method == "GET"',
            '        and username in note["readers"]):',
            "    return note",
            "raise HTTPException(404)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "A reader of this note may `GET` it",
        find_note(
            "note = notes.get(note_id)",
            'if note and username == note["owner"]:',
            "    return note",
            "raise HTTPException(404)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "instead of raising `HTTPException`",
        find_note(
            "note = notes.get(note_id)",
            'if note and username == note["owner"]:',
            "    return note",
            "return HTTPException(404)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "a stranger",
        find_note(
            "note = notes.get(note_id)",
            "if note is None:",
            "    raise HTTPException(404)",
            'if username in note["owner"]:',
            "    return note",
            'if username not in note["readers"]:',
            "    raise HTTPException(404)",
            'if method != "GET":',
            "    raise HTTPException(403)",
            "return note",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "A client would get a 500",
        find_note(
            "note = notes[note_id]",
            'if username == note["owner"]:',
            "    return note",
            "raise HTTPException(404)",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        NOTES,
        "The owner may do anything with a note",
        find_note(
            "note = notes.get(note_id, {'owner': '', 'readers': []})",
            'known = [note["owner"], *note["readers"]]',
            "if not username or username not in known:",
            "    raise HTTPException(404)",
            'if method != "GET":',
            "    raise HTTPException(403)",
            "return note",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "Look into the dependencies of dependencies",
        OPEN + "    paths = []\n"
        "    for route in iter_route_contexts(app.routes):\n"
        "        own = getattr(route, 'dependant', None)\n"
        "        calls = {each.call for each in own.dependencies} "
        "if own else set()\n"
        "        if not calls & guards:\n"
        "            paths.append(route.path)\n"
        "    return paths",
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "the service would not start",
        OPEN + "    return [r.path for r in iter_route_contexts(app.routes)\n"
        "            if guards.isdisjoint(calls_in(r.dependant))]",
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "Nothing is known of what a mounted app lets in",
        OPEN + "    return [r.path for r in iter_route_contexts(app.routes)\n"
        "            if getattr(r, 'dependant', None)\n"
        "            and guards.isdisjoint(calls_in(r.dependant))]",
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "This route runs no guard",
        OPEN + "    return [r.path for r in iter_route_contexts(app.routes)\n"
        "            if not list(calls_in(r.dependant))]",
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "a function with the name of a guard",
        OPEN + "    names = {guard.__name__ for guard in guards}\n"
        "    paths = []\n"
        "    for route in iter_route_contexts(app.routes):\n"
        "        own = getattr(route, 'dependant', None)\n"
        "        calls = calls_in(own) if own else []\n"
        "        if names.isdisjoint(call.__name__ for call in calls):\n"
        "            paths.append(route.path)\n"
        "    return paths",
        happy_path=True,
    ),
    WrongAnswer(
        ROUTES,
        "must not be in the list",
        OPEN + "    return [r.path for r in iter_route_contexts(app.routes)]",
    ),
    WrongAnswer(
        ROUTES,
        "Return a list of paths",
        OPEN + "    return {r.path for r in iter_route_contexts(app.routes)\n"
        "            if guards.isdisjoint(calls_in(r.dependant))}",
    ),
    WrongAnswer(
        ROUTES,
        "they differ by app",
        "GUARDS_HERE = {'log_in', 'everybody'}\n" + OPEN + "    paths = []\n"
        "    for route in iter_route_contexts(app.routes):\n"
        "        own = getattr(route, 'dependant', None)\n"
        "        calls = list(calls_in(own)) if own else []\n"
        "        real = [c for c in calls if c.__qualname__ in GUARDS_HERE]\n"
        "        if not real:\n"
        "            paths.append(route.path)\n"
        "    return paths",
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "strangers read the items",
        test_of(GOOD),
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "expect a 403",
        test_of(GOOD, NO_TOKEN),
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "johndoe must not read it",
        test_of(GOOD, NO_TOKEN, NO_SCOPE),
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "An app that refuses everything is no good app",
        test_of(NO_TOKEN, NO_SCOPE, OTHERS),
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "have scopes, and lack `items`",
        test_of(GOOD, NO_TOKEN, ('"", "john"', 403), OTHERS),
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "This app is good, and your test refuses it",
        test_of(GOOD, NO_TOKEN, NO_SCOPE, ('"items", "alice"', 403)),
    ),
    WrongAnswer(
        TEST,
        "A 403 tells that the item exists",
        "def test_item(send):\n"
        '    assert send("items", "john") == 200\n'
        '    assert send(None, "john") == 401\n'
        '    assert send("me", "john") == 403\n'
        '    assert send("items", "alice") in (403, 404)',
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "A 401 asks the client to log in again",
        "def test_item(send):\n"
        '    assert send("items", "john") == 200\n'
        '    assert send(None, "john") == 401\n'
        '    assert send("me", "john") in (401, 403)\n'
        '    assert send("items", "alice") == 404',
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "Without a token the answer is 401",
        "def test_item(send):\n"
        '    assert send("items", "john") == 200\n'
        '    assert send(None, "john") in (401, 403)\n'
        '    assert send("me", "john") == 403\n'
        '    assert send("items", "alice") == 404',
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "A crash is no refusal",
        "def test_item(send):\n"
        '    assert send("items", "john") == 200\n'
        '    assert send(None, "john") not in (200, 403)\n'
        '    assert send("me", "john") == 403\n'
        '    assert send("items", "alice") == 404',
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "pytest ignores what it returns",
        "def test_item(send):\n"
        "    calls = [('items', 'john'), (None, 'john')]\n"
        "    return [send(*call) for call in calls] == [200, 401]",
    ),
    WrongAnswer(
        TEST,
        "raised `ValueError: open to strangers`",
        "def test_item(send):\n"
        '    assert send("items", "john") == 200\n'
        '    if send(None, "john") != 401:\n'
        '        raise ValueError("open to strangers")',
        happy_path=True,
    ),
    WrongAnswer(
        TEST,
        "a token is None, or its scopes in one text",
        'def test_item(send):\n    assert send(["items"], "john") == 200',
    ),
    WrongAnswer(
        TEST,
        "for johndoe's own item",
        test_of(GOOD, NO_TOKEN, ('"me", "alice"', 403), OTHERS),
        happy_path=True,
    ),
]

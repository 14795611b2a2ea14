"""What an app answers is what its OpenAPI document says it answers.

schemathesis reads the document and makes up requests. Left to itself it has
no password and no token, gets 401 from every protected operation, and calls
that a success. So credentials are mixed in, good and bad ones, and each
operation must reach the success that it declares.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row
from tests.support.browser_clients import FROM_PAGE
from tests.support.chapters import apps
from tests.support.cheap_hashes import HASHES
from tests.support.clients import login
from tests.support.logins import stored
from tests.support.report import Report
from tests.support.signers import signer_of
from tests.support.work import give_role, own_item

pytestmark = pytest.mark.slow

APPS = apps(first=4)
FORM = "application/x-www-form-urlencoded"
BAD_FORMS = [login(password="x"), login("x"), {**login(), "scope": "x"}]
# Bodies that an operation takes, beside those that schemathesis makes up.
BODIES = {
    "/users/": [
        {"username": name, "password": "a password, long enough"}
        for name in ("newcomer", "JOHNDOE")
    ],
    "/users/me/password": [
        {"old_password": "secret", "new_password": "a password, long enough"}
    ],
    "/session/": [
        {"username": "johndoe", "password": password}
        for password in ("secret", "x")
    ],
}
# Whether good data is taken depends on whose it is: 400 is "Inactive user".
TAKEN_OR_NOT = ["2xx", "400", "401", "403", "429"]
CHECKS = {"positive_data_acceptance": {"expected-statuses": TAKEN_OR_NOT}}
# 409 is a taken username. The document does not say which passwords are
# common or too short, so a made-up one is a 422.
CHOSEN = [*TAKEN_OR_NOT, "409", "422"]
WITH_PASSWORDS = [
    {
        "include-path": path,
        "checks": {"positive_data_acceptance": {"expected-statuses": CHOSEN}},
    }
    for path in BODIES
]
# 404 is an item that is not there, or is another user's.
WITH_ITEMS = [
    {
        "include-path": "/items/{item_id}",
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": [*TAKEN_OR_NOT, "404"]
            }
        },
    }
]


@pytest.mark.parametrize("stem", APPS)
def test_every_answer_is_declared(stem: str, report: Report) -> None:
    # Imported here: the quick tier need not wait for it.
    from schemathesis import Config, GenerationMode, openapi

    schema = openapi.from_asgi(
        "/openapi.json",
        APPS[stem],
        config=Config.from_dict(
            {"checks": CHECKS, "operations": [*WITH_PASSWORDS, *WITH_ITEMS]}
        ),
    )
    give_role()
    found_operations: Any = schema.get_all_operations()
    operations = [found.ok() for found in found_operations]
    log_in = next(op for op in operations if op.path == "/token")
    forms = list(good_forms(schema.raw_schema))
    form = st.sampled_from([None, *forms, *BAD_FORMS])
    seen: dict[str, Counter[int]] = {}
    for operation in operations:
        answers = Counter[int]()
        seen[operation.label] = answers
        # The operation before may have logged out, or changed the password.
        change_row("johndoe", hashed_password=HASHES["johndoe"])
        made_up = signer_of(stem)({"sub": "johndoe"})
        headers = authorizations(tokens(log_in, forms), made_up)
        takes = BODIES.get(operation.path, []) if operation.body else []
        bodies = st.sampled_from([None, *takes])
        sent = st.tuples(headers, bodies, headers_of_pages(operation.path))
        if operation is log_in:
            sent = st.tuples(st.none(), form, st.just({}))
        ids = items_of(operation.path)
        send(operation, GenerationMode.POSITIVE, sent, ids, answers)
        if operation.body:
            nothing = st.tuples(headers, st.none(), st.builds(dict[str, str]))
            send(operation, GenerationMode.NEGATIVE, nothing, ids, answers)
        if takes:
            change_row("johndoe", hashed_password=HASHES["johndoe"])
            send_good(operation, tokens(log_in, forms), takes, answers)
        assert successes(operation) <= answers.keys(), operation.label
    total = sum(map(Counter.total, seen.values()))
    report.append(
        f"{stem}: schemathesis sent {total} requests to {len(seen)} "
        "operations, every answer is declared: "
        + "; ".join(
            f"{label} " + ", ".join(f"{n} × {s}" for s, n in sorted(c.items()))
            for label, c in seen.items()
        )
    )


def good_forms(document: Any) -> Iterator[dict[str, str]]:
    """Fill in the active user's form and the disabled one's.

    They ask for no scope, for every scope alone, and for all that there are.
    """
    schemes = document["components"]["securitySchemes"].values()
    scopes = {
        scope
        for scheme in schemes
        for flow in scheme.get("flows", {}).values()
        for scope in flow["scopes"]
    }
    for form in (login(), login("alice", "secret2")):
        yield dict(form)
        for scope in sorted({*scopes, " ".join(sorted(scopes))} - {""}):
            yield {**form, "scope": scope}


def tokens(log_in: Any, forms: list[dict[str, str]]) -> list[str]:
    """Log in with every form, as far as that is let."""
    responses = [
        log_in.Case(body=form, media_type=FORM).call() for form in forms
    ]
    return [
        response.json()["access_token"]
        for response in responses
        if response.status_code == 200
    ]


def authorizations(
    tokens: list[str], bad_token: str
) -> st.SearchStrategy[str | None]:
    """Bring a good token, a bad one, something else, or nothing."""
    good = [f"Bearer {token}" for token in tokens]
    bad = ["Bearer nonsense", f"Bearer {bad_token}", "Basic"]
    made_up = st.text(st.characters(min_codepoint=33, max_codepoint=126))
    return st.sampled_from([None, *good, *bad]) | made_up


def headers_of_pages(path: str) -> st.SearchStrategy[dict[str, str]]:
    """Bring what our page sends: its header, and the cookie of a session."""
    if path != "/session/":
        return st.just({})
    cookie = f"{ch12.SESSION_COOKIE}={ch12.start_session(stored())}"
    return st.sampled_from(
        [{}, FROM_PAGE, {"Cookie": cookie}, {"Cookie": cookie, **FROM_PAGE}]
    )


def items_of(path: str) -> st.SearchStrategy[str | None]:
    """Bring the ids of items of johndoe's, of which one may be deleted."""
    if "{item_id}" not in path:
        return st.none()
    ids = [uuid4() for _ in range(10)]
    for item_id in ids:
        own_item(item_id=item_id)
    return st.sampled_from([None, *map(str, ids)])


def send(
    operation: Any,
    mode: Any,
    added: st.SearchStrategy[
        tuple[str | None, dict[str, str] | None, dict[str, str]]
    ],
    ids: st.SearchStrategy[str | None],
    answers: Counter[int],
) -> None:
    """Send made-up requests; hold each answer against the document.

    A header `Authorization`, a body and the id of an item may be put in.
    """

    @given(case=operation.as_strategy(mode), added=added, item_id=ids)
    def send_one(case: Any, added: Any, item_id: str | None) -> None:
        authorization, body, more = added
        if item_id is not None:
            case.path_parameters = {"item_id": item_id}
        case.headers.update(more)
        if authorization is not None:
            case.headers["Authorization"] = authorization
        if body is not None:
            case.body = dict(body)
        response = case.call()
        answers[response.status_code] += 1
        case.validate_response(response)

    send_one()


def send_good(
    operation: Any,
    tokens: list[str],
    bodies: list[dict[str, str]],
    answers: Counter[int],
) -> None:
    """Send what users send: whether one is among the made-up is chance."""
    media_type = next(iter(operation.body)).media_type
    for token in tokens:
        for body in bodies:
            headers = {"Authorization": f"Bearer {token}", **FROM_PAGE}
            case = operation.Case(
                body=dict(body), media_type=media_type, headers=headers
            )
            response = case.call()
            answers[response.status_code] += 1
            case.validate_response(response)


def successes(operation: Any) -> set[int]:
    """List the statuses of success that an operation declares: `{200}`."""
    codes = operation.responses.status_codes
    declared = {int(code) for code in codes if code.isdigit()}  # not "4XX"
    assert declared & set(range(200, 300)), operation.label
    return declared & set(range(200, 300))

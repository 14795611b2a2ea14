"""What every chapter's app inherits: no forgery, no leaked hash, no 500."""

import re
from collections.abc import Mapping, Sequence
from string import ascii_letters, digits
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import example, given
from hypothesis import strategies as st

from snippets.ch03_dependency_wiring import UserInDB
from tests.support.accounts import delete_user, subject_of
from tests.support.chapters import apps
from tests.support.clients import (
    bearer,
    good_claims,
    issues_tokens,
    login,
    open_client,
)
from tests.support.forgeries import (
    ANOTHER_KEY,
    FAR_FUTURE,
    STRANGERS,
    Claims,
    part,
    signed,
)
from tests.support.shares import apps_in_turn, one_in_turn
from tests.support.signers import forgeries_of, signer_of
from tests.support.strategies import json_values
from tests.support.work import filled, give_role, own_item

FORM = "application/x-www-form-urlencoded"
APPS = apps()
TOKEN_APPS = [stem for stem, app in APPS.items() if issues_tokens(app)]

every_app = pytest.mark.parametrize("stem", APPS)
every_token_app = pytest.mark.parametrize("stem", TOKEN_APPS)


@pytest.fixture
def all_may() -> None:
    """Let johndoe have what chapter 13's routes ask for: an item, a role."""
    own_item()
    give_role()


def protected_paths(stem: str) -> list[str]:
    """List the GET paths that OpenAPI calls protected.

    A path that names an item names johndoe's.
    """
    return [
        filled(path)
        for path, operations in APPS[stem].openapi()["paths"].items()
        if "security" in operations.get("get", {})
    ]


async def ask(
    stem: str, authorization: bytes, paths: Sequence[str] = ()
) -> list[httpx.Response]:
    """Ask paths with an Authorization header; () means all protected ones."""
    headers = {b"Authorization": authorization}
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        return [
            await client.get(path, headers=headers)
            for path in paths or protected_paths(stem)
        ]


async def statuses(stem: str, token: str) -> set[int]:
    responses = await ask(stem, f"Bearer {token}".encode())
    return {response.status_code for response in responses}


async def not_refused(
    stem: str, authorizations: Mapping[str, bytes]
) -> dict[str, list[int]]:
    """Name what gets any answer but a 401 that asks for a bearer token.

    In the quick tier, one protected path after the other is asked.
    """
    paths = protected_paths(stem)
    seen = {
        name: await ask(stem, authorization, one_in_turn(number, paths))
        for number, (name, authorization) in enumerate(authorizations.items())
    }
    return {
        name: [response.status_code for response in responses]
        for name, responses in seen.items()
        if not all(map(is_refusal, responses))
    }


def is_refusal(response: httpx.Response) -> bool:
    challenge = response.headers.get("WWW-Authenticate", "")
    return response.status_code == 401 and challenge.startswith("Bearer")


def test_apps_are_found() -> None:
    assert {"ch03_dependency_wiring", "ch04_token_endpoint"} <= APPS.keys()
    assert APPS.keys() - set(TOKEN_APPS) == {"ch03_dependency_wiring"}


@every_app
def test_app_says_what_it_protects(stem: str) -> None:
    assert "/users/me/" in protected_paths(stem)


@pytest.mark.anyio
@pytest.mark.usefixtures("all_may")
@every_app
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_good_token_is_accepted(stem: str, scheme: str) -> None:
    """Without this, the refusals below would prove nothing."""
    token = signer_of(stem)(await good_claims(APPS[stem]))
    responses = await ask(stem, f"{scheme} {token}".encode())
    assert {response.status_code for response in responses} == {200}


@pytest.mark.anyio
@every_app
async def test_forged_tokens_get_401(stem: str) -> None:
    claims = await good_claims(APPS[stem])
    forged = {
        name: f"Bearer {forge(signer_of(stem), claims)}".encode()
        for name, forge in forgeries_of(stem).items()
    }
    assert await not_refused(stem, forged) == {}


@pytest.mark.anyio
@every_app
async def test_tokens_of_strangers_get_401(stem: str) -> None:
    sign, claims = signer_of(stem), await good_claims(APPS[stem])
    prefix, colon, _ = claims["sub"].rpartition(":")
    subjects = [
        *STRANGERS,
        *(f"{prefix}{colon}{name}" for name in STRANGERS),
    ]
    strange = {
        ascii(subject): f"Bearer {sign({**claims, 'sub': subject})}".encode()
        for subject in subjects
    }
    assert await not_refused(stem, strange) == {}


@pytest.mark.anyio
@every_app
async def test_token_of_a_vanished_user_gets_401(stem: str) -> None:
    token = signer_of(stem)(await good_claims(APPS[stem]))
    delete_user("johndoe")
    assert await statuses(stem, token) == {401}


# {token} stands for a good one.
HEADERS = {
    "nothing": b"",
    "a scheme and no token": b"Bearer",
    "a scheme and a space": b"Bearer ",
    "a token and no scheme": b"{token}",
    "Basic": b"Basic {token}",
    "JWT": b"JWT {token}",
    "a scheme that begins alike": b"BearerX {token}",
    "a colon": b"Bearer: {token}",
    "a comma": b"Bearer,{token}",
    "an equals sign": b"Bearer={token}",
    "a tab": b"Bearer\t{token}",
    "a token, then another": b"Bearer {token} {token}",
    "a list of tokens": b"Bearer {token}, Bearer {token}",
    "two schemes": b"Bearer Bearer {token}",
    "quotes": b'Bearer "{token}"',
    "a parameter": b"Bearer token={token}",
    "no UTF-8": b"Bearer \xe9\xff",
    "UTF-8": "Bearer 🔑".encode(),
    "UTF-8 before the token": "Bearer é".encode() + b"{token}",
    "100 kB of one letter": b"Bearer " + b"a" * 100_000,
    "100 kB of dots": b"Bearer " + b"." * 100_000,
    "100 kB of brackets": b"Bearer " + part(b"[" * 75_000).encode() + b".e30.",
    "100 kB before the token": b"a" * 100_000 + b" {token}",
    "100 kB after the token": b"Bearer {token}" + b"a" * 100_000,
}


@pytest.mark.anyio
@every_app
async def test_other_authorizations_get_401(stem: str) -> None:
    token = signer_of(stem)(await good_claims(APPS[stem])).encode()
    other = {
        name: header.replace(b"{token}", token)
        for name, header in HEADERS.items()
    }
    assert await not_refused(stem, other) == {}


@pytest.mark.anyio
@every_app
async def test_token_outside_its_header_gets_401(stem: str) -> None:
    token = signer_of(stem)(await good_claims(APPS[stem]))
    query = f"?access_token={token}&token={token}&Authorization={token}"
    fields = {
        "Cookie": f"access_token={token}; token={token}",
        "X-Authorization": f"Bearer {token}",
        "Proxy-Authorization": f"Bearer {token}",
    }
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for path in protected_paths(stem):
            assert is_refusal(await client.get(path + query, headers=fields))


# A password stands in each, most often where none belongs.
BROKEN_FORMS = {
    "no username": (FORM, b"grant_type=password&password=hunter2"),
    "as grant_type": (FORM, b"username=a&password=b&grant_type=hunter2"),
    "twice": (FORM, b"password=hunter2&password=hunter2"),
    "as a field's name": (FORM, b"username=a&hunter2"),
    "as JSON": ("application/json", b'{"password": "hunter2"}'),
    "not as a form": ("text/plain", b"hunter2"),
    "beside half a letter, in UTF-7": (
        "multipart/form-data; boundary=B; charset=utf-7",
        b'--B\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\n'
        b"hunter2+2AA-\r\n--B--\r\n",
    ),
}


@pytest.mark.anyio
@every_token_app
@pytest.mark.parametrize(
    ("kind", "body"), BROKEN_FORMS.values(), ids=BROKEN_FORMS
)
async def test_password_in_a_broken_form_is_not_repeated(
    stem: str, kind: str, body: bytes
) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        response = await client.post(
            "/token", content=body, headers={"Content-Type": kind}
        )
    assert response.is_client_error
    assert "hunter2" not in response.text


@pytest.mark.anyio
@pytest.mark.usefixtures("all_may")
@pytest.mark.parametrize("stem", apps_in_turn(4, APPS))
async def test_no_route_ever_shows_a_hash(
    stem: str, users: dict[str, UserInDB]
) -> None:
    sign, good = signer_of(stem), await good_claims(APPS[stem])
    subjects = [subject_of(stem, name) for name in users]
    seen = ""
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for route in iter_route_contexts(APPS[stem].routes):
            path = filled(route.path or "/")
            for method in route.methods or ():
                # Another `jti` for each route, since some of them log out.
                tokens = [
                    sign({**good, "sub": subject, "jti": str(uuid4())})
                    for subject in subjects
                ]
                for sent in [{}, *map(bearer, ["x", *tokens])]:
                    for form in (login(), login("alice", "secret2"), None):
                        response = await client.request(
                            method, path, headers=sent, data=form
                        )
                        seen += f"{response.headers.raw}{response.text}"
                        assert response.status_code < 500
    assert '"username":"johndoe"' in seen
    assert "hashed_password" not in seen
    assert "$2b$" not in seen
    assert "$argon2" not in seen
    assert not any(user.hashed_password in seen for user in users.values())


CLAIMS = ["sub", "exp", "nbf", "iat", "aud", "iss", "jti", "scope"]
BASE64URL = ascii_letters + digits + "-_"
SCHEMES = st.sampled_from([b"", b"Bearer", b"Bearer ", b"bearer ", b"Basic "])
# What h11 lets pass in a header: no line break and no NUL.
FIELD = st.binary(max_size=200).map(lambda b: re.sub(rb"[\0\r\n]", b"", b))
KEYS = st.sampled_from(["", "secret", ANOTHER_KEY]) | st.text(max_size=40)
UNTRUSTED = st.builds(
    signed,
    payload=st.fixed_dictionaries(
        {
            "sub": st.just("johndoe") | json_values,
            "exp": st.just(FAR_FUTURE) | json_values,
            "iss": st.just("https://course.example") | json_values,
        }
    ),
    header=st.fixed_dictionaries(
        {
            "alg": st.sampled_from(["HS256", "none", "HS512", "ES256"])
            | json_values
        },
        optional={
            "typ": st.just("at+jwt") | json_values,
            "kid": st.just("ours-1") | json_values,
            "crit": json_values,
            "b64": json_values,
        },
    ),
    key=KEYS,
    digest=st.sampled_from(["sha256", "sha384", "sha512"]),
)


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(0, APPS))
@given(scheme=SCHEMES, rest=FIELD | UNTRUSTED.map(str.encode))
async def test_no_made_up_header_is_accepted(
    stem: str, scheme: bytes, rest: bytes
) -> None:
    assert await not_refused(stem, {"made up": scheme + rest}) == {}


@pytest.mark.anyio
@pytest.mark.usefixtures("all_may")
@pytest.mark.parametrize("stem", apps_in_turn(1, APPS))
@given(place=st.integers(0, 10_000), letter=st.sampled_from(BASE64URL + ".="))
async def test_no_letter_of_a_token_can_be_another(
    stem: str, place: int, letter: str
) -> None:
    token = signer_of(stem)(await good_claims(APPS[stem]))
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    assert await statuses(stem, changed) == {200 if changed == token else 401}


@pytest.mark.anyio
@pytest.mark.usefixtures("all_may")
@pytest.mark.parametrize("stem", apps_in_turn(2, APPS))
@given(
    changes=st.dictionaries(st.sampled_from(CLAIMS), json_values, min_size=1)
)
@example(changes={"exp": 10**400})
async def test_signed_claims_of_any_type_never_get_500(
    stem: str, changes: Claims
) -> None:
    claims = await good_claims(APPS[stem])
    seen = await statuses(stem, signer_of(stem)({**claims, **changes}))
    assert seen <= {200, 401, 403}
    if changes.get("sub", claims["sub"]) != claims["sub"]:
        assert seen == {401}


@pytest.mark.anyio
@every_app
async def test_signed_claims_of_any_depth_never_get_500(stem: str) -> None:
    deep = b'{"deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert await statuses(stem, signer_of(stem)(deep)) == {401}


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(3, TOKEN_APPS))
@given(
    body=st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from([*login(), "scope", "client_id", "client_secret"]),
        st.binary(max_size=100) | st.just(b"johndoe"),
    ).map(lambda form: urlencode(form).encode())
)
async def test_no_made_up_form_logs_in(stem: str, body: bytes) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        response = await client.post(
            "/token", content=body, headers={"Content-Type": FORM}
        )
    assert 400 <= response.status_code < 500

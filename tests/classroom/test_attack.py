"""The bench finds what is flawed, and says nothing against what is not."""

import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, HTTPException, Request, Response, Security
from fastapi.security import HTTPBearer, OAuth2PasswordBearer

from course.classroom import attack
from course.classroom.attack import CONTROL, CONTROL_AFTER
from course.classroom.bench import forgery
from course.classroom.bench.checks import CHECKS
from course.classroom.bench.report import (
    ACCEPTED,
    BROKEN,
    CRASHED,
    KEPT,
    NOT_TRIED,
    REFUSED,
    Report,
    Row,
)
from course.classroom.bench.signed_checks import SIGNED_CHECKS
from course.classroom.bench.target import find_places
from course.classroom.server import Server
from tests.support.forgeries import FAR_FUTURE

# As long as HS512 wants its keys to be.
KEY = "a key that nobody guesses, published here for the tests of the bench"
PUBLISHED_KEY = "please-change-this-key-in-production"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
EC_PEM = EC_KEY.public_key().public_bytes(
    serialization.Encoding.PEM,
    serialization.PublicFormat.SubjectPublicKeyInfo,
)
ANN = {"username": "ann", "password": "ann's password"}
Claims = dict[str, Any]


def read(token: str, *, key: str = KEY, without: str = "") -> Claims:
    """Read a token by all rules but one, which `without` names."""
    good = forgery.take_apart(token)
    if good is None:
        raise jwt.DecodeError("malformed")
    if without == "signature":
        return good.claims
    payload = forgery.decode(good.parts[1])
    if without != "utf-8" and payload[:2] != b'{"':
        raise jwt.DecodeError("another encoding")
    if without != "names" and payload.count(b'"sub"') > 1:
        raise jwt.DecodeError("a name twice")
    respelled = not re.fullmatch(r"[\w.-]+", token, re.ASCII)
    respelled |= forgery.encode(good.signature) != good.parts[2]
    if without != "spelling" and respelled:
        raise jwt.DecodeError("another spelling")
    if without != "typ" and good.header.get("typ") != "at+jwt":
        raise jwt.DecodeError("another kind")
    header = dict(good.header)
    if without == "crit" and header.pop("crit", None):
        message = f"{forgery.encode(forgery.dump(header))}.{good.parts[1]}"
        return good.claims if message else {}
    algorithms = ["HS256", "HS512"] if without == "hash" else ["HS256"]
    required = {"exp", "sub", "aud", "iss"} - {without}
    claims: Claims = jwt.decode(
        token,
        key,
        algorithms=algorithms,
        audience=None if without == "aud" else "us",
        issuer=None if without == "iss" else "we",
        options={
            "require": sorted(required),
            "verify_aud": without != "aud",
            "verify_exp": without != "exp",
            "verify_nbf": without != "nbf",
            "verify_sub": without != "sub",
        },
    )
    if without != "exp" and type(claims["exp"]) is not int:
        raise jwt.DecodeError("exp is no number")
    if without != "sub" and claims["sub"] != "ann":
        raise jwt.DecodeError("nobody")
    return claims


def issue(key: str = KEY, typ: str = "at+jwt", **changes: object) -> str:
    """Sign ann's claims with changes; None leaves a claim out."""
    claims = {"sub": "ann", "aud": "us", "iss": "we"}
    all_claims = claims | {"exp": int(time.time()) + 600} | changes
    kept = {n: value for n, value in all_claims.items() if value is not None}
    return jwt.encode(kept, key, "HS256", headers={"typ": typ})


def from_header(request: Request) -> str | None:
    """Find the token as RFC 6750 asks."""
    sent = request.headers.getlist("Authorization")
    if len(sent) > 1:
        raise HTTPException(400)
    scheme, _, token = (sent or [""])[0].partition(" ")
    return token if scheme.lower() == "bearer" else None


async def from_body(request: Request) -> Mapping[str, Any]:
    """Find the fields of a login in the form."""
    return await request.form()


def make_app(
    read: Callable[[str], Claims] = read,
    issue: Callable[[], str] = issue,
    find: Callable[[Request], str | None] = from_header,
    fields: Callable[[Request], Any] = from_body,
    challenge: str | None = "Bearer",
    status: int = 401,
    cache: str = "no-store",
    more: Mapping[str, str] | None = None,
    refusals: tuple[str, str] = ("wrong", "wrong"),
    **settings: Any,
) -> FastAPI:
    """Make an app that nothing can be said against, but for the arguments."""
    scheme = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    app = FastAPI(title="Notes", **({"redirect_slashes": False} | settings))

    @app.get("/me", dependencies=[Security(scheme)])
    def me(request: Request) -> str:
        token = find(request)
        try:
            return str(read(token)["sub"]) if token else refused()
        except jwt.InvalidTokenError:
            return refused()

    def refused() -> str:
        raise HTTPException(status, headers=headers)

    @app.post("/token")
    async def token(request: Request, response: Response) -> dict[str, str]:
        form = await fields(request)
        if form.get("username") != "ann":
            raise HTTPException(400, refusals[0])
        if form.get("password") != ANN["password"]:
            raise HTTPException(400, refusals[1])
        response.headers["Cache-Control"] = cache
        return {"access_token": issue(), **(more or {})}

    return app


async def report_on(app: FastAPI | str, **more: Any) -> Report:
    return await attack(app, **ANN, **more)


@pytest.mark.anyio
async def test_nothing_is_said_against_a_good_app() -> None:
    more = {"refresh_token": issue(typ="rt+jwt")}
    report = await report_on(make_app(more=more), key=KEY)
    assert report.faults == []
    assert report.accepted == []
    assert untried(report).keys() == {"a published key as an HMAC secret"}
    assert report.verdict(CONTROL) == KEPT
    assert report.verdict(CONTROL_AFTER) == KEPT


@pytest.mark.anyio
async def test_without_the_key_only_its_rows_are_left_out() -> None:
    report = await report_on(make_app())
    assert untried(report).keys() == {
        *(check.attack for check in SIGNED_CHECKS),
        "a published key as an HMAC secret",
        "a refresh or ID token",
    }


def run_only(monkeypatch: pytest.MonkeyPatch, *rows: str) -> None:
    """Let the bench try these rows only: all of them take their time."""
    module = sys.modules[attack.__module__]
    for name in ("CHECKS", "SIGNED_CHECKS"):
        chosen = [c for c in getattr(module, name) if c.attack in rows]
        monkeypatch.setattr(module, name, chosen)


# A flaw of each kind, and the row that must name it


def header_of(token: str) -> Claims:
    good = forgery.take_apart(token)
    return good.header if good else {}


def crashing(token: str) -> Claims:
    """Read a token, and crash where there are not three parts."""
    _, _, signature = token.split(".")
    return read(token) if signature else {}


def with_none(token: str) -> Claims:
    """Believe a token whose algorithm is none, in capitals."""
    if header_of(token).get("alg") == "NONE":
        return read(token, without="signature")
    return read(token)


def with_jwk(token: str) -> Claims:
    """Believe a key in the header."""
    if "jwk" in header_of(token):
        jwk = jwt.PyJWK(header_of(token)["jwk"])
        options: Any = {"verify_aud": False}
        claims: Claims = jwt.decode(token, jwk, options=options)
        return claims
    return read(token)


def with_jku(token: str) -> Claims:
    """Ask the address in the header, and refuse the token all the same."""
    if "jku" in header_of(token):
        httpx.get(header_of(token)["jku"])
        raise jwt.DecodeError("no such key")
    return read(token)


def with_file(token: str) -> Claims:
    """Read the key from a file that `kid` names."""
    kid = header_of(token).get("kid", "")
    if isinstance(kid, str) and kid.endswith("/dev/null"):
        return read(token, without="signature")
    return read(token)


def with_list_as_kid(token: str) -> Claims:
    """Look for `kid` in a dict."""
    return {header_of(token).get("kid"): read}[None](token)


def in_json(token: str) -> Claims:
    """Accept the JSON serialization, and read the claims from its text."""
    if token.startswith("{"):
        claims: Claims = {"sub": token.split(".")[1]}
        return claims
    return read(token)


def confused(token: str) -> Claims:
    """Take the public key for the secret of HS256."""
    if header_of(token).get("alg") == "HS256":
        good = forgery.take_apart(token)
        assert good is not None
        if forgery.with_hmac(good, EC_PEM, "HS256") != token:
            raise jwt.DecodeError("another key")
        return good.claims
    options: Any = {"verify_aud": False}
    decoded: Claims = jwt.decode(token, EC_PEM, ["ES256"], options=options)
    return decoded


def by_ec_key() -> str:
    claims = {"sub": "ann", "exp": int(time.time()) + 600}
    return jwt.encode(claims, EC_KEY, "ES256")


def confusable(path: str) -> FastAPI:
    """Make an app that publishes its key at a path."""
    app = make_app(confused, by_ec_key)
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
    uri = "https://elsewhere.example/keys"

    @app.get(path)
    def keys() -> dict[str, Any]:
        return {"keys": [jwk | {"kid": "1"}, {"kty": "oct", "k": "AA"}, {}]}

    @app.get("/.well-known/openid-configuration")
    def metadata() -> dict[str, str]:
        return {"jwks_uri": uri}

    return app


def from_anywhere(request: Request) -> str | None:
    """Find the last word of the header, whatever is before it."""
    return request.headers.get("Authorization", "").split(" ")[-1]


def from_address(request: Request) -> str | None:
    return request.query_params.get("access_token") or from_header(request)


def from_first_header(request: Request) -> str | None:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") or None


def from_capital_header(request: Request) -> str | None:
    sent = request.headers.get("Authorization", "")
    return from_header(request) if sent[:7] == "Bearer " else None


def from_nowhere(request: Request) -> str | None:
    return issue()


async def from_address_too(request: Request) -> Mapping[str, Any]:
    return request.query_params or await request.form()


async def crashing_on_nul(request: Request) -> Mapping[str, Any]:
    form = await request.form()
    if form.get("password") == "\0":
        raise LookupError
    return form


async def without_passwords(request: Request) -> Mapping[str, Any]:
    form = await request.form()
    right = form.get("password") in (ANN["password"], "")
    return ANN if right else form


async def echoing(request: Request) -> Mapping[str, Any]:
    form = await request.form()
    if form.get("password") != ANN["password"]:
        raise HTTPException(422, str(dict(form)))
    return form


async def with_any_password(request: Request) -> Mapping[str, Any]:
    return ANN


def without(rule: str) -> FastAPI:
    return make_app(partial(read, without=rule))


FLAWS: dict[str, tuple[FastAPI, str, str]] = {
    "open": (make_app(find=from_nowhere), "no token at all", ACCEPTED),
    "crash": (make_app(crashing), "garbage instead of a token", CRASHED),
    "scheme": (
        make_app(find=from_anywhere),
        "the token under another scheme",
        ACCEPTED,
    ),
    "none": (make_app(with_none), "alg none, in ten spellings", ACCEPTED),
    "unverified": (
        without("signature"),
        "a signature that does not fit",
        ACCEPTED,
    ),
    "word": (
        make_app(
            partial(read, key=PUBLISHED_KEY),
            partial(issue, PUBLISHED_KEY),
        ),
        "a key that people use",
        ACCEPTED,
    ),
    "jwks": (
        confusable("/.well-known/jwks.json"),
        "a published key as an HMAC secret",
        ACCEPTED,
    ),
    "jwks by metadata": (
        confusable("/keys"),
        "a published key as an HMAC secret",
        ACCEPTED,
    ),
    "jwk": (make_app(with_jwk), "a key in the token (jwk)", ACCEPTED),
    "jku": (make_app(with_jku), "an address of keys (jku, x5u)", ACCEPTED),
    "kid": (make_app(with_file), "a kid that is a path or SQL", ACCEPTED),
    "kid as a list": (
        make_app(with_list_as_kid),
        "a kid that is a path or SQL",
        CRASHED,
    ),
    "json": (make_app(in_json), "the JSON serialization", ACCEPTED),
    "spelling": (
        without("spelling"),
        "the token in another spelling",
        ACCEPTED,
    ),
    "query": (
        make_app(find=from_address),
        "the token in the address",
        ACCEPTED,
    ),
    "two headers": (
        make_app(find=from_first_header),
        "two Authorization headers",
        ACCEPTED,
    ),
    "refresh token": (
        make_app(
            partial(read, without="typ"),
            more={"refresh_token": issue(typ="rt+jwt", exp=FAR_FUTURE)},
        ),
        "a refresh or ID token",
        ACCEPTED,
    ),
    "ID token": (
        make_app(
            partial(read, without="typ"),
            more={"id_token": issue(typ="JWT", exp=FAR_FUTURE)},
        ),
        "a refresh or ID token",
        ACCEPTED,
    ),
    "capitals": (
        make_app(find=from_capital_header),
        "`bearer` in small letters works",
        BROKEN,
    ),
    "no challenge": (
        make_app(challenge=None),
        "a 401 has a challenge",
        BROKEN,
    ),
    "403 for 401": (
        make_app(status=403),
        "a 401 has a challenge",
        BROKEN,
    ),
    "another challenge": (
        make_app(challenge="Basic"),
        "a 401 has a challenge",
        BROKEN,
    ),
    "no exp": (
        make_app(partial(read, without="exp"), partial(issue, exp=None)),
        "the token expires within a day",
        BROKEN,
    ),
    "a week": (
        make_app(issue=partial(issue, exp=int(time.time()) + 604_800)),
        "the token expires within a day",
        BROKEN,
    ),
    "private": (
        make_app(issue=partial(issue, email="ann@example.com")),
        "the token says nothing private",
        BROKEN,
    ),
    "cached": (
        make_app(cache="max-age=60"),
        "the login's answer is not cached",
        BROKEN,
    ),
    "redirect": (
        make_app(redirect_slashes=True),
        "the login is not redirected",
        BROKEN,
    ),
    "password in the address": (
        make_app(fields=from_address_too),
        "a password in the address",
        ACCEPTED,
    ),
    "NUL": (make_app(fields=crashing_on_nul), "broken logins", CRASHED),
    "empty password": (
        make_app(fields=without_passwords),
        "broken logins",
        ACCEPTED,
    ),
    "echo": (
        make_app(fields=echoing),
        "no refusal repeats the password",
        BROKEN,
    ),
    "enumeration": (
        make_app(refusals=("no such user", "wrong password")),
        "an unknown user is not told apart",
        BROKEN,
    ),
    "any password": (
        make_app(fields=with_any_password),
        "an unknown user is not told apart",
        ACCEPTED,
    ),
    "exp": (without("exp"), "signed, expired or without exp", ACCEPTED),
    "nbf": (without("nbf"), "signed, not valid yet", ACCEPTED),
    "sub": (without("sub"), "signed, a sub that is nobody", ACCEPTED),
    "aud": (without("aud"), "signed, for another audience", ACCEPTED),
    "no aud": (without("aud"), "signed, for no audience", ACCEPTED),
    "iss": (without("iss"), "signed, by another issuer", ACCEPTED),
    "typ": (without("typ"), "signed, of another type", ACCEPTED),
    "crit": (without("crit"), "signed, an unknown crit", ACCEPTED),
    "hash": (without("hash"), "signed, with another hash", ACCEPTED),
    "UTF-16": (without("utf-8"), "signed, in UTF-16", ACCEPTED),
    "names": (without("names"), "signed, a claim named twice", ACCEPTED),
    "huge": (
        make_app(lambda token: {"sub": f"{float(read(token)['exp'])}"}),
        "signed, huge numbers and depths",
        CRASHED,
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", FLAWS)
async def test_flaw_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, row, verdict = FLAWS[name]
    run_only(monkeypatch, row)
    report = await report_on(app, key=KEY)
    assert report.verdict(row) == verdict
    assert [r.attack for r in report.faults] == [row]
    assert [r.attack for r in report.rows] == [CONTROL, row, CONTROL_AFTER]


def test_every_check_has_a_flaw_that_it_finds() -> None:
    found = {row for _, row, _ in FLAWS.values()}
    checks = {check.attack for check in CHECKS + SIGNED_CHECKS}
    assert checks - found == {"control: signed again with the key"}


# What the bench does if it cannot begin, or cannot go on


def untried(report: Report) -> dict[str, str]:
    """Return the rows that were not tried, each with the reason."""
    return {r.attack: r.answer for r in report.rows if r.verdict == NOT_TRIED}


def all_untried(report: Report) -> set[str]:
    """Return the reasons of a report on which no row was tried."""
    assert {row.verdict for row in report.rows} == {NOT_TRIED}
    assert report.faults == []
    return {row.answer for row in report.rows}


@pytest.mark.anyio
async def test_wrong_password_of_the_learner_is_no_refused_attack() -> None:
    report = await attack(make_app(), username="ann", password="x")
    [reason] = all_untried(report)
    assert reason == "the login is answered 400"
    assert str(report) == (
        f"Notes, in this process: {len(report.rows)} not tried.\n\n"
        "Nothing was tried, because the login is answered 400."
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("app", "more", "reason"),
    [
        (
            FastAPI(),
            {},
            "OpenAPI names no guarded GET path: pass `path`",
        ),
        (
            make_app(find=lambda request: None),
            {},
            "the good token is refused: 401 at /me",
        ),
        (
            make_app(),
            {"token": "x"},
            "the good token is refused: 401 at /me",
        ),
        (
            make_app(),
            {"path": "/you"},
            "the good token is refused: 404 at /you",
        ),
        (make_app(), {"token_url": "/login"}, "the login is answered 404"),
    ],
)
async def test_bench_says_why_it_cannot_begin(
    app: FastAPI, more: dict[str, str], reason: str
) -> None:
    assert all_untried(await report_on(app, **more)) == {reason}


def with_http_bearer() -> FastAPI:
    """Make an app whose OpenAPI document names no login."""
    app = FastAPI(title="Notes")

    @app.get("/{name}", dependencies=[Security(HTTPBearer())])
    def of(name: str) -> str:
        return name

    @app.get("/search", dependencies=[Security(HTTPBearer())])
    def search(word: str) -> str:
        return word

    @app.get("/open")
    def read_openly() -> str:
        return "open"

    @app.get("/me", dependencies=[Security(HTTPBearer(auto_error=False))])
    def me(request: Request) -> str:
        try:
            return str(read(from_header(request) or "")["sub"])
        except jwt.InvalidTokenError:
            headers = {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, headers=headers) from None

    # Declared after `/{name}`, it would never answer.
    app.router.routes.insert(0, app.router.routes.pop())
    return app


@pytest.mark.anyio
async def test_token_of_the_learner_takes_the_place_of_a_login() -> None:
    app = with_http_bearer()
    [reason] = all_untried(await report_on(app))
    assert reason == (
        "OpenAPI names no `tokenUrl`: pass `token_url`, or a `token`"
    )
    report = await attack(app, token=issue(), key=KEY)
    assert report.target == "Notes, in this process, GET /me"
    assert report.faults == []
    reasons = untried(report)
    assert {n for n in reasons if "login" in reasons[n]} == {
        "the login's answer is not cached",
        "the login is not redirected",
        "a password in the address",
        "broken logins",
        "no refusal repeats the password",
        "an unknown user is not told apart",
    }


@pytest.mark.anyio
async def test_path_that_needs_no_token_hides_no_other_row() -> None:
    report = await report_on(make_app(find=from_nowhere))
    assert [row.attack for row in report.faults] == ["no token at all"]
    reasons = {r.answer for r in report.rows if r.verdict == NOT_TRIED}
    assert reasons == {"the path needs no token"}


@pytest.mark.anyio
async def test_guarded_path_is_preferred_to_an_open_one() -> None:
    app = make_app()
    scheme = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)

    @app.get("/any", dependencies=[Security(scheme)])
    def answer_anyone() -> str:
        return "anyone"

    @app.get("/none", dependencies=[Security(scheme)])
    def answer_nobody() -> str:
        raise HTTPException(403)

    app.router.routes.insert(0, app.router.routes.pop())
    app.router.routes.insert(0, app.router.routes.pop(-1))
    report = await report_on(app)
    assert report.target.endswith("GET /me")
    assert report.faults == []


@pytest.mark.anyio
async def test_opaque_token_cannot_be_forged() -> None:
    secret = "an opaque token"
    read = {secret: {"sub": "ann"}}

    def look_up(token: str) -> Claims:
        if token not in read:
            raise jwt.DecodeError("unknown")
        return read[token]

    report = await report_on(make_app(look_up, lambda: secret), key=KEY)
    assert report.faults == []
    assert report.verdict("alg none, in ten spellings") == NOT_TRIED
    assert report.verdict("garbage instead of a token") == REFUSED


@pytest.mark.anyio
async def test_key_of_another_app_is_not_used() -> None:
    report = await report_on(make_app(), key=KEY[::-1])
    control = "control: signed again with the key"
    assert [row.attack for row in report.faults] == [control]
    assert report.verdict("signed, in UTF-16") == NOT_TRIED


@pytest.mark.anyio
async def test_key_of_another_kind_is_not_used() -> None:
    report = await report_on(
        make_app(confused, by_ec_key), key="neither PEM nor anything"
    )
    reason = "the key is not of this algorithm"
    assert untried(report)["signed, in UTF-16"] == reason


@pytest.mark.anyio
async def test_private_key_signs_as_the_app_does() -> None:
    private = EC_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    report = await report_on(make_app(confused, by_ec_key), key=private)
    assert report.verdict("control: signed again with the key") == KEPT
    assert report.verdict("signed, in UTF-16") == ACCEPTED
    assert (
        untried(report)["a key that people use"]
        == "ES256 has no secret to guess"
    )
    assert untried(report)["signed, with another hash"] == (
        "the key of ES256 has no other"
    )


@pytest.mark.anyio
async def test_mirrored_signature_of_es256_is_another_spelling() -> None:
    report = await report_on(make_app(confused, by_ec_key))
    row = "the token in another spelling"
    [answer] = [r.answer for r in report.accepted if r.attack == row]
    assert "n - s for s" in answer


@pytest.mark.anyio
async def test_app_that_limits_requests_refuses_no_attack() -> None:
    app = make_app()
    seen: list[str] = []

    @app.middleware("http")
    async def limit(request: Request, call_next: Any) -> Any:
        seen.append(request.url.path)
        over = seen.count("/me") > 6 or seen.count("/token") > 3
        return Response(status_code=429) if over else await call_next(request)

    report = await report_on(app)
    assert {r.verdict for r in report.rows if "spellings" in r.attack} == {
        NOT_TRIED
    }
    assert report.verdict("an unknown user is not told apart") == NOT_TRIED
    assert report.verdict(CONTROL_AFTER) == BROKEN


@pytest.mark.anyio
async def test_cookie_of_a_login_opens_nothing_for_the_bench() -> None:
    """The app also has pages, for which a login starts a session."""

    def find(request: Request) -> str | None:
        return request.cookies.get("session") or from_header(request)

    app = make_app(find=find)

    @app.middleware("http")
    async def start_session(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.set_cookie("session", issue())
        return response

    assert (await report_on(app)).faults == []


@pytest.mark.anyio
async def test_where_nothing_can_listen_one_row_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cannot(listener: object) -> None:
        raise OSError

    run_only(monkeypatch, "an address of keys (jku, x5u)")
    monkeypatch.setattr("course.classroom.bench.checks.Server", cannot)
    report = await report_on(make_app())
    assert untried(report) == {
        "an address of keys (jku, x5u)": "there is nothing to listen with"
    }


@pytest.mark.anyio
async def test_scopes_are_asked_for_if_the_user_may_have_them() -> None:
    asked: list[str | None] = []
    app = FastAPI()
    scheme = OAuth2PasswordBearer(tokenUrl="token", scopes={"b": "", "a": ""})

    @app.get("/me", dependencies=[Security(scheme)])
    def me() -> None: ...

    @app.post("/token")
    async def token(request: Request) -> dict[str, str]:
        asked.append((await request.form()).get("scope"))  # type: ignore[arg-type]
        if asked[-1]:
            raise HTTPException(400)
        return {"access_token": "x"}

    await report_on(app)
    assert asked[:2] == ["a b", None]


@pytest.mark.anyio
async def test_lifespan_of_the_app_is_run_and_its_state_passed_on() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        events.append("start")
        yield {"user": "ann"}
        events.append("stop")

    app = make_app(lifespan=lifespan)

    @app.get("/state", dependencies=[Security(HTTPBearer())])
    def read_state(request: Request) -> str:
        events.append(request.state.user)
        return "state"

    await report_on(app, path="/state")
    assert (events[0], events[-1]) == ("start", "stop")
    assert set(events[1:-1]) == {"ann"}


# Where the bench goes

GARBAGE_ROW = "garbage instead of a token"


def page(text: str) -> FastAPI:
    """Make an app that serves a text where the OpenAPI document should be."""
    app = make_app(openapi_url=None)
    app.get("/openapi.json")(lambda: Response(text))
    return app


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "https://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://10.0.0.1:8000",
        "http://0.0.0.0",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "",
    ],
)
async def test_other_machine_is_never_attacked(url: str) -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        await attack(url, token="x")


@pytest.mark.anyio
async def test_app_at_an_address_of_this_machine_is_attacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(make_app()) as server:
        report = await report_on(server.url, key=KEY)
        assert report.faults == []
        assert report.target == f"Notes, at {server.url}, GET /me"
        run_only(monkeypatch, GARBAGE_ROW)
        local = server.url.replace("127.0.0.1", "localhost")
        assert (await report_on(local)).verdict(GARBAGE_ROW) == REFUSED
    with Server(make_app(crashing)) as server:
        report = await report_on(server.url)
        assert report.verdict(GARBAGE_ROW) == CRASHED


@pytest.mark.anyio
@pytest.mark.parametrize("app", [make_app(openapi_url=None), page("")])
async def test_address_without_an_openapi_document_needs_a_path(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_only(monkeypatch, GARBAGE_ROW)
    with Server(app) as server:
        [reason] = all_untried(await report_on(server.url))
        assert "pass `path`" in reason
        report = await report_on(server.url, path="/me", token_url="/token")
        assert report.verdict(GARBAGE_ROW) == REFUSED


@pytest.mark.anyio
async def test_address_at_which_nothing_answers_is_reported() -> None:
    with Server(make_app()) as server:
        url = server.url
    report = await report_on(url)
    assert report.target == url
    assert all_untried(report) == {"nothing answers at that address"}


@pytest.mark.anyio
async def test_connection_that_breaks_is_a_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = make_app()
    get = httpx.AsyncClient.request

    async def break_off(
        self: httpx.AsyncClient, method: str, url: str, **more: Any
    ) -> httpx.Response:
        if (b"Authorization", b"Bearer") in (more.get("headers") or ()):
            raise httpx.ReadError("gone")
        return await get(self, method, url, **more)

    monkeypatch.setattr(httpx.AsyncClient, "request", break_off)
    report = await report_on(app)
    row = "garbage instead of a token"
    [answer] = [r.answer for r in report.faults if r.attack == row]
    assert answer == "500 for Bearer alone"


# What OpenAPI says


def test_openapi_document_of_another_framework_is_read() -> None:
    places = find_places(
        {
            "components": {
                "securitySchemes": {
                    "a": {"type": "apiKey"},
                    "b": {"type": "http", "scheme": "basic"},
                    "c": {"type": "http", "scheme": "BEARER"},
                    "d": {"type": "openIdConnect"},
                    "e": {
                        "type": "oauth2",
                        "flows": {
                            "implicit": {"scopes": {"x": ""}},
                            "password": {
                                "tokenUrl": "https://host/api/login?x=1",
                                "scopes": {"b": "", "a": ""},
                            },
                        },
                    },
                }
            },
            "paths": {
                "/a": {"get": {"security": [{"a": []}]}},
                "/b": {"get": {"security": [{"b": []}]}},
                "/c": {"get": {"security": [{"b": []}, {"c": []}]}},
                "/d": {"get": {"security": [{"d": []}]}},
                "/e/{id}": {"get": {"security": [{"e": []}]}},
                "/f": {"post": {"security": [{"e": []}]}},
                "/g": {
                    "get": {
                        "security": [{"e": []}],
                        "parameters": [{"name": "q", "required": True}],
                    }
                },
                "/h": {
                    "get": {
                        "security": [{"e": []}],
                        "parameters": [{"name": "q"}],
                    }
                },
            },
        }
    )
    assert places.title == "an app"
    assert places.paths == ["/c", "/d", "/h"]
    assert places.token_url == "/api/login"
    assert places.scopes == "a b"


def test_document_without_anything_names_nothing() -> None:
    places = find_places({})
    assert (places.paths, places.token_url, places.scopes) == ([], None, "")


# The report

ROWS = (
    Row(KEPT, "control", "200", "", ""),
    Row(REFUSED, "one", "401", "Do this.", "RFC 1"),
    Row(ACCEPTED, "two", "200 for <b>", "Use `a < b`.", "RFC 2 §2"),
    Row(BROKEN, "three", "no x", "Do that.", "RFC 3"),
    Row(NOT_TRIED, "four", "there is no key", "", ""),
    Row(NOT_TRIED, "five", "there is no key", "", ""),
)
REPORT = Report("Notes, in this process", ROWS)


def test_report_says_first_how_many_attacks_were_refused() -> None:
    assert str(REPORT) == (
        "Notes, in this process: 1 refused, 1 kept, 1 ACCEPTED, 1 BROKEN, 2 "
        "not tried.\n"
        "\n"
        "kept      control 200\n"
        "refused   one     401\n"
        "ACCEPTED  two     200 for <b>\n"
        "BROKEN    three   no x\n"
        "\n"
        "ACCEPTED: two (RFC 2 §2). Use `a < b`.\n"
        "BROKEN: three (RFC 3). Do that.\n"
        "\n"
        "Not tried, because there is no key: four; five."
    )


def test_html_of_a_report_says_the_same() -> None:
    page = REPORT._repr_html_()
    assert "<script" not in page
    assert page.count('<th scope="col"') == 3
    assert "200 for &lt;b&gt;" in page
    assert "Use <code>a &lt; b</code>." in page
    plain = re.sub("<[^>]*>", " ", page)
    for words in re.findall(r"\w+", re.sub("[<>`]", " ", str(REPORT))):
        assert words in plain


def test_bar_of_a_report_is_green_only_without_a_fault() -> None:
    clean = Report("Notes", ROWS[:2])
    assert "#1f8f45" in clean._repr_html_()
    assert "<ul>" not in clean._repr_html_()
    assert "#1f8f45" not in REPORT._repr_html_()


def test_row_that_is_not_there_is_no_verdict() -> None:
    assert REPORT.verdict("two") == ACCEPTED
    with pytest.raises(KeyError):
        REPORT.verdict("seven")


@pytest.mark.anyio
async def test_report_has_nothing_that_changes_from_run_to_run() -> None:
    first, second = [await report_on(without("spelling")) for _ in range(2)]
    assert str(first) == str(second)
    assert first._repr_html_() == second._repr_html_()
    assert "eyJ" not in str(first)
    assert all(len(line) <= 79 for line in str(first).splitlines())

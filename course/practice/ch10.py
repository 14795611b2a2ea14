"""Chapter 10's practice: three break-ins, and the line that stops each."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
from fastapi import FastAPI

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.excerpt import excerpt
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.token.parse import parse
from course.classroom.trial import (
    TRIAL,
    UnmetError,
    expect,
    given,
    may_not_raise,
    record_outcome,
    remark,
)
from snippets import ch10_attack_lab as ch10

prediction(
    "The service lets the token choose. With what does mallory sign?",
    wrong(
        "With the issuer's private key, which she computes from the public "
        "one",
        "Nobody can compute the private key from the public one. That is "
        "what makes the public key public.",
    ),
    right(
        "With the public key",
        "For HMAC, any bytes are a secret. The service takes the bytes that "
        "it has, and everyone has these.",
    ),
    wrong(
        "She cannot: RS256 and HS256 need different keys",
        "They should have different keys. But the service looks up one key, "
        "and gives it to whatever algorithm the token names.",
    ),
)
prediction(
    "What does the database return for this `kid`?",
    wrong(
        "An error: the statement has a quote too many",
        "The last two characters, `--`, turn the rest of the statement into "
        "a comment. So the surplus quote is never read.",
    ),
    wrong(
        "No row: no key has such a long name",
        "The first half finds no row. `UNION` adds the rows of a second "
        "statement.",
    ),
    right(
        "A key that mallory has written into the `kid`",
        "`UNION SELECT` needs no table: it adds one row, with the values "
        "that are written in the text.",
    ),
)
Exploit = Callable[..., Any]
Guard = Callable[..., Any]
Json = dict[str, Any]
CRASHED = (
    "The service answers 500 to it. An attacker decides what a token "
    "contains, so a guard must look at any JSON and refuse it calmly."
)
ONLY_YOURS = (
    "The guard stops your exploit, and lets a variant of it pass. An "
    "attacker tries the next spelling. Ask for what is right, and refuse "
    "the rest."
)


def a_break_in(answer: object) -> tuple[Exploit, Guard]:
    """Take an exploit and a guard, both a plain `def`."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise UnmetError(
            "Hand over both functions, the exploit first: `(exploit, guard)`."
        )
    return a_function(answer[0]), a_lookup(answer[1])


async def answer_to(app: FastAPI, token: str) -> ch10.Outcome:
    """Ask an app who a token's user is."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver"
    ) as client:
        headers = {"Authorization": f"Bearer {token}"}
        response = await client.get("/users/me/", headers=headers)
    body = response.json()
    user, reason = body.get("username"), body.get("error_description")
    return ch10.Outcome(response.status_code, user, reason)


async def break_in(app: FastAPI, sent: object, reasons: Json) -> str:
    """Send what an exploit has made, and require that it opens the account.

    Args:
        app: an app with a flaw.
        sent: what the exploit returned.
        reasons: what to say if one of these guards refuses the token.

    Raises:
        UnmetError: it does not; the message says how far it got.
    """
    if not isinstance(sent, str):
        raise UnmetError("The exploit must return the token as a text.")
    if not sent.isascii() or not sent.isprintable():
        raise UnmetError(
            "No token has such characters: a header cannot carry them. Has "
            "every part been encoded?"
        )
    outcome = await answer_to(app, sent)
    TRIAL.get().call = "exploit(…)"
    record_outcome(f"returned {summary(sent)}. The answer: {outcome}")
    if outcome.user is not None:
        expect(
            outcome.user == "johndoe",
            f"The token was accepted, but you are still {outcome.user}. "
            "The claim `sub` says whom the service sees.",
        )
        return sent
    guard = str(outcome.reason).removeprefix("stopped by ")
    usual = (
        f"The token was read, and the guard `{guard}` refused it. That guard "
        "has no flaw: leave what it looks at as it is in mallory's token."
    )
    raise UnmetError(REACHED.get(guard, reasons.get(guard, usual)))


def summary(sent: str) -> str:
    """Write a token's header and subject, without what differs each time."""
    token = parse(sent)
    if token.problems.keys() & {"token", "header", "payload"}:
        return f"`{excerpt(sent)}`"
    header, subject = json.dumps(token.header), token.payload.get("sub")
    return f"a token with the header `{header}` for `{subject}`"


REACHED = {
    "malformed": "The token was refused as malformed, before any guard could "
    "look at it: three parts, each in base64url, the first two JSON "
    "objects.",
    "form": "The token was refused for its form: it is three parts in "
    "base64url, with dots between them and without `=`.",
}


def must_be_forged(sent: str) -> None:
    """Require that a token was made without the issuer's private key."""
    expect(
        ch10.Jwt(sent).header["alg"] != "RS256",
        "This token was signed with the issuer's private key. mallory does "
        "not have it, so that is no attack.",
    )


def must_pass(guard: Guard, name: str, *arguments: object) -> None:
    """Require that a guard lets honest users pass."""
    given(name)
    with may_not_raise(CRASHED, Exception):
        passes = guard(*arguments)
    expect(
        passes,
        "The guard refuses honest users. That stops every attack, and the "
        "service as well.",
    )


def must_refuse(
    guard: Guard, name: str, why: str, cases: Iterable[tuple[object, ...]]
) -> None:
    """Require that a guard refuses all of some arguments."""
    given(name)
    for arguments in cases:
        with may_not_raise(CRASHED, Exception):
            passes = guard(*arguments)
        expect(not passes, why)


NOT_REFUSED = (
    "The guard lets your own exploit pass: with it, you are still johndoe."
)
RS256 = (
    {"alg": "RS256", "kid": "rsa", "typ": "at+jwt"},
    {"typ": "JWT", "alg": "RS256"},
    {"alg": "RS256"},
)
SPELLINGS = ("none", "None", "NONE", "noNe", "nOnE", "NoNe", "nONE", " none")
OTHERS: tuple[object, ...] = (
    *("HS256", "HS512", "RS512", "ES256", "rs256", "RS256 ", "RS256,none"),
    *("xRS256", "RS256x", "RS", "256", "", "R", "A", "zzz"),
    *(None, True, 0, 1, 256, [], ["RS256"], {}, {"RS256": 1}),
)


@exercise(
    "a block-list with a gap",
    a_break_in,
    hints=(
        "The service compares `alg` with one word, letter by letter. Then it "
        "asks for the word in small letters. Which words are equal only "
        "then?",
        "Build the first two parts with `part`, from dicts: `Jwt(token)."
        'header | {"alg": …}` and `as_johndoe(token)`. The third part is '
        "empty, but its dot is there.",
        '`return f"{part(header)}.{part(claims)}."` with the algorithm '
        '`noNe`. The guard names what is right: `header.get("alg") == '
        '"RS256"`.',
    ),
)
async def a_block_list_with_a_gap(answer: tuple[Exploit, Guard]) -> None:
    """An unsigned token gets past a block-list, and not past our guard."""
    exploit, guard = answer
    flawed = ch10.flawed_app(algorithm=ch10.block_list)
    reasons = {
        "algorithm": "The block-list has this very word. It compares letter "
        "by letter, so another spelling is not on the list.",
        "signature": "The token was read, and its signature was refused. "
        "Without a key there is only one that fits: none. Say so in `alg`, "
        "and leave the third part empty.",
    }
    for name, own in (
        ("your exploit, at the app with the flaw", ch10.issue("mallory")),
        ("your exploit, with another token", ch10.issue("mallory", n=1)),
    ):
        given(name)
        sent = await break_in(flawed, exploit(own), reasons)
        must_be_forged(sent)
    for number, header in enumerate(RS256, 1):
        must_pass(guard, f"your guard, and honest header {number}", header)
    theirs = ch10.Jwt(sent).header
    name = "your guard, and the header of your exploit"
    must_refuse(guard, name, NOT_REFUSED, [(theirs,)])
    must_refuse(
        guard,
        "your guard, and other spellings of `none`",
        ONLY_YOURS,
        [({"alg": alg, "kid": "rsa"},) for alg in SPELLINGS],
    )
    must_refuse(
        guard,
        "your guard, and anything else that is not `RS256`",
        "The guard lets another algorithm pass. The service's key has one "
        "algorithm, `RS256`; the next attack uses any other.",
        [({"alg": alg, "typ": "at+jwt"},) for alg in OTHERS],
    )
    must_refuse(
        guard,
        "your guard, and a header without `alg`",
        "The guard lets a token pass that names no algorithm.",
        [({},), ({"kid": "RS256"},), ({"typ": "RS256"},)],
    )
    await with_the_guard("algorithm", lambda t: bool(guard(t.header)), sent)


async def with_the_guard(
    name: str, guard: Callable[[ch10.Jwt], bool], sent: str
) -> None:
    """Build the learner's guard into the app; send good and forged tokens."""
    app = ch10.flawed_app(**{name: guard})
    given("the app with your guard: johndoe, mallory, and your exploit")
    for user in ("johndoe", "mallory"):
        outcome = await answer_to(app, ch10.issue(user))
        record_outcome(f"answered {outcome} to {user}")
        expect(
            outcome.user == user,
            "An honest user is refused at the app with your guard.",
        )
    outcome = await answer_to(app, sent)
    record_outcome(f"answered {outcome} to your exploit")
    expect(outcome.user is None, NOT_REFUSED)
    remark(
        "With the flaw you were johndoe; with your guard you are nobody, and "
        "johndoe and mallory can still log in."
    )


TABLES: tuple[dict[str, str], ...] = (
    {"rsa": "RS256", "partner": "HS256"},
    {"2026-11": "ES256", "2026-12": "RS256", "O'Hara": "HS512"},
)
STRANGE: tuple[object, ...] = (
    *(None, True, 0, 1, [], ["rsa"], {}, {"rsa": 1}, "RSA", "rsa ", "rs"),
    *("../rsa", "rsa,partner", "' OR '1'='1", "none", "RS256", "unknown"),
)
ALGORITHMS: tuple[object, ...] = (
    *("RS256", "HS256", "HS512", "ES256", "none", "noNe", "rs256", "RS256 "),
    *("", "RS", "256", None, True, 0, ["RS256"], {"RS256": 1}),
)


@exercise(
    "the public key as a secret",
    a_break_in,
    hints=(
        "The service looks the key up by `kid`, and then runs the algorithm "
        "of `alg` with it. Which algorithm can sign with any bytes?",
        "Keep `kid`, and put `HS256` into the header. Sign the message, the "
        "first two parts with their dot, by `hmac.digest(public_key, …, "
        '"sha256")`. For the guard: which algorithm has the key of this '
        "`kid`?",
        "The token is `compact(header, as_johndoe(token), "
        "hmac_with(public_key))`. The guard: `kid in list(algorithms) and "
        'header.get("alg") == algorithms[kid]`. A list may hold any JSON; a '
        "dict cannot be asked for a list.",
    ),
)
async def the_public_key_as_a_secret(answer: tuple[Exploit, Guard]) -> None:
    """A public key signs by HMAC, unless its algorithm is asked for."""
    exploit, guard = answer
    flawed = ch10.flawed_app(algorithm=ch10.anything)
    reasons = {
        "signature": "The token was read, and its signature was refused. The "
        "service computes the HMAC of the first two parts, as they are sent, "
        "with the key that it has for this `kid`: the bytes of `public_key`, "
        "unchanged. (This page made a key of its own, which is another.)",
    }
    for name, own in (
        ("your exploit, at the app with the flaw", ch10.issue("mallory")),
        ("your exploit, with another token", ch10.issue("mallory", n=1)),
    ):
        given(name)
        sent = exploit(own, ch10.PUBLIC_PEM)
        sent = await break_in(flawed, sent, reasons)
        must_be_forged(sent)
    for table in TABLES:
        for kid, alg in table.items():
            header = {"alg": alg, "kid": kid, "typ": "at+jwt"}
            name = f"your guard, and an honest token of the key {kid!r}"
            must_pass(guard, name, header, table)
            must_pass(guard, name, {"kid": kid, "alg": alg}, table)
    theirs = ch10.Jwt(sent).header
    name = "your guard, and the header of your exploit"
    must_refuse(guard, name, NOT_REFUSED, [(theirs, TABLES[0])])
    must_refuse(
        guard,
        "your guard, and another algorithm than that of the key",
        "The guard lets an algorithm pass that is not that of this key. Each "
        "key has exactly one, even if the service uses several.",
        [
            ({"alg": alg, "kid": kid}, table)
            for table in TABLES
            for kid, own_alg in table.items()
            for alg in ALGORITHMS
            if alg != own_alg
        ],
    )
    must_refuse(
        guard,
        "your guard, and a `kid` that names no key",
        "The guard lets a token pass whose `kid` names no key.",
        [
            ({"alg": alg, "kid": kid}, table)
            for table in TABLES
            for kid in STRANGE
            for alg in ALGORITHMS
            if kid not in list(table)
        ],
    )
    must_refuse(
        guard,
        "your guard, and a header that lacks `kid`, `alg` or both",
        "The guard lets a token pass whose header lacks a name. Does a "
        "missing `alg` equal a missing key, because both are `None`?",
        [
            (header, table)
            for table in TABLES
            for header in ({}, {"alg": "RS256"}, {"kid": "rsa"}, {"kid": "x"})
        ],
    )
    own_algorithms = {kid: key.alg for kid, key in ch10.KEYS.items()}
    await with_the_guard(
        "algorithm", lambda t: bool(guard(t.header, own_algorithms)), sent
    )


def token_for(name: str) -> str:
    """Return johndoe's token for an API of mallory's, under a free name.

    Raises:
        TypeError: the name is no text.
        PermissionError: the name is that of another API.
    """
    if not isinstance(name, str):
        raise TypeError("the name of an API is a text")
    if name == ch10.OUR_API:
        raise PermissionError("another API has this name already")
    return ch10.issue("johndoe", aud=name)


def near(api: str) -> list[object]:
    """List values of `aud` that look like an API's name, and are not."""
    names: list[object] = [
        *(f"{api}.mallory.example", f"{api}/", f"{api}2", f"{api} "),
        *(f"https://mallory.example?{api}", f" {api}", api[:-1], api[1:]),
        *(api.upper(), api.replace("https", "http"), api[:8], "h"),
    ]
    return [*names, *([name] for name in names), [*names]]


@exercise(
    "a name within a name",
    a_break_in,
    hints=(
        "The service writes `aud` as a text, and looks for its own name in "
        "it. Under which names would it find itself?",
        "Ask `token_for` for a name that begins with `OUR_API` and goes on. "
        "In the guard, `in` on a text looks for a part, `in` on a list for a "
        "whole entry.",
        'For the exploit: `token_for(OUR_API + ".mallory.example")`. For the '
        "guard: `names = aud if isinstance(aud, list) else [aud]`, then "
        "`return api in names`.",
    ),
)
async def a_name_within_a_name(answer: tuple[Exploit, Guard]) -> None:
    """A token for a longer name is not a token for ours."""
    exploit, guard = answer
    flawed = ch10.flawed_app(audience=ch10.audience_within)
    reasons = {
        "audience": "The token is johndoe's and well signed, and the service "
        "does not find its own name in the `aud`. Choose a name that "
        "contains the service's.",
    }
    given("your exploit, at the app with the flaw")
    sent = await break_in(flawed, exploit(token_for), reasons)
    apis = (ch10.OUR_API, "https://reports.example")
    strange: list[object] = [
        *("", [], [""], ch10.HERS, [ch10.HERS], None, True, 5, [None]),
        *({}, [{}], [[*apis]], dict.fromkeys(apis, 1)),
    ]
    for api in apis:
        for aud in (
            *(api, [api], [api, ch10.HERS], [ch10.HERS, api]),
            [ch10.HERS, api, "https://other.example"],
        ):
            name = f"your guard, and the honest `aud` {excerpt(aud)}"
            must_pass(guard, name, {"sub": "johndoe", "aud": aud}, api)
    claims = ch10.Jwt(sent).claims
    name = "your guard, and the claims of your exploit"
    must_refuse(guard, name, NOT_REFUSED, [(claims, ch10.OUR_API)])
    for api in apis:
        must_refuse(
            guard,
            f"your guard, and names that look like {api}",
            ONLY_YOURS,
            [({"aud": aud}, api) for aud in near(api)],
        )
        must_refuse(
            guard,
            f"your guard, and an `aud` without {api}",
            "The guard lets a token pass that is not for this API. Each "
            "API asks for its own name, and a token for no API is for none.",
            [
                ({"aud": aud}, api)
                for aud in [*strange, [[api]], *apis]
                if aud != api
            ],
        )
        must_refuse(
            guard,
            "your guard, and claims without `aud`",
            "The guard lets a token pass that has no audience at all.",
            [({}, api), ({"sub": api}, api), ({"iss": api}, api)],
        )
    await with_the_guard(
        "audience", lambda t: bool(guard(t.claims, ch10.OUR_API)), sent
    )

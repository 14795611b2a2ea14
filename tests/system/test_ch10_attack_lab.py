"""Each attack succeeds against its flaw, and is stopped by its guard."""

import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from joserfc import errors, jwe
from joserfc.jwk import ECKey, OctKey

from course.classroom import attack as bench
from course.classroom.attack import CONTROL, CONTROL_AFTER
from course.classroom.bench import forgery
from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from snippets import ch10_attack_lab as lab
from snippets.ch01_jwt_anatomy import RefusedTokenError
from snippets.ch10_attack_lab import (
    ATTACKS,
    GUARDS,
    KEYS,
    OWN_HEADER,
    Attack,
    Guard,
    Json,
    Jwt,
    anything,
    compact,
    flawed_app,
    hmac_with,
    issue,
    read_token,
    run,
    sign_rs256,
)
from tests.support.chapters import apps
from tests.support.clients import (
    bearer,
    good_claims,
    issues_tokens,
    login,
    open_client,
)
from tests.support.forgeries import (
    FAR_FUTURE,
    Claims,
    Forger,
    Signer,
    encoded_in,
    unsigned,
    with_claims,
    with_digest,
    with_header,
    with_mac,
    with_payload_of,
    without_claim,
)
from tests.support.shares import apps_in_turn
from tests.support.signers import public_forms, signer_of
from tests.support.strategies import json_values

RSA_PEM = lab.RSA_KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
PARTNER_SECRET = KEYS["partner"].material
NOW = 1_800_000_000
# The attacks whose gain is not that mallory is taken for johndoe.
GAINS = {
    **dict.fromkeys(("HS512", "no exp", "exp 2100"), "mallory of the partner"),
    **dict.fromkeys(("zip bomb", "many rounds"), "mallory"),
}

# The guards against johndoe's own tokens, issued for another use.
JOHNS_OWN = ("audience", "kind", "crit", "begun", "revoked")

every_attack = pytest.mark.parametrize(
    "attack", ATTACKS.values(), ids=list(ATTACKS)
)


def refusal_of(text: str, guards: dict[str, Guard] = GUARDS) -> str:
    """Return the name of the guard that refuses a token."""
    with pytest.raises(RefusedTokenError) as refused:
        read_token(text, guards)
    return str(refused.value)


def stopped_by(attack: Attack, **instead: Guard) -> str | None:
    """Return the guard that stops an attack, or None; without an app."""
    text = attack.exploit(issue("mallory"))
    try:
        read_token(text, GUARDS | instead)
    except RefusedTokenError as refusal:
        return str(refusal)
    return None


@pytest.mark.anyio
@every_attack
async def test_attack_succeeds_against_its_flaw(attack: Attack) -> None:
    outcome = await run(attack, flawed_app(**{attack.guard: attack.flaw}))
    user = GAINS.get(attack.name, "johndoe")
    assert str(outcome) == f"200, as {user}"


@pytest.mark.anyio
@every_attack
async def test_attack_is_stopped_by_its_guard(attack: Attack) -> None:
    outcome = await run(attack, flawed_app())
    assert str(outcome) == f"401, stopped by {attack.guard}"


@every_attack
def test_no_other_guard_is_needed_against_an_attack(attack: Attack) -> None:
    for other in GUARDS.keys() - {attack.guard}:
        assert stopped_by(attack, **{other: anything}) == attack.guard


def test_every_guard_stops_an_attack() -> None:
    """All but the last, which says whose the token is."""
    stopping = {attack.guard for attack in ATTACKS.values()}
    assert stopping == GUARDS.keys() - {"user"}


# What people write instead of a guard, and the attacks that it stops.
HALF_GUARDS: dict[Guard, tuple[str, set[str]]] = {
    lab.block_list: ("algorithm", {"alg none"}),
    lab.audience_if_any: ("audience", {"another API's", "longer"}),
    lab.audience_within: ("audience", {"another API's", "no audience"}),
    lab.expiry_if_any: ("lifetime", set()),
    lab.unexpired: ("lifetime", {"no exp"}),
    lab.text_not_revoked: ("revoked", set()),
}


@pytest.mark.parametrize("half", HALF_GUARDS, ids=lambda half: half.__name__)
def test_half_a_guard_stops_some_attacks_only(half: Guard) -> None:
    guard, stopped = HALF_GUARDS[half]
    against = {a.name: a for a in ATTACKS.values() if a.guard == guard}
    seen = {n for n, a in against.items() if stopped_by(a, **{guard: half})}
    assert seen == stopped
    assert read_token(issue("johndoe"), GUARDS | {guard: half})


@pytest.mark.parametrize(
    ("half", "exp", "accepted"),
    [
        (lab.expiry_if_any, NOW + 1, True),
        (lab.expiry_if_any, NOW, False),
        (lab.unexpired, NOW + 1, True),
        (lab.unexpired, NOW, False),
    ],
)
def test_half_a_guard_still_refuses_what_has_expired(
    half: Guard, exp: int, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "time", SimpleNamespace(time=lambda: NOW + 0.5))
    assert half(Jwt(issue("johndoe", exp=exp))) is accepted


def test_revoked_token_is_refused_by_its_text_as_well() -> None:
    token = issue("johndoe")
    lab.REVOKED[token] = Jwt(token).claims["jti"]
    assert not lab.text_not_revoked(Jwt(token))
    assert refusal_of(token) == "revoked"


# Tokens that must be accepted, or the refusals would prove nothing


def nested_well(text: str) -> str:
    header = {"alg": "HS256", "kid": "partner", "cty": "JWT"}
    return compact(header, text.encode(), hmac_with(PARTNER_SECRET))


def signed(header: Json, **claims: Any) -> str:
    """Issue johndoe's token under changes of its header."""
    return issue("johndoe", header, **claims)


def by_partner(**claims: Any) -> str:
    """Issue a token for the partner's own user."""
    return lab.by_partner(**claims)(issue("mallory"))


def by_other_key() -> str:
    """Issue johndoe's token with the Ed25519 key."""
    claims = Jwt(issue("johndoe")).claims
    header = {"alg": "EdDSA", "kid": "raw", "typ": "at+jwt"}
    return compact(header, claims, lab.OTHER_KEY.sign)


GOOD: dict[str, Callable[[], str]] = {
    "as issued": lambda: issue("johndoe"),
    "with the key's other name": lambda: signed({"kid": "body"}),
    "by Ed25519": by_other_key,
    "by the partner": by_partner,
    "typ in capitals": lambda: signed({"typ": "AT+JWT"}),
    "typ in full": lambda: signed({"typ": "application/at+jwt"}),
    "for two APIs": lambda: signed({}, aud=["x", lab.OUR_API]),
    "for a day": lambda: by_partner(exp=NOW + lab.DAY),
    "for a second": lambda: by_partner(exp=NOW + 1),
    "begun in this second": lambda: issue("johndoe", nbf=NOW),
    "nested": lambda: nested_well(issue("johndoe")),
    "an unknown header parameter": lambda: signed({"x": 1}),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=list(GOOD))
def test_good_token_passes_all_guards(
    make: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "time", SimpleNamespace(time=lambda: NOW + 0.5))
    assert lab.username_of(read_token(make())) is not None


@pytest.mark.parametrize("rounds", [1, 999, 1000])
def test_encrypted_token_of_another_library_is_read(rounds: int) -> None:
    token = issue("johndoe")
    registry = jwe.JWERegistry(
        algorithms=["dir", "PBES2-HS256+A128KW", "A256GCM"]
    )
    header: dict[str, Any] = {"alg": "dir", "enc": "A256GCM"}
    key = OctKey.import_key(PARTNER_SECRET)
    sent = jwe.encrypt_compact(header, token, key, registry=registry)
    assert read_token(sent).text == token
    header |= {"alg": "PBES2-HS256+A128KW", "p2c": rounds}
    key = OctKey.import_key(lab.PASSWORD)
    if rounds < 1000:
        with pytest.warns(errors.SecurityWarning):
            sent = jwe.encrypt_compact(header, token, key, registry=registry)
    else:
        sent = jwe.encrypt_compact(header, token, key, registry=registry)
    assert read_token(sent).text == token


# Tokens that are refused whatever anybody attacks


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ("", "malformed"),
        ("a.b", "malformed"),
        ("a.b.c.d", "malformed"),
        ("é.é.é", "malformed"),
        ("{}", "malformed"),
        ('{"a": "b.c.d"}', "malformed"),
        ("{" * 3, "malformed"),
        ('{"a.":' * 100_000, "malformed"),
        ("e30.e30.", "kid"),
        ("W10.e30.", "malformed"),
        ("e30.W10.", "malformed"),
        ("e30.e30.e30.e30.e30", "malformed"),
        ("....", "malformed"),
    ],
)
def test_text_that_is_no_token_is_refused(text: str, guard: str) -> None:
    assert refusal_of(text) == guard


@pytest.mark.parametrize(
    ("make", "guard"),
    [
        (lambda: issue("nobody"), "user"),
        (lambda: issue("johndoe", sub=["johndoe"]), "user"),
        (lambda: issue("johndoe", iss=lab.PARTNER), "issuer"),
        (lambda: by_partner(sub="johndoe"), "user"),
        (lambda: issue("johndoe", aud=None), "audience"),
        (lambda: issue("johndoe", exp=True), "lifetime"),
        (lambda: issue("johndoe", exp="9999999999"), "lifetime"),
        (lambda: issue("johndoe", exp=10**400), "lifetime"),
        (lambda: issue("johndoe", exp=float("nan")), "lifetime"),
        (lambda: by_partner(exp=NOW + lab.DAY + 1), "lifetime"),
        (lambda: by_partner(exp=NOW), "lifetime"),
        (lambda: issue("johndoe", nbf=NOW + 1), "begun"),
        (lambda: issue("johndoe", nbf=10**400), "begun"),
        (lambda: issue("johndoe", nbf="0"), "begun"),
        (lambda: issue("johndoe", nbf=True), "begun"),
        (lambda: signed({"kid": ["rsa"]}), "kid"),
        (lambda: signed({"kid": "RSA"}), "kid"),
        (lambda: signed({"alg": ["RS256"]}), "algorithm"),
        (lambda: signed({"typ": ["at+jwt"]}), "kind"),
        (lambda: signed({"crit": []}), "crit"),
        (lambda: signed({"p2c": 0}), "rounds"),
        (lambda: signed({"p2c": 300_001}), "rounds"),
        (lambda: signed({"p2c": "1"}), "rounds"),
        (lambda: nested_well(signed({"typ": "JWT"})), "nested"),
        (lambda: nested_well("x"), "malformed"),
        (lambda: f"{issue('johndoe')}=", "form"),
        (lambda: f"{issue('johndoe')}\n", "form"),
    ],
)
def test_token_that_is_wrong_in_one_way_is_refused(
    make: Callable[[], str], guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "time", SimpleNamespace(time=lambda: NOW + 0.5))
    assert refusal_of(make()) == guard


def test_signature_by_a_secret_that_does_not_fit_is_refused() -> None:
    claims = Jwt(by_partner()).claims
    header = {"alg": "HS256", "kid": "partner", "typ": "at+jwt"}
    text = compact(header, claims, hmac_with(PARTNER_SECRET[::-1]))
    assert refusal_of(text) == "signature"


@pytest.mark.parametrize(
    ("header", "key", "plain", "wrapped"),
    [
        ({"alg": "dir"}, bytes(32), b"x.y.z", b""),
        ({"alg": "dir", "zip": "DEF"}, PARTNER_SECRET, b"no zip", b""),
        ({"alg": "PBES2-HS256+A128KW", "p2c": 1}, bytes(32), b"", bytes(24)),
        ({"alg": "dir"}, PARTNER_SECRET, b"\xff", b""),
    ],
    ids=["another key", "no zip", "another password", "no text"],
)
def test_envelope_that_cannot_be_opened_is_malformed(
    header: Json, key: bytes, plain: bytes, wrapped: bytes
) -> None:
    text = lab.encrypt(header, key, plain, wrapped)
    assert refusal_of(text, GUARDS | {"zip": anything}) == "malformed"


@pytest.mark.parametrize("rounds", [1, 300_000])
def test_rounds_within_the_bound_are_computed(rounds: int) -> None:
    assert read_token(signed({"p2c": rounds}))


@given(text=st.text(alphabet="eyJ.{}:\"='a1é\0", max_size=60))
def test_no_made_up_text_crashes_the_reader(text: str) -> None:
    assert refusal_of(text)


@given(
    header=st.dictionaries(
        st.sampled_from([*OWN_HEADER, "crit", "p2c", "zip", "cty", "jku"]),
        json_values,
    ),
    claims=st.dictionaries(
        st.sampled_from(["iss", "sub", "aud", "exp", "jti"]),
        json_values,
        min_size=1,
    ),
)
def test_no_value_of_any_type_crashes_the_reader(
    header: Json, claims: Json
) -> None:
    try:
        token = read_token(issue("johndoe", header, **claims))
    except RefusedTokenError:
        return
    assert lab.username_of(token) == "johndoe"


def test_key_for_another_algorithm_is_of_no_use() -> None:
    """Even to a service that takes the algorithm from the token."""
    text = signed({"kid": "partner"})
    assert refusal_of(text, GUARDS | {"algorithm": anything}) == "malformed"


def test_key_that_is_nowhere_is_not_found() -> None:
    guards = GUARDS | {"kid": anything}
    assert refusal_of(signed({"kid": "other"}), guards) == "malformed"


# What an attack costs the service, and what it needs


def test_address_in_a_token_is_asked_only_by_the_flawed_service() -> None:
    lab.VISITS.clear()
    assert stopped_by(ATTACKS["jku"]) == "own_keys"
    assert lab.VISITS == []
    assert stopped_by(ATTACKS["jku"], own_keys=anything) is None
    assert lab.VISITS == [lab.URL]


def test_database_answers_a_kid_only_in_the_flawed_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kids: list[object] = []
    look_up = lab.stored_key

    def spy(kid: object) -> lab.Key:
        kids.append(kid)
        return look_up(kid)

    monkeypatch.setattr(lab, "stored_key", spy)
    assert stopped_by(ATTACKS["SQL in kid"]) == "kid"
    assert kids == []
    assert stopped_by(ATTACKS["SQL in kid"], kid=anything) is None
    assert kids == [lab.SQL]


def test_zip_bomb_grows_to_a_million_bytes_only_without_its_guard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    decompress = zlib.decompress

    def spy(data: bytes, wbits: int) -> bytes:
        plain = decompress(data, wbits=wbits)
        sizes.append(len(plain))
        return plain

    monkeypatch.setattr(zlib, "decompress", spy)
    assert len(lab.zip_bomb(issue("mallory"))) < 2500
    assert stopped_by(ATTACKS["zip bomb"]) == "zip"
    assert sizes == []
    assert stopped_by(ATTACKS["zip bomb"], zip=anything) is None
    assert sizes[0] > 1_000_000


def test_rounds_are_computed_only_without_their_guard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    derive = lab.wrapping_key

    def spy(salt: bytes, rounds: int) -> bytes:
        asked.append(rounds)
        return derive(salt, rounds)

    text = lab.many_rounds(issue("mallory"))
    monkeypatch.setattr(lab, "wrapping_key", spy)
    assert refusal_of(text) == "rounds"
    assert asked == []
    assert read_token(text, GUARDS | {"rounds": anything})
    assert asked == [10**9]


def test_lab_computes_a_thousand_rounds_at_most() -> None:
    salt = b"PBES2-HS256+A128KW\0salt"
    thousand = hashlib.pbkdf2_hmac("sha256", lab.PASSWORD, salt, 1000, 16)
    assert lab.wrapping_key(b"salt", 10**9) == thousand
    assert lab.wrapping_key(b"salt", 999) != thousand


def test_signing_service_signs_what_begins_with_its_caller() -> None:
    with pytest.raises(PermissionError):
        lab.countersign(b'{"sub":"johndoe"}')
    with pytest.raises(PermissionError):
        lab.countersign(b'{"sub": "johndoe"}')
    assert Jwt(lab.countersign(b'{"sub":"mallory"}')).claims


def test_guessed_word_is_on_the_list_and_too_short_for_the_guard() -> None:
    word = KEYS["prototype"].material
    assert word.decode() in lab.WORDS
    strong = [key for key in KEYS.values() if key.material != word]
    assert all(len(key.material) >= 32 for key in strong)


@every_attack
def test_exploit_needs_no_secret_of_the_issuer(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only tokens that the issuer would issue anyway are signed by it."""
    own = issue("mallory")
    payloads: list[bytes] = []

    def sign(message: bytes) -> bytes:
        payloads.append(lab.unbase64(message.decode().split(".")[1]))
        return sign_rs256(message)

    monkeypatch.setattr(lab, "sign_rs256", sign)
    attack.exploit(own)
    for payload in payloads:
        claims = json.loads(payload)
        for_others = attack.guard in JOHNS_OWN
        by_service = attack.guard in ("names", "utf_8")
        assert for_others or by_service
        assert claims["sub"] == "johndoe"


# The app


def app_client(app: FastAPI | None = None) -> Any:
    return open_client(app or flawed_app())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("username", "password"),
    [("johndoe", "secret"), ("mallory", "visitor")],
)
async def test_user_logs_in_and_is_known(username: str, password: str) -> None:
    async with app_client() as client:
        answer = await client.post("/token", data=login(username, password))
        assert answer.headers["Cache-Control"] == "no-store"
        tokens = answer.json()
        assert tokens.keys() == {
            *("access_token", "token_type", "expires_in"),
            *("refresh_token", "id_token"),
        }
        seen = await client.get(
            "/users/me/", headers=bearer(tokens["access_token"])
        )
    assert (seen.status_code, seen.json()) == (200, {"username": username})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("username", "password"),
    [("johndoe", "visitor"), ("mallory", "secret"), ("nobody", "secret")],
)
async def test_wrong_login_is_refused(username: str, password: str) -> None:
    async with app_client() as client:
        answer = await client.post("/token", data=login(username, password))
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "invalid_grant",
    )


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
async def test_other_token_of_a_login_is_no_access_token(kind: str) -> None:
    async with app_client() as client:
        answer = await client.post("/token", data=login())
        headers = bearer(answer.json()[kind])
        seen = await client.get("/users/me/", headers=headers)
    assert seen.status_code == 401
    challenge = seen.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer")
    assert "stopped by kind" in challenge


@pytest.mark.anyio
async def test_published_key_verifies_the_access_token() -> None:
    async with app_client() as client:
        jwks = (await client.get("/jwks.json")).json()
        token = (await client.post("/token", data=login())).json()
    [key] = jwt.PyJWKSet.from_dict(jwks).keys
    assert key.key_id == "rsa"
    claims = jwt.decode(
        token["access_token"],
        key,
        algorithms=["RS256"],
        audience=lab.OUR_API,
        issuer=lab.ISSUER,
    )
    assert claims["sub"] == "johndoe"
    assert not {"d", "p", "q"} & jwks["keys"][0].keys()


@pytest.mark.anyio
async def test_guard_of_a_new_name_is_asked_after_all_others() -> None:
    app = flawed_app(mine=lambda token: token.claims["sub"] == "johndoe")
    attack = Attack("honest", "", "", anything, lambda own: own)
    assert str(await run(attack, app)) == "401, stopped by mine"
    johns = Attack("", "", "", anything, lambda own: issue("johndoe"))
    assert str(await run(johns, app)) == "200, as johndoe"
    other = Attack("", "", "", anything, lambda own: "x")
    assert str(await run(other, app)) == "401, stopped by malformed"


@pytest.mark.anyio
async def test_crash_of_a_guard_is_no_refusal() -> None:
    app = flawed_app(mine=lambda token: bool(token.claims["nothing"]))
    attack = Attack("honest", "", "", anything, lambda own: own)
    with pytest.raises(KeyError):
        await run(attack, app)


# Other libraries on the same attacks


def test_pyjwt_refuses_public_keys_as_secrets_but_not_in_all_forms() -> None:
    """It knows a PEM; a base64 body and 32 raw bytes it cannot know."""
    claims = {"sub": "johndoe"}
    for kid, refused in (("rsa", True), ("body", False), ("raw", False)):
        material = KEYS[kid].material
        token = compact({"alg": "HS256"}, claims, hmac_with(material))
        if refused:
            with pytest.raises(jwt.InvalidKeyError):
                jwt.decode(token, material, algorithms=["HS256", "RS256"])
        else:
            read = jwt.decode(token, material, algorithms=["HS256", "RS256"])
            assert read == claims


def test_joserfc_bounds_a_zip_bomb_and_rounds() -> None:
    registry = jwe.JWERegistry(
        algorithms=["dir", "PBES2-HS256+A128KW", "A256GCM", "DEF"]
    )
    own = issue("mallory")
    with pytest.raises(errors.ExceededSizeError, match="256000"):
        jwe.decrypt_compact(
            lab.zip_bomb(own),
            OctKey.import_key(PARTNER_SECRET),
            registry=registry,
        )
    with pytest.raises(errors.InvalidHeaderValueError, match="300000"):
        jwe.decrypt_compact(
            lab.many_rounds(own),
            OctKey.import_key(lab.PASSWORD),
            registry=registry,
        )


# RFC 8725 §3.4: a point that lies on another curve

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
Point = tuple[int, int] | None  # None is the neutral point


def add(one: Point, other: Point) -> Point:
    """Add points of y² = x³ - 3x + b; the formulas do not contain b."""
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if one == other:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(factor: int, point: Point) -> Point:
    """Multiply as a careless library does: it asks no point for its curve."""
    product = None
    for bit in f"{factor:b}":
        product = add(product, product)
        product = add(product, point) if bit == "1" else product
    return product


@pytest.mark.parametrize("private", [2**200 + 1, 2**200 + 6])
def test_point_of_another_curve_betrays_the_last_bit_of_a_key(
    private: int,
) -> None:
    """The control: a careless library computes with any point."""
    key = ec.derive_private_key(private, ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    generator = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    g = generator.public_numbers()
    assert multiply(private, (g.x, g.y)) == (numbers.x, numbers.y)
    order_2 = (1, 0)  # on y² = x³ - 3x + 2
    assert multiply(private, order_2) == (order_2 if private % 2 else None)


def test_point_of_another_curve_is_refused_by_three_libraries() -> None:
    jwk = {"kty": "EC", "crv": "P-256", "x": lab.part(b"\0" * 31 + b"\1")}
    jwk["y"] = lab.part(bytes(32))
    with pytest.raises(ValueError, match="not on the curve"):
        ec.EllipticCurvePublicNumbers(1, 0, ec.SECP256R1()).public_key()
    with pytest.raises(jwt.InvalidKeyError):
        jwt.PyJWK(jwk)
    key = ECKey.generate_key("P-256")
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": jwk}
    text = (
        f"{lab.part(header)}..{lab.part(bytes(12))}.AA.{lab.part(bytes(16))}"
    )
    with pytest.raises(ValueError, match="not on the curve"):
        jwe.decrypt_compact(text, key)


def test_hmac_of_the_lab_is_that_of_the_standard_library() -> None:
    key, message = b"k" * 32, b"a message"
    for bits in (256, 512):
        mac = hmac.new(key, message, f"sha{bits}").digest()
        assert hmac_with(key, bits)(message) == mac


def test_listener_answers_with_mallorys_key() -> None:
    lab.VISITS.clear()
    answer = lab.own_server(httpx.Request("GET", "https://anywhere.example/x"))
    assert answer.json() == lab.JWK
    assert lab.VISITS == ["https://anywhere.example/x"]


# The same attacks on the chapters' apps, in a form that fits them

APPS = apps()


def nested_badly(sign: Signer, claims: Claims) -> str:
    """Wrap a token whose signature does not fit into one that is signed."""
    inner = with_payload_of(jti="another")(sign, claims)
    return sign(inner.encode(), sign.header | {"cty": "JWT"})


def by_stranger(**header: Any) -> Forger:
    """Sign with a key of the attacker's, and say where it is."""
    return lambda sign, claims: sign.sign(
        claims, sign.header | header, sign.strange
    )


def twice_named(sign: Signer, claims: Claims) -> str:
    """Name the subject twice; most readers believe the second."""
    return sign(b'{"sub":"nobody",' + json.dumps(claims).encode()[1:])


def of_two_formats(sign: Signer, claims: Claims) -> str:
    """Hide other claims in the JSON serialization of a good token."""
    good = forgery.take_apart(sign(claims))
    assert good is not None
    return forgery.in_json(good)["a token as a name"]


FORMS: dict[str, Forger] = {
    "claims changed": with_payload_of(jti="another"),
    "nested token": nested_badly,
    "alg none": unsigned("none"),
    "alg noNe": unsigned("noNe"),
    **{name: with_mac(text) for name, text in public_forms()},
    "HS512": with_digest("sha512", "512"),
    **{word: with_mac(word) for word in lab.WORDS},
    "SQL in kid": with_mac(lab.MADE_UP.decode(), kid=lab.SQL),
    "path in kid": with_mac("", kid="../../../../dev/null"),
    "jku": by_stranger(jku=lab.URL),
    "jwk": by_stranger(jwk=lab.JWK),
    "crit": with_header(**lab.BOUND),
    "another issuer": with_claims(iss=lab.PARTNER),
    "another API's": with_claims(aud=lab.HERS),
    "no audience": with_claims(aud=[]),
    "longer": with_claims(aud=f"{ch09.AUDIENCE}.mallory.example"),
    "ID token": with_header(typ="JWT"),
    "logout token": with_header(typ="logout+jwt"),
    "refresh token": with_header(typ="rt+jwt"),
    "no exp": without_claim("exp"),
    "nbf 2100": with_claims(nbf=FAR_FUTURE),
    "sub twice": twice_named,
    "UTF-16": encoded_in("utf-16-le"),
    "two formats": of_two_formats,
    "zip bomb": lambda sign, claims: lab.zip_bomb(sign(claims)),
    "many rounds": lambda sign, claims: lab.many_rounds(sign(claims)),
}
# Chapters 3 to 8 have one issuer, one audience and one kind of token, and
# read JSON as PyJWT does. Chapter 9 refuses these tokens.
UNTIL = dict.fromkeys(
    (
        *("another issuer", "no audience", "ID token", "logout token"),
        *("refresh token", "sub twice", "UTF-16"),
    ),
    "ch09",
)


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(1, APPS))
async def test_attack_fails_against_a_chapters_app(stem: str) -> None:
    claims = await good_claims(APPS[stem])
    sign = signer_of(stem)
    accepted = set()
    async with open_client(APPS[stem]) as client:
        for name, forge in {"": Signer.__call__, **FORMS}.items():
            headers = bearer(forge(sign, claims))
            answer = await client.get("/users/me/", headers=headers)
            assert answer.status_code in (200, 401), name
            accepted |= {name} if answer.status_code == 200 else set()
    open_still = {name for name in UNTIL if stem[:4] < UNTIL[name]}
    assert accepted == {""} | open_still


def test_every_attack_has_a_form_for_the_chapters_apps() -> None:
    """A revoked token has its tests in chapter 8, and `exp` in chapter 9."""
    others = {"public PEM", "raw key", "guessed word", "respelled", "exp 2100"}
    assert ATTACKS.keys() - FORMS.keys() == others


# The bench of the classroom on the apps of this course

BY_PYJWT = {"signed, in UTF-16", "signed, a claim named twice"}
RESPELLED = "the token in another spelling"
# What the bench finds, from a chapter on: each is known, and named in a later
# chapter. Chapters 3 to 8 run on the teaching key, which is published.
KNOWN = {
    "ch03": {
        *("a key that people use", "two Authorization headers"),
        *(RESPELLED, *BY_PYJWT),
    },
    "ch04": {
        *("a key that people use", "two Authorization headers"),
        *("the login's answer is not cached", RESPELLED, *BY_PYJWT),
    },
    "ch05": {"a key that people use", RESPELLED, *BY_PYJWT},
    "ch09": {RESPELLED},  # an ES256 signature has two values of s
}
# What a guard is replaced by, and what then can be seen from outside.
SEEN_FROM_OUTSIDE = {
    "claims changed": "a signature that does not fit",
    "alg none": "alg none, in ten spellings",
    "alg noNe": "alg none, in ten spellings",
    "public PEM": "a published key as an HMAC secret",
    "SQL in kid": "a kid that is a path or SQL",
    "jwk": "a key in the token (jwk)",
    "two formats": "the JSON serialization",
    "refresh token": "a refresh or ID token",
}
# One attack for each flaw that nobody without a key or a second token sees.
NOT_SEEN = sorted(
    {
        (attack.guard, attack.flaw.__name__): attack.name
        for attack in ATTACKS.values()
        if attack.guard
        not in {ATTACKS[name].guard for name in SEEN_FROM_OUTSIDE}
    }.values()
)


async def faults_of(app: FastAPI, **more: Any) -> set[str]:
    """Attack an app as johndoe, and return the rows that are faults."""
    report = await bench(app, username="johndoe", password="secret", **more)
    assert report.verdict(CONTROL) == report.verdict(CONTROL_AFTER) == "kept"
    return {row.attack for row in report.faults}


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(0, APPS))
async def test_bench_finds_in_a_chapters_app_what_is_known(stem: str) -> None:
    more: dict[str, Any] = {"key": ch03.SECRET_KEY}
    if stem[:4] >= "ch09":
        more["key"] = ch09.ours.keys[0].private
    if not issues_tokens(APPS[stem]):
        claims = {"sub": "johndoe", "exp": int(time.time()) + 600}
        more["token"] = signer_of(stem)(claims)
    since = max(name for name in KNOWN if name <= stem[:4])
    assert await faults_of(APPS[stem], **more) == KNOWN[since]


@pytest.mark.anyio
@pytest.mark.parametrize("name", SEEN_FROM_OUTSIDE)
async def test_bench_sees_a_flaw_of_the_lab(name: str) -> None:
    attack = ATTACKS[name]
    app = flawed_app(**{attack.guard: attack.flaw})
    assert SEEN_FROM_OUTSIDE[name] in await faults_of(app)


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("name", NOT_SEEN)
async def test_bench_cannot_see_a_flaw_without_the_key(name: str) -> None:
    """The lab reads tokens leniently on purpose: that alone is seen."""
    attack = ATTACKS[name]
    app = flawed_app(**{attack.guard: attack.flaw})
    assert await faults_of(app) == {RESPELLED}


@pytest.mark.anyio
async def test_key_shows_what_cannot_be_seen_without_it() -> None:
    flaws = {
        "audience": "signed, for another audience",
        "kind": "signed, of another type",
        "crit": "signed, an unknown crit",
        "lifetime": "signed, expired or without exp",
        "begun": "signed, not valid yet",
        "utf_8": "signed, in UTF-16",
        "names": "signed, a claim named twice",
    }
    app = flawed_app(**dict.fromkeys(flaws, anything))
    assert {*flaws.values(), RESPELLED} <= await faults_of(app, key=RSA_PEM)
    assert await faults_of(flawed_app(), key=RSA_PEM) == {RESPELLED}

